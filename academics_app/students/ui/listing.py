"""The list of students."""

from dataclasses import dataclass
from typing import Any, ClassVar

import reflex as rx

from academics_app.core.actor import Role
from academics_app.core.db import reading
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission
from academics_app.institute.service import list_branches
from academics_app.students.models import StudentStatus
from academics_app.students.schemas import StudentRead, StudentSort
from academics_app.students.service import count_students, list_students
from academics_app.students.ui.form import STUDENT_NEW, StudentForm, student_form
from academics_app.students.ui.wording import STATUS_OPTIONS, STATUSES
from academics_app.ui import routes
from academics_app.ui.components import (
    Column,
    badge,
    button,
    data_list,
    empty_state,
    filter_chip,
    filter_select,
    initials_of,
    page_header,
    person,
)
from academics_app.ui.i18n import _, ngettext
from academics_app.ui.identity import current_actor
from academics_app.ui.listing import ListState
from academics_app.ui.pages import page
from academics_app.ui.policy import allow
from academics_app.ui.watching import changes, guarded


@dataclass
class StudentRow:
    """A line of the list."""

    id: int
    name: str
    initials: str
    code: str
    phone: str
    email: str
    branch: str
    status_label: str
    tone: str


class StudentList(ListState, rx.State):
    """The students that fit the address."""

    FILTERS: ClassVar = {"status": tuple(status.value for status in StudentStatus), "branch": ()}
    SORTS: ClassVar = ("name", "code", "created")

    rows: list[StudentRow] = []
    answer: str = ""
    branches: list[list[str]] = []

    @rx.event
    @allow(Permission.STUDENT_LIST)
    async def open(self) -> None:
        """Load by the address."""
        await self._open()

    @rx.event(background=True)
    @allow(Permission.STUDENT_LIST)
    async def watch(self) -> None:
        """Load again when a student was added or changed."""
        async for _topics in changes("students", at_once=False):
            with guarded():
                async with self:
                    await self._load()

    async def _load(self) -> None:
        actor, status, branch = current_actor(), self.filters.get("status"), self.filters.get("branch", "")
        async with reading() as session:
            found = await list_students(
                session,
                actor=actor,
                page=self._page_request(),
                status=StudentStatus(status) if status else None,
                branch_id=int(branch) if branch.isdecimal() and len(branch) < 10 else None,
                query=self.q,
                sort=StudentSort(self.sort) if self.sort else None,
            )
            counts = await count_students(session, actor=actor)
            branches = await list_branches(session, actor=actor, page=PageRequest(limit=1000))
        self.branches = [[str(branch.id), branch.name] for branch in branches.items]
        self.rows = [_row(student) for student in found.items]
        self._count(len(found.items), found.total)
        self.answer = _answer(counts, teaches=actor.role is Role.FACULTY)


def _content() -> rx.Component:
    several_branches = StudentList.branches.length() > 1  # pyright: ignore[reportAttributeAccessIssue]
    add = {"kind": "primary", "icon": "plus", "on_click": StudentForm.add}
    return rx.fragment(
        page_header(
            _("Students"),
            StudentList.answer,
            button(_("Add student"), creates=True, **add),
        ),
        data_list(
            StudentList,
            StudentList.rows,
            [
                Column(_("Name"), lambda row: person(row.name, row.initials), width="28%", sort="name"),
                Column(_("Code"), lambda row: row.code, width="110px", sort="code"),
                Column(_("Status"), lambda row: badge(row.status_label, tone=row.tone), width="120px"),
                Column(_("Phone"), lambda row: _known(row.phone), width="150px"),
                Column(_("E-mail"), lambda row: rx.el.span(row.email, title=row.email), on_phone=False),
                Column(
                    _("Branch"),
                    lambda row: rx.el.span(row.branch, title=row.branch),
                    width="190px",
                    on_phone=False,
                ),
            ],
            label=_("Students"),
            href=lambda row: routes.student(row.id),
            search=_("Name, code, phone or e-mail"),
            filters=[
                *[filter_chip(StudentList, "status", value, label) for value, label in STATUS_OPTIONS],
                rx.cond(
                    several_branches,
                    filter_select(StudentList, "branch", _("Any branch"), StudentList.branches),  # pyright: ignore[reportArgumentType]
                ),
            ],
            empty=empty_state(
                _("No students yet"),
                _("Everybody who learns here will be listed. Add the first one, or import a whole roster."),
                button(_("Add student"), **add),
            ),
            retry=StudentList.open,
        ),
        student_form(),
    )


@page(
    route=routes.STUDENTS,
    title=_("Students"),
    permission=Permission.STUDENT_LIST,
    on_load=[StudentList.open, StudentList.watch],
)
def students_page() -> rx.Component:
    return _content()


@page(
    route=STUDENT_NEW,
    title=_("Add student"),
    permission=Permission.STUDENT_CREATE,
    on_load=[StudentList.open, StudentForm.add, StudentList.watch],
)
def new_student_page() -> rx.Component:
    return _content()


def _known(value: Any) -> rx.Component:
    return rx.cond(value, value, rx.el.span("–", class_name="muted"))


def _answer(counts: dict[StudentStatus, int], *, teaches: bool) -> str:
    active, on_hold = counts[StudentStatus.ACTIVE], counts[StudentStatus.ON_HOLD]
    if teaches:
        text = ngettext("You teach {n} active student.", "You teach {n} active students.", active)
    else:
        text = ngettext("{n} active student.", "{n} active students.", active)
    said = text.format(n=f"{active:,}")
    if on_hold:
        waiting = ngettext("{n} is on hold.", "{n} are on hold.", on_hold)
        return _("{active} {on_hold}").format(active=said, on_hold=waiting.format(n=f"{on_hold:,}"))
    return said


def _row(student: StudentRead) -> StudentRow:
    label, tone = STATUSES[student.status]
    return StudentRow(
        id=student.id,
        name=student.full_name,
        initials=initials_of(student.full_name),
        code=student.code,
        phone=student.phone or "",
        email=student.email or "",
        branch=student.branch_name,
        status_label=label,
        tone=tone,
    )
