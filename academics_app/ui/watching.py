"""Following live topics from a page: `async for _ in changes("students"): ...` in a background handler.

Start the handler from the page's `on_load` only: that chain ends with the page, one begun by a click would run on.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import structlog

from academics_app.core import live
from academics_app.core.actor import Actor
from academics_app.ui.identity import current_actor, is_still_the_same

log = structlog.get_logger(__name__)


def sign_in_topics(actor: Actor) -> tuple[str, ...]:
    """What is published when the actor's rights change or the sign-in ends."""
    return (f"user:{actor.user_id}", f"auth:{actor.auth_session_id}")


async def changes(*topics: str, at_once: bool = True) -> AsyncIterator[set[str]]:
    """Yield the topics that changed: once at the start, then after each change, and at times with none as a safety net.

    Ends when the caller's sign-in has ended or their rights are no longer the same, so a socket that stays open
    hears nothing more. Wrap the body in `guarded()`, so that one failing refresh does not end the watch.
    """
    watched = set(topics)
    own = sign_in_topics(current_actor())
    async with live.bus().watch(*topics, *own) as watch:
        if at_once:
            yield set()
        while True:
            changed = await watch.changed()
            if not (changed & watched) and not await is_still_the_same():
                return
            if changed & watched or not changed:
                yield changed & watched


@contextmanager
def guarded() -> Iterator[None]:
    """Log what goes wrong in one turn of a watch, and go on."""
    try:
        yield
    except Exception:
        log.exception("live_refresh_failed")
