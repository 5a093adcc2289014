"""Students who are in one session without being enrolled in its batch."""

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.accounts.audit import record
from academics_app.attendance.access import lock_register
from academics_app.attendance.queries import register as queries
from academics_app.attendance.schemas.register import (
    WalkInCandidate,
)
from academics_app.attendance.service import REGISTERS_TOPIC, live_topic
from academics_app.core import search
from academics_app.core.actor import Actor
from academics_app.core.db import announce
from academics_app.core.errors import Conflict, InvalidInput, NotFound

CANDIDATES = 8
SHORTEST_QUERY = 2


async def find_walk_in_candidates(
    session: AsyncSession, *, actor: Actor, session_id: int, query: str
) -> list[WalkInCandidate]:
    """Active students of the session's branch by name or code, for its marker: names and codes, nothing else."""
    register = await lock_register(session, session_id, actor=actor)
    if len(query.strip()) < SHORTEST_QUERY:
        return []
    candidates = queries.walk_in_candidates(session_id, register.branch_id)
    candidates = await search.narrow(session, candidates, queries.STUDENT_SEARCH_TEXT, query)
    rows = await session.execute(queries.best_matches(candidates, query, limit=CANDIDATES))
    return [WalkInCandidate(id=row.id, name=row.full_name, code=row.code) for row in rows]


async def add_walk_in(session: AsyncSession, *, actor: Actor, session_id: int, student_id: int) -> None:
    """Let a student of the branch into this one session. Adding one who is there already changes nothing."""
    register = await lock_register(session, session_id, actor=actor)
    if register.status == "cancelled":
        raise Conflict("This session was cancelled, so it has no register.", code="session_cancelled")
    roster = {row.student_id for row in await queries.MARKS.rows(session, session_id=session_id)}
    if student_id in roster:
        return
    if not await session.scalar(queries.active_in_branch(student_id, register.branch_id)):
        raise InvalidInput(
            "There is no such active student here.", fields={"student_id": "is not an active student"}
        )
    await session.execute(queries.insert_walk_in(session_id, student_id, actor.user_id))
    record(
        session,
        actor=actor,
        action="session.add_walk_in",
        subject_kind="session",
        subject_id=session_id,
        after={"student_id": student_id},
    )
    announce(session, live_topic(session_id), REGISTERS_TOPIC, f"student:{student_id}")


async def remove_walk_in(session: AsyncSession, *, actor: Actor, session_id: int, student_id: int) -> None:
    """Take a walk-in out again; one with a mark stays, since the mark would lose its reason."""
    await lock_register(session, session_id, actor=actor)
    roster = {row.student_id: row for row in await queries.MARKS.rows(session, session_id=session_id)}
    if student_id in roster and roster[student_id].version:
        raise Conflict("This student has a mark here. Clear the mark first.", code="has_mark")
    if not (await session.execute(queries.delete_walk_in(session_id, student_id))).scalar_one_or_none():
        raise NotFound("This student is not a walk-in of this session.")
    record(
        session,
        actor=actor,
        action="session.remove_walk_in",
        subject_kind="session",
        subject_id=session_id,
        before={"student_id": student_id},
    )
    announce(session, live_topic(session_id), REGISTERS_TOPIC, f"student:{student_id}")
