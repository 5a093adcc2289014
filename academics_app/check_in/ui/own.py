"""Check in: where a student's scanned or typed code goes in."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import reflex as rx

from academics_app.attendance.service import live_topic
from academics_app.check_in.components import CheckInDesk
from academics_app.check_in.rules import WindowState
from academics_app.check_in.schemas import OwnSession
from academics_app.check_in.service import list_own_sessions
from academics_app.check_in.wording import CHECK_IN
from academics_app.core.db import reading
from academics_app.core.permissions import Permission
from academics_app.institute.service import current_settings
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
    link_button,
    page_header,
    plain_table,
    skeleton,
)
from academics_app.ui.i18n import _
from academics_app.ui.identity import current_actor
from academics_app.ui.pages import page
from academics_app.ui.policy import allow
from academics_app.ui.session_state import Shell
from academics_app.ui.watching import changes, guarded

_STATES = {
    WindowState.OPEN: (_("Open"), "accent"),
    WindowState.CLOSED: (_("Not open"), "untaken"),
}


@dataclass
class OwnRow:
    """A session of about now."""

    name: str
    place: str
    time: str
    state: str
    tone: str


class OwnCheckIn(rx.State):
    """The student's sessions of about now. The code itself goes to the REST route and never passes through here."""

    phase: str = "loading"
    problem: str = ""
    answer: str = ""
    rows: list[OwnRow] = []
    _session_ids: list[int] = []

    @rx.event
    @allow(Permission.CHECK_IN)
    async def open(self) -> None:
        """Load."""
        try:
            await self._load()
        except Exception as error:  # noqa: BLE001 - shown and, if it is not ours, logged
            self.phase, self.problem = "failed", errors.sentence(error)

    @rx.event(background=True)
    @allow(Permission.CHECK_IN)
    async def watch(self) -> None:
        """Follow the student, the timetable, and whether a teacher opens or closes the check-in."""
        async with self:
            registers = [live_topic(session_id) for session_id in self._session_ids]
        student = f"student:{current_actor().student_id}"
        async for _topics in changes(student, "timetable", *registers, at_once=False):
            with guarded():
                async with self:
                    await self._load()

    async def _load(self) -> None:
        async with reading() as session:
            settings = await current_settings(session)
            sessions = (await list_own_sessions(session, actor=current_actor())).items
        rows = [_row(each, settings.zone) for each in sessions]
        if rows != self.rows:
            self.rows = rows
        self._session_ids = [each.session_id for each in sessions]
        self.answer = _answer(sessions)
        self.phase = "ready"


def _answer(sessions: list[OwnSession]) -> str:
    waiting = [each for each in sessions if each.checked_in_at is None and each.state is WindowState.OPEN]
    if waiting:
        return _("{batch} is waiting for your code.").format(batch=waiting[0].batch_name)
    if any(each.checked_in_at for each in sessions):
        return _("You are checked in.")
    if sessions:
        return _("Your teacher has not opened the check-in.")
    return _("You have no session now.")


def _row(session: OwnSession, zone: ZoneInfo) -> OwnRow:
    if session.checked_in_at is not None:
        state = _("Checked in {time}").format(time=clock_time(session.checked_in_at, zone))
        tone = "present"
    else:
        state, tone = _STATES.get(session.state, _STATES[WindowState.CLOSED])
    return OwnRow(
        name=session.batch_name,
        place=session.room_name or "",
        time=f"{clock_time(session.starts_at, zone)}–{clock_time(session.ends_at, zone)}",
        state=state,
        tone=tone,
    )


@page(
    route=routes.CHECK_IN,
    title=_("Check in"),
    permission=Permission.CHECK_IN,
    on_load=[OwnCheckIn.open, OwnCheckIn.watch],
)
def check_in_page() -> rx.Component:
    return rx.fragment(
        page_header(_("Check in"), OwnCheckIn.answer),
        rx.el.div(
            CheckInDesk.create(
                labels=CHECK_IN, zone=Shell.time_zone, user_id=Shell.user_id, login=routes.LOGIN
            ),
            by_phase(
                rx.Var.create(OwnCheckIn.phase),
                ready=_sessions(),
                loading=card(card_body(skeleton("50%")), title=_("Your sessions now")),
                failed=error_state(OwnCheckIn.problem, OwnCheckIn.open),
            ),
            class_name="stack narrow",
        ),
    )


def _sessions() -> rx.Component:
    return rx.cond(
        OwnCheckIn.rows.length() > 0,  # pyright: ignore[reportAttributeAccessIssue] - a var of a list
        card(
            plain_table(
                OwnCheckIn.rows,
                [
                    Column(_("Session"), lambda row: row.name, width="34%"),
                    Column(_("Time"), lambda row: row.time, width="120px"),
                    Column(_("Room"), lambda row: row.place),
                    Column(_("Check-in"), lambda row: badge(row.state, tone=row.tone), width="150px"),
                ],
                label=_("Your sessions now"),
            ),
            title=_("Your sessions now"),
        ),
        empty_state(
            _("No session now"),
            _("From a few minutes before a session until its end it stands here."),
            link_button(_("Open the timetable"), routes.TIMETABLE),
        ),
    )
