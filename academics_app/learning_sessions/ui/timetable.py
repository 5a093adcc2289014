"""What the timetable shows: the week of the address as rows, and the state that loads and follows it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import reflex as rx

from academics_app.core.actor import Actor
from academics_app.core.clock import local_date, utc_now
from academics_app.core.db import reading
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission, may
from academics_app.faculty.service import list_faculty
from academics_app.institute.calendar import list_holidays
from academics_app.institute.schemas import HolidayRead
from academics_app.institute.service import current_settings, list_branches, list_rooms
from academics_app.learning_sessions.schemas import SessionRead, SessionStatus
from academics_app.learning_sessions.service import list_sessions
from academics_app.learning_sessions.week import hours_of, monday_of, places, share_of_day
from academics_app.learning_sessions.wording import day_label, days_label, time_label
from academics_app.ui import errors, routes
from academics_app.ui.i18n import _, ngettext
from academics_app.ui.identity import current_actor
from academics_app.ui.listing import FAILED, LOADING, READY
from academics_app.ui.policy import allow
from academics_app.ui.watching import changes, guarded

_ALL = PageRequest(limit=1000)
_TONES = 8
_MOST_LANES = 2
"""With more meetings side by side than this, their names could not be read in an hour grid."""
_FILTERS = ("faculty", "room", "branch")


@dataclass
class Lesson:
    """A session in the week."""

    id: int
    title: str
    subject: str
    tone: str
    time: str
    room: str
    teacher: str
    note: str
    count: int
    is_cancelled: bool
    is_now: bool
    is_taken: bool
    href: str
    label: str
    top: str
    height: str
    left: str
    width: str


@dataclass
class Day:
    """A column of the week."""

    key: str
    label: str
    is_today: bool
    holiday: str
    now: str
    lessons: list[Lesson] = field(default_factory=list)


class Timetable(rx.State):
    """The week of the address, as far as the caller may see it."""

    phase: str = LOADING
    problem: str = ""
    answer: str = ""
    week_label: str = ""
    days: list[Day] = []
    hours: list[str] = []
    hour_count: int = 8
    is_dense: bool = False
    is_empty: bool = False
    previous_href: str = routes.TIMETABLE
    next_href: str = routes.TIMETABLE
    this_week_href: str = routes.TIMETABLE
    may_filter: bool = False
    may_manage: bool = False
    chosen: dict[str, str] = {}
    faculty_options: list[list[str]] = []
    room_options: list[list[str]] = []
    branch_options: list[list[str]] = []

    @rx.event
    @allow(Permission.SESSION_READ)
    async def open(self) -> Any:
        """Load the week of the address."""
        try:
            await self._load()
        except Exception as error:  # noqa: BLE001 - shown and, if it is not ours, logged
            self.phase, self.problem = FAILED, errors.sentence(error)
            return None
        return rx.call_script("window.academics.showToday?.()")

    @rx.event(background=True)
    @allow(Permission.SESSION_READ)
    async def watch(self) -> None:
        """Load again when the timetable has changed; every half minute too, so that the line of now moves on."""
        async for _topics in changes("timetable", "settings", at_once=False):
            with guarded():
                async with self:
                    await self._load()

    @rx.event
    @allow(Permission.SESSION_READ)
    async def choose(self, name: str, value: str) -> Any:
        """Limit the week to a teacher, a room or a branch."""
        if name not in _FILTERS:
            return None
        chosen = {**self.chosen, name: value if str(value).isdecimal() else ""}
        week = self.router.url.query_parameters.get("week", "")
        return rx.redirect(routes.with_query(routes.TIMETABLE, week=week, **chosen), replace=True)

    async def _load(self) -> None:
        actor, now = current_actor(), utc_now()
        query = self.router.url.query_parameters
        self.chosen = {name: query[name] for name in _FILTERS if query.get(name, "").isdecimal()}
        wanted = {name: min(int(value), 2**63 - 1) for name, value in self.chosen.items()}
        async with reading() as session:
            settings = await current_settings(session)
            today = local_date(now, settings.zone)
            monday = _week_of(query.get("week", ""), today)
            sunday = monday + timedelta(days=6)
            found = await list_sessions(
                session,
                actor=actor,
                start_date=monday,
                end_date=sunday,
                page=_ALL,
                faculty_id=wanted.get("faculty"),
                room_id=wanted.get("room"),
                branch_id=wanted.get("branch"),
            )
            holidays = (await list_holidays(session, actor=actor, page=_ALL)).items
            self.may_filter = may(actor, Permission.FACULTY_READ) and actor.faculty_id is None
            if self.may_filter:
                faculty = await list_faculty(session, actor=actor, page=_ALL)
                rooms = await list_rooms(session, actor=actor, page=_ALL)
                branches = await list_branches(session, actor=actor, page=_ALL)
                self.faculty_options = [[str(each.id), each.full_name] for each in faculty.items]
                self.branch_options = [[str(each.id), each.name] for each in branches.items]
                several = len(branches.items) > 1
                self.room_options = [
                    [
                        str(each.id),
                        _("{room} · {branch}").format(room=each.name, branch=each.branch_name)
                        if several
                        else each.name,
                    ]
                    for each in rooms.items
                ]
        self.may_manage = may(actor, Permission.SESSION_MANAGE)
        self._draw(found.items, holidays, monday, today, settings.zone, actor)
        links = {"week": lambda day: routes.with_query(routes.TIMETABLE, week=day.isoformat(), **self.chosen)}
        self.previous_href = links["week"](monday - timedelta(days=7))
        self.next_href = links["week"](monday + timedelta(days=7))
        self.this_week_href = routes.with_query(routes.TIMETABLE, **self.chosen)
        self.phase, self.problem = READY, ""

    def _draw(
        self,
        sessions: Sequence[SessionRead],
        holidays: Sequence[HolidayRead],
        monday: date,
        today: date,
        zone: ZoneInfo,
        actor: Actor,
    ) -> None:
        now = utc_now().astimezone(zone)
        hours = hours_of([(each.starts_at, each.ends_at) for each in sessions], zone)
        shown_days = (
            7
            if any(each.local_date.weekday() > 4 for each in sessions)
            or monday + timedelta(days=5) <= today <= monday + timedelta(days=6)
            else 5
        )
        self.is_dense, days = False, []
        for offset in range(shown_days):
            day = monday + timedelta(days=offset)
            todays = [each for each in sessions if each.local_date == day]
            stand = places([(each.starts_at, each.ends_at) for each in todays], hours, zone)
            self.is_dense = self.is_dense or any(place.lanes > _MOST_LANES for place in stand)
            lessons = [_lesson(each, zone, actor) for each in todays]
            for lesson, place in zip(lessons, stand, strict=True):
                lesson.top, lesson.height = f"{place.top:.3f}%", f"{place.height:.3f}%"
                lesson.left, lesson.width = f"{place.lane / place.lanes:.4%}", f"{1 / place.lanes:.4%}"
            share = share_of_day(now.time(), hours)
            days.append(
                Day(
                    key=day.isoformat(),
                    label=day_label(day),
                    is_today=day == today,
                    holiday=_holiday_on(day, holidays),
                    now=f"{share:.2f}%" if day == today and 0 <= share <= 100 else "",
                    lessons=lessons,
                )
            )
        self.days = days
        self.hours = [f"{hour:02d}:00" for hour in range(hours[0], hours[1])]
        self.hour_count = len(self.hours)
        self.is_empty = not sessions
        self.week_label = days_label(monday, monday + timedelta(days=6))
        self.answer = _answer(sessions, is_this_week=monday == monday_of(today), zone=zone)


def _week_of(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        day = today
    return monday_of(day if date(1900, 1, 8) <= day <= date(2200, 12, 20) else today)


def _holiday_on(day: date, holidays: Sequence[HolidayRead]) -> str:
    return ", ".join(each.name for each in holidays if each.starts_on <= day <= each.ends_on)


def _lesson(session: SessionRead, zone: ZoneInfo, actor: Actor) -> Lesson:
    is_cancelled = session.status is SessionStatus.CANCELLED
    note = ""
    if is_cancelled:
        note = (
            _("Cancelled: {reason}").format(reason=session.cancel_reason)
            if session.cancel_reason
            else _("Cancelled")
        )
    elif session.substitute_for_name:
        note = _("for {name}").format(name=session.substitute_for_name)
    times = time_label(session.starts_at, session.ends_at, zone)
    teacher = session.faculty_name or _("No teacher")
    said = [session.batch_name, times, session.room_name or "", teacher, note]
    return Lesson(
        id=session.id,
        title=session.batch_name,
        subject=session.subject_name,
        tone=f"tone-{session.subject_id % _TONES}",
        time=times,
        room=session.room_name or "",
        teacher=teacher if actor.faculty_id is None or session.faculty_id != actor.faculty_id else "",
        note=note,
        count=session.expected_count,
        is_cancelled=is_cancelled,
        is_now=not is_cancelled and session.starts_at <= utc_now() < session.ends_at,
        is_taken=session.register_taken_at is not None,
        href=routes.register(session.id) if may(actor, Permission.REGISTER_READ) else "",
        label=", ".join(part for part in said if part),
        top="",
        height="",
        left="",
        width="",
    )


def _answer(sessions: Sequence[SessionRead], *, is_this_week: bool, zone: ZoneInfo) -> str:
    if not sessions:
        return _("No sessions in this week.")
    cancelled = sum(each.status is SessionStatus.CANCELLED for each in sessions)
    covered = sum(
        each.substitute_for_id is not None for each in sessions if each.status is not SessionStatus.CANCELLED
    )
    words = [ngettext("{n} session", "{n} sessions", len(sessions)).format(n=len(sessions))]
    if cancelled:
        words.append(ngettext("{n} cancelled", "{n} cancelled", cancelled).format(n=cancelled))
    if covered:
        words.append(ngettext("{n} with a substitute", "{n} with a substitute", covered).format(n=covered))
    sentence = _("{list}.").format(list=", ".join(words))
    now = utc_now()
    coming = [
        each for each in sessions if each.starts_at > now and each.status is not SessionStatus.CANCELLED
    ]
    if is_this_week and coming:
        upcoming = min(coming, key=lambda each: each.starts_at)
        sentence += " " + _("Next: {batch}, {day} {time}.").format(
            batch=upcoming.batch_name,
            day=day_label(upcoming.local_date),
            time=f"{upcoming.starts_at.astimezone(zone):%H:%M}",
        )
    return sentence
