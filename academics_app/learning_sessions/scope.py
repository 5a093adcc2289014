"""Which batches and sessions an actor may know of: one rule for lists, details, searches, sockets and exports."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, true, union
from sqlalchemy.orm import Mapped
from sqlmodel import col

from academics_app.core.actor import Actor, Role
from academics_app.learning_sessions.models import Batch, Enrollment, LearningSession, WalkIn
from academics_app.students.guardianship import own_student_ids


def students_taught_by(faculty_id: int | None) -> Select[int]:
    """Ids of the students ever enrolled in a batch of this faculty member, or in a session that they taught."""
    enrolled = (
        select(col(Enrollment.student_id))
        .join(Batch, col(Batch.id) == col(Enrollment.batch_id))
        .where(col(Batch.faculty_id) == faculty_id)
    )
    stood_in = (
        select(col(Enrollment.student_id))
        .join(LearningSession, col(LearningSession.batch_id) == col(Enrollment.batch_id))
        .where(
            col(LearningSession.faculty_id) == faculty_id,
            col(LearningSession.substitute_for_id).is_not(None),
            col(Enrollment.starts_on) <= col(LearningSession.local_date),
        )
    )
    walked_in = (
        select(col(WalkIn.student_id))
        .join(LearningSession, col(LearningSession.id) == col(WalkIn.session_id))
        .where(col(LearningSession.faculty_id) == faculty_id)
    )
    return select(union(enrolled, stood_in, walked_in).subquery().c.student_id)


def students_in_branches(branch_ids: frozenset[int]) -> Select[int]:
    """Ids of the students enrolled in a batch of one of the branches."""
    return (
        select(col(Enrollment.student_id))
        .join(Batch, col(Batch.id) == col(Enrollment.batch_id))
        .where(col(Batch.branch_id).in_(branch_ids))
    )


def visible_batches(actor: Actor) -> ColumnElement[bool]:
    """The condition on Batch."""
    match actor.role:
        case Role.ADMIN | Role.COUNSELOR:
            return _in_branches(col(Batch.branch_id), actor)
        case Role.FACULTY:
            taught = select(col(LearningSession.batch_id)).where(
                col(LearningSession.faculty_id) == actor.faculty_id
            )
            return or_(col(Batch.faculty_id) == actor.faculty_id, col(Batch.id).in_(taught))
        case Role.STUDENT | Role.GUARDIAN:
            joined = select(col(Enrollment.batch_id)).where(
                col(Enrollment.student_id).in_(own_student_ids(actor))
            )
            return col(Batch.id).in_(joined)


def visible_sessions(actor: Actor) -> ColumnElement[bool]:
    """The condition on LearningSession.

    Faculty see the sessions that they teach and those of their own batches, a substitute's included; students and
    guardians those that fall into an enrolment of theirs, and those they walked into.
    """
    match actor.role:
        case Role.ADMIN | Role.COUNSELOR:
            return _in_branches(col(LearningSession.branch_id), actor)
        case Role.FACULTY:
            own_batches = select(col(Batch.id)).where(col(Batch.faculty_id) == actor.faculty_id)
            return or_(
                col(LearningSession.faculty_id) == actor.faculty_id,
                col(LearningSession.batch_id).in_(own_batches),
            )
        case Role.STUDENT | Role.GUARDIAN:
            return attended_by(own_student_ids(actor))


def attended_by(student_ids: Select[Any]) -> ColumnElement[bool]:
    """The condition on LearningSession that one of the students belongs in it."""
    enrolled = (
        select(col(Enrollment.id))
        .where(
            col(Enrollment.batch_id) == col(LearningSession.batch_id),
            col(Enrollment.student_id).in_(student_ids),
            enrolled_on(LearningSession),
        )
        .exists()
    )
    walked_in = (
        select(col(WalkIn.student_id))
        .where(col(WalkIn.session_id) == col(LearningSession.id), col(WalkIn.student_id).in_(student_ids))
        .exists()
    )
    return or_(enrolled, walked_in)


def enrolled_on(session_table: type[LearningSession]) -> ColumnElement[bool]:
    """The condition on Enrollment that it covers the session's local date."""
    return and_(
        col(Enrollment.starts_on) <= col(session_table.local_date),
        or_(col(Enrollment.ends_on).is_(None), col(Enrollment.ends_on) >= col(session_table.local_date)),
    )


def _in_branches(column: Mapped[int], actor: Actor) -> ColumnElement[bool]:
    return true() if actor.branch_ids is None else column.in_(actor.branch_ids)
