"""A student's page: profile, guardians, batches, attendance. Students and guardians see their own, without the notes."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import reflex as rx
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.absences.service import ABSENCES_TOPIC, read_current_leave
from academics_app.absences.ui.wording import leave_sentence
from academics_app.attendance.figures import list_attendance, summarise_attendance
from academics_app.attendance.rules import LEFT_OUT
from academics_app.attendance.schemas.figures import AttendanceRecord, AttendanceSummary
from academics_app.core.actor import Actor
from academics_app.core.clock import local_date, utc_now
from academics_app.core.db import reading
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission, may
from academics_app.institute.service import current_settings
from academics_app.learning_sessions.service import list_batches
from academics_app.students.guardians import list_guardians
from academics_app.students.schemas import StudentRead
from academics_app.students.service import read_student
from academics_app.students.ui.form import StudentForm, student_form
from academics_app.students.ui.guardians import GuardianRow, guardian_row, guardians_card
from academics_app.students.ui.wording import STATUSES, day
from academics_app.ui import routes
from academics_app.ui.components import (
    Column,
    badge,
    button,
    card,
    card_body,
    facts,
    link_button,
    mark_badge,
    page_header,
    plain_table,
    short_date,
)
from academics_app.ui.components.rate import percent, rate_button, rate_panel
from academics_app.ui.i18n import _, ngettext
from academics_app.ui.identity import current_actor
from academics_app.ui.pages import page
from academics_app.ui.policy import allow
from academics_app.ui.records import RecordState, record_columns, record_phases
from academics_app.ui.watching import changes, guarded

_PERIOD = timedelta(weeks=12)
_RECORDS = 10
_ALL_RECORDS = 200
_WEEKDAYS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))


@dataclass
class StudentView:
    """The profile as it is shown."""

    id: int = 0
    name: str = ""
    code: str = ""
    status_label: str = ""
    tone: str = "untaken"
    email: str = ""
    phone: str = ""
    born: str = ""
    branch: str = ""
    notes: str = ""


@dataclass
class BatchRow:
    """A batch that the student is or was enrolled in."""

    id: int
    name: str
    subject: str
    faculty: str
    when: str


@dataclass
class RecordRow:
    """A session of the period, with the mark or why it does not count."""

    session_id: int
    when: str
    batch: str
    status: str
    detail: str


class StudentRecord(RecordState, rx.State):
    """One student. Everything is read anew by the address and the sign-in."""

    PARAMETER: ClassVar = "student_id"

    student: StudentView = StudentView()
    guardians: list[GuardianRow] = []
    batches: list[BatchRow] = []
    records: list[RecordRow] = []
    answer: str = ""
    leave: str = ""
    rate: str = ""
    counted: str = ""
    period: str = ""
    start: str = ""
    end: str = ""
    download: str = ""
    left_out: str = ""
    may_edit: bool = False

    @rx.event
    @allow(Permission.STUDENT_READ)
    async def open(self) -> AsyncIterator[None]:
        """Load by the address."""
        async for _step in self._open():
            yield

    @rx.event(background=True)
    @allow(Permission.STUDENT_READ)
    async def watch(self) -> None:
        """Load again when something of this student has changed."""
        async with self:
            student_id = self._asked()
        async for _topics in changes(f"student:{student_id}", ABSENCES_TOPIC, at_once=False):
            with guarded():
                async with self:
                    await self._reload(student_id)

    async def _load(self, record_id: int) -> None:
        actor, student_id = current_actor(), record_id
        async with reading() as session:
            settings = await current_settings(session)
            zone = settings.zone
            student = await read_student(session, actor=actor, student_id=student_id)
            guardians = await list_guardians(session, actor=actor, student_id=student_id)
            batches = await list_batches(
                session, actor=actor, page=PageRequest(limit=50), student_id=student_id
            )
            leave = await read_current_leave(session, actor=actor, student_id=student_id)
            start, end, is_chosen = self._period(zone)
            summary, records = await _attendance(
                session, actor, student_id, zone, start, end, everything=is_chosen
            )
        self.student = _view(student)
        self.guardians = [guardian_row(guardian, student_id) for guardian in guardians.items]
        self.batches = [
            BatchRow(
                id=batch.id,
                name=batch.name,
                subject=batch.subject_name,
                faculty=batch.faculty_name or "",
                when=", ".join(
                    f"{_WEEKDAYS[meeting.weekday]} {meeting.starts_at:%H:%M}" for meeting in batch.meetings
                ),
            )
            for batch in batches.items
        ]
        self.records = records
        self.start, self.end = start.isoformat(), end.isoformat()
        self.period = (
            _("Attendance from {start} to {end}").format(start=day(start), end=day(end))
            if is_chosen
            else _("Attendance in the last twelve weeks")
        )
        self.answer, self.left_out = _said(summary, self.period), _left_out(summary)
        self.leave = leave_sentence(leave, local_date(utc_now(), zone))
        self.rate = percent(summary.rate)
        self.counted = _("Attended {attended} of {counted} sessions that count:").format(
            attended=summary.attended, counted=summary.counted
        )
        self.download = routes.with_query(
            f"/api/v1/students/{student_id}/attendance.csv", start_date=self.start, end_date=self.end
        )
        self.may_edit = may(actor, Permission.STUDENT_UPDATE)

    def _period(self, zone: ZoneInfo) -> tuple[date, date, bool]:
        """The period of the address, or the last weeks; whether the address chose it."""
        query = self.router.url.query_parameters
        try:
            return date.fromisoformat(query["start"]), date.fromisoformat(query["end"]), True
        except (KeyError, ValueError):
            today = local_date(utc_now(), zone)
            return today - _PERIOD, today, False

    def _clear(self) -> None:
        self.answer, self.leave, self.left_out = "", "", ""
        self.student, self.guardians, self.batches, self.records = StudentView(), [], [], []


@page(
    route=routes.STUDENT_ROUTE,
    title=_("Student"),
    permission=Permission.STUDENT_READ,
    on_load=[StudentRecord.open, StudentRecord.watch],
)
def student_page() -> rx.Component:
    return record_phases(
        StudentRecord,
        _record(),
        retry=StudentRecord.open,
        kind=_("Student"),
        missing=_("No such student"),
    )


def _record() -> rx.Component:
    student = StudentRecord.student
    edit = button(_("Edit"), icon="pencil", on_click=StudentForm.edit(student.id))
    list_or_home = (
        rx.cond(StudentRecord.may_edit, _("Students"), _("Home")),
        rx.cond(StudentRecord.may_edit, routes.STUDENTS, routes.HOME),
    )
    return rx.fragment(
        page_header(
            student.name,
            rx.fragment(
                rx.cond(StudentRecord.leave, rx.el.strong(StudentRecord.leave, " ")), StudentRecord.answer
            ),
            link_button(
                _("Timetable"), routes.of_one(routes.TIMETABLE, "student", student.id), icon="calendar-days"
            ),
            link_button(
                _("Absences"), routes.of_one(routes.ABSENCES, "student", student.id), icon="calendar-x"
            ),
            rx.cond(StudentRecord.may_edit, edit),
            back=list_or_home,  # pyright: ignore[reportArgumentType] - a var is a label too
        ),
        record_columns(
            rx.fragment(_profile(student), _notes(student)),
            rx.fragment(
                guardians_card(StudentRecord.guardians, student.id, StudentRecord.may_edit),
                _batches(),
                _attendance_card(),
            ),
        ),
        rx.cond(StudentRecord.may_edit, student_form()),
        rate_panel(),
    )


def _profile(student: Any) -> rx.Component:
    return card(
        card_body(
            facts(
                (_("Status"), badge(student.status_label, tone=student.tone)),
                (_("Code"), student.code),
                (_("Phone"), _or_none(student.phone, rx.el.a(student.phone, href=f"tel:{student.phone}"))),
                (
                    _("E-mail"),
                    _or_none(student.email, rx.el.a(student.email, href=f"mailto:{student.email}")),
                ),
                (_("Date of birth"), _or_none(student.born, student.born)),
                (_("Branch"), student.branch),
            )
        ),
        title=_("Profile"),
    )


def _notes(student: Any) -> rx.Component:
    text = rx.el.p(
        student.notes, class_name="small", style={"white_space": "pre-line", "overflow_wrap": "anywhere"}
    )
    return rx.cond(student.notes, card(card_body(text), title=_("Notes for staff")))


def _batches() -> rx.Component:
    nothing = rx.el.p(_("Not enrolled in any batch."), class_name="muted small")
    return card(
        rx.cond(
            StudentRecord.batches.length() > 0,  # pyright: ignore[reportAttributeAccessIssue]
            plain_table(
                StudentRecord.batches,
                [
                    Column(_("Batch"), lambda row: rx.el.span(row.name, title=row.name)),
                    Column(_("Subject"), lambda row: row.subject),
                    Column(_("Faculty"), lambda row: row.faculty),
                    Column(_("Weekly"), lambda row: row.when),
                ],
                label=_("Batches"),
                href=lambda row: routes.batch(row.id),
            ),
            card_body(nothing),
        ),
        title=_("Batches"),
    )


def _attendance_card() -> rx.Component:
    nothing = rx.el.p(_("No sessions in this time."), class_name="muted small")
    rate = rate_button(
        StudentRecord.rate,
        student_id=StudentRecord.student.id,
        start=StudentRecord.start,
        end=StudentRecord.end,
        name=StudentRecord.student.name,
    )
    return card(
        card_body(rx.el.p(StudentRecord.counted, " ", rate, class_name="stat")),
        rx.cond(
            StudentRecord.records.length() > 0,  # pyright: ignore[reportAttributeAccessIssue]
            plain_table(
                StudentRecord.records,
                [
                    Column(_("Day"), lambda row: row.when, width="120px"),
                    Column(_("Batch"), lambda row: row.batch),
                    Column(_("Mark"), lambda row: mark_badge(row.status), width="120px"),
                    Column(_("Remark"), lambda row: rx.el.span(row.detail, title=row.detail)),
                ],
                label=_("The last sessions"),
            ),
            card_body(nothing),
        ),
        rx.cond(StudentRecord.left_out, card_body(rx.el.p(StudentRecord.left_out, class_name="muted small"))),
        title=StudentRecord.period,
        actions=(rx.el.a(_("CSV"), href=StudentRecord.download, class_name="btn btn-quiet", download=True),),
    )


def _or_none(value: Any, shown: Any) -> rx.Component:
    return rx.cond(value, shown, rx.el.span(_("not known"), class_name="muted"))


async def _attendance(
    session: AsyncSession,
    actor: Actor,
    student_id: int,
    zone: ZoneInfo,
    start: date,
    end: date,
    *,
    everything: bool,
) -> tuple[AttendanceSummary, list[RecordRow]]:
    period = {"student_id": student_id, "start_date": start, "end_date": end}
    summary = await summarise_attendance(session, actor=actor, **period)
    records = await list_attendance(session, actor=actor, **period)
    return summary, _record_rows(records, zone, limit=_ALL_RECORDS if everything else _RECORDS)


def _record_rows(records: Sequence[AttendanceRecord], zone: ZoneInfo, *, limit: int) -> list[RecordRow]:
    past = [record for record in records if record.left_out_because != LEFT_OUT["upcoming"]]
    return [
        RecordRow(
            session_id=record.session_id,
            when=short_date(record.starts_at, zone),
            batch=record.batch_name,
            status=record.status or "",
            detail=_remark(record),
        )
        for record in past[:limit]
    ]


def _remark(record: AttendanceRecord) -> str:
    parts = [
        ngettext("{n} minute late", "{n} minutes late", record.minutes_late).format(n=record.minutes_late)
        if record.minutes_late
        else "",
        record.note or "",
        _("Not counted: {reason}").format(reason=record.left_out_because) if record.left_out_because else "",
    ]
    return " · ".join(part for part in parts if part)


def _said(summary: AttendanceSummary, period: str) -> str:
    if not summary.counted:
        return _("{period}: no session counts yet.").format(period=period)
    return _("{period}: {rate}, {attended} of {counted} sessions.").format(
        period=period, attended=summary.attended, counted=summary.counted, rate=percent(summary.rate)
    )


def _left_out(summary: AttendanceSummary) -> str:
    upcoming = LEFT_OUT["upcoming"]
    reasons = [f"{number} × {reason}" for reason, number in summary.left_out.items() if reason != upcoming]
    return _("Not counted: {reasons}.").format(reasons=", ".join(reasons)) if reasons else ""


def _view(student: StudentRead) -> StudentView:
    label, tone = STATUSES[student.status]
    return StudentView(
        id=student.id,
        name=student.full_name,
        code=student.code,
        status_label=label,
        tone=tone,
        email=student.email or "",
        phone=student.phone or "",
        born=day(student.date_of_birth),
        branch=student.branch_name,
        notes=student.notes or "",
    )
