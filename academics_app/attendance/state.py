"""The register's and Today's states: what the screens show, reloaded whenever the bus says that it changed."""

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import reflex as rx

from academics_app.attendance.access import access_register, may_mark
from academics_app.attendance.register import list_today, shared_register_json
from academics_app.attendance.schemas import TodaySession
from academics_app.attendance.service import REGISTERS_TOPIC, live_topic
from academics_app.attendance.today import day_sentence, day_title, state_line
from academics_app.core import presence
from academics_app.core.actor import Actor
from academics_app.core.clock import local_date, utc_now
from academics_app.core.db import reading
from academics_app.core.errors import AppError, NotFound
from academics_app.core.permissions import Permission
from academics_app.institute.service import current_settings
from academics_app.ui import routes
from academics_app.ui.i18n import _
from academics_app.ui.identity import current_actor
from academics_app.ui.policy import allow
from academics_app.ui.watching import changes, guarded

_SETTLE_SECONDS = 0.5
"""Today follows every register at once, so a class being marked is one reload, not thirty."""


class RegisterPage(rx.State):
    """One register. The marks themselves never pass through here: the browser posts them to the API."""

    phase: str = "loading"
    problem: str = ""
    register: str = ""
    """`RegisterRead` as JSON, the same object for everybody who watches."""
    others: list[str] = []
    _shown: int = 0

    @rx.event
    @allow(Permission.REGISTER_READ)
    async def open(self) -> None:
        """Read the register of the address."""
        session_id = self._session_id()
        if self._shown != session_id:
            self.register, self.phase, self.others = "", "loading", []
        self._shown = session_id
        try:
            self.register = await _read(session_id, actor=current_actor())
            self.phase, self.problem = "ready", ""
        except AppError as error:
            self._fail(error)

    @rx.event(background=True)
    @allow(Permission.REGISTER_READ)
    async def watch(self) -> None:
        """Follow the register, and be seen by the others who have it open."""
        actor = current_actor()
        async with self:
            session_id, shown = self._session_id(), self.register
        try:
            can_mark = await _check_access(session_id, actor=actor)
        except AppError:
            return
        topic = live_topic(session_id)
        present_topic = presence.live_topic(topic)
        myself = presence.Member(actor.user_id or 0, actor.name)
        is_checked = True
        async with presence.present(topic, myself):
            async for topics in changes(topic, present_topic, f"session:{session_id}"):
                with guarded():
                    # Who may see it changes with the session or the sign-in; a mark alone needs no new look.
                    if not is_checked and not (topics and topics <= {topic, present_topic}):
                        try:
                            can_mark = await _check_access(session_id, actor=actor)
                        except AppError as error:
                            async with self:
                                self.register = ""
                                self._fail(error)
                            return
                    is_checked = False
                    read = await shared_register_json(session_id, can_mark=can_mark)
                    others = None if topics == {topic} else await _others(topic, myself)
                    if read != shown or others is not None:
                        shown = read
                        async with self:
                            self.register = read
                            if others is not None:
                                self.others = others

    def _session_id(self) -> int:
        given = str(getattr(self, "session_id", ""))
        return int(given) if given.isdecimal() and len(given) < 19 else 0

    def _fail(self, error: AppError) -> None:
        self.phase, self.problem = "failed", error.detail


@dataclass
class TodayRow:
    """A session as the list shows it."""

    session_id: int
    href: str
    time_label: str
    name: str
    place: str
    state: str
    """Its `RegisterState`, which chooses the mark and the tone."""
    line: str
    action: str
    """The button's words, or empty where there is nothing to do."""


class TodayPage(rx.State):
    """The sessions of a day with the state of each register."""

    phase: str = "loading"
    problem: str = ""
    sentence: str = ""
    day: str = ""
    title: str = _("Today")
    is_today: bool = True
    rows: list[TodayRow] = []

    @rx.event
    @allow(Permission.REGISTER_READ)
    async def open(self) -> None:
        """Read the day of the address, or today."""
        await self._load(_day_of(self.router.url.query_parameters.get("day", "")))

    @rx.event
    @allow(Permission.REGISTER_READ)
    async def show(self, day: str) -> Any:
        """Go to another day; what is no date means today."""
        chosen = _day_of(day)
        await self._load(chosen)
        return rx.redirect(
            routes.with_query(routes.TODAY, day=None if self.is_today else self.day), replace=True
        )

    @rx.event
    @allow(Permission.REGISTER_READ)
    async def step(self, days: int) -> Any:
        """Go some days on or back."""
        day = _day_of(self.day)
        if day is None or not isinstance(days, int) or abs(days) > 366:
            return None
        return await TodayPage.show.fn(self, (day + timedelta(days=days)).isoformat())

    @rx.event(background=True)
    @allow(Permission.REGISTER_READ)
    async def watch(self) -> None:
        """Follow the day: every register of it, the timetable, and the clock."""
        async for _topics in changes(REGISTERS_TOPIC, "timetable"):
            with guarded():
                async with self:
                    await self._load(None if self.is_today else _day_of(self.day))
            await asyncio.sleep(_SETTLE_SECONDS)

    async def _load(self, day: date | None) -> None:
        actor = current_actor()
        try:
            async with reading() as session:
                settings = await current_settings(session)
                sessions = await list_today(session, actor=actor, day=day)
        except AppError as error:
            self.phase, self.problem = "failed", error.detail
            return
        today = local_date(utc_now(), settings.zone)
        day = day or today
        self.day, self.is_today = day.isoformat(), day == today
        self.title = day_title(day, is_today=self.is_today)
        self.sentence = day_sentence(sessions, is_today=self.is_today)
        rows = [_row(session, actor=actor, zone=settings.zone) for session in sessions]
        if rows != self.rows:
            self.rows = rows
        self.phase = "ready"


def _row(session: TodaySession, *, actor: Actor, zone: Any) -> TodayRow:
    line, action = state_line(session, reader=actor.name, zone=zone)
    teacher = session.faculty_name if session.faculty_id != actor.faculty_id else None
    return TodayRow(
        session_id=session.id,
        href=routes.register(session.id),
        time_label=session.time_label,
        name=session.batch_name,
        place=" · ".join(filter(None, [session.room_name, teacher])),
        state=session.state.value,
        line=line,
        action=action,
    )


async def _read(session_id: int, *, actor: Actor) -> str:
    return await shared_register_json(session_id, can_mark=await _check_access(session_id, actor=actor))


async def _check_access(session_id: int, *, actor: Actor) -> bool:
    """Whether the actor may mark; NotFound or Forbidden if not even look."""
    if not session_id:
        raise NotFound("There is no such session.")
    async with reading() as session:
        header = await access_register(session, session_id, actor=actor)
    return may_mark(actor, header.faculty_id)


async def _others(place: str, myself: presence.Member) -> list[str]:
    return [member.name for member in await presence.members(place) if member.user_id != myself.user_id]


def _day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        return None
