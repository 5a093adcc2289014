"""Today: the sessions of a day, each with the state of its register."""

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import reflex as rx

from academics_app.attendance.components import TodayList
from academics_app.attendance.register import list_today
from academics_app.attendance.schemas.register import TodaySession
from academics_app.attendance.service import REGISTERS_TOPIC
from academics_app.attendance.today import day_sentence, day_title, state_line
from academics_app.core.actor import Actor
from academics_app.core.clock import local_date, utc_now
from academics_app.core.db import reading
from academics_app.core.errors import AppError
from academics_app.core.permissions import Permission
from academics_app.institute.service import current_settings
from academics_app.ui import routes
from academics_app.ui.components.button import button, icon_button
from academics_app.ui.components.link import link
from academics_app.ui.components.page_header import page_header
from academics_app.ui.components.states import by_phase, empty_state, error_state, skeleton
from academics_app.ui.i18n import _
from academics_app.ui.identity import current_actor
from academics_app.ui.pages import Key, page
from academics_app.ui.policy import allow
from academics_app.ui.watching import changes, guarded

_SETTLE_SECONDS = 0.5
"""Today follows every register at once, so a class being marked is one reload, not thirty."""
_SIGNS = {
    "upcoming": ("○", "untaken"),
    "open": ("◔", "accent"),
    "marking": ("◐", "accent"),
    "overdue": ("◐", "late"),
    "taken": ("●", "present"),
    "cancelled": ("×", "untaken"),
    "empty": ("–", "untaken"),
}


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


def _day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        return None


@page(
    route=routes.TODAY,
    title=_("Today"),
    on_load=[TodayPage.open, TodayPage.watch],
    permission=Permission.REGISTER_READ,
    keys=(Key("Tab Enter", _("Go to a register")),),
)
def today_page() -> rx.Component:
    return rx.fragment(
        page_header(
            TodayPage.title,
            TodayPage.sentence,
            _day_switch(),
        ),
        by_phase(
            rx.Var.create(TodayPage.phase),
            ready=rx.cond(
                TodayPage.rows.length() > 0,  # pyright: ignore[reportAttributeAccessIssue] - a var of a list
                TodayList.create(
                    rx.foreach(TodayPage.rows, _session), class_name="today", aria_label=_("Sessions")
                ),
                empty_state(
                    _("Nothing on this day"),
                    _("The sessions that you teach stand here, each with the state of its register."),
                    link(_("Open the timetable"), href=routes.TIMETABLE),
                ),
            ),
            loading=_today_skeleton(),
            failed=error_state(TodayPage.problem, TodayPage.open),
        ),
    )


def _day_switch() -> rx.Component:
    return rx.el.div(
        icon_button("chevron-left", label=_("Day before"), on_click=TodayPage.step(-1)),
        rx.el.input(
            type="date",
            value=TodayPage.day,
            on_change=TodayPage.show,
            class_name="input",
            aria_label=_("Day"),
        ),
        icon_button("chevron-right", label=_("Day after"), on_click=TodayPage.step(1)),
        rx.cond(TodayPage.is_today, rx.fragment(), button(_("Today"), on_click=TodayPage.show(""))),
        class_name="row today-days",
    )


def _session(row: TodayRow) -> rx.Component:
    return rx.el.li(
        rx.el.span(row.time_label, class_name="today-time"),
        rx.el.span(
            link(row.name, href=row.href, class_name="row-link"),
            rx.el.span(row.place, class_name="muted small truncate"),
            class_name="today-name",
        ),
        rx.el.span(
            rx.match(row.state, *[(state, _sign(*sign)) for state, sign in _SIGNS.items()], rx.fragment()),
            rx.el.span(row.line),
            class_name="today-state",
            data_state=row.state,
        ),
        rx.cond(
            row.action,
            link(
                row.action,
                href=row.href,
                class_name="btn btn-primary above-link",
                aria_label=row.action + ": " + row.name,
            ),
            rx.fragment(),
        ),
        class_name="today-row",
        data_session=row.session_id,
    )


def _sign(sign: str, tone: str) -> rx.Component:
    return rx.el.span(sign, class_name=f"today-sign tone-{tone}", aria_hidden=True)


def _today_skeleton() -> rx.Component:
    return rx.el.div(
        *[rx.el.div(skeleton("40%"), style={"height": "var(--bar)"}) for _row in range(6)], aria_busy=True
    )
