"""Statements of registers that were not taken: the same condition for the list and for every count of it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select, text
from sqlmodel import col

from academics_app.attendance.models import Attendance, RegisterAction, RegisterEvent
from academics_app.attendance.queries.register import EXPECTED
from academics_app.core.actor import Actor, Door, Role
from academics_app.faculty.models import Faculty
from academics_app.institute.models import Room
from academics_app.learning_sessions.models import Batch, LearningSession, SessionStatus
from academics_app.learning_sessions.scope import visible_sessions


@dataclass(frozen=True, slots=True)
class Period:
    """The sessions of these days, both included, that should have been taken by now."""

    start_date: date
    end_date: date
    now: datetime
    overdue_after: timedelta


def due(
    actor: Actor, period: Period, *, branch_id: int | None, faculty_id: int | None
) -> list[ColumnElement[bool]]:
    """The conditions on LearningSession that somebody should have taken its register by now: `register_state` says
    OVERDUE or TAKEN of it. Faculty are asked about what they teach themselves."""
    conditions = [
        col(LearningSession.local_date) >= period.start_date,
        col(LearningSession.local_date) <= period.end_date,
        col(LearningSession.starts_at) <= period.now - period.overdue_after,
        or_(
            and_(not_(_MISSING), col(LearningSession.status) != SessionStatus.CANCELLED),
            and_(OWED, text(f"EXISTS ({EXPECTED.format(session='learning_session')})")),
        ),
        visible_sessions(actor),
    ]
    if actor.role is Role.FACULTY:
        conditions.append(col(LearningSession.faculty_id) == actor.faculty_id)
    if branch_id is not None:
        conditions.append(col(LearningSession.branch_id) == branch_id)
    if faculty_id is not None:
        conditions.append(col(LearningSession.faculty_id) == faculty_id)
    return conditions


_MISSING = col(LearningSession.register_taken_at).is_(None)
OWED = and_(_MISSING, col(LearningSession.status) == SessionStatus.SCHEDULED)
"""The condition on LearningSession that its register may still be asked for.

Not of a cancelled one, nor of one that was held without a register: an import of absences alone makes those.
"""


def missing(conditions: list[ColumnElement[bool]], *, skip: int, limit: int) -> Select[*tuple[Any, ...]]:
    """The registers that were not taken, newest first, with how far they got."""
    stored = (
        select(func.count())
        .select_from(Attendance)
        .where(col(Attendance.session_id) == col(LearningSession.id))
        .scalar_subquery()
    )
    expected = (
        select(func.count())
        .select_from(text(f"({EXPECTED.format(session='learning_session')}) AS expected_student"))
        .scalar_subquery()
    )
    return (
        select(
            col(LearningSession.id),
            col(LearningSession.local_date),
            col(LearningSession.starts_at),
            col(LearningSession.ends_at),
            col(LearningSession.batch_id),
            col(Batch.name).label("batch_name"),
            col(Room.name).label("room_name"),
            col(LearningSession.faculty_id),
            col(Faculty.full_name).label("faculty_name"),
            stored.label("stored"),
            expected.label("expected"),
        )
        .select_from(LearningSession)
        .join(Batch, col(Batch.id) == col(LearningSession.batch_id))
        .join(Room, col(Room.id) == col(LearningSession.room_id), isouter=True)
        .join(Faculty, col(Faculty.id) == col(LearningSession.faculty_id), isouter=True)
        .where(_MISSING, *conditions)
        .order_by(col(LearningSession.starts_at).desc(), col(LearningSession.id).desc())
        .offset(skip)
        .limit(limit)
    )


def count_missing(conditions: list[ColumnElement[bool]]) -> Select[int]:
    """How many registers `missing` has on all its pages."""
    return select(func.count()).select_from(LearningSession).where(_MISSING, *conditions)


def by_faculty(conditions: list[ColumnElement[bool]], period: Period) -> Select[*tuple[Any, ...]]:
    """Of each faculty member: registers taken in time, taken late, closed by the institute's rule, and not taken."""
    closed = and_(
        col(LearningSession.register_taken_by_id).is_(None),
        select(col(RegisterEvent.id))
        .where(
            col(RegisterEvent.session_id) == col(LearningSession.id),
            col(RegisterEvent.action) == RegisterAction.TAKEN,
            col(RegisterEvent.door) == Door.JOB,
        )
        .exists(),
    )
    in_time = col(LearningSession.register_taken_at) <= col(LearningSession.starts_at) + period.overdue_after
    taken = not_(_MISSING)
    sums = (
        select(
            col(LearningSession.faculty_id),
            func.count().filter(taken, in_time).label("on_time"),
            func.count().filter(taken, not_(in_time), not_(closed)).label("late"),
            func.count().filter(taken, not_(in_time), closed).label("closed"),
            func.count().filter(_MISSING).label("missing"),
        )
        .where(*conditions)
        .group_by(col(LearningSession.faculty_id))
        .subquery()
    )
    return (
        select(sums, col(Faculty.full_name).label("faculty_name"))
        .join(Faculty, col(Faculty.id) == sums.c.faculty_id, isouter=True)
        .order_by(sums.c.missing.desc(), sums.c.late.desc(), col(Faculty.full_name))
    )
