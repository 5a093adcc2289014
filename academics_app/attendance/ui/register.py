"""The register's screen: its state, reloaded whenever the bus says that it changed, and the grid in the browser."""

import reflex as rx

from academics_app.attendance.access import access_register
from academics_app.attendance.components import RegisterGrid
from academics_app.attendance.register import Reader, register_reader, shared_register_json
from academics_app.attendance.service import live_topic
from academics_app.attendance.wording import KEYS, LABELS
from academics_app.core import presence
from academics_app.core.actor import Actor
from academics_app.core.db import reading
from academics_app.core.errors import AppError, NotFound
from academics_app.core.permissions import Permission
from academics_app.ui import routes
from academics_app.ui.components.button import link_button
from academics_app.ui.components.states import by_phase, error_state, skeleton
from academics_app.ui.i18n import _
from academics_app.ui.identity import current_actor
from academics_app.ui.pages import page
from academics_app.ui.policy import allow
from academics_app.ui.session_state import Shell
from academics_app.ui.watching import changes, guarded


class RegisterPage(rx.State):
    """One register. The marks themselves never pass through here: the browser posts them to the API."""

    phase: str = "loading"
    problem: str = ""
    register: str = ""
    """`RegisterRead` as JSON, the same object for everybody who watches."""
    others: list[str] = []
    shown_id: int = 0

    @rx.event
    @allow(Permission.REGISTER_READ)
    async def open(self) -> None:
        """Read the register of the address."""
        session_id = self._session_id()
        if self.shown_id != session_id:
            self.register, self.phase, self.others = "", "loading", []
        self.shown_id = session_id
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
            reader = await _check_access(session_id, actor=actor)
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
                            reader = await _check_access(session_id, actor=actor)
                        except AppError as error:
                            async with self:
                                self.register = ""
                                self._fail(error)
                            return
                    is_checked = False
                    read = await shared_register_json(session_id, reader=reader)
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


async def _read(session_id: int, *, actor: Actor) -> str:
    return await shared_register_json(session_id, reader=await _check_access(session_id, actor=actor))


async def _check_access(session_id: int, *, actor: Actor) -> Reader:
    """What the actor may do; NotFound or Forbidden if not even look."""
    if not session_id:
        raise NotFound("There is no such session.")
    async with reading() as session:
        header = await access_register(session, session_id, actor=actor)
        return await register_reader(session, header, actor=actor)


async def _others(place: str, myself: presence.Member) -> list[str]:
    return [member.name for member in await presence.members(place) if member.user_id != myself.user_id]


@page(
    route=routes.REGISTER_ROUTE,
    title=_("Register"),
    on_load=[RegisterPage.open, RegisterPage.watch],
    permission=Permission.REGISTER_READ,
    section=routes.TODAY,
    keys=KEYS,
)
def register_page() -> rx.Component:
    return by_phase(
        rx.Var.create(RegisterPage.phase),
        ready=rx.fragment(
            _links(),
            RegisterGrid.create(
                data=RegisterPage.register,
                zone=Shell.time_zone,
                others=RegisterPage.others,
                user_id=Shell.user_id,
                user_name=Shell.name,
                labels=LABELS,
                new_student_url=routes.STUDENTS,
                corrections_url=routes.CORRECTIONS,
                sign_in_url=routes.LOGIN,
            ),
        ),
        loading=_register_skeleton(),
        failed=error_state(RegisterPage.problem, RegisterPage.open),
    )


def _links() -> rx.Component:
    session_id = RegisterPage.shown_id
    return rx.el.nav(
        link_button(_("Check-in"), routes.session_code(session_id), kind="quiet", icon="qr-code"),
        link_button(_("History"), routes.register_history(session_id), kind="quiet", icon="history"),
        link_button(_("Print"), routes.register_sheet(session_id), kind="quiet", icon="printer"),
        class_name="reg-links",
        aria_label=_("More of this register"),
    )


def _register_skeleton() -> rx.Component:
    rows = [rx.el.div(skeleton("30%"), style={"height": "var(--row)"}) for _row in range(12)]
    return rx.el.div(rx.el.h1(_("Register")), *rows, aria_busy=True)
