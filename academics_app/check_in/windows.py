"""A session's window: opened, shown and closed by whoever marks its register."""

import secrets
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.accounts.audit import record
from academics_app.attendance.access import access_register, lock_register, may_mark
from academics_app.attendance.service import live_topic
from academics_app.check_in import queries, rules
from academics_app.check_in.models import CheckInWindow
from academics_app.check_in.rules import WindowState
from academics_app.check_in.schemas import RecentCheckIn, WindowRead
from academics_app.core.actor import Actor
from academics_app.core.clock import utc_now
from academics_app.core.config import get_settings
from academics_app.core.db import announce
from academics_app.core.errors import Conflict, Forbidden
from academics_app.core.permissions import DENIED, Permission
from academics_app.institute.service import current_settings

_SECRET_BYTES = 32
_RECENT = 5
_REFUSED = 3


async def open_window(session: AsyncSession, *, actor: Actor, session_id: int) -> WindowRead:
    """Let the session's students check in until its end. An open window stays as it is."""
    await lock_register(session, session_id, actor=actor)
    header = await access_register(session, session_id, actor=actor)
    window = (await session.scalars(queries.window(session_id))).one_or_none()
    state = await _state(session, header, window)
    if state is WindowState.OPEN:
        return await read_window(session, actor=actor, session_id=session_id)
    if state is not WindowState.CLOSED:
        raise await _refusal(session, header, state)
    now = utc_now()
    await session.execute(
        queries.open_window(
            {
                "session_id": session_id,
                "secret": secrets.token_bytes(_SECRET_BYTES),
                "opened_at": now,
                "opened_by_id": actor.user_id,
                "closes_at": header.ends_at,
            }
        )
    )
    _note(session, actor, "check-in.open", session_id)
    if window is not None:
        session.expire(window)
    return await read_window(session, actor=actor, session_id=session_id)


async def close_window(session: AsyncSession, *, actor: Actor, session_id: int) -> None:
    """Accept no more check-ins; those there are stay. Closing a closed one changes nothing."""
    await lock_register(session, session_id, actor=actor)
    closed: Any = await session.execute(queries.close_window(session_id, at=utc_now()))
    if closed.rowcount:
        _note(session, actor, "check-in.close", session_id)


async def read_window(session: AsyncSession, *, actor: Actor, session_id: int) -> WindowRead:
    """The session's check-in now, with the code of the moment while it is open."""
    header = await access_register(session, session_id, actor=actor)
    if not may_mark(actor, header.faculty_id):
        raise Forbidden(DENIED[Permission.REGISTER_MARK])
    window = (
        await session.scalars(queries.window(session_id), execution_options={"populate_existing": True})
    ).one_or_none()
    state = await _state(session, header, window)
    counts = (await session.execute(queries.expected_count(session_id))).one()
    recent = await session.execute(queries.recent_check_ins(session_id, limit=_RECENT))
    refused = await session.scalars(queries.refused_names(session_id, limit=_REFUSED))
    settings = await current_settings(session)
    now = utc_now()
    code = (
        rules.code_for(window.secret, session_id, rules.step_at(now))
        if window is not None and state is WindowState.OPEN
        else None
    )
    return WindowRead(
        session_id=session_id,
        batch_name=header.batch_name,
        room_name=header.room_name,
        starts_at=header.starts_at,
        ends_at=header.ends_at,
        state=state,
        opens_at=rules.opens_at(header.starts_at, settings.check_in_opens_minutes_before),
        closes_at=min(window.closes_at, header.ends_at) if window is not None else None,
        code=code,
        code_expires_at=rules.step_ends_at(now) if code else None,
        url=f"{get_settings().base_url}/check-in?s={session_id}&c={code}" if code else None,
        checked_in=counts.checked_in,
        expected=counts.expected,
        recent=[RecentCheckIn(name=row.name, at=row.at, method=row.method) for row in recent],
        refused=list(refused),
    )


async def _state(session: AsyncSession, header: Any, window: CheckInWindow | None) -> WindowState:
    settings = await current_settings(session)
    return rules.window_state(
        at=utc_now(),
        is_cancelled=header.status == "cancelled",
        starts_at=header.starts_at,
        ends_at=header.ends_at,
        closes_at=window.closes_at if window is not None else None,
        minutes_before=settings.check_in_opens_minutes_before,
    )


async def _refusal(session: AsyncSession, header: Any, state: WindowState) -> Conflict:
    match state:
        case WindowState.CANCELLED:
            return Conflict("This session was cancelled, so nobody can check in.", code="session_cancelled")
        case WindowState.OVER:
            return Conflict("This session is over, so nobody can check in.", code="session_over")
        case _:
            settings = await current_settings(session)
            at = rules.opens_at(header.starts_at, settings.check_in_opens_minutes_before)
            label = at.astimezone(settings.zone).strftime("%d %b, %H:%M")
            return Conflict(f"Check-in can be opened from {label} on.", code="check_in_not_open")


def _note(session: AsyncSession, actor: Actor, action: str, session_id: int) -> None:
    record(session, actor=actor, action=action, subject_kind="session", subject_id=session_id)
    announce(session, live_topic(session_id))
