"""The admin's morning: which registers were taken, which are late, who waits for approval."""

import asyncio
from dataclasses import dataclass

import reflex as rx

from academics_app.accounts.schemas import UserStatus
from academics_app.accounts.service import list_users
from academics_app.attendance.register import list_today
from academics_app.attendance.schemas.register import (
    TodaySession,
)
from academics_app.attendance.service import REGISTERS_TOPIC
from academics_app.attendance.today import day_sentence, state_line
from academics_app.core.actor import Actor, Role
from academics_app.core.clock import local_date, utc_now
from academics_app.core.db import reading
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission
from academics_app.institute.service import current_settings
from academics_app.institute.settings import InstituteSettings
from academics_app.students.schemas import StudentStatus
from academics_app.students.service import count_students
from academics_app.ui import errors, routes
from academics_app.ui.components import (
    Column,
    badge,
    by_phase,
    card,
    card_body,
    empty_state,
    error_state,
    link,
    link_button,
    page_header,
    plain_table,
    short_day,
    skeleton,
    stat_sentence,
)
from academics_app.ui.i18n import _, ngettext
from academics_app.ui.identity import current_actor
from academics_app.ui.pages import page
from academics_app.ui.policy import allow
from academics_app.ui.watching import changes, guarded

_SETTLE_SECONDS = 1.0
"""Marks come in bursts; the overview follows once a second at most."""

_STATES = {
    "upcoming": (_("Upcoming"), "untaken"),
    "open": (_("Open"), "accent"),
    "marking": (_("Being marked"), "accent"),
    "overdue": (_("Overdue"), "late"),
    "taken": (_("Taken"), "present"),
    "cancelled": (_("Cancelled"), "untaken"),
    "empty": (_("Nobody enrolled"), "untaken"),
}


@dataclass
class SessionRow:
    """A session of today."""

    href: str
    time: str
    batch: str
    faculty: str
    room: str
    state: str
    tone: str
    detail: str


class Overview(rx.State):
    """Today's registers and what waits for the admin."""

    phase: str = "loading"
    problem: str = ""
    day: str = ""
    answer: str = ""
    rows: list[SessionRow] = []
    students_sentence: str = ""
    waiting: int = 0
    waiting_sentence: str = ""

    @rx.event
    @allow(Permission.USER_MANAGE)
    async def open(self) -> None:
        """Load today."""
        try:
            await self._load()
        except Exception as error:  # noqa: BLE001 - shown and, if it is not ours, logged
            self.phase, self.problem = "failed", errors.sentence(error)

    @rx.event(background=True)
    @allow(Permission.USER_MANAGE)
    async def watch(self) -> None:
        """Follow every register of the day, the timetable, and the users."""
        async for _topics in changes(REGISTERS_TOPIC, "timetable", "users", "students", at_once=False):
            with guarded():
                async with self:
                    await self._load()
            await asyncio.sleep(_SETTLE_SECONDS)

    async def _load(self) -> None:
        actor = current_actor()
        async with reading() as session:
            settings = await current_settings(session)
            sessions = await list_today(session, actor=actor)
            students = await count_students(session, actor=actor)
            waiting = await list_users(
                session, actor=actor, page=PageRequest(limit=1), status=UserStatus.PENDING
            )
        self.day = short_day(local_date(utc_now(), settings.zone))
        self.answer = day_sentence(sessions, is_today=True)
        self.rows = [_row(item, actor, settings) for item in sessions]
        active, everyone = students[StudentStatus.ACTIVE], sum(students.values())
        self.students_sentence = ngettext(
            "{n} active student of {total} on record.", "{n} active students of {total} on record.", active
        ).format(n=f"{active:,}", total=f"{everyone:,}")
        self.waiting = waiting.total
        self.waiting_sentence = ngettext(
            "{n} account waits for your approval.", "{n} accounts wait for your approval.", waiting.total
        ).format(n=waiting.total)
        self.phase = "ready"


@page(
    route=routes.OVERVIEW,
    title=_("Overview"),
    roles=[Role.ADMIN],
    on_load=[Overview.open, Overview.watch],
)
def overview_page() -> rx.Component:
    return rx.fragment(
        page_header(
            rx.cond(Overview.day, rx.Var.create(_("Overview") + " · ") + Overview.day, _("Overview")),
            Overview.answer,
        ),
        by_phase(
            Overview.phase,
            ready=_content(),
            loading=_skeleton(),
            failed=error_state(Overview.problem, Overview.open),
        ),
    )


def _content() -> rx.Component:
    return rx.el.div(
        rx.cond(
            Overview.waiting > 0,
            rx.el.div(
                stat_sentence(Overview.waiting_sentence),
                link_button(_("See them"), routes.with_query(routes.USERS, status="pending")),
                class_name="notice spread",
            ),
        ),
        rx.cond(
            Overview.rows.length() > 0,  # pyright: ignore[reportAttributeAccessIssue] - a var of a list
            plain_table(Overview.rows, _columns(), label=_("Today's sessions"), href=lambda row: row.href),
            empty_state(
                _("No sessions today"),
                _("Today's sessions stand here, each with the state of its register."),
                link_button(_("Open the timetable"), routes.TIMETABLE),
            ),
        ),
        card(
            card_body(
                stat_sentence(Overview.students_sentence, " ", link(_("All students"), href=routes.STUDENTS)),
            ),
            title=_("Students"),
        ),
        class_name="stack",
    )


def _columns() -> list[Column]:
    return [
        Column(_("Batch"), lambda row: row.batch, width="26%"),
        Column(_("Time"), lambda row: row.time, width="124px"),
        Column(_("Faculty"), lambda row: rx.el.span(row.faculty, class_name="truncate", title=row.faculty)),
        Column(_("Room"), lambda row: row.room, width="110px"),
        Column(_("Register"), lambda row: badge(row.state, tone=row.tone), width="140px"),
        Column(
            _("Marks"),
            lambda row: rx.el.span(row.detail, class_name="truncate", title=row.detail),
            width="26%",
        ),
    ]


def _skeleton() -> rx.Component:
    rows = [rx.el.div(skeleton("40%"), class_name="skeleton-row") for _row_number in range(8)]
    return rx.el.div(*rows, class_name="table-frame", aria_busy=True)


def _row(item: TodaySession, actor: Actor, settings: InstituteSettings) -> SessionRow:
    state, tone = _STATES[item.state.value]
    detail, _action = state_line(item, reader=actor.name, zone=settings.zone)
    teacher = item.faculty_name or _("nobody")
    if item.substitute_for_name:
        teacher = _("{name} for {other}").format(name=teacher, other=item.substitute_for_name)
    return SessionRow(
        href=routes.register(item.id),
        time=item.time_label,
        batch=item.batch_name,
        faculty=teacher,
        room=item.room_name or "",
        state=state,
        tone=tone,
        detail=detail,
    )
