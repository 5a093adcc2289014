"""Batches and their weekly schedules."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.accounts.audit import record
from academics_app.core import search
from academics_app.core.actor import Actor
from academics_app.core.clock import local_date, utc_now
from academics_app.core.constraints import refusals
from academics_app.core.db import announce
from academics_app.core.errors import AppError, Conflict, InvalidInput, NotFound
from academics_app.core.pagination import Page, PageRequest
from academics_app.core.permissions import Permission, require
from academics_app.core.versions import refuse_stale
from academics_app.institute.current import current_settings
from academics_app.institute.service import access_branch, access_room
from academics_app.learning_sessions import queries
from academics_app.learning_sessions.access import access_batch
from academics_app.learning_sessions.clash_schemas import ClashKind
from academics_app.learning_sessions.clashes import clashes_of_sessions, hold_timetable, refuse_clashes
from academics_app.learning_sessions.generation import generate_sessions
from academics_app.learning_sessions.models import (
    Batch,
    BatchStatus,
    SessionStatus,
    WeeklySchedule,
)
from academics_app.learning_sessions.rules import Meeting, Wanted, overlap
from academics_app.learning_sessions.schemas import (
    BatchCreate,
    BatchRead,
    BatchUpdate,
    MeetingRead,
    MeetingWrite,
    ScheduleUpdate,
)

_FACTS = {
    "code",
    "name",
    "subject_id",
    "faculty_id",
    "branch_id",
    "room_id",
    "starts_on",
    "ends_on",
    "status",
}


async def list_batches(
    session: AsyncSession,
    *,
    actor: Actor,
    page: PageRequest,
    query: str = "",
    status: BatchStatus | None = None,
    subject_id: int | None = None,
    faculty_id: int | None = None,
    student_id: int | None = None,
) -> Page[BatchRead]:
    """The actor's batches by filter: the best match first for a search, otherwise by name."""
    require(actor, Permission.BATCH_READ)
    statement = queries.batches(
        actor, status=status, subject_id=subject_id, faculty_id=faculty_id, student_id=student_id
    )
    statement = await search.narrow(session, statement, col(Batch.search_text), query)
    total = await session.scalar(statement.with_only_columns(func.count(), maintain_column_froms=True))
    today = await _today(session)
    shown = queries.with_batch_names(statement, today=today).order_by(*queries.batch_order(query))
    items = await _read_all(session, shown.offset(page.skip).limit(page.limit))
    return Page(items=items, total=total or 0, skip=page.skip, limit=page.limit)


async def read_batch(session: AsyncSession, *, actor: Actor, batch_id: int) -> BatchRead:
    """One batch with its weekly meetings."""
    require(actor, Permission.BATCH_READ)
    return await _read(session, actor=actor, batch_id=batch_id)


async def create_batch(session: AsyncSession, *, actor: Actor, data: BatchCreate) -> BatchRead:
    """A batch, with its weekly meetings when given; its sessions are made at once, or all is refused for a clash."""
    require(actor, Permission.BATCH_MANAGE)
    await hold_timetable(session, actor=actor)
    await access_branch(session, data.branch_id, actor=actor, to=Permission.BATCH_MANAGE)
    batch = Batch(**data.model_dump(exclude={"meetings"}), search_text=search.normalise(data.code, data.name))
    await check_batch(session, actor=actor, batch=batch, meetings=data.meetings)
    async with refusals(session, _REFUSALS):
        session.add(batch)
    session.add_all(
        WeeklySchedule(**meeting.model_dump(exclude={"id"}), batch_id=batch.id) for meeting in data.meetings
    )
    await session.flush()  # the sessions name their meeting
    record(
        session,
        actor=actor,
        action="batch.create",
        subject_kind="batch",
        subject_id=batch.id,
        after=data.model_dump(),
    )
    await generate_sessions(session, actor=actor, batch_id=batch.id, refuse=True)
    announce(session, f"batch:{batch.id}", "batches", "timetable")
    return await _read(session, actor=actor, batch_id=batch.id)


async def update_batch(session: AsyncSession, *, actor: Actor, batch_id: int, data: BatchUpdate) -> BatchRead:
    """Change a batch; its future sessions follow, those changed by hand as far as the teacher goes.

    Refused with the clash named when a session that has to follow would clash.
    """
    await hold_timetable(session, actor=actor)
    batch = await access_batch(session, batch_id, actor=actor, to=Permission.BATCH_MANAGE, for_update=True)
    refuse_stale(batch.version, data.version)
    before = batch.model_dump(include=_FACTS)
    changes = data.model_dump(exclude_unset=True, exclude={"version"})
    if "branch_id" in changes:
        await access_branch(session, changes["branch_id"], actor=actor, to=Permission.BATCH_MANAGE)
    proposed = Batch(**(before | changes))
    stored = await session.execute(queries.meetings([batch_id]))
    own_rooms = [
        MeetingWrite.model_validate(row.model_dump(exclude={"batch_id", "created_at", "updated_at"}))
        for row, _ in stored
    ]
    await check_batch(session, actor=actor, batch=proposed, meetings=own_rooms)
    async with refusals(session, _REFUSALS):
        for field, value in changes.items():
            setattr(batch, field, value)
        batch.search_text = search.normalise(batch.code, batch.name)
        batch.version += 1
    after = batch.model_dump(include=_FACTS)
    record(
        session,
        actor=actor,
        action="batch.update",
        subject_kind="batch",
        subject_id=batch.id,
        before=before,
        after=after,
    )
    if before["faculty_id"] != after["faculty_id"]:
        await _hand_over(session, batch_id, before["faculty_id"], after["faculty_id"], actor=actor)
    await generate_sessions(session, actor=actor, batch_id=batch_id, refuse=_may_clash(before, after))
    announce(session, f"batch:{batch_id}", "batches", "timetable")
    return await _read(session, actor=actor, batch_id=batch_id)


async def read_schedule(session: AsyncSession, *, actor: Actor, batch_id: int) -> list[MeetingRead]:
    """A batch's weekly meetings in the order of the week."""
    await access_batch(session, batch_id, actor=actor, to=Permission.BATCH_READ)
    return (await _meetings(session, [batch_id]))[batch_id]


async def set_schedule(
    session: AsyncSession, *, actor: Actor, batch_id: int, data: ScheduleUpdate
) -> list[MeetingRead]:
    """Replace the weekly meetings.

    One that is sent with its id, or like it stood, stays the same meeting, so that its sessions move instead of
    being made anew. Sessions that somebody touched stay as they are. Refused with the clash named when one clashes.
    """
    await hold_timetable(session, actor=actor)
    batch = await access_batch(session, batch_id, actor=actor, to=Permission.BATCH_MANAGE, for_update=True)
    refuse_stale(batch.version, data.version)
    await check_batch(session, actor=actor, batch=batch, meetings=data.meetings)
    stored = {row.id: row for row, _ in await session.execute(queries.meetings([batch_id]))}
    before = [meeting_facts(row) for row in stored.values()]
    kept = _pair(data.meetings, stored)
    for position, meeting in enumerate(data.meetings):
        values = meeting.model_dump(exclude={"id"})
        row = kept.get(position)
        if row is None:
            session.add(WeeklySchedule(**values, batch_id=batch_id))
        else:
            await move_weekday(session, row, meeting.weekday)
            for field, value in values.items():
                setattr(row, field, value)
    batch.version += 1
    await session.flush()  # the sessions name their meeting
    dropped = stored.keys() - {row.id for row in kept.values()}
    await generate_sessions(session, actor=actor, batch_id=batch_id, without=dropped, refuse=True)
    for schedule_id in dropped:
        await session.delete(stored[schedule_id])
    await session.flush()  # the answer is read from the tables
    after = [meeting.model_dump(exclude={"id"}) for meeting in data.meetings]
    record(
        session,
        actor=actor,
        action="batch.set_schedule",
        subject_kind="batch",
        subject_id=batch_id,
        before={"meetings": before},
        after={"meetings": after},
    )
    announce(session, f"batch:{batch_id}", "batches", "timetable")
    return (await _meetings(session, [batch_id]))[batch_id]


async def move_weekday(session: AsyncSession, meeting: WeeklySchedule, weekday: int) -> None:
    """Let the sessions of this week and of those ahead be those of the meeting's new day, each in its own week.

    Whoever has touched one keeps it where it is, and no other is made for its week.
    """
    if weekday != meeting.weekday:
        today = await _today(session)
        await session.execute(
            queries.shift_occurrences(
                meeting.id,
                since=today - timedelta(days=today.weekday()),
                onto=meeting.id,
                days=weekday - meeting.weekday,
            )
        )


def _pair(meetings: Sequence[MeetingWrite], stored: dict[int, WeeklySchedule]) -> dict[int, WeeklySchedule]:
    """Which stored meeting each position of the new list is: by id, else by being alike."""
    kept: dict[int, WeeklySchedule] = {}
    free = dict(stored)
    for position, meeting in enumerate(meetings):
        if meeting.id is None:
            continue
        row = free.pop(meeting.id, None)
        if row is None:
            raise NotFound("The schedule has no such meeting, or it is listed twice.")
        kept[position] = row
    for position, meeting in enumerate(meetings):
        if position not in kept:
            alike = next(
                (row for row in free.values() if meeting_facts(row) == meeting.model_dump(exclude={"id"})),
                None,
            )
            if alike is not None:
                kept[position] = free.pop(alike.id)
    return kept


def meeting_facts(row: WeeklySchedule) -> dict[str, Any]:
    """What makes a weekly meeting."""
    return row.model_dump(include={"weekday", "starts_at", "ends_at", "room_id", "starts_on", "ends_on"})


async def check_batch(
    session: AsyncSession, *, actor: Actor, batch: Batch, meetings: Sequence[MeetingWrite]
) -> None:
    """InvalidInput when the days, the rooms or the weekly meetings do not fit the batch or each other."""
    if batch.ends_on is not None and batch.ends_on < batch.starts_on:
        raise InvalidInput("The last day is before the first.", fields={"ends_on": "is before the first day"})
    named = {batch.room_id, *(meeting.room_id for meeting in meetings)}
    for room_id in sorted(each for each in named if each is not None):
        room = await access_room(session, room_id, actor=actor, to=Permission.SESSION_READ)
        if room.branch_id != batch.branch_id:
            raise InvalidInput("The room is in another branch.", fields={"room_id": "is in another branch"})
    if overlap(
        Meeting(0, each.weekday, each.starts_at, each.ends_at, starts_on=each.starts_on, ends_on=each.ends_on)
        for each in meetings
    ):
        raise InvalidInput("Two meetings of the week overlap.", fields={"meetings": "two of them overlap"})


def _may_clash(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether the change asks for another place in the timetable: a new name is not refused for an old clash."""
    if after["status"] is not BatchStatus.ACTIVE:
        return False
    placed = ("status", "faculty_id", "branch_id", "room_id", "starts_on")
    longer = before["ends_on"] is not None and (
        after["ends_on"] is None or after["ends_on"] > before["ends_on"]
    )
    return longer or any(before[each] != after[each] for each in placed)


async def _hand_over(
    session: AsyncSession, batch_id: int, old_id: int | None, new_id: int | None, *, actor: Actor
) -> None:
    """Give the batch's future sessions that regeneration leaves alone to the new teacher; a substitute stays."""
    rows = [
        row
        for row in await session.scalars(queries.future_sessions_of(batch_id, after=utc_now()))
        if row.register_taken_at is None and row.status is not SessionStatus.HELD
    ]
    handed = [row for row in rows if row.substitute_for_id is None and row.faculty_id == old_id]
    wanted = [
        Wanted(batch_id, row.local_date, row.starts_at, row.ends_at, None, new_id, row.id)
        for row in handed
        if row.status is not SessionStatus.CANCELLED
    ]
    async with refuse_clashes(
        session,
        lambda: clashes_of_sessions(session, wanted, actor=actor),
        {ClashKind.FACULTY: "faculty_id"},
        at_the_end=True,
    ):
        for row in handed:
            row.faculty_id = new_id
        for row in rows:
            if row.substitute_for_id is not None and row.substitute_for_id == old_id:
                row.substitute_for_id = new_id if row.faculty_id != new_id else None


async def _read(session: AsyncSession, *, actor: Actor, batch_id: int) -> BatchRead:
    statement = queries.batches(actor).where(col(Batch.id) == batch_id)
    shown = queries.with_batch_names(statement, today=await _today(session))
    found = await _read_all(session, shown)
    if not found:
        raise NotFound("There is no such batch.")
    return found[0]


async def _read_all(session: AsyncSession, statement: Any) -> list[BatchRead]:
    rows = (await session.execute(statement)).all()
    meetings = await _meetings(session, [row.Batch.id for row in rows])
    return [
        BatchRead(
            **row.Batch.model_dump(include=set(BatchRead.model_fields)),
            **{name: value for name, value in row._asdict().items() if name != "Batch"},
            meetings=meetings[row.Batch.id],
        )
        for row in rows
    ]


async def _meetings(session: AsyncSession, batch_ids: Sequence[int]) -> dict[int, list[MeetingRead]]:
    found: dict[int, list[MeetingRead]] = defaultdict(list)
    if batch_ids:
        for row, room in await session.execute(queries.meetings(batch_ids)):
            found[row.batch_id].append(MeetingRead(**row.model_dump(), room_name=room))
    return found


async def _today(session: AsyncSession) -> date:
    return local_date(utc_now(), (await current_settings(session)).zone)


_REFUSALS: dict[str, AppError] = {
    "uq_batch_code": Conflict("This code is taken.", fields={"code": "is taken"}),
    "fk_batch_subject_id_subject": InvalidInput(
        "There is no such subject.", fields={"subject_id": "is not there"}
    ),
    "fk_batch_faculty_id_faculty": InvalidInput(
        "There is no such teacher.", fields={"faculty_id": "is not there"}
    ),
}
