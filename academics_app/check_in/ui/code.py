"""The rotating code on the wall, for a projector or a phone that is held up."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import reflex as rx

from academics_app.attendance.service import live_topic
from academics_app.check_in.components import CodeClock, FullScreenButton
from academics_app.check_in.qr import qr_image
from academics_app.check_in.rules import WindowState
from academics_app.check_in.schemas import WindowRead
from academics_app.check_in.windows import close_window, open_window, read_window
from academics_app.check_in.wording import WALL
from academics_app.core import live
from academics_app.core.actor import Role
from academics_app.core.clock import utc_now
from academics_app.core.db import reading, transaction
from academics_app.core.errors import AppError, NotFound
from academics_app.core.permissions import ROLE_PERMISSIONS, Permission
from academics_app.institute.service import current_settings
from academics_app.ui import errors, routes
from academics_app.ui.components import button, by_phase, clock_time, error_state, link_button, skeleton
from academics_app.ui.i18n import _, ngettext
from academics_app.ui.identity import current_actor, is_still_the_same
from academics_app.ui.pages import Page
from academics_app.ui.policy import allow
from academics_app.ui.session_state import Shell
from academics_app.ui.watching import guarded, sign_in_topics

_LONGEST_SECONDS = 30.0
_ROLES = frozenset(role for role in Role if Permission.REGISTER_MARK in ROLE_PERMISSIONS[role])


class CodeWall(rx.State):
    """The code of one session. Of the window's secret only the code of the moment ever comes here."""

    phase: str = "loading"
    problem: str = ""
    title: str = ""
    place: str = ""
    window: str = ""
    """Its `WindowState`."""
    notice: str = ""
    code: str = ""
    spelled: str = ""
    qr: str = ""
    milliseconds: int = 0
    count: str = ""
    names: list[str] = []
    hint: str = ""
    register_href: str = ""

    @rx.event
    @allow(Permission.REGISTER_MARK)
    async def open(self) -> None:
        """Show the session of the address."""
        await self._load(anew=True)

    @rx.event
    @allow(Permission.REGISTER_MARK)
    async def start(self) -> None:
        """Open the check-in."""
        async with transaction() as session:
            await open_window(session, actor=current_actor(), session_id=self._session_id())
        await self._load()

    @rx.event
    @allow(Permission.REGISTER_MARK)
    async def stop(self) -> None:
        """Close the check-in."""
        async with transaction() as session:
            await close_window(session, actor=current_actor(), session_id=self._session_id())
        await self._load()

    @rx.event(background=True)
    @allow(Permission.REGISTER_MARK)
    async def watch(self) -> None:
        """Bring each new code and each check-in, for as long as the reader may see them."""
        async with self:
            session_id = self._session_id()
        topics = (live_topic(session_id), f"session:{session_id}", *sign_in_topics(current_actor()))
        async with live.bus().watch(*topics) as watch:
            while await is_still_the_same():
                patience = _LONGEST_SECONDS
                with guarded():
                    async with self:
                        if self._session_id() != session_id:
                            return
                        until = await self._load()
                    if until is not None:
                        patience = min(max((until - utc_now()).total_seconds(), 0.1), patience)
                await watch.changed(patience)

    async def _load(self, *, anew: bool = False) -> datetime | None:
        """Read and show; until when what is shown is true, if that is known. `anew` for a page that shows nothing yet."""
        try:
            async with reading() as session:
                settings = await current_settings(session)
                window = await read_window(session, actor=current_actor(), session_id=self._session_id())
        except AppError as error:
            self.reset()
            self.phase, self.problem = "failed", errors.sentence(error)
            return None
        self._show(window, settings.zone, anew=anew)
        if window.state is WindowState.TOO_EARLY:
            return window.opens_at
        return window.code_expires_at

    def _show(self, window: WindowRead, zone: ZoneInfo, *, anew: bool) -> None:
        times = f"{clock_time(window.starts_at, zone)}–{clock_time(window.ends_at, zone)}"
        self.title, self.window = window.batch_name, window.state.value
        self.place = " · ".join(filter(None, [window.room_name, times]))
        self.notice = _notice(window, zone)
        if anew or (window.code or "") != self.code:
            self.spelled = f"{window.code[:3]} {window.code[3:]}" if window.code else ""
            self.code = window.code or ""
            self.qr = qr_image(window.url) if window.url else ""
            left = window.code_expires_at - utc_now() if window.code_expires_at else None
            self.milliseconds = max(int(left.total_seconds() * 1000), 0) if left else 0
        self.count = _("{n} of {total} checked in").format(n=window.checked_in, total=window.expected)
        self.names = [
            _("{name}, {time}").format(name=each.name, time=clock_time(each.at, zone))
            for each in window.recent
        ]
        self.hint = _hint(window.refused)
        self.register_href = routes.register(window.session_id)
        self.phase, self.problem = "ready", ""

    def _session_id(self) -> int:
        given = str(getattr(self, "session_id", ""))
        if not given.isdecimal() or len(given) > 18 or not int(given):
            raise NotFound("There is no such session.")
        return int(given)


def _notice(window: WindowRead, zone: ZoneInfo) -> str:
    match window.state:
        case WindowState.OPEN:
            return ""
        case WindowState.CLOSED if window.closes_at is not None:
            return _("Check-in is closed. Who is in stays in.")
        case WindowState.CLOSED:
            return _("Open the check-in, and your students can scan the code that appears here.")
        case WindowState.TOO_EARLY:
            at = clock_time(window.opens_at, zone)
            day = window.opens_at.astimezone(zone)
            return _("Check-in can be opened on {day} {month} from {time} on.").format(
                day=day.day, month=f"{day:%b}", time=at
            )
        case WindowState.OVER:
            return _("This session is over.")
        case WindowState.CANCELLED:
            return _("This session was cancelled.")


def _hint(refused: list[str]) -> str:
    if not refused:
        return ""
    return ngettext(
        "Refused, because somebody else had checked in with the same phone: {names}",
        "Refused, because others had checked in with the same phones: {names}",
        len(refused),
    ).format(names=", ".join(refused))


def code_wall() -> rx.Component:
    """The page's content."""
    return rx.el.div(
        by_phase(
            rx.Var.create(CodeWall.phase),
            ready=_wall(),
            loading=rx.el.div(
                rx.el.h1(_("Check-in")), skeleton("40%"), class_name="wall-side", aria_busy=True
            ),
            failed=rx.el.div(rx.el.h1(_("Check-in")), error_state(CodeWall.problem, CodeWall.open)),
        ),
        class_name="wall",
        data_window=CodeWall.window,
    )


def _wall() -> rx.Component:
    is_open = rx.Var.create(CodeWall.window) == WindowState.OPEN.value
    return rx.fragment(
        rx.el.header(
            rx.el.div(
                rx.el.h1(CodeWall.title),
                rx.el.p(CodeWall.place, class_name="muted"),
                class_name="grow",
            ),
            rx.el.div(
                rx.cond(is_open, button(_("Close check-in"), icon="square", on_click=CodeWall.stop)),
                FullScreenButton.create(labels=WALL),
                link_button(_("Register"), CodeWall.register_href, icon="clipboard-check"),
                class_name="row-wrap wall-actions",
            ),
            class_name="wall-head",
        ),
        rx.cond(is_open, _code(), _closed()),
        rx.el.section(
            rx.el.h2(rx.el.span(CodeWall.count, role="status"), class_name="wall-count"),
            rx.el.ul(
                rx.foreach(CodeWall.names, lambda name: rx.el.li(name, class_name="truncate")),
                class_name="wall-names",
                aria_label=_("Checked in last"),
            ),
            rx.cond(CodeWall.hint, rx.el.p(CodeWall.hint, class_name="notice notice-late", role="status")),
            class_name="wall-people",
            aria_label=_("Checked in"),
        ),
    )


def _code() -> rx.Component:
    return CodeClock.create(
        rx.el.img(src=CodeWall.qr, alt=_("QR code for checking in"), class_name="wall-qr"),
        rx.el.div(
            rx.el.p(_("Scan, or open Check in and type"), class_name="muted"),
            rx.el.p(CodeWall.spelled, class_name="wall-code"),
            class_name="wall-text",
        ),
        code=CodeWall.code,
        milliseconds=CodeWall.milliseconds,
        labels=WALL,
    )


def _closed() -> rx.Component:
    can_open = rx.Var.create(CodeWall.window) == WindowState.CLOSED.value
    return rx.el.div(
        rx.el.p(CodeWall.notice),
        rx.cond(
            can_open,
            button(
                _("Open check-in"),
                kind="primary",
                icon="qr-code",
                on_click=CodeWall.start,
                class_name="wall-open",
            ),
        ),
        class_name="wall-closed",
    )


def _on_load() -> tuple[Any, ...]:
    return (Shell.enter(sorted(role.value for role in _ROLES)), CodeWall.open, CodeWall.watch, Shell.watch)


code_page = Page(
    content=code_wall,
    route=routes.SESSION_CODE_ROUTE,
    title=_("Check-in"),
    on_load=_on_load(),
    roles=_ROLES,
    section="",
    has_shell=False,
)
