"""Reaching, changing and showing one session: what the services on single sessions and on series share."""

from datetime import date, datetime, time
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.accounts.audit import record
from academics_app.attendance.marked import marked_session_ids
from academics_app.core.actor import Actor
from academics_app.core.db import announce
from academics_app.core.errors import AppError, Conflict, InvalidInput, NotFound
from academics_app.core.permissions import Permission
from academics_app.core.versions import refuse_stale
from academics_app.institute.current import current_settings
from academics_app.institute.service import access_room
from academics_app.learning_sessions import queries
from academics_app.learning_sessions.access import access_session
from academics_app.learning_sessions.clash_schemas import ClashKind
from academics_app.learning_sessions.clashes import clashes_of_sessions, hold_timetable, refuse_clashes
from academics_app.learning_sessions.models import LearningSession
from academics_app.learning_sessions.rules import Wanted, bounds
from academics_app.learning_sessions.schemas import SessionLink, SessionRead

_FACTS = {
    "batch_id", "faculty_id", "substitute_for_id", "room_id", "topic_id", "local_date", "starts_at", "ends_at", "status", "cancel_reason", "makes_up_for_id",
}  # fmt: skip
_PLACE = ("local_date", "starts_at", "ends_at", "room_id", "faculty_id")
CLASH_FIELDS = {
    ClashKind.ROOM: "room_id",
    ClashKind.FACULTY: "faculty_id",
    ClashKind.STUDENT: "starts_at",
}


class NewTime(Protocol):
    """A change of date and times; what was not sent is not in `model_fields_set`."""

    local_date: date
    starts_at: time
    ends_at: time

    @property
    def model_fields_set(self) -> set[str]: ...


async def hold_session(
    session: AsyncSession, session_id: int, *, actor: Actor, version: int | None
) -> LearningSession:
    """The session, if the actor may change it, held against other changes and against marks."""
    await hold_timetable(session, actor=actor)
    row = await access_session(
        session, session_id, actor=actor, to=Permission.SESSION_MANAGE, for_update=True
    )
    refuse_stale(row.version, version)
    return row


async def add_session(session: AsyncSession, row: LearningSession, *, actor: Actor) -> SessionRead:
    """Store a new session; Conflict when it clashes."""
    wanted = Wanted(row.batch_id, **{name: getattr(row, name) for name in _PLACE})
    async with refuse_clashes(
        session, lambda: clashes_of_sessions(session, [wanted], actor=actor), CLASH_FIELDS, _REFUSALS
    ):
        session.add(row)
    record(
        session,
        actor=actor,
        action="session.create",
        subject_kind="session",
        subject_id=row.id,
        after=_facts(row),
    )
    announce_session(session, row)
    return await read_one(session, actor=actor, session_id=row.id)


async def save_session(
    session: AsyncSession, row: LearningSession, *, actor: Actor, action: str, changes: dict[str, Any]
) -> SessionRead:
    """Change a session that is held; Conflict when it would clash."""
    before = _facts(row)
    place = {name: changes.get(name, getattr(row, name)) for name in _PLACE}
    wanted = Wanted(row.batch_id, **place, session_id=row.id)
    async with refuse_clashes(
        session, lambda: clashes_of_sessions(session, [wanted], actor=actor), CLASH_FIELDS, _REFUSALS
    ):
        if place != {name: getattr(row, name) for name in _PLACE}:
            row.overlap_allowed = False  # history may overlap; what a person plans may not
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
    announce_session(session, row)
    return await read_one(session, actor=actor, session_id=row.id)


async def moved_to(session: AsyncSession, row: LearningSession, data: NewTime) -> dict[str, Any]:
    """The new date and instants, when the change asks for them; Conflict once anyone is marked in it."""
    if not data.model_fields_set & {"local_date", "starts_at", "ends_at"}:
        return {}
    day, begin, end = await wall_clock_of(session, row, data)
    starts_at, ends_at = bounds(day, begin, end, (await current_settings(session)).zone)
    moved = {"local_date": day, "starts_at": starts_at, "ends_at": ends_at}
    if moved == {field: getattr(row, field) for field in moved}:
        return {}
    await refuse_marked(session, row, "This session has marks; its date and time can no longer change.")
    return moved


async def wall_clock_of(
    session: AsyncSession, row: LearningSession, data: NewTime
) -> tuple[date, time, time]:
    """Date, start and end as the change leaves them, in the institute's wall-clock time."""
    zone = (await current_settings(session)).zone
    sent = data.model_fields_set
    day = data.local_date if "local_date" in sent else row.local_date
    begin = data.starts_at if "starts_at" in sent else _minutes(row.starts_at.astimezone(zone))
    end = data.ends_at if "ends_at" in sent else _minutes(row.ends_at.astimezone(zone))
    if end <= begin:
        raise InvalidInput("The end must be after the start.", fields={"ends_at": "must be after the start"})
    return day, begin, end


def _minutes(at: datetime) -> time:
    return at.time().replace(second=0, microsecond=0)


async def refuse_marked(session: AsyncSession, row: LearningSession, sentence: str) -> None:
    """The row is held for update, so no mark can come in between."""
    if row.register_taken_at is not None or (await session.scalars(marked_session_ids([row.id]))).first():
        raise Conflict(sentence, code="has_marks")


async def check_room(session: AsyncSession, *, actor: Actor, room_id: int | None, branch_id: int) -> None:
    """InvalidInput for a room of another branch."""
    if room_id is None:
        return
    room = await access_room(session, room_id, actor=actor, to=Permission.SESSION_READ)
    if room.branch_id != branch_id:
        raise InvalidInput("The room is in another branch.", fields={"room_id": "is in another branch"})


async def read_one(session: AsyncSession, *, actor: Actor, session_id: int) -> SessionRead:
    """The session as it is shown; NotFound when the actor may not know of it."""
    statement = queries.sessions(actor).where(col(LearningSession.id) == session_id)
    # `sequence` is the database's own, so what this transaction has in memory of it is old
    named = queries.with_session_names(statement).execution_options(populate_existing=True)
    row = (await session.execute(named)).one_or_none()
    if row is None:
        raise NotFound("There is no such session.")
    return shown(row)


def shown(row: Any) -> SessionRead:
    """A row of `with_session_names` as it is answered."""
    facts = row._asdict()
    stored = facts.pop("LearningSession")
    links: dict[str, Any] = {kind: _link(facts, kind) for kind in ("makes_up_for", "made_up_by")}
    own = {name: getattr(stored, name) for name in _OWN}
    return SessionRead.model_construct(**own, **facts, **links)


_OWN = SessionRead.model_fields.keys() & LearningSession.model_fields.keys()


def _link(facts: dict[str, Any], kind: str) -> SessionLink | None:
    values = {name: facts.pop(f"{kind}_{name}") for name in queries.LINK}
    return None if values["id"] is None else SessionLink(**values)


def announce_session(session: AsyncSession, row: LearningSession) -> None:
    """Tell those who look at it, at its register, at its batch or at the timetable."""
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
}
