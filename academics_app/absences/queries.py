"""Statements on planned absences."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, case, literal, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from academics_app.absences.models import AbsenceStatus, PlannedAbsence
from academics_app.accounts.models import User
from academics_app.core.actor import Actor
from academics_app.learning_sessions.models import LearningSession
from academics_app.learning_sessions.scope import attended_by
from academics_app.students.models import Student
from academics_app.students.scope import visible_students

_asker = aliased(User)
_decider = aliased(User)

STUDENT_SEARCH_TEXT = col(Student.search_text)


def absences(actor: Actor) -> Select[PlannedAbsence]:
    """Those of the students that the actor may see, without an order."""
    return (
        select(PlannedAbsence)
        .join(Student, col(Student.id) == col(PlannedAbsence.student_id))
        .where(visible_students(actor))
    )


def absence(absence_id: int, actor: Actor) -> Select[PlannedAbsence]:
    """One, if the actor may see its student."""
    return absences(actor).where(col(PlannedAbsence.id) == absence_id)


def narrowed(
    statement: Select[Any],
    *,
    status: AbsenceStatus | None = None,
    student_id: int | None = None,
    start_date: date | None = None,
    end_date: date | None = None,
    open_on: date | None = None,
    but_withdrawn: bool = False,
) -> Select[Any]:
    """Those with the status, of the student, that touch the days; `open_on`: that wait, or are not over on that day."""
    conditions: list[ColumnElement[bool]] = []
    if status is not None:
        conditions.append(col(PlannedAbsence.status) == status)
    if student_id is not None:
        conditions.append(col(PlannedAbsence.student_id) == student_id)
    if start_date is not None:
        conditions.append(col(PlannedAbsence.ends_on) >= start_date)
    if end_date is not None:
        conditions.append(col(PlannedAbsence.starts_on) <= end_date)
    if but_withdrawn:
        conditions.append(col(PlannedAbsence.status) != AbsenceStatus.WITHDRAWN)
    if open_on is not None:
        conditions.append(
            or_(
                col(PlannedAbsence.status) == AbsenceStatus.REQUESTED,
                (col(PlannedAbsence.status) == AbsenceStatus.APPROVED)
                & (col(PlannedAbsence.ends_on) >= open_on),
            )
        )
    return statement.where(*conditions)


def with_names(statement: Select[Any]) -> Select[Any]:
    """Add what an absence is shown with."""
    return (
        statement.join(_asker, col(_asker.id) == col(PlannedAbsence.requested_by_id), isouter=True)
        .join(_decider, col(_decider.id) == col(PlannedAbsence.decided_by_id), isouter=True)
        .add_columns(
            col(Student.full_name).label("student_name"),
            col(Student.code).label("student_code"),
            col(_asker.full_name).label("requested_by"),
            col(_decider.full_name).label("decided_by"),
        )
    )


def in_order(statement: Select[Any], *, coming_first: bool) -> Select[Any]:
    """What waits on top, the next first; then the others, the next or the latest first."""
    waits = col(PlannedAbsence.status) == AbsenceStatus.REQUESTED
    first_day, key = col(PlannedAbsence.starts_on), col(PlannedAbsence.id)
    if coming_first:
        return statement.order_by(waits.desc(), first_day, key)
    return statement.order_by(waits.desc(), case((waits, first_day)), first_day.desc(), key.desc())


def others_of(
    student_id: int, absence_id: int | None, statuses: Collection[AbsenceStatus]
) -> Select[PlannedAbsence]:
    """The student's absences of the statuses, without this one."""
    statement = select(PlannedAbsence).where(
        col(PlannedAbsence.student_id) == student_id, col(PlannedAbsence.status).in_(statuses)
    )
    return statement if absence_id is None else statement.where(col(PlannedAbsence.id) != absence_id)


def session_ids_of(student_id: int, day: date) -> Select[int]:
    """The sessions of a day in which the student belongs."""
    return select(col(LearningSession.id)).where(
        col(LearningSession.local_date) == day, attended_by(select(literal(student_id)))
    )
