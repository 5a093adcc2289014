"""The timetable's state: the week or the day of the address, loaded and followed."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import reflex as rx
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.core.actor import Actor, Role
from academics_app.core.clock import local_date, utc_now
from academics_app.core.db import reading
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission, may
from academics_app.institute.calendar import list_holidays, list_terms
from academics_app.institute.schemas import HolidayRead, TermRead
from academics_app.institute.service import current_settings
from academics_app.learning_sessions.schemas import SessionRead
from academics_app.learning_sessions.service import list_sessions
from academics_app.learning_sessions.ui.timetable_view import (
    GRID,
    ROOMS,
    Column,
    DayLink,
    Lesson,
    Looker,
    answer,
    day_strip,
    days_shown,
    hours_shown,
    room_columns,
    terms_of,
    week_columns,
)
from academics_app.learning_sessions.week import monday_of, share_of_day
from academics_app.learning_sessions.wording import day_label, days_label
from academics_app.students.service import list_own_students
from academics_app.ui import errors, routes
from academics_app.ui.i18n import _
from academics_app.ui.identity import current_actor
from academics_app.ui.listing import FAILED, LOADING, READY
from academics_app.ui.policy import allow
from academics_app.ui.watching import changes, guarded

_ALL = PageRequest(limit=1000)
_FILTERS = ("faculty", "batch", "room", "branch", "student")
_NARROWING = ("faculty", "batch", "room", "student")
_MOST_CHILDREN = 10


class Timetable(rx.State):
    """The week or the day of the address, as far as the caller may see it."""

    phase: str = LOADING
    problem: str = ""
    answer: str = ""
    is_day: bool = False
    span_label: str = ""
    term_label: str = ""
    holiday_label: str = ""
    shown_day: str = ""
    layout: str = GRID
    columns: list[Column] = []
    agenda: list[Lesson] = []
    """The day in order of time, for a phone, where rooms have no place side by side."""
    strip: list[DayLink] = []
    hours: list[str] = []
    hour_count: int = 8
    now_top: str = ""
    is_empty: bool = False
    previous_href: str = routes.TIMETABLE
    next_href: str = routes.TIMETABLE
    now_href: str = routes.TIMETABLE
    week_href: str = routes.TIMETABLE
    day_href: str = routes.TIMETABLE
    subscribe_href: str = routes.ACCOUNT_CALENDAR
    may_filter: bool = False
    may_manage: bool = False
    chosen: dict[str, str] = {}
    children: list[list[str]] = []

    @rx.event
    @allow(Permission.SESSION_READ)
    async def open(self) -> Any:
        """Load the week or the day of the address."""
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
        """Limit the timetable to a teacher, a batch, a room, a branch or a student."""
        if name not in _FILTERS:
            return None
        chosen = {**self.chosen, name: value if _is_id(str(value)) else ""}
        return rx.redirect(self._address(date.fromisoformat(self.shown_day), chosen), replace=True)

    @rx.event
    @allow(Permission.SESSION_READ)
    async def jump(self, day: str) -> Any:
        """Go to a date; what is half typed is ignored."""
        wanted = _day_of(str(day), None)
        if wanted is None or wanted.isoformat() == self.shown_day:
            return None
        return rx.redirect(self._address(wanted, self.chosen), replace=True)

    def _address(self, day: date, chosen: Mapping[str, str], *, is_day: bool | None = None) -> str:
        name = "day" if (self.is_day if is_day is None else is_day) else "week"
        return routes.with_query(routes.TIMETABLE, **{name: day.isoformat()}, **chosen)

    async def _load(self) -> None:
        actor, now = current_actor(), utc_now()
        query = self.router.url.query_parameters
        chosen = {name: query[name] for name in _FILTERS if _is_id(query.get(name, ""))}
        async with reading() as session:
            zone = (await current_settings(session)).zone
            today = local_date(now, zone)
            is_day = "day" in query
            day = _day_of(query.get("day") or query.get("week", ""), today) or today
            monday = monday_of(day)
            first, last = (day, day) if is_day else (monday, monday + timedelta(days=6))
            sessions, total, children, names = await _sessions(session, actor, first, last, chosen)
            holidays = (await list_holidays(session, actor=actor, page=_ALL)).items
            terms = (await list_terms(session, actor=actor, page=_ALL)).items
        looker = Looker(zone, now, actor.faculty_id, may(actor, Permission.REGISTER_READ), names)
        self._set(
            chosen=chosen,
            children=children,
            is_day=is_day,
            shown_day=day.isoformat(),
            may_manage=may(actor, Permission.SESSION_MANAGE),
            may_filter=actor.is_staff,
            is_empty=not sessions,
            answer=answer(
                sessions,
                total,
                when=_when(first, last, today),
                now=now if first <= today <= last else None,
                zone=zone,
            ),
        )
        by_room = (
            is_day and actor.faculty_id is None and actor.is_staff and not chosen.keys() & set(_NARROWING)
        )
        self._draw(sessions, (first, last), today, looker, holidays, terms, by_room=by_room)
        self._link(day, monday, today)
        self._set(phase=READY, problem="")

    def _draw(
        self,
        sessions: Sequence[SessionRead],
        span: tuple[date, date],
        today: date,
        looker: Looker,
        holidays: Sequence[HolidayRead],
        terms: Sequence[TermRead],
        *,
        by_room: bool,
    ) -> None:
        first, last = span
        hours = hours_shown(sessions, looker.zone)
        week = [monday_of(first) + timedelta(days=offset) for offset in range(7)]
        link = {each: self._address(each, self.chosen, is_day=True) for each in week}
        days = [first] if self.is_day else days_shown(sessions, first, today)
        layout, columns = week_columns(
            sessions, days, hours, looker=looker, today=today, holidays=holidays, terms=terms, link=link
        )
        agenda = columns[0].lessons if by_room else []
        if by_room and sessions:
            layout, columns = ROOMS, room_columns(sessions, hours, looker=looker, is_today=first == today)
        share = share_of_day(looker.now.astimezone(looker.zone).time(), hours)
        self._set(
            layout=layout,
            columns=columns,
            agenda=agenda,
            strip=day_strip(
                week, shown=first if self.is_day else None, today=today, holidays=holidays, link=link
            ),
            hours=[f"{hour:02d}:00" for hour in range(*hours)],
            hour_count=hours[1] - hours[0],
            now_top=f"{share:.2f}%" if first <= today <= last and 0 <= share <= 100 else "",
            span_label=day_label(first, with_year=True) if self.is_day else days_label(first, last),
            term_label=terms_of(first, last, terms),
            holiday_label=columns[0].holiday if self.is_day and columns and not by_room else "",
        )

    def _link(self, day: date, monday: date, today: date) -> None:
        step = timedelta(days=1 if self.is_day else 7)
        at = day if self.is_day else monday
        now_name = {"day": today.isoformat()} if self.is_day else {}
        self._set(
            previous_href=self._address(at - step, self.chosen),
            next_href=self._address(at + step, self.chosen),
            now_href=routes.with_query(routes.TIMETABLE, **now_name, **self.chosen),
            week_href=self._address(monday, self.chosen, is_day=False),
            day_href=self._address(
                today if monday_of(today) == monday and not self.is_day else day, self.chosen, is_day=True
            ),
            subscribe_href=routes.with_query(
                routes.ACCOUNT_CALENDAR,
                **{name: self.chosen[name] for name in ("student", "batch", "room") if name in self.chosen},
            ),
        )

    def _set(self, **values: Any) -> None:
        """Assign what differs, so that a refresh without news sends nothing."""
        for name, value in values.items():
            if getattr(self, name) != value:
                setattr(self, name, value)


async def _sessions(
    session: AsyncSession, actor: Actor, first: date, last: date, chosen: Mapping[str, str]
) -> tuple[list[SessionRead], int, list[list[str]], dict[int, list[str]]]:
    """The sessions, how many there are, a guardian's children to choose from, and which of them are in which session."""
    wanted: dict[str, Any] = {f"{name}_id": int(value) for name, value in chosen.items()}
    span: dict[str, Any] = {"actor": actor, "start_date": first, "end_date": last, "page": _ALL}
    children = await list_own_students(session, actor=actor) if actor.role is Role.GUARDIAN else []
    options = [[str(each.id), each.full_name] for each in children] if len(children) > 1 else []
    if not options or "student" in chosen or len(children) > _MOST_CHILDREN:
        found = await list_sessions(session, **span, **wanted)
        return list(found.items), found.total, options, {}
    by_id: dict[int, SessionRead] = {}
    names: dict[int, list[str]] = {}
    for child in children:
        for each in (await list_sessions(session, **span, **wanted, student_id=child.id)).items:
            by_id[each.id] = each
            names.setdefault(each.id, []).append(child.given_name)
    ordered = sorted(by_id.values(), key=lambda each: (each.starts_at, each.batch_name, each.id))
    return ordered, len(ordered), options, names


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) <= 18 and int(text) > 0


def _day_of(text: str, otherwise: date | None) -> date | None:
    """The date, when it is one that a timetable can be for."""
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return otherwise
    return day if date(1900, 1, 8) <= day <= date(2200, 12, 20) else otherwise


def _when(first: date, last: date, today: date) -> str:
    if first == last:
        if first == today:
            return _("today")
        return _("on {day}").format(day=day_label(first))
    if first <= today <= last:
        return _("this week")
    return _("in the week of {day}").format(day=day_label(first))
