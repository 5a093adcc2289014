"""Statements on batches, enrolments and sessions."""

from collections.abc import Collection
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    func,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import aliased
from sqlalchemy.sql.dml import Update
from sqlmodel import col

from academics_app.core import search
from academics_app.core.actor import STAFF, Actor
from academics_app.faculty.names import faculty_name
from academics_app.institute.names import branch_name, room_name
from academics_app.learning_sessions.models import (
    Batch,
    BatchStatus,
    Enrollment,
    LearningSession,
    SessionStatus,
    WalkIn,
    WeeklySchedule,
)
from academics_app.learning_sessions.scope import (
    attended_by,
    enrolled_on,
    visible_batches,
    visible_sessions,
)
from academics_app.students.guardianship import own_student_ids
from academics_app.students.names import student_code, student_name
from academics_app.subjects.names import subject_name

LINK = ("id", "local_date", "starts_at", "ends_at")
"""What a session is linked by in another one."""


def batches(
    actor: Actor,
    *,
    status: BatchStatus | None = None,
    subject_id: int | None = None,
    faculty_id: int | None = None,
    student_id: int | None = None,
) -> Select[Batch]:
    """The actor's batches by filter, without an order."""
    statement = select(Batch).where(visible_batches(actor))
    if status is not None:
        statement = statement.where(col(Batch.status) == status)
    if subject_id is not None:
        statement = statement.where(col(Batch.subject_id) == subject_id)
    if faculty_id is not None:
        statement = statement.where(col(Batch.faculty_id) == faculty_id)
    if student_id is not None:
        mine = select(col(Enrollment.batch_id)).where(
            col(Enrollment.student_id) == student_id, visible_enrollments(actor)
        )
        statement = statement.where(col(Batch.id).in_(mine))
    return statement


def with_batch_names(statement: Select[Batch], *, today: date) -> "Select[*tuple[Any, ...]]":
    """Add what a batch is shown with: names, and how many are enrolled today."""
    enrolled = (
        select(func.count())
        .select_from(Enrollment)
        .where(col(Enrollment.batch_id) == col(Batch.id), enrolled_at(today))
        .scalar_subquery()
    )
    return statement.add_columns(
        subject_name(col(Batch.subject_id)).label("subject_name"),
        faculty_name(col(Batch.faculty_id)).label("faculty_name"),
        branch_name(col(Batch.branch_id)).label("branch_name"),
        room_name(col(Batch.room_id)).label("room_name"),
        enrolled.label("enrolled_count"),
    )


def batch_order(query: str) -> tuple[SQLColumnExpression[Any], ...]:
    """Best match first for a search; otherwise by name."""
    by_name = (col(Batch.name), col(Batch.id))
    return (search.relevance(col(Batch.search_text), query).desc(), *by_name) if query.strip() else by_name


def meetings(batch_ids: Collection[int]) -> Select[WeeklySchedule, str]:
    """The batches' weekly meetings with their own room's name, in the order of the week."""
    return (
        select(WeeklySchedule, room_name(col(WeeklySchedule.room_id)))
        .where(col(WeeklySchedule.batch_id).in_(batch_ids))
        .order_by(col(WeeklySchedule.weekday), col(WeeklySchedule.starts_at), col(WeeklySchedule.id))
    )


def enrolled_at(day: date) -> ColumnElement[bool]:
    """The condition on Enrollment that it covers the day."""
    return and_(
        col(Enrollment.starts_on) <= day,
        or_(col(Enrollment.ends_on).is_(None), col(Enrollment.ends_on) >= day),
    )


def visible_enrollments(actor: Actor) -> ColumnElement[bool]:
    """The condition on Enrollment: staff those of their batches, students and guardians their own alone."""
    if actor.role in STAFF:
        return col(Enrollment.batch_id).in_(select(col(Batch.id)).where(visible_batches(actor)))
    return col(Enrollment.student_id).in_(own_student_ids(actor))


def enrollments(actor: Actor, *, batch_id: int, on: date | None = None) -> "Select[*tuple[Any, ...]]":
    """Enrolments of a batch with student names; on a day, or those of all times."""
    name = student_name(col(Enrollment.student_id)).label("student_name")
    statement = (
        select(Enrollment, name, student_code(col(Enrollment.student_id)).label("student_code"))
        .where(col(Enrollment.batch_id) == batch_id, visible_enrollments(actor))
        .order_by(name, col(Enrollment.starts_on), col(Enrollment.id))
    )
    return statement if on is None else statement.where(enrolled_at(on))


def sessions(
    actor: Actor,
    *,
    start_date: date | None = None,
    end_date: date | None = None,
    batch_id: int | None = None,
    faculty_id: int | None = None,
    room_id: int | None = None,
    branch_id: int | None = None,
    student_id: int | None = None,
) -> Select[LearningSession]:
    """The actor's sessions by filter, without an order; dates are the institute's, both included."""
    statement = select(LearningSession).where(visible_sessions(actor))
    if start_date is not None:
        statement = statement.where(col(LearningSession.local_date) >= start_date)
    if end_date is not None:
        statement = statement.where(col(LearningSession.local_date) <= end_date)
    for column, wanted in (
        (col(LearningSession.batch_id), batch_id),
        (col(LearningSession.faculty_id), faculty_id),
        (col(LearningSession.room_id), room_id),
        (col(LearningSession.branch_id), branch_id),
    ):
        if wanted is not None:
            statement = statement.where(column == wanted)
    if student_id is not None:
        statement = statement.where(attended_by(select(literal(student_id))))
    return statement


def with_session_names(statement: Select[LearningSession]) -> "Select[*tuple[Any, ...]]":
    """Add what a session is shown with: its batch, names, and how many students it expects."""
    cancelled, made_up_by, columns, order = _session_names()
    return (
        statement.join(Batch, col(Batch.id) == col(LearningSession.batch_id))
        .outerjoin(cancelled, col(cancelled.id) == col(LearningSession.makes_up_for_id))
        .outerjoin(made_up_by, true())
        .add_columns(*columns)
        .order_by(*order)
    )


@cache
def _session_names() -> tuple[Any, Any, tuple[Any, ...], tuple[Any, ...]]:
    """What `with_session_names` joins, adds and orders by: built once, since it takes longer than to run it."""
    enrolled = (
        select(func.count())
        .select_from(Enrollment)
        .where(col(Enrollment.batch_id) == col(LearningSession.batch_id), enrolled_on(LearningSession))
        .scalar_subquery()
    )
    walked_in = (
        select(func.count())
        .select_from(WalkIn)
        .where(col(WalkIn.session_id) == col(LearningSession.id))
        .scalar_subquery()
    )
    cancelled = aliased(LearningSession, name="cancelled")
    instead = aliased(LearningSession, name="instead")
    made_up_by = (
        select(*(getattr(instead, each).label(each) for each in LINK))
        .where(
            col(instead.makes_up_for_id) == col(LearningSession.id),
            col(instead.status) != SessionStatus.CANCELLED,
        )
        .order_by(col(instead.id).desc())
        .limit(1)
        .lateral("made_up_by")
    )
    columns = (
        *(getattr(cancelled, each).label(f"makes_up_for_{each}") for each in LINK),
        *(made_up_by.c[each].label(f"made_up_by_{each}") for each in LINK),
        col(Batch.code).label("batch_code"),
        col(Batch.name).label("batch_name"),
        col(Batch.subject_id),
        subject_name(col(Batch.subject_id)).label("subject_name"),
        faculty_name(col(LearningSession.faculty_id)).label("faculty_name"),
        faculty_name(col(LearningSession.substitute_for_id)).label("substitute_for_name"),
        room_name(col(LearningSession.room_id)).label("room_name"),
        branch_name(col(LearningSession.branch_id)).label("branch_name"),
        (enrolled + walked_in).label("expected_count"),
    )
    order = (col(LearningSession.starts_at), col(Batch.name), col(LearningSession.id))
    return cancelled, made_up_by, columns, order


def generated_sessions(batch_ids: Collection[int], *, since: date) -> Select[LearningSession]:
    """Sessions that a schedule made: those for a day of it from `since` on, and those that are held then."""
    return select(LearningSession).where(
        col(LearningSession.batch_id).in_(batch_ids),
        col(LearningSession.schedule_id).is_not(None),
        or_(col(LearningSession.local_date) >= since, col(LearningSession.occurs_on) >= since),
    )


def shift_occurrences(schedule_id: int, *, since: date, onto: int, days: int) -> Update:
    """Make the sessions for a meeting's days from `since` on those of the meeting `onto`, that many days later."""
    occurs_on = func.coalesce(col(LearningSession.occurs_on), col(LearningSession.local_date))
    return (
        update(LearningSession)
        .where(col(LearningSession.schedule_id) == schedule_id, occurs_on >= since)
        .values(schedule_id=onto, occurs_on=occurs_on + days)
        .execution_options(synchronize_session=False)
    )


def live_make_ups(session_id: int) -> Select[int]:
    """Ids of the sessions that take place instead of this one."""
    return select(col(LearningSession.id)).where(
        col(LearningSession.makes_up_for_id) == session_id,
        col(LearningSession.status) != SessionStatus.CANCELLED,
    )


def sessions_with_walk_ins(session_ids: Collection[int]) -> Select[int]:
    """Those of the sessions that somebody walked into."""
    return select(col(WalkIn.session_id)).where(col(WalkIn.session_id).in_(session_ids)).distinct()


def future_sessions_of(batch_id: int, *, after: datetime) -> Select[LearningSession]:
    """A batch's sessions that have not begun."""
    return select(LearningSession).where(
        col(LearningSession.batch_id) == batch_id, col(LearningSession.starts_at) > after
    )
