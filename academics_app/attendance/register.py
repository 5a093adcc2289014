"""Reading registers: one whole, as watchers share it, and the many of a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import and_, true
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.attendance.access import SessionRow, access_register, may_mark
from academics_app.attendance.edit_window import EditWindow, edit_window
from academics_app.attendance.models import SuggestionReason
from academics_app.attendance.queries import register as queries
from academics_app.attendance.rules import RegisterState, absences_in_a_row, initials, register_state
from academics_app.attendance.schemas.register import (
    RegisterRead,
    RegisterRow,
    RegisterSession,
    TodaySession,
)
from academics_app.attendance.service import register_opens_at
from academics_app.attendance.suggestions import Facts, Moment, provenance, read_facts, suggest
from academics_app.core.actor import Actor
from academics_app.core.clock import day_bounds, local_date, utc_now
from academics_app.core.db import reading
from academics_app.core.errors import Forbidden, NotFound
from academics_app.core.live import SharedReads
from academics_app.core.permissions import Permission, may, require
from academics_app.institute.service import current_settings
from academics_app.institute.settings import InstituteSettings
from academics_app.learning_sessions.scope import visible_sessions
from academics_app.learning_sessions.wording import time_label

SHOWN_MARKS = 5


async def read_register(session: AsyncSession, *, actor: Actor, session_id: int) -> RegisterRead:
    """The whole register: everyone who belongs in the session, with mark, streak and the last five marks."""
    header = await access_register(session, session_id, actor=actor)
    return await _read(session, header, reader=await register_reader(session, header, actor=actor))


async def list_today(
    session: AsyncSession, *, actor: Actor, day: date | None = None, faculty_id: int | None = None
) -> list[TodaySession]:
    """The sessions of a day (today by default) that the actor may see, with the state of each register."""
    require(actor, Permission.REGISTER_READ)
    settings = await current_settings(session)
    day = day or local_date(utc_now(), settings.zone)
    begin, end = day_bounds(day, settings.zone)
    scope = visible_sessions(actor)
    if faculty_id is not None:
        scope = and_(scope, queries.taught_by(faculty_id))
    rows = await session.execute(
        queries.sessions_between(begin, end, scope, day=day, zone=settings.time_zone)
    )
    return [_today(row, settings=settings, actor=actor) for row in rows]


async def list_faculty_today(
    session: AsyncSession, *, actor: Actor, faculty_id: int, day: date | None = None
) -> list[TodaySession]:
    """A faculty member's sessions of a day, for themselves and for admins."""
    require(actor, Permission.REGISTER_READ)
    if actor.faculty_id != faculty_id and not may(actor, Permission.FACULTY_MANAGE):
        raise Forbidden("You may see your own sessions only.")
    if not await session.scalar(queries.faculty_exists(faculty_id)):
        raise NotFound("There is no such faculty member.")
    return await list_today(session, actor=actor, day=day, faculty_id=faculty_id)


@dataclass(frozen=True, slots=True)
class Reader:
    """All of who reads a register that decides what they are shown."""

    may_mark: bool
    window: EditWindow


async def register_reader(session: AsyncSession, header: SessionRow, *, actor: Actor) -> Reader:
    """What the actor, who has passed `access_register`, may do in the register of this header now."""
    settings = await current_settings(session)
    today = local_date(utc_now(), settings.zone)
    window = edit_window(actor, session_date=header.local_date, today=today, settings=settings)
    return Reader(may_mark(actor, header.faculty_id), window)


async def shared_register_json(session_id: int, *, reader: Reader) -> str:
    """The register as JSON, read once for all of the same rights who watch it at this moment.

    The caller has passed `access_register` for each watcher and does so again at least every
    `live.REFRESH_SECONDS`.
    """
    return await _shared.get((session_id, reader))


async def _read_shared(key: tuple[int, Reader]) -> str:
    session_id, reader = key
    async with reading() as session:
        header = (await session.execute(queries.session_header(session_id, true()))).first()
        if header is None:
            raise NotFound("There is no such session.")
        register = await _read(session, header, reader=reader)
    return register.model_dump_json()


_shared: SharedReads[tuple[int, Reader], str] = SharedReads(_read_shared)


async def _read(session: AsyncSession, header: SessionRow, *, reader: Reader) -> RegisterRead:
    settings = await current_settings(session)
    roster = await queries.ROSTER.rows(session, session_id=header.id)
    moment = Moment(
        starts_at=header.starts_at,
        ends_at=header.ends_at,
        local_date=header.local_date,
        now=utc_now(),
        zone=settings.zone,
        late_after_minutes=settings.late_after_minutes,
    )
    facts = await read_facts(session, header, roster, moment)
    stored = sum(row.version > 0 for row in roster)
    locked = reader.may_mark and reader.window.is_locked and header.status != "cancelled"
    return RegisterRead(
        session=RegisterSession(
            **_names(header),
            id=header.id,
            topic_id=header.topic_id,
            topic_title=header.topic_title,
            local_date=header.local_date,
            status=header.status,
            time_label=time_label(header.starts_at, header.ends_at, settings.zone),
            can_mark=reader.may_mark and not locked,
            opens_at=register_opens_at(header.starts_at, settings),
            locked=locked,
            editable_until=reader.window.last_day,
            may_request_correction=locked and header.register_taken_at is not None,
        ),
        state=_state(header, settings, expected=len(roster), stored=stored),
        taken_at=header.register_taken_at,
        taken_by=header.taken_by,
        stored=stored,
        expected=len(roster),
        rows=[_row(row, facts.get(row.student_id), moment) for row in roster],
    )


def _row(row: Any, facts: Facts | None, moment: Moment) -> RegisterRow:
    newest_first: Sequence[str | None] = row.newest_first or []
    shown = [*reversed(newest_first[:SHOWN_MARKS])]
    return RegisterRow(
        student_id=row.student_id,
        name=row.name,
        initials=initials(row.name),
        code=row.code,
        walk_in=row.walk_in,
        status=row.status,
        minutes_late=row.minutes_late,
        note=row.note,
        version=row.version,
        marked_by=row.marked_by,
        marked_by_id=row.marked_by_id,
        marked_at=row.marked_at,
        source=row.source,
        suggested_by=row.suggested_by,
        last_five=[None] * (SHOWN_MARKS - len(shown)) + shown,
        absences_in_a_row=absences_in_a_row(list(newest_first)),
        suggestion=suggest(facts, moment) if facts and not row.version else None,
        suggested_text=provenance(facts or Facts(), moment, SuggestionReason(row.suggested_by))
        if row.suggested_by
        else None,
    )


def _today(row: Any, *, settings: InstituteSettings, actor: Actor) -> TodaySession:
    state = _state(row, settings, expected=row.expected, stored=row.stored)
    now = utc_now()
    distance = row.starts_at - now if state is RegisterState.UPCOMING else now - row.starts_at
    today = local_date(now, settings.zone)
    window = edit_window(actor, session_date=row.local_date, today=today, settings=settings)
    return TodaySession(
        **_names(row),
        id=row.id,
        faculty_id=row.faculty_id,
        time_label=time_label(row.starts_at, row.ends_at, settings.zone),
        state=state,
        minutes=max(0, int(distance.total_seconds() // 60)),
        expected=row.expected,
        on_leave=row.on_leave,
        stored=row.stored,
        present=row.present,
        absent=row.absent,
        late=row.late,
        excused=row.excused,
        taken_at=row.register_taken_at,
        taken_by=row.taken_by,
        can_mark=may_mark(actor, row.faculty_id) and not window.is_locked,
    )


def _names(row: Any) -> dict[str, Any]:
    shared = (
        "batch_id",
        "batch_name",
        "subject_name",
        "room_name",
        "faculty_name",
        "substitute_for_name",
        "starts_at",
        "ends_at",
        "cancel_reason",
    )
    return {name: getattr(row, name) for name in shared}


def _state(row: Any, settings: InstituteSettings, *, expected: int, stored: int) -> RegisterState:
    return register_state(
        cancelled=row.status == "cancelled",
        held=row.status == "held",
        taken=row.register_taken_at is not None,
        expected=expected,
        stored=stored,
        starts_at=row.starts_at,
        now=utc_now(),
        opens_before=timedelta(minutes=settings.register_opens_minutes_before),
        overdue_after=timedelta(minutes=settings.register_overdue_minutes_after),
    )
