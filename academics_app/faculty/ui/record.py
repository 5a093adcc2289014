"""A faculty member's page: profile, batches, the sessions of the next seven days."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import reflex as rx

from academics_app.core.clock import local_date, utc_now
from academics_app.core.db import reading
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission, may
from academics_app.faculty.service import read_faculty
from academics_app.faculty.ui.form import FacultyForm, faculty_form
from academics_app.faculty.ui.wording import STATUSES
from academics_app.institute.service import current_settings
from academics_app.learning_sessions.service import list_batches, list_sessions
from academics_app.ui import routes
from academics_app.ui.components import (
    Column,
    badge,
    button,
    card,
    card_body,
    clock_time,
    facts,
    link_button,
    page_header,
    plain_table,
    short_date,
)
from academics_app.ui.i18n import _, ngettext
from academics_app.ui.identity import current_actor
from academics_app.ui.pages import page
from academics_app.ui.policy import allow
from academics_app.ui.records import RecordState, record_columns, record_phases
from academics_app.ui.watching import changes, guarded

_AHEAD = timedelta(days=6)


@dataclass
class FacultyView:
    """The profile as it is shown."""

    id: int = 0
    name: str = ""
    code: str = ""
    status_label: str = ""
    tone: str = "untaken"
    email: str = ""
    phone: str = ""


@dataclass
class BatchRow:
    """A batch that they teach."""

    id: int
    name: str
    subject: str
    enrolled: str


@dataclass
class SessionRow:
    """A session of the next days."""

    batch_id: int
    batch: str
    when: str
    room: str
    remark: str


class FacultyRecord(RecordState, rx.State):
    """One faculty member. Everything is read anew by the address and the sign-in."""

    PARAMETER: ClassVar = "faculty_id"

    member: FacultyView = FacultyView()
    batches: list[BatchRow] = []
    sessions: list[SessionRow] = []
    answer: str = ""
    may_edit: bool = False

    @rx.event
    @allow(Permission.FACULTY_READ)
    async def open(self) -> AsyncIterator[None]:
        """Load by the address."""
        async for _step in self._open():
            yield

    @rx.event(background=True)
    @allow(Permission.FACULTY_READ)
    async def watch(self) -> None:
        """Load again when the faculty member or the timetable has changed."""
        async with self:
            faculty_id = self._asked()
        async for _topics in changes(f"faculty:{faculty_id}", "timetable", at_once=False):
            with guarded():
                async with self:
                    await self._reload(faculty_id)

    async def _load(self, record_id: int) -> None:
        actor = current_actor()
        async with reading() as session:
            settings = await current_settings(session)
            today = local_date(utc_now(), settings.zone)
            member = await read_faculty(session, actor=actor, faculty_id=record_id)
            batches = await list_batches(
                session, actor=actor, page=PageRequest(limit=100), faculty_id=record_id
            )
            sessions = await list_sessions(
                session,
                actor=actor,
                start_date=today,
                end_date=today + _AHEAD,
                page=PageRequest(limit=50),
                faculty_id=record_id,
            )
        label, tone = STATUSES[member.status]
        self.member = FacultyView(
            id=member.id,
            name=member.full_name,
            code=member.code,
            status_label=label,
            tone=tone,
            email=member.email or "",
            phone=member.phone or "",
        )
        self.batches = [
            BatchRow(
                id=batch.id,
                name=batch.name,
                subject=batch.subject_name,
                enrolled=ngettext("{n} student", "{n} students", batch.enrolled_count).format(
                    n=batch.enrolled_count
                ),
            )
            for batch in batches.items
        ]
        self.sessions = [
            SessionRow(
                batch_id=taught.batch_id,
                batch=taught.batch_name,
                when=_("{day}, {time}").format(
                    day=short_date(taught.starts_at, settings.zone),
                    time=clock_time(taught.starts_at, settings.zone),
                ),
                room=taught.room_name or "",
                remark=_remark(taught.status.value, taught.substitute_for_name),
            )
            for taught in sessions.items
        ]
        self.may_edit = may(actor, Permission.FACULTY_MANAGE)
        counted = ngettext("{n} session", "{n} sessions", sessions.total).format(n=sessions.total)
        groups = ngettext("{n} batch", "{n} batches", batches.total).format(n=batches.total)
        self.answer = _("{batches}, {sessions} in the next seven days.").format(
            batches=groups, sessions=counted
        )

    def _clear(self) -> None:
        self.member, self.batches, self.sessions, self.answer = FacultyView(), [], [], ""


@page(
    route=routes.FACULTY_MEMBER_ROUTE,
    title=_("Faculty member"),
    permission=Permission.FACULTY_READ,
    on_load=[FacultyRecord.open, FacultyRecord.watch],
)
def faculty_member_page() -> rx.Component:
    return record_phases(
        FacultyRecord,
        _record(),
        retry=FacultyRecord.open,
        kind=_("Faculty member"),
        missing=_("No such faculty member"),
    )


def _record() -> rx.Component:
    member = FacultyRecord.member
    edit = button(_("Edit"), icon="pencil", on_click=FacultyForm.edit(member.id))
    return rx.fragment(
        page_header(
            member.name,
            FacultyRecord.answer,
            link_button(
                _("Timetable"),
                routes.of_one(routes.TIMETABLE, "faculty", member.id),
                icon="calendar-days",
            ),
            rx.cond(FacultyRecord.may_edit, edit),
            back=(_("Faculty"), routes.FACULTY),
        ),
        record_columns(_profile(member), rx.fragment(_batches(), _sessions())),
        rx.cond(FacultyRecord.may_edit, faculty_form()),
    )


def _profile(member: Any) -> rx.Component:
    unknown = rx.el.span(_("not known"), class_name="muted")
    return card(
        card_body(
            facts(
                (_("Status"), badge(member.status_label, tone=member.tone)),
                (_("Code"), member.code),
                (
                    _("Phone"),
                    rx.cond(member.phone, rx.el.a(member.phone, href=f"tel:{member.phone}"), unknown),
                ),
                (
                    _("E-mail"),
                    rx.cond(member.email, rx.el.a(member.email, href=f"mailto:{member.email}"), unknown),
                ),
            )
        ),
        title=_("Profile"),
    )


def _batches() -> rx.Component:
    nothing = rx.el.p(_("Teaches no batch that you may see."), class_name="muted small")
    return card(
        rx.cond(
            FacultyRecord.batches.length() > 0,  # pyright: ignore[reportAttributeAccessIssue]
            plain_table(
                FacultyRecord.batches,
                [
                    Column(_("Batch"), lambda row: rx.el.span(row.name, title=row.name)),
                    Column(_("Subject"), lambda row: row.subject),
                    Column(_("Enrolled"), lambda row: row.enrolled, width="120px"),
                ],
                label=_("Batches"),
                href=lambda row: routes.batch(row.id),
            ),
            card_body(nothing),
        ),
        title=_("Batches"),
    )


def _sessions() -> rx.Component:
    nothing = rx.el.p(_("No sessions that you may see."), class_name="muted small")
    return card(
        rx.cond(
            FacultyRecord.sessions.length() > 0,  # pyright: ignore[reportAttributeAccessIssue]
            plain_table(
                FacultyRecord.sessions,
                [
                    Column(_("When"), lambda row: row.when, width="150px"),
                    Column(_("Batch"), lambda row: rx.el.span(row.batch, title=row.batch)),
                    Column(_("Room"), lambda row: row.room, width="110px"),
                    Column(_("Remark"), lambda row: rx.el.span(row.remark, title=row.remark)),
                ],
                label=_("Sessions of the next seven days"),
            ),
            card_body(nothing),
        ),
        title=_("The next seven days"),
    )


def _remark(status: str, substitute_for: str | None) -> str:
    if status == "cancelled":
        return _("Cancelled")
    return _("In place of {name}").format(name=substitute_for) if substitute_for else ""
