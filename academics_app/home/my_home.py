"""The student's home, and the guardian's with a switch between children: next session, this week, attendance."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import reflex as rx

from academics_app.absences.service import list_absences
from academics_app.absences.ui.wording import answer as answer_to
from academics_app.absences.ui.wording import status_badge, when
from academics_app.attendance.figures import list_attendance, summarise_attendance
from academics_app.attendance.schemas.figures import AttendanceRecord, AttendanceSummary
from academics_app.core.actor import Role
from academics_app.core.clock import local_date, utc_now
from academics_app.core.db import reading
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission
from academics_app.institute.service import current_settings
from academics_app.learning_sessions.schemas import SessionRead
from academics_app.learning_sessions.sessions import list_sessions
from academics_app.learning_sessions.wording import time_label
from academics_app.students.service import list_own_students
from academics_app.ui import errors, routes
from academics_app.ui.components import (
    Column,
    badge,
    by_phase,
    card,
    card_body,
    clock_time,
    empty_state,
    error_state,
    exact_time,
    link,
    link_button,
    mark_badge,
    page_header,
    plain_table,
    relative_time,
    short_day,
    skeleton,
    stat_sentence,
)
from academics_app.ui.components.rate import percent, rate_button, rate_panel
from academics_app.ui.i18n import _, ngettext
from academics_app.ui.identity import current_actor
from academics_app.ui.pages import page
from academics_app.ui.policy import allow
from academics_app.ui.watching import changes, guarded

_DAYS_AHEAD = 7
_DAYS_BACK = 90
_SHOWN_MARKS = 8
_SHOWN_ABSENCES = 4


@dataclass
class Child:
    """One of the students that the account is for."""

    id: int
    name: str


@dataclass
class ComingSession:
    """A session ahead."""

    name: str
    day: str
    time: str
    room: str
    note: str


@dataclass
class PlannedAway:
    """A planned absence that is not over."""

    when: str
    status: str
    tone: str
    answer: str


@dataclass
class PastMark:
    """A mark that was made."""

    name: str
    day: str
    status: str
    note: str


class MyHome(rx.State):
    """What concerns one student; which one is in the address."""

    phase: str = "loading"
    problem: str = ""
    children: list[Child] = []
    student_id: int = 0
    student_name: str = ""
    answer: str = ""
    next_instant: str = ""
    next_exact: str = ""
    coming: list[ComingSession] = []
    marks: list[PastMark] = []
    absences: list[PlannedAway] = []
    absences_url: str = ""
    ask_url: str = ""
    attendance: str = ""
    rate: str = ""
    start: str = ""
    end: str = ""
    left_out: str = ""

    @rx.event
    @allow(Permission.ATTENDANCE_READ)
    async def open(self) -> None:
        """Load the student of the address, or the first."""
        chosen = self.router.url.query_parameters.get("student", "")
        self.student_id = int(chosen) if chosen.isdecimal() and len(chosen) < 19 else 0
        try:
            await self._load()
        except Exception as error:  # noqa: BLE001 - shown and, if it is not ours, logged
            self.phase, self.problem = "failed", errors.sentence(error)

    @rx.event
    @allow(Permission.ATTENDANCE_READ)
    async def choose(self, student_id: int) -> Any:
        """Show another child."""
        return rx.redirect(routes.with_query(routes.MY_HOME, student=int(student_id)), replace=True)

    @rx.event(background=True)
    @allow(Permission.ATTENDANCE_READ)
    async def watch(self) -> None:
        """Follow the student and the timetable."""
        async for _topics in changes(f"student:{self.student_id}", "timetable", at_once=False):
            with guarded():
                async with self:
                    await self._load()

    async def _load(self) -> None:
        actor = current_actor()
        async with reading() as session:
            settings = await current_settings(session)
            today = local_date(utc_now(), settings.zone)
            own = await list_own_students(session, actor=actor)
            self.children = [Child(student.id, student.full_name) for student in own]
            student = next((each for each in own if each.id == self.student_id), own[0] if own else None)
            if student is None:
                self.student_id, self.phase = 0, "ready"
                return
            self.student_id, self.student_name = student.id, student.full_name
            period = {
                "actor": actor,
                "student_id": student.id,
                "start_date": today - timedelta(days=_DAYS_BACK),
            }
            summary = await summarise_attendance(session, **period, end_date=today)
            records = await list_attendance(session, **period, end_date=today + timedelta(days=_DAYS_AHEAD))
            sessions = await list_sessions(
                session,
                actor=actor,
                start_date=today,
                end_date=today + timedelta(days=_DAYS_AHEAD),
                page=PageRequest(limit=500),
            )
            planned = await list_absences(
                session,
                actor=actor,
                student_id=student.id,
                start_date=today,
                page=PageRequest(limit=_SHOWN_ABSENCES),
                but_withdrawn=True,
            )
        own_ids = {record.session_id for record in records}
        ahead = [item for item in sessions.items if item.id in own_ids and item.ends_at > utc_now()]
        self.coming = [_coming(item, settings.zone, today) for item in ahead]
        self._answer([item for item in ahead if item.status.value != "cancelled"], settings.zone)
        self.marks = [_mark(record) for record in records if record.status is not None][:_SHOWN_MARKS]
        self.absences = [
            PlannedAway(when(each, today), *status_badge(each, today), answer_to(each))
            for each in planned.items
        ]
        chosen = student.id if len(own) > 1 else None
        self.absences_url = routes.with_query(routes.ABSENCES, student=chosen)
        self.ask_url = routes.with_query(routes.ABSENCES, new=1, student=chosen)
        self.attendance, self.left_out = _attendance(summary)
        self.rate = percent(summary.rate) if summary.counted else ""
        self.start, self.end = summary.start_date.isoformat(), summary.end_date.isoformat()
        self.phase = "ready"

    def _answer(self, held: list[SessionRead], zone: ZoneInfo) -> None:
        self.next_instant = self.next_exact = ""
        if not held:
            self.answer = _("No session in the next seven days.")
        elif held[0].starts_at <= utc_now():
            self.answer = _("Now: {name}, until {time}.").format(
                name=held[0].batch_name, time=clock_time(held[0].ends_at, zone)
            )
        else:
            self.next_instant = held[0].starts_at.isoformat()
            self.next_exact = exact_time(held[0].starts_at, zone)
            self.answer = _("Next: {name}, {time}").format(name=held[0].batch_name, time=self.next_exact)


@page(
    route=routes.MY_HOME,
    title=_("Home"),
    roles=[Role.STUDENT, Role.GUARDIAN],
    on_load=[MyHome.open, MyHome.watch],
)
def my_home_page() -> rx.Component:
    return rx.fragment(
        page_header(
            rx.cond(MyHome.student_name, MyHome.student_name, _("Home")),
            rx.fragment(
                MyHome.answer,
                rx.cond(
                    MyHome.next_instant,
                    rx.fragment(" · ", relative_time(MyHome.next_instant, MyHome.next_exact)),
                ),
            ),
            rx.cond(MyHome.ask_url, link_button(_("Ask for an absence"), MyHome.ask_url, icon="calendar-x")),
        ),
        rx.cond(
            MyHome.children.length() > 1,  # pyright: ignore[reportAttributeAccessIssue] - a var of a list
            rx.el.div(
                rx.foreach(MyHome.children, _child),
                class_name="chips toolbar",
                role="group",
                aria_label=_("Children"),
            ),
        ),
        by_phase(
            MyHome.phase,
            ready=rx.cond(
                MyHome.student_id > 0,
                _content(),
                empty_state(
                    _("No student record yet"),
                    _(
                        "Once the institute has linked your account to a student, their sessions and attendance stand here."
                    ),
                ),
            ),
            loading=rx.el.div(
                *[rx.el.div(skeleton("40%"), class_name="skeleton-row") for _n in range(6)], aria_busy=True
            ),
            failed=error_state(MyHome.problem, MyHome.open),
        ),
        rate_panel(),
    )


def _child(child: Child) -> rx.Component:
    return rx.el.button(
        child.name,
        type="button",
        class_name="chip",
        on_click=MyHome.choose(child.id),
        custom_attrs={"aria-pressed": rx.cond(MyHome.student_id == child.id, "true", "false")},
    )


def _content() -> rx.Component:
    return rx.el.div(
        rx.el.div(_next_days(), _planned_absences(), class_name="stack"),
        card(
            card_body(
                stat_sentence(
                    MyHome.attendance,
                    " ",
                    rx.cond(
                        MyHome.rate,
                        rate_button(
                            MyHome.rate,
                            student_id=MyHome.student_id,
                            start=MyHome.start,
                            end=MyHome.end,
                            name=MyHome.student_name,
                        ),
                    ),
                ),
                rx.cond(MyHome.left_out, rx.el.p(MyHome.left_out, class_name="muted small")),
            ),
            rx.cond(
                MyHome.marks.length() > 0,  # pyright: ignore[reportAttributeAccessIssue] - a var of a list
                plain_table(
                    MyHome.marks,
                    [
                        Column(_("Session"), lambda row: row.name),
                        Column(_("Day"), lambda row: row.day, width="120px"),
                        Column(_("Mark"), lambda row: mark_badge(row.status), width="120px"),
                        Column(_("Note"), lambda row: row.note, width="160px"),
                    ],
                    label=_("Last marks"),
                ),
            ),
            title=_("Attendance in the last 90 days"),
        ),
        class_name="columns",
    )


def _next_days() -> rx.Component:
    return card(
        rx.cond(
            MyHome.coming.length() > 0,  # pyright: ignore[reportAttributeAccessIssue] - a var of a list
            plain_table(
                MyHome.coming,
                [
                    Column(_("Session"), lambda row: row.name),
                    Column(_("Day"), lambda row: row.day, width="110px"),
                    Column(_("Time"), lambda row: row.time, width="110px"),
                    Column(_("Room"), lambda row: row.room, width="100px"),
                    Column(_("Note"), lambda row: row.note, width="110px"),
                ],
                label=_("The next seven days"),
            ),
            card_body(rx.el.p(_("Nothing in the next seven days."), class_name="muted")),
        ),
        title=_("The next seven days"),
    )


def _planned_absences() -> rx.Component:
    return rx.cond(
        MyHome.absences.length() > 0,  # pyright: ignore[reportAttributeAccessIssue] - a var of a list
        card(
            plain_table(
                MyHome.absences,
                [
                    Column(_("When"), lambda row: row.when),
                    Column(_("Status"), lambda row: badge(row.status, tone=row.tone), width="130px"),
                    Column(_("Answer"), lambda row: row.answer, width="40%"),
                ],
                label=_("Planned absences"),
            ),
            title=_("Planned absences"),
            actions=(link(_("All"), href=MyHome.absences_url, class_name="small"),),
        ),
    )


def _coming(item: SessionRead, zone: Any, today: date) -> ComingSession:
    is_cancelled = item.status.value == "cancelled"
    return ComingSession(
        name=item.batch_name,
        day=_("Today") if item.local_date == today else short_day(item.local_date),
        time=time_label(item.starts_at, item.ends_at, zone),
        room=item.room_name or "",
        note=_("Cancelled") if is_cancelled else "",
    )


def _mark(record: AttendanceRecord) -> PastMark:
    note = ""
    if record.minutes_late:
        note = ngettext("{n} minute late", "{n} minutes late", record.minutes_late).format(
            n=record.minutes_late
        )
    return PastMark(
        name=record.batch_name,
        day=short_day(record.local_date),
        status=record.status.value if record.status else "",
        note=note,
    )


def _attendance(summary: AttendanceSummary) -> tuple[str, str]:
    if summary.rate is None:
        said = _("No session counts yet.")
    else:
        said = _("Attended {attended} of {counted} sessions that count:").format(
            attended=summary.attended, counted=summary.counted
        )
    reasons = [
        _("{n} because {reason}").format(n=number, reason=reason)
        for reason, number in summary.left_out.items()
        if number and reason != "the session has not begun"
    ]
    return said, _("Not counted: {reasons}.").format(reasons=", ".join(reasons)) if reasons else ""
