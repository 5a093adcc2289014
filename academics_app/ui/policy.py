"""Who may send which event: a mark on each handler, read by the middleware. A handler without one is refused.

The mark goes directly under `@rx.event`::

    @rx.event
    @allow(Permission.STUDENT_READ)
    async def open(self): ...

It decides by role alone. Which rows the caller may reach is decided by the service, as on every other door.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from academics_app.core.actor import Actor
from academics_app.core.permissions import Permission, may

F = TypeVar("F", bound=Callable[..., Any])

_ATTRIBUTE = "__policy__"


@dataclass(frozen=True, slots=True)
class Policy:
    """Whom a handler serves. With permissions: a role that holds at least one of them."""

    signed_in: bool
    permissions: frozenset[Permission] = frozenset()

    def allows(self, actor: Actor | None) -> bool:
        """Whether the caller, or nobody, may send the event."""
        if not self.signed_in:
            return True
        if actor is None:
            return False
        return not self.permissions or any(may(actor, permission) for permission in self.permissions)


def allow(*permissions: Permission) -> Callable[[F], F]:
    """The handler serves signed-in users whose role holds at least one of the permissions."""
    if not permissions:
        raise ValueError("allow() needs a permission; use @signed_in for any signed-in user")
    return _marked(Policy(signed_in=True, permissions=frozenset(permissions)))


def signed_in(handler: F) -> F:
    """The handler serves every signed-in user."""
    return _marked(Policy(signed_in=True))(handler)


def public(handler: F) -> F:
    """The handler serves anybody, signed in or not."""
    return _marked(Policy(signed_in=False))(handler)


def policy_of(handler: Callable[..., Any]) -> Policy | None:
    """The handler's mark, if it has one."""
    policy = getattr(handler, _ATTRIBUTE, None)
    return policy if isinstance(policy, Policy) else None


def _marked(policy: Policy) -> Callable[[F], F]:
    def mark(handler: F) -> F:
        setattr(handler, _ATTRIBUTE, policy)
        return handler

    return mark
