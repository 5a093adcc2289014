"""The register as it stood at any earlier moment, rebuilt from the ledgers of its marks and of its being taken.

Enrolments are those known today for the session's day: who belonged in it is not itself kept by moment. A walk-in
appears from when they were added, and anybody who had a mark is there with it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.attendance.access import SessionRow, access_register
from academics_app.attendance.models import RegisterAction
from academics_app.attendance.queries import history as queries
from academics_app.attendance.schemas.history import (
    MarkChange,
    PastMark,
    PastRow,
    RegisterAsOf,
    RegisterChange,
    RegisterHistory,
)
from academics_app.core.actor import Actor, Door
from academics_app.core.clock import utc_now
from academics_app.core.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Ledger:
    """All that is known of one register's past, read once for any number of moments."""

    session_id: int
    events: Sequence[Any]
    register_changes: Sequence[RegisterChange]
    people: Sequence[Any]


async def register_history(session: AsyncSession, *, actor: Actor, session_id: int) -> RegisterHistory:
    """Every change of a mark and of the register, oldest first."""
    return history_of(await read_ledger(session, actor=actor, session_id=session_id))


async def register_as_of(
    session: AsyncSession, *, actor: Actor, session_id: int, at: datetime, until: datetime | None = None
) -> RegisterAsOf:
    """The register as it stood at `at`, with what was another at `until`."""
    ledger = await read_ledger(session, actor=actor, session_id=session_id)
    return as_of(ledger, at=at, until=until or utc_now())


async def read_ledger(session: AsyncSession, *, actor: Actor, session_id: int) -> Ledger:
    """The register's past, for somebody who may read it."""
    header = await access_register(session, session_id, actor=actor)
    events = await queries.EVENTS.rows(session, session_id=session_id)
    register_changes = await queries.REGISTER_EVENTS.rows(session, session_id=session_id)
    return Ledger(
        session_id=session_id,
        events=events,
        register_changes=[
            RegisterChange(at=row.at, by=row.by, door=row.door, action=row.action) for row in register_changes
        ]
        or _from_header(header),
        people=await queries.PEOPLE.rows(session, session_id=session_id),
    )


def history_of(ledger: Ledger) -> RegisterHistory:
    """The ledger with names."""
    names = {person.student_id: person.name for person in ledger.people}
    return RegisterHistory(
        session_id=ledger.session_id,
        marks=[
            MarkChange(
                id=event.id,
                at=event.at,
                by=event.by,
                door=event.door,
                student_id=event.student_id,
                student_name=names[event.student_id],
                before=PastMark(
                    status=event.before_status, minutes_late=event.before_minutes, note=event.before_note
                ),
                after=_after(event),
                source=event.source,
                suggested_by=event.suggested_by,
            )
            for event in ledger.events
        ],
        register_changes=list(ledger.register_changes),
    )


def as_of(ledger: Ledger, *, at: datetime, until: datetime) -> RegisterAsOf:
    """What the ledger says of both moments."""
    if until < at:
        raise InvalidInput("The later moment is before the earlier one.", fields={"until": "is before at"})
    then, later = _marks_at(ledger.events, at), _marks_at(ledger.events, until)
    rows = [
        _row(person, then.get(person.student_id), later.get(person.student_id))
        for person in ledger.people
        if person.is_enrolled
        or (person.added_at is not None and person.added_at <= at)
        or person.student_id in then
        or person.student_id in later
    ]
    taken = _last(ledger.register_changes, at)
    taken_later = _last(ledger.register_changes, until)
    return RegisterAsOf(
        session_id=ledger.session_id,
        at=at,
        until=until,
        taken_at=taken.at if taken else None,
        taken_by=taken.by if taken else None,
        is_taken_later=taken_later is not None,
        stored=len(then),
        expected=len(rows),
        changed=sum(row.is_changed for row in rows),
        rows=rows,
    )


def _marks_at(events: Iterable[Any], at: datetime) -> Mapping[int, Any]:
    """The event that each student's mark stood by."""
    standing: dict[int, Any] = {}
    for event in events:
        if event.at > at:
            continue
        if event.after_status is None:
            standing.pop(event.student_id, None)
        else:
            standing[event.student_id] = event
    return standing


def _last(changes: Sequence[RegisterChange], at: datetime) -> RegisterChange | None:
    """The confirmation by which the register counted as taken; None while it did not."""
    known = [change for change in changes if change.at <= at]
    return known[-1] if known and known[-1].action is RegisterAction.TAKEN else None


def _from_header(header: SessionRow) -> list[RegisterChange]:
    """For a register whose confirmation came in without an event: invented data, or an import, which nobody signs."""
    if header.register_taken_at is None:
        return []
    return [
        RegisterChange(
            at=header.register_taken_at,
            by=header.taken_by,
            door=Door.SCREEN if header.taken_by else Door.IMPORT,
            action=RegisterAction.TAKEN,
        )
    ]


def _row(person: Any, event: Any, later: Any) -> PastRow:
    then, afterwards = _after(event), _after(later)
    return PastRow(
        student_id=person.student_id,
        name=person.name,
        code=person.code,
        **then.model_dump(),
        version=event.id if event else 0,
        marked_at=event.at if event else None,
        marked_by=event.by if event else None,
        source=event.source if event else None,
        suggested_by=event.suggested_by if event else None,
        later=afterwards,
        is_changed=then != afterwards,
    )


def _after(event: Any) -> PastMark:
    if event is None:
        return PastMark()
    return PastMark(status=event.after_status, minutes_late=event.after_minutes, note=event.after_note)
