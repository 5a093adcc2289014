"""Single sessions: the timetable, one-off sessions and make-ups, cancelling, substitutes, another room or time."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.core.actor import Actor
from academics_app.core.errors import Conflict, InvalidInput
from academics_app.core.pagination import Page, PageRequest
from academics_app.core.permissions import Permission, require
from academics_app.institute.current import current_settings
from academics_app.learning_sessions import queries
from academics_app.learning_sessions.access import access_batch
from academics_app.learning_sessions.clashes import hold_timetable
from academics_app.learning_sessions.models import LearningSession, SessionStatus
from academics_app.learning_sessions.rules import bounds
from academics_app.learning_sessions.saving import (
    add_session,
    check_room,
    hold_session,
    moved_to,
    read_one,
    refuse_marked,
    save_session,
    shown,
)
from academics_app.learning_sessions.schemas import (
    MakeUp,
    SessionCancel,
    SessionCreate,
    SessionRead,
    SessionSubstitute,
    SessionUpdate,
)
from academics_app.students.service import check_student

LONGEST_RANGE = timedelta(days=400)


async def list_sessions(
    session: AsyncSession,
    *,
    actor: Actor,
    start_date: date,
    end_date: date,
    page: PageRequest,
    batch_id: int | None = None,
    faculty_id: int | None = None,
    room_id: int | None = None,
    branch_id: int | None = None,
    student_id: int | None = None,
) -> Page[SessionRead]:
    """The actor's sessions from one date of the institute to another, both included, in order of time.

    A student's are those of their batches on the days on which they are enrolled, and those they walked into.
    """
    require(actor, Permission.SESSION_READ)
    if end_date < start_date:
        raise InvalidInput("The end is before the start.", fields={"end_date": "is before start_date"})
    if end_date - start_date > LONGEST_RANGE:
        raise InvalidInput(
            "Ask for 400 days at most.", fields={"end_date": "is more than 400 days after start_date"}
        )
    if student_id is not None:
        await check_student(session, student_id, actor=actor, to=Permission.SESSION_READ)
    statement = queries.sessions(
        actor,
        start_date=start_date,
        end_date=end_date,
        batch_id=batch_id,
        faculty_id=faculty_id,
        room_id=room_id,
        branch_id=branch_id,
        student_id=student_id,
    )
    total = await session.scalar(statement.with_only_columns(func.count(), maintain_column_froms=True))
    rows = await session.execute(queries.with_session_names(statement).offset(page.skip).limit(page.limit))
    return Page(items=[shown(row) for row in rows], total=total or 0, skip=page.skip, limit=page.limit)


async def read_session(session: AsyncSession, *, actor: Actor, session_id: int) -> SessionRead:
    """One session as it is shown."""
    require(actor, Permission.SESSION_READ)
    return await read_one(session, actor=actor, session_id=session_id)


async def create_session(session: AsyncSession, *, actor: Actor, data: SessionCreate) -> SessionRead:
    """A one-off session beside the weekly schedule; the schedule never touches it."""
    await hold_timetable(session, actor=actor)
    batch = await access_batch(session, data.batch_id, actor=actor, to=Permission.SESSION_MANAGE)
    zone = (await current_settings(session)).zone
    starts_at, ends_at = bounds(data.local_date, data.starts_at, data.ends_at, zone)
    await check_room(session, actor=actor, room_id=data.room_id, branch_id=batch.branch_id)
    stands_in = (
        data.faculty_id is not None and batch.faculty_id is not None and data.faculty_id != batch.faculty_id
    )
    row = LearningSession(
        batch_id=batch.id,
        branch_id=batch.branch_id,
        faculty_id=data.faculty_id or batch.faculty_id,
        substitute_for_id=batch.faculty_id if stands_in else None,
        room_id=data.room_id or batch.room_id,
        local_date=data.local_date,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    return await add_session(session, row, actor=actor)


async def update_session(
    session: AsyncSession, *, actor: Actor, session_id: int, data: SessionUpdate
) -> SessionRead:
    """Another room, topic, date or time for this one session. Its date and time stay once anyone is marked in it."""
    row = await hold_session(session, session_id, actor=actor, version=data.version)
    changes = data.model_dump(exclude_unset=True, exclude={"version", "local_date", "starts_at", "ends_at"})
    changes |= await moved_to(session, row, data)
    if changes.get("room_id") is not None:
        await check_room(session, actor=actor, room_id=changes["room_id"], branch_id=row.branch_id)
    return await save_session(session, row, actor=actor, action="session.update", changes=changes)


async def cancel_session(
    session: AsyncSession, *, actor: Actor, session_id: int, data: SessionCancel
) -> SessionRead:
    """Cancel it with a reason and, if given, plan the session that is held instead.

    Refused once anyone was marked: those marks would silently count for nothing.
    """
    row = await hold_session(session, session_id, actor=actor, version=data.version)
    cancelled = await cancel(session, row, actor=actor, reason=data.reason)
    if data.make_up is None:
        return cancelled
    await plan_make_up(session, row, actor=actor, data=data.make_up)
    return await read_one(session, actor=actor, session_id=row.id)


async def add_make_up(session: AsyncSession, *, actor: Actor, session_id: int, data: MakeUp) -> SessionRead:
    """Plan the session that is held instead of a cancelled one; it counts as any other."""
    row = await hold_session(session, session_id, actor=actor, version=None)
    if row.status is not SessionStatus.CANCELLED:
        raise Conflict("Only a cancelled session is made up for.", code="not_cancelled")
    await _refuse_made_up(session, row)
    return await plan_make_up(session, row, actor=actor, data=data)


async def reinstate_session(
    session: AsyncSession, *, actor: Actor, session_id: int, version: int | None = None
) -> SessionRead:
    """Let a cancelled session take place after all."""
    row = await hold_session(session, session_id, actor=actor, version=version)
    if row.status is not SessionStatus.CANCELLED:
        raise Conflict("This session is not cancelled.", code="not_cancelled")
    await _refuse_made_up(session, row)
    changes = {"status": SessionStatus.SCHEDULED, "cancel_reason": None}
    return await save_session(session, row, actor=actor, action="session.reinstate", changes=changes)


async def assign_substitute(
    session: AsyncSession, *, actor: Actor, session_id: int, data: SessionSubstitute
) -> SessionRead:
    """Let someone stand in; naming the session's own teacher ends the substitution."""
    row = await hold_session(session, session_id, actor=actor, version=data.version)
    if row.status is SessionStatus.CANCELLED:
        raise Conflict("This session is cancelled; reinstate it first.", code="cancelled")
    changes = stand_in(row, data.faculty_id)
    return await save_session(session, row, actor=actor, action="session.substitute", changes=changes)


def stand_in(row: LearningSession, faculty_id: int) -> dict[str, int | None]:
    """The change that lets this faculty member teach it."""
    own_id = row.substitute_for_id or row.faculty_id
    return {"faculty_id": faculty_id, "substitute_for_id": own_id if own_id != faculty_id else None}


async def cancel(session: AsyncSession, row: LearningSession, *, actor: Actor, reason: str) -> SessionRead:
    """Cancel a session that the caller has reached and holds."""
    if row.status is SessionStatus.CANCELLED:
        raise Conflict("This session is cancelled already.", code="already_cancelled")
    await refuse_marked(
        session, row, "This session has marks, so it took place. Clear its register before cancelling it."
    )
    changes = {"status": SessionStatus.CANCELLED, "cancel_reason": reason}
    return await save_session(session, row, actor=actor, action="session.cancel", changes=changes)


async def plan_make_up(
    session: AsyncSession, cancelled: LearningSession, *, actor: Actor, data: MakeUp
) -> SessionRead:
    """The session that is held instead of one that the caller has reached and holds."""
    zone = (await current_settings(session)).zone
    starts_at, ends_at = bounds(data.local_date, data.starts_at, data.ends_at, zone)
    await check_room(session, actor=actor, room_id=data.room_id, branch_id=cancelled.branch_id)
    teacher: dict[str, Any] = {
        "faculty_id": cancelled.faculty_id,
        "substitute_for_id": cancelled.substitute_for_id,
    }
    if data.faculty_id is not None:
        teacher = stand_in(cancelled, data.faculty_id)
    row = LearningSession(
        batch_id=cancelled.batch_id,
        branch_id=cancelled.branch_id,
        room_id=data.room_id or cancelled.room_id,
        topic_id=cancelled.topic_id,
        local_date=data.local_date,
        starts_at=starts_at,
        ends_at=ends_at,
        makes_up_for_id=cancelled.id,
        **teacher,
    )
    return await add_session(session, row, actor=actor)


async def _refuse_made_up(session: AsyncSession, row: LearningSession) -> None:
    if (await session.scalars(queries.live_make_ups(row.id))).first() is not None:
        raise Conflict("A make-up session is planned for it; cancel that one first.", code="made_up")
