"""The list of faculty members."""

from dataclasses import dataclass
from typing import Any, ClassVar

import reflex as rx

from academics_app.core.db import reading
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission, may
from academics_app.faculty.models import FacultyStatus
from academics_app.faculty.schemas import FacultyRead, FacultySort
from academics_app.faculty.service import list_faculty
from academics_app.faculty.ui.form import FACULTY_NEW, FacultyForm, faculty_form
from academics_app.faculty.ui.wording import STATUS_OPTIONS, STATUSES
from academics_app.ui import routes
from academics_app.ui.components import (
    Column,
    badge,
    button,
    data_list,
    empty_state,
    filter_chip,
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
class FacultyRow:
    """A line of the list."""

    id: int
    name: str
    initials: str
    code: str
    phone: str
    email: str
    status_label: str
    tone: str


class FacultyList(ListState, rx.State):
    """The faculty members that fit the address."""

    FILTERS: ClassVar = {"status": tuple(status.value for status in FacultyStatus)}
    SORTS: ClassVar = ("name", "code")

    rows: list[FacultyRow] = []
    answer: str = ""
    may_edit: bool = False

    @rx.event
    @allow(Permission.FACULTY_READ)
    async def open(self) -> None:
        """Load by the address."""
        await self._open()

    @rx.event(background=True)
    @allow(Permission.FACULTY_READ)
    async def watch(self) -> None:
        """Load again when a faculty member was added or changed."""
        async for _topics in changes("faculty", at_once=False):
            with guarded():
                async with self:
                    await self._load()

    async def _load(self) -> None:
        actor, status = current_actor(), self.filters.get("status")
        one = PageRequest(limit=1)
        async with reading() as session:
            found = await list_faculty(
                session,
                actor=actor,
                page=self._page_request(),
                status=FacultyStatus(status) if status else None,
                query=self.q,
                sort=FacultySort(self.sort) if self.sort else None,
            )
            active = await list_faculty(session, actor=actor, page=one, status=FacultyStatus.ACTIVE)
            on_leave = await list_faculty(session, actor=actor, page=one, status=FacultyStatus.ON_LEAVE)
        self.rows = [_row(member) for member in found.items]
        self._count(len(found.items), found.total)
        self.may_edit = may(actor, Permission.FACULTY_MANAGE)
        self.answer = ngettext("{n} teaches here.", "{n} teach here.", active.total).format(n=active.total)
        if on_leave.total:
            self.answer = _("{teaching} {n} on leave.").format(teaching=self.answer, n=on_leave.total)


def _content() -> rx.Component:
    add = {"kind": "primary", "icon": "plus", "on_click": FacultyForm.add}
    return rx.fragment(
        page_header(
            _("Faculty"),
            FacultyList.answer,
            rx.cond(FacultyList.may_edit, button(_("Add faculty member"), creates=True, **add)),
        ),
        data_list(
            FacultyList,
            FacultyList.rows,
            [
                Column(_("Name"), lambda row: person(row.name, row.initials), width="30%", sort="name"),
                Column(_("Code"), lambda row: row.code, width="110px", sort="code"),
                Column(_("Status"), lambda row: badge(row.status_label, tone=row.tone), width="120px"),
                Column(_("Phone"), lambda row: _known(row.phone), width="160px"),
                Column(_("E-mail"), lambda row: rx.el.span(row.email, title=row.email), on_phone=False),
            ],
            label=_("Faculty"),
            href=lambda row: routes.faculty_member(row.id),
            search=_("Name, code, phone or e-mail"),
            filters=[filter_chip(FacultyList, "status", value, label) for value, label in STATUS_OPTIONS],
            empty=empty_state(
                _("No faculty yet"),
                _("Those who teach here will be listed."),
                rx.cond(FacultyList.may_edit, button(_("Add faculty member"), **add)),
            ),
            retry=FacultyList.open,
        ),
        rx.cond(FacultyList.may_edit, faculty_form()),
    )


@page(
    route=routes.FACULTY,
    title=_("Faculty"),
    permission=Permission.FACULTY_READ,
    on_load=[FacultyList.open, FacultyList.watch],
)
def faculty_page() -> rx.Component:
    return _content()


@page(
    route=FACULTY_NEW,
    title=_("Add faculty member"),
    permission=Permission.FACULTY_MANAGE,
    on_load=[FacultyList.open, FacultyForm.add, FacultyList.watch],
)
def new_faculty_page() -> rx.Component:
    return _content()


def _known(value: Any) -> rx.Component:
    return rx.cond(value, value, rx.el.span("–", class_name="muted"))


def _row(member: FacultyRead) -> FacultyRow:
    label, tone = STATUSES[member.status]
    return FacultyRow(
        id=member.id,
        name=member.full_name,
        initials=initials_of(member.full_name),
        code=member.code,
        phone=member.phone or "",
        email=member.email or "",
        status_label=label,
        tone=tone,
    )
