"""Sessions made from weekly schedules, and kept in step with schedules and holidays.

What a person has touched is theirs: a session that has begun, was cancelled, given to a substitute or changed by hand
(its `version` is above 1), walked into or marked is never moved and never removed here.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.accounts.audit import record
from academics_app.attendance.marked import marked_session_ids
from academics_app.core.actor import Actor
from academics_app.core.clock import local_date, utc_now
from academics_app.core.db import announce
from academics_app.core.permissions import Permission, require
from academics_app.institute.current import current_settings, holidays_between
from academics_app.learning_sessions import queries
from academics_app.learning_sessions.access import access_batch
from academics_app.learning_sessions.models import (
    Batch,
    BatchStatus,
    LearningSession,
    SessionStatus,
    WeeklySchedule,
)
from academics_app.learning_sessions.rules import (
    DaysOff,
    Meeting,
    Occurrence,
    Plan,
    Stored,
    days_off,
    occurrences,
    plan,
)
from academics_app.learning_sessions.scope import visible_batches

_INSERT_ROWS = 1000
"""Rows of one INSERT: far below PostgreSQL's 65,535 parameters."""


@dataclass(frozen=True, slots=True)
class Generated:
    """How many sessions were added, moved and removed."""

    added: int = 0
    moved: int = 0
    removed: int = 0


async def generate_sessions(
    session: AsyncSession,
    *,
    actor: Actor,
    batch_id: int,
    until: date | None = None,
    without: Collection[int] = (),
) -> Generated:
    """Make the batch's sessions from today to `until` (else as far ahead as the institute sets) fit its schedule.

    `without` names weekly meetings that are about to be deleted: their untouched sessions are removed.
    """
    await access_batch(session, batch_id, actor=actor, to=Permission.SESSION_MANAGE)
    return await _generate(session, actor=actor, batch_ids=[batch_id], until=until, without=without)


async def follow_calendar(session: AsyncSession, *, actor: Actor) -> Generated:
    """Make the sessions of every active batch of the actor's branches fit schedules, holidays and settings."""
    require(actor, Permission.SESSION_MANAGE)
    active = select(col(Batch.id)).where(col(Batch.status) == BatchStatus.ACTIVE, visible_batches(actor))
    return await _generate(session, actor=actor, batch_ids=(await session.scalars(active)).all())


async def _generate(
    session: AsyncSession,
    *,
    actor: Actor,
    batch_ids: Sequence[int],
    until: date | None = None,
    without: Collection[int] = (),
) -> Generated:
    settings = await current_settings(session)
    now = utc_now()
    today = local_date(now, settings.zone)
    until = until or today + timedelta(weeks=settings.generate_weeks_ahead)
    locked = select(Batch).where(col(Batch.id).in_(batch_ids)).order_by(col(Batch.id))
    batches = (
        await session.scalars(
            locked.with_for_update(key_share=True).execution_options(populate_existing=True)
        )
    ).all()
    stored = defaultdict(list)
    for row in await session.scalars(queries.generated_sessions(batch_ids, since=today)):
        stored[row.batch_id].append(_stored(row, now))
    meetings = defaultdict(list)
    for row, _ in await session.execute(queries.meetings(batch_ids)):
        if row.id not in without:
            meetings[row.batch_id].append(row)
    last_stored = max((each.local_date for rows in stored.values() for each in rows), default=until)
    last = max(until, last_stored)
    holidays = [
        DaysOff(each.starts_on, each.ends_on, each.branch_id)
        for each in await holidays_between(session, today, last)
    ]
    plans: dict[int, Plan] = {}
    for batch in batches:
        wanted = occurrences(
            _meetings(batch, meetings[batch.id]),
            max(today, batch.starts_on),
            min(last, batch.ends_on or last),
            days_off(holidays, batch.branch_id),
            settings.zone,
        )
        plans[batch.id] = plan(
            wanted if batch.status is BatchStatus.ACTIVE else (),
            stored[batch.id],
            faculty_id=batch.faculty_id,
            branch_id=batch.branch_id,
            now=now,
            until=until,
        )
    return await _carry_out(session, actor=actor, batches=batches, plans=plans)


def _meetings(batch: Batch, rows: Collection[WeeklySchedule]) -> list[Meeting]:
    return [
        Meeting(row.id, row.weekday, row.starts_at, row.ends_at, row.room_id or batch.room_id) for row in rows
    ]


def _stored(row: LearningSession, now: datetime) -> Stored:
    is_touched = (
        row.starts_at <= now
        or row.status is not SessionStatus.SCHEDULED
        or row.version > 1
        or row.register_taken_at is not None
        or row.substitute_for_id is not None
    )
    return Stored(
        session_id=row.id,
        schedule_id=row.schedule_id or 0,
        local_date=row.local_date,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        room_id=row.room_id,
        faculty_id=row.faculty_id,
        branch_id=row.branch_id,
        is_touched=is_touched,
    )


async def _carry_out(
    session: AsyncSession, *, actor: Actor, batches: Sequence[Batch], plans: dict[int, Plan]
) -> Generated:
    affected = [session_id for each in plans.values() for session_id in (*each.move, *each.remove)]
    free = await _hold_unmarked(session, affected)
    additions: list[dict[str, object]] = []
    moved = removed = 0
    for batch in batches:
        batch_plan = plans[batch.id]
        made_by = {"faculty_id": batch.faculty_id, "branch_id": batch.branch_id}
        to_move = [(free[each], occurrence) for each, occurrence in batch_plan.move.items() if each in free]
        to_remove = [free[each] for each in batch_plan.remove if each in free]
        for row, occurrence in to_move:
            for name, value in (_values(occurrence) | made_by).items():
                setattr(row, name, value)
        for row in to_remove:
            await session.delete(row)
        additions += [
            {
                "batch_id": batch.id,
                "schedule_id": occurrence.schedule_id,
                "status": SessionStatus.SCHEDULED,
                **_values(occurrence),
                **made_by,
            }
            for occurrence in batch_plan.add
        ]
        counts = {"added": len(batch_plan.add), "moved": len(to_move), "removed": len(to_remove)}
        if any(counts.values()):
            record(
                session,
                actor=actor,
                action="batch.generate_sessions",
                subject_kind="batch",
                subject_id=batch.id,
                after=counts,
            )
            announce(session, f"batch:{batch.id}", "timetable")
        moved += len(to_move)
        removed += len(to_remove)
    await session.flush()  # whoever reads the timetable in this transaction sees what became of it
    for start in range(0, len(additions), _INSERT_ROWS):
        rows = additions[start : start + _INSERT_ROWS]
        await session.execute(
            insert(LearningSession)
            .values(rows)
            .on_conflict_do_nothing(index_elements=["schedule_id", "local_date"])
        )
    announce(session, *(f"{kind}:{session_id}" for session_id in free for kind in ("session", "register")))
    return Generated(len(additions), moved, removed)


async def _hold_unmarked(session: AsyncSession, session_ids: Sequence[int]) -> dict[int, LearningSession]:
    """Hold these sessions against new marks until the transaction ends; those in which nobody is marked yet.

    Marks are looked for in a later statement than the lock, so one that was committed while this waited is seen.
    """
    if not session_ids:
        return {}
    hold = (
        select(LearningSession)
        .where(col(LearningSession.id).in_(session_ids))
        .order_by(col(LearningSession.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    now = utc_now()
    untouched = {row.id: row for row in await session.scalars(hold) if not _stored(row, now).is_touched}
    marked = set(await session.scalars(marked_session_ids(session_ids)))
    walked_into = set(await session.scalars(queries.sessions_with_walk_ins(session_ids)))
    return {key: row for key, row in untouched.items() if key not in marked | walked_into}


def _values(occurrence: Occurrence) -> dict[str, object]:
    return {
        "local_date": occurrence.local_date,
        "starts_at": occurrence.starts_at,
        "ends_at": occurrence.ends_at,
        "room_id": occurrence.room_id,
    }
