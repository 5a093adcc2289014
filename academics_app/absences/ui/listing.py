"""Planned absences: a worklist for staff, and a family's own with the way to ask for one."""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

import reflex as rx
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.absences.schemas import AbsenceDecision, AbsenceRead, AbsenceStatus, Decision
from academics_app.absences.service import (
    ABSENCES_TOPIC,
    decide_absence,
    list_absences,
    reopen_absence,
    withdraw_absence,
)
from academics_app.absences.ui.form import AbsenceForm, Refusal, absence_form, refusal_dialog
from academics_app.absences.ui.wording import (
    STATUSES,
    answer,
    family_sentence,
    reason,
    staff_sentence,
    status_badge,
    when,
)
from academics_app.core.clock import local_date, utc_now
from academics_app.core.db import reading, transaction
from academics_app.core.errors import NotFound
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission
from academics_app.institute.current import current_settings
from academics_app.students.service import list_own_students, read_student
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
    undoable,
)
from academics_app.ui.i18n import _
from academics_app.ui.identity import current_actor
from academics_app.ui.listing import ListState
from academics_app.ui.pages import Key, page
from academics_app.ui.policy import allow
from academics_app.ui.sections import attendance_tabs
from academics_app.ui.watching import changes, guarded


@dataclass
class AbsenceRow:
    """A line of the list."""

    id: int
    student_id: int
    name: str
    initials: str
    when: str
    reason: str
    asked: str
    status_label: str
    tone: str
    answer: str
    may_decide: bool
    may_change: bool
    may_withdraw: bool


@dataclass
class Child:
    """One of a family's students."""

    id: str
    name: str


class AbsenceList(ListState, rx.State):
    """The absences that fit the address; without a filter, what waits and what is coming."""

    FILTERS: ClassVar = {"status": tuple(STATUSES), "show": ("all",), "student": ()}

    rows: list[AbsenceRow] = []
    answer: str = ""
    is_staff: bool = False
    children: list[Child] = []
    student_name: str = ""
    """Of the address, for staff."""

    @rx.event
    @allow(Permission.ABSENCE_REQUEST)
    async def open(self) -> None:
        """Load by the address."""
        await self._open()

    @rx.event(background=True)
    @allow(Permission.ABSENCE_REQUEST)
    async def watch(self) -> None:
        """Load again when an absence has changed."""
        async for _topics in changes(ABSENCES_TOPIC, at_once=False):
            with guarded():
                async with self:
                    await self._load()

    @rx.event
    @allow(Permission.ABSENCE_APPROVE)
    async def approve(self, absence_id: int) -> Any:
        """Approve a request."""
        data = AbsenceDecision(decision=Decision.APPROVED)
        async with transaction() as session:
            absence = await decide_absence(
                session, actor=current_actor(), absence_id=int(absence_id), data=data
            )
        text = _("Absence of {name} approved").format(name=absence.student_name)
        return undoable(text, AbsenceList.reopen(absence.id))

    @rx.event
    @allow(Permission.ABSENCE_REQUEST)
    async def withdraw(self, absence_id: int) -> Any:
        """Take an absence back."""
        async with transaction() as session:
            absence = await withdraw_absence(session, actor=current_actor(), absence_id=int(absence_id))
        text = _("Absence of {name} withdrawn").format(name=absence.student_name)
        return undoable(text, AbsenceList.reopen(absence.id))

    @rx.event
    @allow(Permission.ABSENCE_REQUEST)
    async def reopen(self, absence_id: int) -> None:
        """Undo of a decision or a withdrawal."""
        async with transaction() as session:
            await reopen_absence(session, actor=current_actor(), absence_id=int(absence_id))

    async def _load(self) -> None:
        actor = current_actor()
        status, student = self.filters.get("status"), self.filters.get("student", "")
        student_id = int(student) if student.isdecimal() and len(student) < 19 else None
        whose: dict[str, Any] = {"actor": actor, "student_id": student_id}
        async with reading() as session:
            today = local_date(utc_now(), (await current_settings(session)).zone)
            found = await list_absences(
                session,
                **whose,
                page=self._page_request(),
                status=AbsenceStatus(status) if status else None,
                open_only=actor.is_staff and not status and not self.filters.get("show"),
                but_withdrawn=not actor.is_staff and not status and not self.filters.get("show"),
                query=self.q,
            )
            one = PageRequest(limit=1)
            if actor.is_staff:
                waiting = await list_absences(session, actor=actor, page=one, status=AbsenceStatus.REQUESTED)
                away = await list_absences(
                    session,
                    actor=actor,
                    page=one,
                    status=AbsenceStatus.APPROVED,
                    start_date=today,
                    end_date=today,
                )
                self.answer = staff_sentence(waiting.total, away.total)
                self.student_name = await _name_of(session, student_id) if student_id is not None else ""
            else:
                own = await list_absences(session, **whose, page=PageRequest(limit=100), start_date=today)
                self.answer = family_sentence(own.items, today)
                children = await list_own_students(session, actor=actor)
                self.children = [Child(str(each.id), each.full_name) for each in children]
        self.is_staff = actor.is_staff
        self.rows = [_row(absence, today, user_id=actor.user_id) for absence in found.items]
        self._count(len(found.items), found.total)


@page(
    route=routes.ABSENCES,
    title=_("Absences"),
    permission=Permission.ABSENCE_REQUEST,
    on_load=[AbsenceList.open, AbsenceForm.open_by_address, AbsenceList.watch],
    keys=(Key("N", _("Add or ask for an absence")), Key("/", _("Find a student"))),
)
def absences_page() -> rx.Component:
    return rx.fragment(
        page_header(_("Absences"), AbsenceList.answer, _add_button()),
        attendance_tabs(routes.ABSENCES),
        rx.cond(AbsenceList.is_staff, _worklist(), _own()),
        absence_form(),
        refusal_dialog(),
    )


async def _name_of(session: AsyncSession, student_id: int) -> str:
    try:
        student = await read_student(session, actor=current_actor(), student_id=student_id)
    except NotFound:
        return _("Unknown student")
    return student.full_name


def _add_button() -> rx.Component:
    label = rx.cond(AbsenceList.is_staff, _("Add absence"), _("Ask for an absence"))
    return button(label, kind="primary", icon="plus", on_click=AbsenceForm.add, creates=True)  # pyright: ignore[reportArgumentType]


def _worklist() -> rx.Component:
    return data_list(
        AbsenceList,
        AbsenceList.rows,
        [
            Column(_("Student"), lambda row: person(row.name, row.initials), width="18%"),
            Column(_("When"), lambda row: row.when, width="194px"),
            Column(_("Reason"), lambda row: _two_lines(row.reason, row.asked)),
            Column(_("Status"), lambda row: badge(row.status_label, tone=row.tone), width="126px"),
            Column(_("Answer"), lambda row: _one_line(row.answer), width="12%"),
            Column(_("Actions"), _actions, width="236px", align="end", phone_label=False),
        ],
        label=_("Absences"),
        href=lambda row: routes.student(row.student_id),
        search=_("Name or code of a student"),
        filters=_filters(),
        empty=empty_state(
            _("No absence is planned"),
            _("What families ask for and what you enter stands here, and suggests a mark on the register."),
        ),
        retry=AbsenceList.open,
    )


def _own() -> rx.Component:
    several = AbsenceList.children.length() > 1  # pyright: ignore[reportAttributeAccessIssue] - a var of a list
    return data_list(
        AbsenceList,
        AbsenceList.rows,
        [
            Column(_("When"), lambda row: row.when, width="210px"),
            Column(_("Student"), lambda row: row.name, width="20%"),
            Column(_("Reason"), lambda row: _two_lines(row.reason, row.asked)),
            Column(_("Status"), lambda row: badge(row.status_label, tone=row.tone), width="132px"),
            Column(_("Answer"), lambda row: _one_line(row.answer), width="20%"),
            Column(_("Actions"), _actions, width="180px", align="end", phone_label=False),
        ],
        label=_("Absences"),
        filters=[rx.cond(several, rx.foreach(AbsenceList.children, _child)), *_status_chips()],
        empty=empty_state(
            _("No absence yet"),
            _("Ask for one here, and see the answer here."),
            button(_("Ask for an absence"), kind="primary", on_click=AbsenceForm.add),
        ),
        retry=AbsenceList.open,
    )


def _filters() -> list[rx.Component]:
    return [_one_student(), *_status_chips(), filter_chip(AbsenceList, "show", "all", _("Past ones too"))]


def _one_student() -> rx.Component:
    """The student of the address, to let go of."""
    return rx.cond(
        AbsenceList.student_name,
        rx.el.button(
            AbsenceList.student_name,
            rx.icon("x", size=13, aria_hidden=True),
            type="button",
            class_name="chip",
            on_click=AbsenceList.set_filter("student", ""),
            custom_attrs={"aria-pressed": "true"},
            title=_("Show every student"),
        ),
    )


def _status_chips() -> list[rx.Component]:
    return [filter_chip(AbsenceList, "status", value, label) for value, (label, _tone) in STATUSES.items()]


def _child(child: Child) -> rx.Component:
    return rx.el.button(
        child.name,
        type="button",
        class_name="chip",
        on_click=AbsenceList.set_filter("student", child.id),
        custom_attrs={"aria-pressed": rx.cond(AbsenceList.filters["student"] == child.id, "true", "false")},
    )


def _one_line(text: Any) -> rx.Component:
    return rx.cond(text, rx.el.span(text, title=text), rx.el.span("–", class_name="muted only-desktop"))


def _two_lines(first: Any, second: Any) -> rx.Component:
    return rx.el.span(
        rx.el.span(first, title=first),
        rx.cond(second, rx.el.span(" ", second, class_name="muted small")),
    )


def _actions(row: AbsenceRow) -> rx.Component:
    named: dict[str, Any] = {"custom_attrs": {"aria-description": row.name + ", " + row.when}}
    return rx.el.span(
        rx.cond(
            row.may_decide,
            rx.fragment(
                button(_("Approve"), kind="primary", on_click=AbsenceList.approve(row.id), **named),
                button(_("Refuse"), kind="quiet", on_click=Refusal.ask(row.id), **named),
            ),
        ),
        rx.cond(
            row.may_change,
            button(_("Change"), kind="quiet", on_click=AbsenceForm.edit(row.id), **named),
        ),
        rx.cond(
            row.may_withdraw & ~row.may_decide,  # pyright: ignore[reportOperatorIssue] - vars of booleans
            button(_("Withdraw"), kind="quiet", on_click=AbsenceList.withdraw(row.id), **named),
        ),
        class_name="row cell-actions",
    )


def _row(absence: AbsenceRead, today: date, *, user_id: int | None) -> AbsenceRow:
    label, tone = status_badge(absence, today)
    asked = ""
    if absence.requested_by and absence.requested_by_id not in (absence.decided_by_id, user_id):
        asked = _("asked by {name}").format(name=absence.requested_by)
    return AbsenceRow(
        id=absence.id,
        student_id=absence.student_id,
        name=absence.student_name,
        initials=initials_of(absence.student_name),
        when=when(absence, today),
        reason=reason(absence),
        asked=asked,
        status_label=label,
        tone=tone,
        answer=answer(absence),
        may_decide=absence.may_decide,
        may_change=absence.may_change,
        may_withdraw=absence.may_withdraw,
    )
