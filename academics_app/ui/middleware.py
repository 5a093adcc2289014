"""The gate in front of every event handler: default-deny, identity from the HttpOnly cookie of the handshake."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import reflex as rx
import structlog
from reflex.state import BaseState, StateUpdate
from reflex_base.event import Event
from reflex_base.registry import RegistrationContext

from academics_app.core import logging as app_logging
from academics_app.core.actor import Actor
from academics_app.ui import errors
from academics_app.ui.identity import Identity, authenticate, remember
from academics_app.ui.policy import policy_of

if TYPE_CHECKING:
    from reflex.app import App

log = structlog.get_logger(__name__)

FRAMEWORK_HANDLERS = frozenset(
    {
        "hydrate",
        "hydrate_and_load",
        "on_load_internal",
        "set_is_hydrated",
        "update_vars_internal",
        "handle_frontend_exception",
    }
)
"""The framework's own handlers that a page needs; `setvar` and whatever a later version adds stay shut."""

_BEGINS_A_PAGE = frozenset({"hydrate", "hydrate_and_load", "on_load_internal"})


class Holder(rx.State):
    """Whose screens a browser tab's state was filled for."""

    _auth_session_id: str = ""


class PolicyMiddleware(rx.Middleware):
    """Refuses what a handler's policy does not allow, and empties the state when the person behind the tab changes."""

    async def preprocess(self, app: "App", state: BaseState, event: Event) -> StateUpdate | None:
        """Authenticate the sender and let the event through, or answer in its place."""
        app_logging.request_id.set(uuid4().hex)
        remember(None)
        handler = _handler_of(event)
        policy = policy_of(handler) if handler else None
        framework_name = _framework_name(handler)
        if framework_name and framework_name not in _BEGINS_A_PAGE:
            return None

        cookie_header = state.router.headers.cookie
        try:
            actor = await authenticate(cookie_header)
        except Exception as error:  # noqa: BLE001 - whatever the database does, the answer is a refusal
            return _answer(errors.to_events(error))
        remember(Identity(cookie_header=cookie_header, actor=actor))
        await _hand_over(state, actor)
        if framework_name or (policy and policy.allows(actor)):
            return None
        if policy is None:
            log.error("event_without_policy", handler=event.name)
        if actor is None:
            return _answer(errors.go_to_login())
        return _answer(errors.denied(policy.permissions if policy else ()))


def _handler_of(event: Event) -> Callable[..., Any] | None:
    registered = RegistrationContext.get().event_handlers.get(event.name)
    return registered.handler.fn if registered else None


def _framework_name(handler: Callable[..., Any] | None) -> str:
    """The name of a handler of the framework's own that is let through; empty for every other one."""
    if handler is None or handler.__module__.partition(".")[0] not in {"reflex", "reflex_base"}:
        return ""
    return handler.__name__ if handler.__name__ in FRAMEWORK_HANDLERS else ""


async def _hand_over(state: BaseState, actor: Actor | None) -> None:
    """A tab keeps its state over sign-outs; what one person saw must not reach the next one."""
    holder = await state.get_state(Holder)
    now = str(actor.auth_session_id) if actor else ""
    if holder._auth_session_id != now:  # noqa: SLF001 - a backend var is private to the browser, not to us
        if holder._auth_session_id:  # noqa: SLF001
            state._get_root_state().reset()  # noqa: SLF001 - Reflex names no public way to the root
        holder._auth_session_id = now  # noqa: SLF001


def _answer(events: list[Any]) -> StateUpdate:
    return StateUpdate(events=Event.from_event_type(events))
