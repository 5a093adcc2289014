"""Single sessions: the timetable, one-off sessions, cancelling, substitutes, another room or time."""

from datetime import date, time, timedelta
from typing import Any

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.accounts.audit import record
from academics_app.attendance.marked import marked_session_ids
from academics_app.core.actor import Actor
from academics_app.core.constraints import refusals
from academics_app.core.db import announce
from academics_app.core.errors import AppError, Conflict, InvalidInput, NotFound
from academics_app.core.pagination import Page, PageRequest
from academics_app.core.permissions import Permission, require
from academics_app.core.versions import refuse_stale
from academics_app.institute.current import current_settings
from academics_app.institute.service import access_room
from academics_app.learning_sessions import queries
from academics_app.learning_sessions.access import access_batch, access_session
from academics_app.learning_sessions.models import LearningSession, SessionStatus
from academics_app.learning_sessions.rules import bounds
from academics_app.learning_sessions.schemas import (
    SessionCancel,
    SessionCreate,
    SessionRead,
    SessionSubstitute,
    SessionUpdate,
)

_FACTS = {
    "batch_id", "faculty_id", "substitute_for_id", "room_id", "topic_id", "local_date", "starts_at", "ends_at", "status", "cancel_reason",
}  # fmt: skip
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
) -> Page[SessionRead]:
    """The actor's sessions from one date of the institute to another, both included, in order of time."""
    require(actor, Permission.SESSION_READ)
    if end_date < start_date:
        raise InvalidInput("The end is before the start.", fields={"end_date": "is before start_date"})
    if end_date - start_date > LONGEST_RANGE:
        raise InvalidInput(
            "Ask for 400 days at most.", fields={"end_date": "is more than 400 days after start_date"}
        )
    statement = queries.sessions(
        actor,
        start_date=start_date,
        end_date=end_date,
        batch_id=batch_id,
        faculty_id=faculty_id,
        room_id=room_id,
        branch_id=branch_id,
    )
    total = await session.scalar(statement.with_only_columns(func.count(), maintain_column_froms=True))
    rows = await session.execute(queries.with_session_names(statement).offset(page.skip).limit(page.limit))
    return Page(items=[_shown(row) for row in rows], total=total or 0, skip=page.skip, limit=page.limit)


async def read_session(session: AsyncSession, *, actor: Actor, session_id: int) -> SessionRead:
    """One session as it is shown."""
    require(actor, Permission.SESSION_READ)
    return await _read(session, actor=actor, session_id=session_id)


async def create_session(session: AsyncSession, *, actor: Actor, data: SessionCreate) -> SessionRead:
    """A one-off session beside the weekly schedule; the schedule never touches it."""
    batch = await access_batch(session, data.batch_id, actor=actor, to=Permission.SESSION_MANAGE)
    zone = (await current_settings(session)).zone
    starts_at, ends_at = bounds(data.local_date, data.starts_at, data.ends_at, zone)
    await _check_room(session, actor=actor, room_id=data.room_id, branch_id=batch.branch_id)
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
    async with refusals(session, _REFUSALS):
        session.add(row)
    record(
        session,
        actor=actor,
        action="session.create",
        subject_kind="session",
        subject_id=row.id,
        after=_facts(row),
    )
    _announce(session, row)
    return await _read(session, actor=actor, session_id=row.id)


async def update_session(
    session: AsyncSession, *, actor: Actor, session_id: int, data: SessionUpdate
) -> SessionRead:
    """Another room, topic, date or time for this one session. Its date and time stay once anyone is marked in it."""
    row = await _hold(session, session_id, actor=actor, version=data.version)
    before = _facts(row)
    changes = data.model_dump(exclude_unset=True, exclude={"version", "local_date", "starts_at", "ends_at"})
    changes |= await _moved(session, row, data)
    if changes.get("room_id") is not None:
        await _check_room(session, actor=actor, room_id=changes["room_id"], branch_id=row.branch_id)
    return await _save(session, row, actor=actor, action="session.update", before=before, changes=changes)


async def cancel_session(
    session: AsyncSession, *, actor: Actor, session_id: int, data: SessionCancel
) -> SessionRead:
    """Cancel it with a reason. Refused once anyone was marked: those marks would silently count for nothing."""
    row = await _hold(session, session_id, actor=actor, version=data.version)
    if row.status is SessionStatus.CANCELLED:
        raise Conflict("This session is cancelled already.", code="already_cancelled")
    await _refuse_marked(
        session, row, "This session has marks, so it took place. Clear its register before cancelling it."
    )
    changes = {"status": SessionStatus.CANCELLED, "cancel_reason": data.reason}
    return await _save(
        session, row, actor=actor, action="session.cancel", before=_facts(row), changes=changes
    )


async def reinstate_session(
    session: AsyncSession, *, actor: Actor, session_id: int, version: int | None = None
) -> SessionRead:
    """Let a cancelled session take place after all."""
    row = await _hold(session, session_id, actor=actor, version=version)
    if row.status is not SessionStatus.CANCELLED:
        raise Conflict("This session is not cancelled.", code="not_cancelled")
    changes = {"status": SessionStatus.SCHEDULED, "cancel_reason": None}
    return await _save(
        session, row, actor=actor, action="session.reinstate", before=_facts(row), changes=changes
    )


async def assign_substitute(
    session: AsyncSession, *, actor: Actor, session_id: int, data: SessionSubstitute
) -> SessionRead:
    """Let someone stand in; naming the session's own teacher ends the substitution."""
    row = await _hold(session, session_id, actor=actor, version=data.version)
    if row.status is SessionStatus.CANCELLED:
        raise Conflict("This session is cancelled; reinstate it first.", code="cancelled")
    own_id = row.substitute_for_id or row.faculty_id
    changes = {
        "faculty_id": data.faculty_id,
        "substitute_for_id": own_id if own_id != data.faculty_id else None,
    }
    return await _save(
        session, row, actor=actor, action="session.substitute", before=_facts(row), changes=changes
    )


async def _hold(
    session: AsyncSession, session_id: int, *, actor: Actor, version: int | None
) -> LearningSession:
    row = await access_session(
        session, session_id, actor=actor, to=Permission.SESSION_MANAGE, for_update=True
    )
    refuse_stale(row.version, version)
    return row


async def _save(
    session: AsyncSession,
    row: LearningSession,
    *,
    actor: Actor,
    action: str,
    before: dict[str, Any],
    changes: dict[str, Any],
) -> SessionRead:
    async with refusals(session, _REFUSALS):
        for field, value in changes.items():
            setattr(row, field, value)
        row.version += 1
    record(
        session,
        actor=actor,
        action=action,
        subject_kind="session",
        subject_id=row.id,
        before=before,
        after=_facts(row),
    )
    _announce(session, row)
    return await _read(session, actor=actor, session_id=row.id)


async def _moved(session: AsyncSession, row: LearningSession, data: SessionUpdate) -> dict[str, Any]:
    """The new date and instants, when the change asks for them."""
    sent = data.model_fields_set & {"local_date", "starts_at", "ends_at"}
    if not sent:
        return {}
    zone = (await current_settings(session)).zone
    day = data.local_date if "local_date" in sent else row.local_date
    begin = data.starts_at if "starts_at" in sent else _wall_clock(row.starts_at.astimezone(zone))
    end = data.ends_at if "ends_at" in sent else _wall_clock(row.ends_at.astimezone(zone))
    if end <= begin:
        raise InvalidInput("The end must be after the start.", fields={"ends_at": "must be after the start"})
    starts_at, ends_at = bounds(day, begin, end, zone)
    moved = {"local_date": day, "starts_at": starts_at, "ends_at": ends_at}
    if moved == {field: getattr(row, field) for field in moved}:
        return {}
    await _refuse_marked(session, row, "This session has marks; its date and time can no longer change.")
    return moved


def _wall_clock(at: Any) -> time:
    return at.time().replace(second=0, microsecond=0)


async def _refuse_marked(session: AsyncSession, row: LearningSession, sentence: str) -> None:
    """The row is held for update, so no mark can come in between."""
    if row.register_taken_at is not None or (await session.scalars(marked_session_ids([row.id]))).first():
        raise Conflict(sentence, code="has_marks")


async def _check_room(session: AsyncSession, *, actor: Actor, room_id: int | None, branch_id: int) -> None:
    if room_id is None:
        return
    room = await access_room(session, room_id, actor=actor, to=Permission.SESSION_READ)
    if room.branch_id != branch_id:
        raise InvalidInput("The room is in another branch.", fields={"room_id": "is in another branch"})


async def _read(session: AsyncSession, *, actor: Actor, session_id: int) -> SessionRead:
    statement = queries.sessions(actor).where(col(LearningSession.id) == session_id)
    row = (await session.execute(queries.with_session_names(statement))).one_or_none()
    if row is None:
        raise NotFound("There is no such session.")
    return _shown(row)


def _shown(row: Any) -> SessionRead:
    names = {name: value for name, value in row._asdict().items() if name != "LearningSession"}
    return SessionRead(**row.LearningSession.model_dump(include=set(SessionRead.model_fields)), **names)


def _announce(session: AsyncSession, row: LearningSession) -> None:
    announce(session, f"session:{row.id}", f"register:{row.id}", f"batch:{row.batch_id}", "timetable")


def _facts(row: LearningSession) -> dict[str, Any]:
    return row.model_dump(include=_FACTS)


_REFUSALS: dict[str, AppError] = {
    "fk_learning_session_faculty_id_faculty": InvalidInput(
        "There is no such teacher.", fields={"faculty_id": "is not there"}
    ),
    "fk_learning_session_topic_id_topic": InvalidInput(
        "There is no such topic.", fields={"topic_id": "is not there"}
    ),
    "uq_learning_session_schedule_id_local_date": Conflict(
        "This weekly meeting has a session on that day already.", fields={"local_date": "has one already"}
    ),
}
