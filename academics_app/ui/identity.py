"""Who sends the event that is being handled: set by the middleware, read by the handlers."""

from contextvars import ContextVar
from dataclasses import dataclass

from academics_app.accounts.authentication import actor_from_cookie
from academics_app.core.actor import Actor, Door
from academics_app.core.db import reading
from academics_app.core.errors import NotSignedIn


@dataclass(frozen=True, slots=True)
class Identity:
    """The caller of an event, with the cookie that says so, for looking again later."""

    cookie_header: str
    actor: Actor | None


_identity: ContextVar[Identity | None] = ContextVar("screen_identity", default=None)


async def authenticate(cookie_header: str) -> Actor | None:
    """Whom the handshake's cookie belongs to, by the database's present state."""
    if not cookie_header:
        return None
    async with reading() as session:
        return await actor_from_cookie(session, cookie_header, door=Door.SCREEN)


def remember(identity: Identity | None) -> None:
    """Set the caller for the rest of this event and the tasks it starts."""
    _identity.set(identity)


def current_actor() -> Actor:
    """The signed-in caller of the event; NotSignedIn in a handler that serves anybody."""
    identity = _identity.get()
    if identity is None or identity.actor is None:
        raise NotSignedIn("Please sign in.")
    return identity.actor


def current_actor_or_none() -> Actor | None:
    """The caller, or None for somebody who has not signed in."""
    identity = _identity.get()
    return identity.actor if identity else None


async def is_still_the_same() -> bool:
    """Whether the caller is still signed in and may do what they could when the event began.

    For handlers that run on: a watcher must stop once a sign-in was ended or a role was changed.
    """
    identity = _identity.get()
    return identity is not None and await authenticate(identity.cookie_header) == identity.actor
