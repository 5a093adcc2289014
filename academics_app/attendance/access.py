"""Reaching a register: 404 for who may not know of the session, 403 for who may not open or mark it."""

from typing import Any

from sqlalchemy import BindParameter, Executable, Row
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.attendance.queries import register as queries
from academics_app.core.actor import Actor, Role
from academics_app.core.errors import Forbidden, NotFound
from academics_app.core.permissions import DENIED, Permission, require
from academics_app.core.prepared import first_in_scope
from academics_app.learning_sessions.scope import visible_sessions

SessionRow = Row[*tuple[Any, ...]]


async def access_register(session: AsyncSession, session_id: int, *, actor: Actor) -> SessionRow:
    """The session's header for somebody who may read its register."""
    row = await access_header(session, session_id, actor=actor)
    require(actor, Permission.REGISTER_READ)
    return row


async def access_header(session: AsyncSession, session_id: int, *, actor: Actor) -> SessionRow:
    """The session's header for somebody who may know of it; that gives no right to its register."""
    row = await first_in_scope(session, _header, session_id, actor=actor)
    if row is None:
        raise NotFound("There is no such session.")
    return row


async def lock_register(session: AsyncSession, session_id: int, *, actor: Actor) -> SessionRow:
    """The session's row, locked, for somebody who may mark its register."""
    row = await first_in_scope(session, _locked, session_id, actor=actor)
    if row is None:
        raise NotFound("There is no such session.")
    if not may_mark(actor, row.faculty_id):
        raise Forbidden(DENIED[Permission.REGISTER_MARK])
    return row


def may_mark(actor: Actor, faculty_id: int | None) -> bool:
    """Whether the actor is an admin or the one who teaches the session: its faculty member or the substitute."""
    match actor.role:
        case Role.ADMIN:
            return True
        case Role.FACULTY:
            return faculty_id is not None and faculty_id == actor.faculty_id
        case _:
            return False


def _header(wanted_id: BindParameter[int], actor: Actor) -> Executable:
    return queries.session_header(wanted_id, visible_sessions(actor))


def _locked(wanted_id: BindParameter[int], actor: Actor) -> Executable:
    return queries.locked_session(wanted_id, visible_sessions(actor))
