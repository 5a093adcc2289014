"""A browser tab without a browser: events go through the real processor and the app's own middleware."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import reflex as rx
from reflex.istate.manager.memory import StateManagerMemory
from reflex_base.event import Event
from reflex_base.event.processor import BaseStateEventProcessor
from reflex_base.utils.format import format_event_handler
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.academics_app import app
from academics_app.accounts.authentication import SCREEN_COOKIE, Device, issue_screen_cookie, open_sign_in
from academics_app.accounts.models import User
from academics_app.core.actor import Door


@dataclass
class Tab:
    """One tab: what is sent from it and what came back."""

    processor: BaseStateEventProcessor
    states: StateManagerMemory
    cookie: str = ""
    query: dict[str, str] = field(default_factory=dict)
    """The values of a dynamic route, which the browser claims as well."""
    token: str = "tab"
    deltas: list[dict[str, Any]] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    redirects: list[str] = field(default_factory=list)

    async def send(self, handler: Any, path: str = "/", /, **payload: Any) -> None:
        """Send the event and wait until it and what it starts have ended."""
        await self.send_named(format_event_handler(handler), path, **payload)

    async def send_named(self, name: str, path: str = "/", /, **payload: Any) -> None:
        """The same by the handler's full name, as any websocket client could."""
        event = Event(name=name, payload=payload, router_data=self._router_data(path))
        future = await self.processor.enqueue(self.token, event)
        await future.wait_all()

    async def state(self, kind: type[rx.State]) -> Any:
        """The tab's state of the kind, as the server keeps it."""
        root = await self.states.get_state(rx.BaseStateToken(ident=self.token, cls=rx.State))
        return await root.get_state(kind)

    def forget(self) -> None:
        """Forget what came back."""
        self.deltas.clear()
        self.scripts.clear()
        self.redirects.clear()

    @property
    def was_sent_to_login(self) -> bool:
        """Whether the tab was told to load the login page."""
        return any("goToLogin" in script for script in self.scripts)

    def _router_data(self, path: str) -> dict[str, Any]:
        return {
            "pathname": path.partition("?")[0],
            "asPath": path,
            "query": self.query,
            "headers": {"cookie": self.cookie, "origin": "http://testserver"},
        }


class _Browser:
    """Takes what the server sends, in the place of the socket."""

    def __init__(self) -> None:
        self.tab: Tab | None = None

    async def emit_update(self, update: Any, token: str) -> None:
        """Keep it."""
        assert self.tab is not None
        if update.delta:
            self.tab.deltas.append(dict(update.delta))
        for event in update.events or []:
            if event.name == "_redirect":
                self.tab.redirects.append(str(event.payload["path"]))
            else:
                self.tab.scripts.append(str(event.payload))


@pytest.fixture
async def tab(session: AsyncSession) -> AsyncIterator[Tab]:
    """A tab in which nobody is signed in."""
    browser = _Browser()
    states = StateManagerMemory()
    with app.set_contexts():
        processor = BaseStateEventProcessor(
            middleware=app, backend_exception_handler=app.backend_exception_handler
        ).configure(state_manager=states, event_namespace=browser)  # pyright: ignore[reportArgumentType]
        async with processor:
            browser.tab = Tab(processor, states)
            # As after the first page load: otherwise the first event would load the page of its path as well.
            (await browser.tab.state(rx.State)).router_data = {"pathname": "/"}
            yield browser.tab


SignInTab = Callable[[Tab, User], Awaitable[Any]]


@pytest.fixture
def sign_in_tab(session: AsyncSession) -> SignInTab:
    """Give the tab the user's cookie, as a sign-in and a page load do."""

    async def _sign_in(tab: Tab, user: User) -> Any:
        signed_in = await open_sign_in(session, user=user, device=Device(Door.SCREEN))
        await session.flush()
        tab.cookie = f"{SCREEN_COOKIE}={issue_screen_cookie(signed_in)}"
        return signed_in

    return _sign_in
