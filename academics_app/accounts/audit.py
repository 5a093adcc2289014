"""Writing the audit log. Every feature that changes something calls `record` in the change's own transaction."""

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.accounts.models import AuditEvent
from academics_app.core.actor import Actor
from academics_app.core.logging import request_id

_SECRET_FIELDS = frozenset({"password", "password_hash", "token", "refresh_fingerprint"})


def record(
    session: AsyncSession,
    *,
    actor: Actor,
    action: str,
    subject_kind: str,
    subject_id: int | None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Add one row: `action` is `<noun>.<verb>`. With both `before` and `after` only what differs is kept."""
    if before is not None and after is not None:
        changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
        before = {key: value for key, value in before.items() if key in changed}
        after = {key: value for key, value in after.items() if key in changed}
    session.add(
        AuditEvent(
            user_id=actor.user_id,
            door=actor.door,
            action=action,
            subject_kind=subject_kind,
            subject_id=subject_id,
            before=_plain(before),
            after=_plain(after),
            request_id=request_id.get()[:64],
        )
    )


def _plain(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if values is None:
        return None
    return {key: "…" if key in _SECRET_FIELDS else _plain_value(value) for key, value in values.items()}


def _plain_value(value: Any) -> Any:
    match value:
        case datetime() | date() | time():
            return value.isoformat()
        case Decimal():
            return str(value)
        case dict():
            return _plain(value)
        case list() | tuple() | set() | frozenset():
            return [_plain_value(item) for item in value]
        case _:
            return value
