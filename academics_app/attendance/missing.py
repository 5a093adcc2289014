"""Registers that were not taken: listed and counted by one rule, that of `register_state`, with no false alarm."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.attendance.access import may_mark
from academics_app.attendance.edit_window import edit_window
from academics_app.attendance.figures import check_period
from academics_app.attendance.queries import missing as queries
from academics_app.attendance.schemas.missing import (
    FacultyRegisters,
    MissingRegister,
    RegisterCounts,
    RegistersByFaculty,
)
from academics_app.core.actor import Actor
from academics_app.core.clock import local_date, utc_now
from academics_app.core.pagination import Page, PageRequest
from academics_app.core.permissions import Permission, require
from academics_app.institute.service import current_settings
from academics_app.institute.settings import InstituteSettings
from academics_app.learning_sessions.wording import time_label

USUAL_DAYS = 7


async def list_missing(
    session: AsyncSession,
    *,
    actor: Actor,
    page: PageRequest,
    start_date: date | None = None,
    end_date: date | None = None,
    branch_id: int | None = None,
    faculty_id: int | None = None,
) -> Page[MissingRegister]:
    """Registers past their time, of sessions with students, in the period; by default the last seven days.

    Faculty are told of their own alone.
    """
    require(actor, Permission.REGISTER_READ)
    settings = await current_settings(session)
    period = _period(settings, start_date, end_date)
    conditions = queries.due(actor, period, branch_id=branch_id, faculty_id=faculty_id)
    rows = await session.execute(queries.missing(conditions, skip=page.skip, limit=page.limit))
    return Page[MissingRegister](
        items=[_read(row, actor=actor, settings=settings) for row in rows],
        total=await session.scalar(queries.count_missing(conditions)) or 0,
        skip=page.skip,
        limit=page.limit,
    )


async def count_by_faculty(
    session: AsyncSession,
    *,
    actor: Actor,
    start_date: date | None = None,
    end_date: date | None = None,
    branch_id: int | None = None,
    faculty_id: int | None = None,
) -> RegistersByFaculty:
    """How each faculty member's registers of the period were taken; `missing` are those of `list_missing`."""
    require(actor, Permission.REGISTER_READ)
    period = _period(await current_settings(session), start_date, end_date)
    conditions = queries.due(actor, period, branch_id=branch_id, faculty_id=faculty_id)
    rows = (await session.execute(queries.by_faculty(conditions, period))).all()
    return RegistersByFaculty(
        start_date=period.start_date,
        end_date=period.end_date,
        total=RegisterCounts(
            on_time=sum(row.on_time for row in rows),
            late=sum(row.late for row in rows),
            closed=sum(row.closed for row in rows),
            missing=sum(row.missing for row in rows),
        ),
        items=[FacultyRegisters(**row._mapping) for row in rows],  # noqa: SLF001 - SQLAlchemy's public name
    )


def _period(settings: InstituteSettings, start_date: date | None, end_date: date | None) -> queries.Period:
    now = utc_now()
    end_date = end_date or local_date(now, settings.zone)
    start_date = start_date or date.fromordinal(max(1, end_date.toordinal() - USUAL_DAYS + 1))
    check_period(start_date, end_date)
    return queries.Period(
        start_date=start_date,
        end_date=end_date,
        now=now,
        overdue_after=timedelta(minutes=settings.register_overdue_minutes_after),
    )


def _read(row: Any, *, actor: Actor, settings: InstituteSettings) -> MissingRegister:
    today = local_date(utc_now(), settings.zone)
    window = edit_window(actor, session_date=row.local_date, today=today, settings=settings)
    return MissingRegister(
        session_id=row.id,
        local_date=row.local_date,
        starts_at=row.starts_at,
        time_label=time_label(row.starts_at, row.ends_at, settings.zone),
        batch_id=row.batch_id,
        batch_name=row.batch_name,
        room_name=row.room_name,
        faculty_id=row.faculty_id,
        faculty_name=row.faculty_name,
        stored=row.stored,
        expected=row.expected,
        can_take=may_mark(actor, row.faculty_id) and not window.is_locked,
    )
