"""The register: reading it, marking it, taking it. Marks are commands; no door can lose or overwrite one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.attendance.access import SessionRow, lock_register
from academics_app.attendance.edit_window import refuse_locked
from academics_app.attendance.models import AttendanceStatus, MarkSource, SuggestionReason
from academics_app.attendance.queries import register as queries
from academics_app.attendance.rules import (
    StoredMark,
    closing_command_id,
    fill_mark_id,
    may_mark_on,
    may_replace,
)
from academics_app.attendance.schemas.register import (
    BulkMark,
    BulkResult,
    MarkCommand,
    MarkRead,
    MarkResult,
    Suggestion,
    TakeRegister,
)
from academics_app.core.actor import Actor
from academics_app.core.clock import local_date, utc_now
from academics_app.core.db import announce
from academics_app.core.errors import Conflict, InvalidInput
from academics_app.core.permissions import Permission, require
from academics_app.institute.service import current_settings
from academics_app.institute.settings import InstituteSettings

REGISTERS_TOPIC = "registers"
"""Published when any register changed: for screens that show many of them."""


def live_topic(session_id: int) -> str:
    """Published when anything of the session's register changed."""
    return f"register:{session_id}"


class MarkConflict(Conflict):
    """A mark on an older version than the stored one. `current` (one) or `conflicts` (many) say what is stored."""

    code = "mark_conflict"


async def mark_student(
    session: AsyncSession, *, actor: Actor, session_id: int, command: MarkCommand
) -> MarkResult:
    """Store one mark. Raises MarkConflict, without storing, where it would replace a mark its sender has not seen."""
    written = await _write(session, actor=actor, session_id=session_id, commands=[command])
    return MarkResult(
        mark=written.marks[0],
        replayed=command.mark_id in written.replayed,
        stored=written.stored,
        expected=written.expected,
    )


async def mark_many(session: AsyncSession, *, actor: Actor, data: BulkMark) -> BulkResult:
    """Store many marks of one session, all or none, and take the register if asked to."""
    ids = [command.student_id for command in data.marks]
    if len(set(ids)) != len(ids):
        raise InvalidInput(
            "A student is marked twice in one request.", fields={"marks": "names a student twice"}
        )
    if len({command.mark_id for command in data.marks}) != len(ids):
        raise InvalidInput(
            "Two marks of one request have the same mark_id.", fields={"marks": "names a mark_id twice"}
        )
    if not data.marks and data.take_register is None:
        raise InvalidInput("There is nothing to store.", fields={"marks": "is empty"})
    written = await _write(
        session, actor=actor, session_id=data.session_id, commands=data.marks, take=data.take_register
    )
    return BulkResult(
        marks=written.marks,
        taken_at=written.taken_at,
        taken_by=written.taken_by,
        stored=written.stored,
        expected=written.expected,
    )


async def undo_take(session: AsyncSession, *, actor: Actor, session_id: int, command_id: UUID) -> BulkResult:
    """Take back a confirmation: the register counts as not taken again, and the marks that the confirmation or the
    closing filled in and nobody touched since are cleared. Repeating it changes nothing."""
    register = await lock_register(session, session_id, actor=actor)
    now = utc_now()
    await _check_window(session, register, actor=actor, now=now)
    roster = await _roster(session, session_id)
    commands = (command_id, closing_command_id(session_id))
    filled = [fill_mark_id(command, student_id) for student_id in roster for command in commands]
    filled_by = {
        event.id: event.mark_id for event in await session.execute(queries.events_by_mark_id(filled))
    }
    clearing = [
        _Change(
            mark_id=fill_mark_id(filled_by[row.version], student_id),
            student_id=student_id,
            before=_stored(row),
            status=None,
            source=MarkSource.TAKE_REGISTER,
        )
        for student_id, row in roster.items()
        if row.version in filled_by
    ]
    await _execute(session, actor=actor, session_id=session_id, changes=clearing, take=False, at=now)
    await session.execute(queries.untake_event(session_id, actor, at=now))
    await session.execute(queries.untake(session_id))
    _announce(session, session_id, clearing)
    return BulkResult(
        marks=[_mark(change.student_id, actor=actor) for change in clearing],
        taken_at=None,
        taken_by=None,
        stored=sum(row.version > 0 for row in roster.values()) - len(clearing),
        expected=len(roster),
    )


async def correct_mark(
    session: AsyncSession, *, actor: Actor, session_id: int, command: MarkCommand
) -> MarkResult:
    """Store the mark of an approved correction: the one mark that no edit window stops."""
    require(actor, Permission.CORRECTION_APPROVE)
    written = await _write(
        session, actor=actor, session_id=session_id, commands=[command], source=MarkSource.CORRECTION
    )
    return MarkResult(
        mark=written.marks[0],
        replayed=command.mark_id in written.replayed,
        stored=written.stored,
        expected=written.expected,
    )


async def fill_register(
    session: AsyncSession,
    *,
    actor: Actor,
    session_id: int,
    status: AttendanceStatus,
    suggested: Mapping[int, Suggestion],
) -> int:
    """Close a register that nobody took: everyone unmarked becomes what is `suggested` of them, or else `status`, and
    it counts as taken. How many were filled in; 0 as well when it needs no closing any more."""
    register = await lock_register(session, session_id, actor=actor)
    if register.status == "cancelled" or register.register_taken_at is not None:
        return 0
    now = utc_now()
    await _check_window(session, register, actor=actor, now=now)
    command_id = closing_command_id(session_id)
    roster = await _roster(session, session_id)
    filling = [
        _Change(
            mark_id=fill_mark_id(command_id, student_id),
            student_id=student_id,
            before=StoredMark(),
            status=known.status if known else status,
            minutes_late=known.minutes_late if known else None,
            source=MarkSource.CLOSING,
            suggested_by=known.reason if known else None,
        )
        for student_id, row, known in (
            (student_id, row, suggested.get(student_id)) for student_id, row in roster.items()
        )
        if not row.version
    ]
    await _execute(session, actor=actor, session_id=session_id, changes=filling, take=bool(roster), at=now)
    _announce(session, session_id, filling)
    return len(filling)


@dataclass(frozen=True, slots=True)
class _Change:
    """A decided mark: from what to what."""

    mark_id: UUID
    student_id: int
    before: StoredMark
    status: AttendanceStatus | None
    minutes_late: int | None = None
    note: str = ""
    source: MarkSource = MarkSource.PERSON
    suggested_by: SuggestionReason | None = None
    client_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Written:
    marks: list[MarkRead]
    replayed: frozenset[UUID]
    taken_at: datetime | None
    taken_by: str | None
    stored: int
    expected: int


async def _write(
    session: AsyncSession,
    *,
    actor: Actor,
    session_id: int,
    commands: Sequence[MarkCommand],
    take: TakeRegister | None = None,
    source: MarkSource | None = None,
) -> _Written:
    register = await lock_register(session, session_id, actor=actor)
    await _check_open(session, register, take=take is not None)
    roster = await _roster(session, session_id)
    changes = [_change(command, roster, source) for command in commands]
    if source is not MarkSource.CORRECTION:
        try:
            await _check_window(session, register, actor=actor, now=utc_now())
        except Conflict:
            # Marks that were stored in time are acknowledged however late they are sent again.
            sent = {change.mark_id for change in changes}
            if not sent or sent - await _already_stored(session, session_id, changes):
                raise
            take = None
    conflicting = [
        change
        for change, command in zip(changes, commands, strict=True)
        if not may_replace(
            change.before,
            status=change.status,
            minutes_late=change.minutes_late,
            note=change.note,
            base_version=command.base_version,
            user_id=actor.user_id,
        )
    ]
    replayed = await _already_stored(session, session_id, conflicting)
    if conflicts := [change for change in conflicting if change.mark_id not in replayed]:
        raise _conflict([roster[change.student_id] for change in conflicts], many=len(commands) != 1)
    changes = [change for change in changes if change.mark_id not in replayed]
    if take is not None:
        if not roster:
            raise Conflict(
                "No student is in this session, so there is no register to take.", code="empty_register"
            )
        changes += _fill(take, roster, marked={change.student_id for change in changes})

    now = utc_now()
    versions = await _execute(
        session, actor=actor, session_id=session_id, changes=changes, take=take is not None, at=now
    )
    skipped = [change for change in changes if change.mark_id not in versions]
    replayed |= await _already_stored(session, session_id, skipped)
    applied = [change for change in changes if change.mark_id in versions]
    _announce(session, session_id, applied)

    now_marked = {
        **{student_id: row.version > 0 for student_id, row in roster.items()},
        **{change.student_id: change.status is not None for change in applied},
    }
    marks = {
        change.student_id: _mark(
            change.student_id, actor=actor, change=change, version=versions[change.mark_id], at=now
        )
        for change in applied
    }
    unchanged = [command.student_id for command in commands if command.student_id not in marks]
    marks |= {student_id: _mark_of(roster[student_id]) for student_id in unchanged}
    is_taken_before = any(change.source is MarkSource.TAKE_REGISTER for change in skipped)
    is_first_taker = take is not None and register.register_taken_at is None and not is_taken_before
    return _Written(
        marks=list(marks.values()),
        replayed=frozenset(replayed),
        taken_at=now if is_first_taker else register.register_taken_at,
        taken_by=actor.name if is_first_taker else register.taken_by,
        stored=sum(now_marked.values()),
        expected=len(roster),
    )


async def _check_open(session: AsyncSession, register: SessionRow, *, take: bool) -> None:
    if register.status == "cancelled":
        raise Conflict("This session was cancelled, so it has no register.", code="session_cancelled")
    settings = await current_settings(session)
    now = utc_now()
    opens_at = register_opens_at(register.starts_at, settings)
    if take and now < opens_at:
        label = opens_at.astimezone(settings.zone).strftime("%H:%M")
        raise Conflict(f"This register can be taken from {label} on.", code="register_not_open")
    if not may_mark_on(register.local_date, local_date(now, settings.zone)):
        raise Conflict(
            "This session is on a later day, so it cannot be marked yet.", code="register_not_open"
        )


async def _check_window(session: AsyncSession, register: SessionRow, *, actor: Actor, now: datetime) -> None:
    settings = await current_settings(session)
    refuse_locked(
        actor,
        session_date=register.local_date,
        today=local_date(now, settings.zone),
        settings=settings,
        is_taken=register.register_taken_at is not None,
    )


def register_opens_at(starts_at: datetime, settings: InstituteSettings) -> datetime:
    """From when the register of a session can be taken."""
    return starts_at - timedelta(minutes=settings.register_opens_minutes_before)


async def _roster(session: AsyncSession, session_id: int) -> dict[int, Any]:
    rows = await queries.MARKS.rows(session, session_id=session_id)
    return {row.student_id: row for row in rows}


def _change(command: MarkCommand, roster: dict[int, Any], source: MarkSource | None) -> _Change:
    row = roster.get(command.student_id)
    if row is None:
        raise InvalidInput(
            "This student is not in this session.",
            fields={"student_id": "is not in this session"},
        )
    return _Change(
        mark_id=command.mark_id,
        student_id=command.student_id,
        before=_stored(row),
        status=command.status,
        minutes_late=command.minutes_late,
        note=command.note if command.status is not None else "",
        source=source or (MarkSource.SUGGESTION if command.suggested_by else MarkSource.PERSON),
        suggested_by=command.suggested_by,
        client_at=command.client_at,
    )


def _fill(take: TakeRegister, roster: dict[int, Any], *, marked: set[int]) -> list[_Change]:
    """Present, for everyone whom the taker saw and nobody has marked."""
    return [
        _Change(
            mark_id=fill_mark_id(take.command_id, student_id),
            student_id=student_id,
            before=StoredMark(),
            status=AttendanceStatus.PRESENT,
            source=MarkSource.TAKE_REGISTER,
        )
        for student_id in dict.fromkeys(take.student_ids)
        if student_id in roster and not roster[student_id].version and student_id not in marked
    ]


async def _already_stored(session: AsyncSession, session_id: int, changes: Sequence[_Change]) -> set[UUID]:
    """The mark_ids among the changes that the ledger has already, for just this session and student."""
    if not changes:
        return set()
    wanted = {change.mark_id: change.student_id for change in changes}
    events = (await session.execute(queries.event_places(list(wanted)))).all()
    for event in events:
        if (event.session_id, event.student_id) != (session_id, wanted[event.mark_id]):
            raise Conflict("This mark_id was used for another mark.", code="mark_id_reused")
    return {event.mark_id for event in events}


async def _execute(
    session: AsyncSession,
    *,
    actor: Actor,
    session_id: int,
    changes: Sequence[_Change],
    take: bool,
    at: datetime,
) -> dict[UUID, int]:
    """Write ledger and rows; the versions of those that were not in the ledger before."""
    if not changes and not take:
        return {}
    rows = await queries.WRITE_MARKS.rows(
        session,
        session_id=session_id,
        user_id=actor.user_id,
        door=actor.door.value,
        at=at,
        take=take,
        mark_ids=[change.mark_id for change in changes],
        student_ids=[change.student_id for change in changes],
        sources=[change.source.value for change in changes],
        suggested_by=[change.suggested_by for change in changes],
        client_at=[change.client_at for change in changes],
        before_status=[change.before.status for change in changes],
        before_minutes=[change.before.minutes_late for change in changes],
        before_notes=[change.before.note for change in changes],
        after_status=[change.status.value if change.status else None for change in changes],
        after_minutes=[change.minutes_late for change in changes],
        after_notes=[change.note for change in changes],
    )
    return {row.mark_id: row.id for row in rows}


def _announce(session: AsyncSession, session_id: int, changes: Sequence[_Change]) -> None:
    announce(
        session,
        live_topic(session_id),
        REGISTERS_TOPIC,
        *(f"student:{change.student_id}" for change in changes),
    )


def _conflict(rows: list[Any], *, many: bool) -> MarkConflict:
    current = [_mark_of(row).model_dump(mode="json") for row in rows]
    if many:
        names = f"{len(current)} marks were" if len(current) > 1 else "1 mark was"
        return MarkConflict(
            f"{names} changed by someone else since you looked. Nothing was stored.",
            extra={"conflicts": [{"student_id": mark["student_id"], "current": mark} for mark in current]},
        )
    mark = current[0]
    stored = (
        f"{mark['status'].capitalize()} by {mark['marked_by'] or 'the system'}"
        if mark["status"]
        else "Cleared"
    )
    return MarkConflict(f"{stored} since you looked. Nothing was stored.", extra={"current": mark})


def _stored(row: Any) -> StoredMark:
    return StoredMark(
        status=row.status,
        minutes_late=row.minutes_late,
        note=row.note,
        version=row.version,
        marked_by_id=row.marked_by_id,
    )


def _mark_of(row: Any) -> MarkRead:
    return MarkRead(
        student_id=row.student_id,
        status=row.status,
        minutes_late=row.minutes_late,
        note=row.note,
        version=row.version,
        marked_by=row.marked_by,
        marked_by_id=row.marked_by_id,
        marked_at=row.marked_at,
        source=row.source,
        suggested_by=row.suggested_by,
    )


def _mark(
    student_id: int,
    *,
    actor: Actor,
    change: _Change | None = None,
    version: int = 0,
    at: datetime | None = None,
) -> MarkRead:
    if change is None or change.status is None:
        return MarkRead(
            student_id=student_id,
            status=None,
            minutes_late=None,
            note="",
            version=0,
            marked_by=None,
            marked_by_id=None,
            marked_at=None,
            source=None,
            suggested_by=None,
        )
    return MarkRead(
        student_id=student_id,
        status=change.status,
        minutes_late=change.minutes_late,
        note=change.note,
        version=version,
        marked_by=actor.name,
        marked_by_id=actor.user_id,
        marked_at=at,
        source=change.source,
        suggested_by=change.suggested_by,
    )
