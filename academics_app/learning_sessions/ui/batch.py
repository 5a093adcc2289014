"""One batch: its week, its students, its next sessions."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import reflex as rx

from academics_app.attendance.figures import list_batch_rates
from academics_app.core.clock import local_date, utc_now
from academics_app.core.db import reading
from academics_app.core.errors import NotFound
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission, may
from academics_app.institute.service import current_settings
from academics_app.learning_sessions.schemas import (
    BatchRead,
    MeetingRead,
    SessionRead,
    SessionStatus,
)
from academics_app.learning_sessions.service import list_enrollments, list_sessions, read_batch
from academics_app.learning_sessions.ui.batch_students import EnrolledRow, enrolled_row, in_order
from academics_app.learning_sessions.ui.batches import STATUSES, BatchForm, batch_dialog
from academics_app.learning_sessions.ui.enrollment_form import (
    EnrollmentDates,
    EnrollStudents,
    enroll_dialog,
    enrollment_dialog,
)
from academics_app.learning_sessions.ui.schedule_form import ScheduleForm, schedule_dialog
from academics_app.learning_sessions.ui.session_forms import session_panel
from academics_app.learning_sessions.ui.session_panel import SessionPanel
from academics_app.learning_sessions.ui.timetable_view import note_of
from academics_app.learning_sessions.wording import (
    LONG_WEEKDAYS,
    clock_label,
    date_label,
    day_label,
    days_label,
    time_label,
)
from academics_app.ui import errors, routes
from academics_app.ui.components import (
    Column,
    badge,
    button,
    by_phase,
    card,
    card_body,
    error_state,
    icon_button,
    link,
    link_button,
    page_header,
    person,
    plain_table,
    skeleton,
)
from academics_app.ui.components.rate import rate_button, rate_panel
from academics_app.ui.i18n import _, ngettext
from academics_app.ui.identity import current_actor
from academics_app.ui.listing import FAILED, LOADING, READY
from academics_app.ui.pages import page
from academics_app.ui.policy import allow
from academics_app.ui.watching import changes, guarded

_ALL = PageRequest(limit=1000)
_NEXT_SESSIONS = 8
_LOOK_AHEAD = timedelta(days=180)


@dataclass
class MeetingRow:
    """A weekly meeting."""

    day: str
    time: str
    room: str


@dataclass
class SessionRow:
    """A session to come."""

    id: int
    day: str
    time: str
    room: str
    teacher: str
    note: str
    is_cancelled: bool
    href: str


class BatchPage(rx.State):
    """The batch of the address."""

    phase: str = LOADING
    problem: str = ""
    shown_id: int = 0
    title: str = ""
    answer: str = ""
    code: str = ""
    status_label: str = ""
    tone: str = "untaken"
    version: int = 0
    meetings: list[MeetingRow] = []
    students: list[EnrolledRow] = []
    past: list[EnrolledRow] = []
    past_label: str = ""
    by_rate: bool = False
    rates_from: str = ""
    rates_until: str = ""
    sessions: list[SessionRow] = []
    may_manage: bool = False
    may_enroll: bool = False
    is_staff: bool = False

    @rx.event
    @allow(Permission.BATCH_READ)
    async def open(self) -> None:
        """Load the batch of the address."""
        try:
            await self._load()
        except Exception as error:  # noqa: BLE001 - shown and, if it is not ours, logged
            self.phase, self.problem = FAILED, errors.sentence(error)

    @rx.event(background=True)
    @allow(Permission.BATCH_READ)
    async def watch(self) -> None:
        """Load again when the batch, its students or its sessions have changed."""
        async with self:
            topics = (f"batch:{self._batch_id()}", "timetable")
        async for _topics in changes(*topics, at_once=False):
            with guarded():
                async with self:
                    await self._load()

    @rx.event
    @allow(Permission.BATCH_READ)
    async def order_students(self) -> None:
        """By rate, the lowest first; or by name again."""
        self.by_rate = not self.by_rate
        self.students = in_order(self.students, by_rate=self.by_rate)

    def _batch_id(self) -> int:
        given = str(getattr(self, "batch_id", ""))
        if not given.isdecimal() or int(given) >= 2**63:
            raise NotFound(_("There is no such batch."))
        return int(given)

    async def _load(self) -> None:
        actor, batch_id = current_actor(), self._batch_id()
        async with reading() as session:
            batch = await read_batch(session, actor=actor, batch_id=batch_id)
            enrolled = await list_enrollments(session, actor=actor, batch_id=batch_id, page=_ALL)
            settings = await current_settings(session)
            today = local_date(utc_now(), settings.zone)
            first_day = min(batch.starts_on, today)
            rates = {
                rate.student_id: rate.rate
                for rate in await list_batch_rates(
                    session, actor=actor, batch_id=batch_id, start_date=first_day, end_date=today
                )
            }
            coming = await list_sessions(
                session,
                actor=actor,
                start_date=today,
                end_date=today + _LOOK_AHEAD,
                batch_id=batch_id,
                page=PageRequest(limit=_NEXT_SESSIONS + 5),
            )
        self.shown_id, self.version = batch.id, batch.version
        self.title, self.code = batch.name, batch.code
        self.status_label, self.tone = STATUSES[batch.status.value]
        self.may_manage = may(actor, Permission.BATCH_MANAGE)
        self.may_enroll = may(actor, Permission.ENROLLMENT_MANAGE)
        self.is_staff = actor.is_staff
        self.meetings = [
            _meeting(each, batch) for each in batch.meetings if each.ends_on is None or each.ends_on >= today
        ]
        present = [each for each in enrolled.items if each.ends_on is None or each.ends_on >= today]
        gone = [each for each in enrolled.items if each.ends_on is not None and each.ends_on < today]
        self.rates_from, self.rates_until = first_day.isoformat(), today.isoformat()
        self.students = in_order([enrolled_row(each, rates) for each in present], by_rate=self.by_rate)
        self.past = [enrolled_row(each, rates) for each in gone]
        self.past_label = ngettext("{n} earlier student", "{n} earlier students", len(gone)).format(
            n=len(gone)
        )
        may_open_register = may(actor, Permission.REGISTER_READ)
        upcoming = [each for each in coming.items if each.ends_at > utc_now()][:_NEXT_SESSIONS]
        self.sessions = [_session(each, settings.zone, may_open=may_open_register) for each in upcoming]
        self.answer = _answer(batch)
        self.phase, self.problem = READY, ""


def _answer(batch: BatchRead) -> str:
    students = ngettext("{n} student", "{n} students", batch.enrolled_count).format(n=batch.enrolled_count)
    parts = [batch.subject_name, batch.faculty_name or _("no teacher yet"), students]
    if batch.room_name:
        parts.append(batch.room_name)
    if batch.ends_on:
        parts.append(_("until {day}").format(day=date_label(batch.ends_on)))
    return " · ".join(parts)


def _meeting(meeting: MeetingRead, batch: BatchRead) -> MeetingRow:
    return MeetingRow(
        day=LONG_WEEKDAYS[meeting.weekday],
        time=" · ".join(filter(None, [clock_label(meeting.starts_at, meeting.ends_at), _weeks(meeting)])),
        room=meeting.room_name or batch.room_name or _("No room"),
    )


def _weeks(meeting: MeetingRead) -> str:
    """The days within which it meets, where it has its own."""
    if meeting.starts_on and meeting.ends_on:
        return days_label(meeting.starts_on, meeting.ends_on)
    if meeting.starts_on:
        return _("from {day}").format(day=date_label(meeting.starts_on))
    return _("until {day}").format(day=date_label(meeting.ends_on)) if meeting.ends_on else ""


def _session(session: SessionRead, zone: Any, *, may_open: bool) -> SessionRow:
    is_cancelled = session.status is SessionStatus.CANCELLED
    return SessionRow(
        id=session.id,
        day=day_label(session.local_date),
        time=time_label(session.starts_at, session.ends_at, zone),
        room=session.room_name or "",
        teacher=session.faculty_name or _("No teacher"),
        note=note_of(session),
        is_cancelled=is_cancelled,
        href=routes.register(session.id) if may_open else "",
    )


@page(
    route=routes.BATCH_ROUTE,
    title=_("Batch"),
    permission=Permission.BATCH_READ,
    on_load=[BatchPage.open, BatchPage.watch],
)
def batch_page() -> rx.Component:
    return rx.fragment(
        rx.el.link(rel="stylesheet", href="/week/week.css", custom_attrs={"precedence": "default"}),
        by_phase(
            BatchPage.phase,  # pyright: ignore[reportArgumentType]
            ready=_batch(),
            loading=rx.fragment(
                page_header(_("Batch"), ""), card(card_body(skeleton("70%"), skeleton("50%")))
            ),
            failed=rx.fragment(
                page_header(_("Batch"), "", back=(_("Batches"), routes.BATCHES)),
                error_state(BatchPage.problem, BatchPage.open),
            ),
        ),
        batch_dialog(),
        schedule_dialog(),
        enroll_dialog(),
        enrollment_dialog(),
        session_panel(),
        rate_panel(),
    )


def _batch() -> rx.Component:
    return rx.fragment(
        page_header(
            BatchPage.title,
            BatchPage.answer,
            rx.el.span(BatchPage.code, class_name="muted small"),
            badge(BatchPage.status_label, tone=BatchPage.tone),  # pyright: ignore[reportArgumentType]
            link_button(
                _("Timetable"),
                f"{routes.TIMETABLE}?batch={BatchPage.shown_id}",
                icon="calendar-days",
            ),
            rx.cond(
                BatchPage.may_manage,
                button(_("Change"), icon="pencil", on_click=BatchForm.edit(BatchPage.shown_id)),
            ),
            back=(_("Batches"), routes.BATCHES),
        ),
        rx.el.div(
            rx.el.div(_students_card(), class_name="stack"),
            rx.el.div(_week_card(), _sessions_card(), class_name="stack"),
            class_name="batch-columns",
        ),
    )


def _week_card() -> rx.Component:
    return card(
        rx.cond(
            BatchPage.meetings.length() > 0,  # pyright: ignore[reportAttributeAccessIssue]
            plain_table(
                BatchPage.meetings,
                [
                    Column(_("Day"), lambda row: row.day),
                    Column(_("Time"), lambda row: row.time),
                    Column(_("Room"), lambda row: row.room),
                ],
                label=_("Weekly schedule"),
            ),
            card_body(rx.el.p(_("No weekly schedule yet: no sessions are made."), class_name="muted small")),
        ),
        title=_("Weekly schedule"),
        actions=(
            rx.cond(
                BatchPage.may_manage,
                button(
                    _("Change schedule"),
                    kind="quiet",
                    icon="pencil",
                    on_click=ScheduleForm.edit(BatchPage.shown_id),
                ),
            ),
        ),
    )


def _students_card() -> rx.Component:
    return card(
        rx.cond(
            BatchPage.students.length() > 0,  # pyright: ignore[reportAttributeAccessIssue]
            _enrolled_table(
                BatchPage.students,
                [
                    Column(_("Student"), _student_link),
                    Column(_("Code"), lambda row: row.code, width="84px", on_phone=False),
                    Column(_("Rate"), _rate, width="88px", align="end"),
                    Column(_("From"), lambda row: row.since, width="114px"),
                    Column(_("Until"), lambda row: row.until, width="112px", on_phone=False),
                    Column(_("Actions"), _student_actions, width="146px", align="end"),
                ],
                label=_("Students"),
            ),
            card_body(rx.el.p(_("Nobody is enrolled yet."), class_name="muted small")),
        ),
        rx.cond(
            BatchPage.past.length() > 0,  # pyright: ignore[reportAttributeAccessIssue]
            rx.el.details(
                rx.el.summary(BatchPage.past_label, class_name="card-summary"),
                _enrolled_table(
                    BatchPage.past,
                    [
                        Column(_("Student"), _student_link),
                        Column(_("From"), lambda row: row.since, width="112px"),
                        Column(_("Until"), lambda row: row.until, width="112px"),
                        Column(_("Actions"), _change_dates, width="90px"),
                    ],
                    label=_("Earlier students"),
                ),
            ),
        ),
        title=_("Students"),
        actions=(
            rx.cond(
                BatchPage.students.length() > 1,  # pyright: ignore[reportAttributeAccessIssue]
                button(
                    rx.cond(BatchPage.by_rate, _("Sort by name"), _("Sort by rate")),  # pyright: ignore[reportArgumentType]
                    kind="quiet",
                    icon="arrow-down-up",
                    on_click=BatchPage.order_students,
                ),
            ),
            rx.cond(
                BatchPage.may_enroll,
                button(
                    _("Enrol students"),
                    kind="primary",
                    icon="user-plus",
                    on_click=EnrollStudents.start(BatchPage.shown_id),
                    creates=True,
                ),
            ),
        ),
    )


def _enrolled_table(rows: Any, columns: list[Column], *, label: str) -> rx.Component:
    return rx.el.div(plain_table(rows, columns, label=label), class_name="enrolled")


def _rate(row: EnrolledRow) -> rx.Component:
    return rate_button(
        row.rate,
        student_id=row.student_id,
        start=BatchPage.rates_from,
        end=BatchPage.rates_until,
        batch_id=BatchPage.shown_id,
        name=row.name,
    )


def _student_link(row: EnrolledRow) -> rx.Component:
    return rx.cond(
        BatchPage.is_staff,
        link(person(row.name, row.initials), href=row.href, class_name="row-link"),
        person(row.name, row.initials),
    )


def _student_actions(row: EnrolledRow) -> rx.Component:
    return rx.cond(
        BatchPage.may_enroll,
        rx.el.span(
            _dates_button(row),
            button(
                _("End today"),
                kind="quiet",
                on_click=EnrollmentDates.end_today(row.id),
                custom_attrs={"aria-description": row.name},
            ),
            class_name="row cell-actions above-link",
        ),
    )


def _change_dates(row: EnrolledRow) -> rx.Component:
    return rx.cond(
        BatchPage.may_enroll, rx.el.span(_dates_button(row), class_name="row cell-actions above-link")
    )


def _dates_button(row: EnrolledRow) -> rx.Component:
    return button(
        _("Dates"),
        kind="quiet",
        on_click=EnrollmentDates.edit(BatchPage.shown_id, row.id),
        custom_attrs={"aria-description": row.name},
    )


def _sessions_card() -> rx.Component:
    return card(
        rx.cond(
            BatchPage.sessions.length() > 0,  # pyright: ignore[reportAttributeAccessIssue]
            rx.el.ul(rx.foreach(BatchPage.sessions, _session_line), class_name="session-lines"),
            card_body(rx.el.p(_("No sessions to come."), class_name="muted small")),
        ),
        title=_("Next sessions"),
        actions=(link_button(_("Timetable"), routes.TIMETABLE, kind="quiet"),),
    )


def _session_line(row: SessionRow) -> rx.Component:
    when = rx.fragment(rx.el.span(row.day, class_name="session-day"), rx.el.span(row.time))
    return rx.el.li(
        rx.cond(
            row.href,
            link(
                when,
                href=row.href,
                class_name=rx.cond(row.is_cancelled, "session-when struck", "session-when"),
            ),
            rx.el.span(when, class_name=rx.cond(row.is_cancelled, "session-when struck", "session-when")),
        ),
        rx.el.span(
            rx.cond(
                row.note,
                rx.el.span(row.note, class_name=rx.cond(row.is_cancelled, "tone-absent", "tone-excused")),
                rx.el.span(row.room, class_name="muted"),
            ),
            class_name="truncate grow",
        ),
        rx.cond(
            BatchPage.may_manage,
            icon_button(
                "ellipsis",
                label=_("Change the session of {day}").format(day=row.day),
                on_click=SessionPanel.open(row.id),
                class_name="line-menu",
            ),
        ),
    )
