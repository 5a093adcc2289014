"""Sessions made from weekly schedules, and kept in step with schedules and holidays.

What a person has touched is theirs: a session that has begun, was cancelled, given to a substitute or changed by hand
(its `version` is above 1), walked into or marked is never moved and never removed here.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.accounts.audit import record
from academics_app.attendance.marked import marked_session_ids
from academics_app.core.actor import Actor
from academics_app.core.clock import local_date, utc_now
from academics_app.core.db import announce
from academics_app.core.errors import Conflict
from academics_app.core.pagination import Page, PageRequest
from academics_app.core.permissions import Permission, require
from academics_app.institute.current import current_settings, holidays_between
from academics_app.learning_sessions import queries
from academics_app.learning_sessions.access import access_batch
from academics_app.learning_sessions.clash_schemas import Clashes, ClashKind, UnplacedMeeting
from academics_app.learning_sessions.clashes import (
    clashes_of_sessions,
    clashing_sessions,
    hold_timetable,
    refuse_clashes,
)
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
    Wanted,
    days_off,
    occurrences,
    plan,
)
from academics_app.learning_sessions.scope import visible_batches

_TRIES = 4
"""How often a plan is written anew without what clashed: more than once only when others write without the lock."""
_INSERT_ROWS = 1000
"""Rows of one INSERT: far below PostgreSQL's 65,535 parameters."""


CLASH_FIELDS = {
    ClashKind.ROOM: "room_id",
    ClashKind.FACULTY: "faculty_id",
    ClashKind.STUDENT: "meetings",
}


@dataclass(frozen=True, slots=True)
class Generated:
    """How many sessions were added, moved and removed, and how many meetings had to be left out for a clash."""

    added: int = 0
    moved: int = 0
    removed: int = 0
    left_out: int = 0
    left_alone: int = field(default=0, compare=False)
    """Touched sessions that stay different from the schedule, of those that were to be counted."""


@dataclass(frozen=True, slots=True)
class _Planned:
    """What each batch's sessions need, in the order of the batches."""

    batches: Sequence[Batch]
    plans: dict[int, Plan]

    @property
    def has_changes(self) -> bool:
        return any(each.add or each.move or each.remove for each in self.plans.values())

    @property
    def leaving(self) -> list[int]:
        """Ids of the sessions that will not be where they are now."""
        return [id_ for each in self.plans.values() for id_ in (*each.move, *each.remove)]

    def wanted(self) -> list[tuple[Batch, Wanted]]:
        """Every session that is added or moved, as it would be."""
        found = []
        for batch in self.batches:
            batch_plan = self.plans[batch.id]
            for session_id, at in ((None, each) for each in batch_plan.add):
                found.append((batch, _wanted(batch, at, session_id)))
            for session_id, at in batch_plan.move.items():
                found.append((batch, _wanted(batch, at, session_id)))
        return found

    def without(self, dropped: Collection[Wanted]) -> "_Planned":
        """The same but for these sessions, which are not made or stay where they are."""
        plans = {
            batch.id: replace(
                self.plans[batch.id],
                add=tuple(
                    each for each in self.plans[batch.id].add if _wanted(batch, each, None) not in dropped
                ),
                move={
                    session_id: each
                    for session_id, each in self.plans[batch.id].move.items()
                    if _wanted(batch, each, session_id) not in dropped
                },
            )
            for batch in self.batches
        }
        return _Planned(self.batches, plans)


async def generate_sessions(
    session: AsyncSession,
    *,
    actor: Actor,
    batch_id: int,
    until: date | None = None,
    without: Collection[int] = (),
    refuse: bool = False,
    counted: Callable[[Stored], bool] = lambda _: False,
) -> Generated:
    """Make the batch's sessions from today to `until` (else as far ahead as the institute sets) fit its schedule.

    Meetings that clash are left out and counted or, with `refuse`, all is refused with the clash named. `without`
    names weekly meetings that are about to be deleted: their untouched sessions are removed. `counted` says which of
    the sessions that stay though they differ are counted as left alone.
    """
    await hold_timetable(session, actor=actor)
    await access_batch(session, batch_id, actor=actor, to=Permission.SESSION_MANAGE)
    planned = await _plan(session, batch_ids=[batch_id], until=until, without=without, lock=True)
    return await _make(session, planned, actor=actor, refuse=refuse, counted=counted)


async def follow_calendar(session: AsyncSession, *, actor: Actor) -> Generated:
    """Make the sessions of every active batch of the actor's branches fit schedules, holidays and settings.

    What clashes is left out; see `list_unplaced_meetings`.
    """
    require(actor, Permission.SESSION_MANAGE)
    await hold_timetable(session, actor=actor)
    planned = await _plan(session, batch_ids=await _active(session, actor), lock=True)
    return await _make(session, planned, actor=actor, refuse=False)


async def list_unplaced_meetings(
    session: AsyncSession, *, actor: Actor, page: PageRequest, batch_id: int | None = None
) -> Page[UnplacedMeeting]:
    """The meetings ahead that the schedules have and the timetable has not, with what is in their way."""
    require(actor, Permission.SESSION_MANAGE)
    if batch_id is not None:
        await access_batch(session, batch_id, actor=actor, to=Permission.SESSION_MANAGE)
    batch_ids = await _active(session, actor) if batch_id is None else [batch_id]
    planned = await _plan(session, batch_ids=batch_ids, lock=False)
    wanted = sorted(planned.wanted(), key=lambda pair: (pair[1].starts_at, pair[0].name, pair[0].id))
    shown = wanted[page.skip : page.skip + page.limit]
    found = await clashing_sessions(session, [each for _, each in shown], actor=actor) if shown else {}
    schedules = {
        (batch.id, each.starts_at, each.local_date): each.schedule_id
        for batch in planned.batches
        for each in (*planned.plans[batch.id].add, *planned.plans[batch.id].move.values())
    }
    items = [
        UnplacedMeeting(
            batch_id=batch.id,
            batch_name=batch.name,
            schedule_id=schedules[batch.id, each.starts_at, each.local_date],
            session_id=each.session_id,
            local_date=each.local_date,
            starts_at=each.starts_at,
            ends_at=each.ends_at,
            clash=found.get(position),
        )
        for position, (batch, each) in enumerate(shown)
    ]
    return Page(items=items, total=len(wanted), skip=page.skip, limit=page.limit)


async def _active(session: AsyncSession, actor: Actor) -> Sequence[int]:
    statement = select(col(Batch.id)).where(col(Batch.status) == BatchStatus.ACTIVE, visible_batches(actor))
    return (await session.scalars(statement)).all()


async def _plan(
    session: AsyncSession,
    *,
    batch_ids: Sequence[int],
    until: date | None = None,
    without: Collection[int] = (),
    lock: bool,
) -> _Planned:
    settings = await current_settings(session)
    now = utc_now()
    today = local_date(now, settings.zone)
    until = until or today + timedelta(weeks=settings.generate_weeks_ahead)
    statement = select(Batch).where(col(Batch.id).in_(batch_ids)).order_by(col(Batch.id))
    if lock:
        statement = statement.with_for_update(key_share=True).execution_options(populate_existing=True)
    batches = (await session.scalars(statement)).all()
    stored = defaultdict(list)
    generated = queries.generated_sessions(batch_ids, since=today)
    for row in await session.execute(generated.with_only_columns(*_COMPARED)):
        stored[row.batch_id].append(_stored(row, now))
    meetings = defaultdict(list)
    for row, _ in await session.execute(queries.meetings(batch_ids)):
        if row.id not in without:
            meetings[row.batch_id].append(row)
    last_stored = max((each.occurs_on for rows in stored.values() for each in rows), default=until)
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
    return _Planned(batches, plans)


async def _make(
    session: AsyncSession,
    planned: _Planned,
    *,
    actor: Actor,
    refuse: bool,
    counted: Callable[[Stored], bool] = lambda _: False,
) -> Generated:
    """Carry the plan out, as a whole or without what clashes. The database decides what does."""
    rows, planned = await _hold_unmarked(session, planned)
    left_alone = sum(counted(each) for made in planned.plans.values() for each in made.left_alone)
    if not planned.has_changes:
        return Generated(left_alone=left_alone)

    async def find() -> Clashes:
        wanted = [each for _, each in planned.wanted()]
        return await clashes_of_sessions(session, wanted, actor=actor, ignored=planned.leaving)

    left_out = 0
    for tries_left in reversed(range(_TRIES)):
        try:
            async with refuse_clashes(session, find, CLASH_FIELDS, at_the_end=True):
                done = await _carry_out(session, planned, rows, actor=actor)
        except Conflict:
            if refuse or not tries_left:
                raise
        else:
            return replace(done, left_out=left_out, left_alone=left_alone)
        placeable = await _placeable(session, planned, actor=actor)
        left_out += len(planned.wanted()) - len(placeable.wanted())
        rows, planned = await _hold_unmarked(session, placeable)
    raise AssertionError("the last try returns or raises")


async def _placeable(session: AsyncSession, planned: _Planned, *, actor: Actor) -> _Planned:
    """The plan without the sessions that would clash; what stays for it is in the way of others in its turn."""
    while wanted := planned.wanted():
        asked = [each for _, each in wanted]
        found = await clashing_sessions(session, asked, actor=actor, ignored=planned.leaving)
        if not found:
            break
        planned = planned.without({asked[position] for position in found})
    return planned


def _wanted(batch: Batch, at: Occurrence, session_id: int | None) -> Wanted:
    return Wanted(batch.id, at.local_date, at.starts_at, at.ends_at, at.room_id, batch.faculty_id, session_id)


def _meetings(batch: Batch, rows: Collection[WeeklySchedule]) -> list[Meeting]:
    return [
        Meeting(
            row.id,
            row.weekday,
            row.starts_at,
            row.ends_at,
            row.room_id or batch.room_id,
            row.starts_on,
            row.ends_on,
        )
        for row in rows
    ]


_COMPARED = (
    col(LearningSession.id),
    col(LearningSession.batch_id),
    col(LearningSession.schedule_id),
    col(LearningSession.occurs_on),
    col(LearningSession.local_date),
    col(LearningSession.starts_at),
    col(LearningSession.ends_at),
    col(LearningSession.room_id),
    col(LearningSession.faculty_id),
    col(LearningSession.branch_id),
    col(LearningSession.status),
    col(LearningSession.version),
    col(LearningSession.register_taken_at),
    col(LearningSession.substitute_for_id),
)
"""What `_stored` reads: of thousands of sessions, whole objects would cost more than all the rest."""


def _stored(row: LearningSession | Row[*tuple[Any, ...]], now: datetime) -> Stored:
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
        occurs_on=row.occurs_on or row.local_date,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        room_id=row.room_id,
        faculty_id=row.faculty_id,
        branch_id=row.branch_id,
        is_touched=is_touched,
    )


async def _carry_out(
    session: AsyncSession, planned: _Planned, rows: dict[int, LearningSession], *, actor: Actor
) -> Generated:
    additions: list[dict[str, object]] = []
    moved = removed = 0
    for batch in planned.batches:
        batch_plan = planned.plans[batch.id]
        made_by = {"faculty_id": batch.faculty_id, "branch_id": batch.branch_id}
        for session_id, occurrence in batch_plan.move.items():
            for name, value in (_values(occurrence) | made_by).items():
                setattr(rows[session_id], name, value)
        for session_id in batch_plan.remove:
            await session.delete(rows[session_id])
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
        counts = {
            "added": len(batch_plan.add),
            "moved": len(batch_plan.move),
            "removed": len(batch_plan.remove),
        }
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
        moved += counts["moved"]
        removed += counts["removed"]
    await session.flush()  # whoever reads the timetable in this transaction sees what became of it
    for start in range(0, len(additions), _INSERT_ROWS):
        chunk = additions[start : start + _INSERT_ROWS]
        await session.execute(
            insert(LearningSession)
            .values(chunk)
            .on_conflict_do_nothing(index_elements=["schedule_id", "occurs_on"])
        )
    announce(session, *(f"{kind}:{session_id}" for session_id in rows for kind in ("session", "register")))
    return Generated(len(additions), moved, removed)


async def _hold_unmarked(
    session: AsyncSession, planned: _Planned
) -> tuple[dict[int, LearningSession], _Planned]:
    """Hold the sessions that are to go against new marks until the transaction ends; the plan for those alone in
    which nobody is marked yet.

    Marks are looked for in a later statement than the lock, so one that was committed while this waited is seen.
    """
    session_ids = planned.leaving
    if not session_ids:
        return {}, planned
    hold = (
        select(LearningSession)
        .where(col(LearningSession.id).in_(session_ids))
        .order_by(col(LearningSession.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    now = utc_now()
    stored = {row.id: row for row in await session.scalars(hold)}
    kept = set(await session.scalars(marked_session_ids(session_ids)))
    kept |= set(await session.scalars(queries.sessions_with_walk_ins(session_ids)))
    kept |= {key for key, row in stored.items() if _stored(row, now).is_touched}
    free = {key: row for key, row in stored.items() if key not in kept}
    plans = {
        batch_id: replace(
            each,
            move={key: at for key, at in each.move.items() if key in free},
            remove=tuple(key for key in each.remove if key in free),
            left_alone=each.left_alone
            + tuple(
                _stored(stored[key], now) for key in (*each.move, *each.remove) if key in kept & stored.keys()
            ),
        )
        for batch_id, each in planned.plans.items()
    }
    return free, _Planned(planned.batches, plans)


def _values(occurrence: Occurrence) -> dict[str, object]:
    return {
        "local_date": occurrence.local_date,
        "occurs_on": occurrence.local_date,
        "starts_at": occurrence.starts_at,
        "ends_at": occurrence.ends_at,
        "room_id": occurrence.room_id,
    }
