"""Statements on calendar links, and on the sessions that they show."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, null, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased
from sqlmodel import col

from academics_app.accounts.models import User
from academics_app.calendar_feeds.models import CalendarFeed
from academics_app.core.actor import Actor, Role
from academics_app.faculty.names import faculty_name
from academics_app.institute.models import Branch
from academics_app.institute.names import branch_name, room_name
from academics_app.learning_sessions.models import Batch, Enrollment, LearningSession, WalkIn
from academics_app.learning_sessions.scope import attended_by, enrolled_on, visible_sessions
from academics_app.students.guardianship import own_student_ids
from academics_app.students.models import Student
from academics_app.students.scope import visible_students
from academics_app.subjects.names import subject_name


def living_feeds(user_id: int) -> Select[CalendarFeed]:
    """A user's links that still work, oldest first."""
    return (
        select(CalendarFeed)
        .where(col(CalendarFeed.user_id) == user_id, col(CalendarFeed.revoked_at).is_(None))
        .order_by(col(CalendarFeed.created_at), col(CalendarFeed.id))
    )


def feed_by_hash(token_hash: str) -> Select[CalendarFeed]:
    """The link with this token, unless it was revoked."""
    return select(CalendarFeed).where(
        col(CalendarFeed.token_hash) == token_hash, col(CalendarFeed.revoked_at).is_(None)
    )


def hold_user(user_id: int) -> Select[int]:
    """Let nobody else count this user's links until the transaction ends."""
    return select(col(User.id)).where(col(User.id) == user_id).with_for_update(key_share=True)


def branch_count() -> Select[int]:
    """How many branches the institute has."""
    return select(func.count()).select_from(Branch)


def entries(
    actor: Actor,
    *,
    start: date,
    end: date,
    student_id: int | None,
    batch_id: int | None,
    room_id: int | None,
) -> Select[*tuple[Any, ...]]:
    """The sessions of a link in order of time, all within what its owner may see now.

    Without a student, batch or room these are the owner's own: those that a faculty member teaches, those that a
    student, or a guardian's child, belongs in; `children` names the guardian's.
    """
    made_up = aliased(LearningSession)
    statement = (
        select(
            LearningSession,
            col(Batch.name).label("batch_name"),
            subject_name(col(Batch.subject_id)).label("subject_name"),
            faculty_name(col(LearningSession.faculty_id)).label("faculty_name"),
            faculty_name(col(LearningSession.substitute_for_id)).label("substitute_for_name"),
            room_name(col(LearningSession.room_id)).label("room_name"),
            branch_name(col(LearningSession.branch_id)).label("branch_name"),
            col(made_up.local_date).label("made_up_date"),
            _children(actor, student_id).label("children"),
        )
        .join(Batch, col(Batch.id) == col(LearningSession.batch_id))
        .join(made_up, col(made_up.id) == col(LearningSession.makes_up_for_id), isouter=True)
        .where(
            visible_sessions(actor),
            col(LearningSession.local_date) >= start,
            col(LearningSession.local_date) <= end,
        )
        .order_by(col(LearningSession.starts_at), col(LearningSession.id))
    )
    if student_id is not None:
        visible = select(col(Student.id)).where(col(Student.id) == student_id, visible_students(actor))
        return statement.where(_may_hold(visible), attended_by(visible))
    if batch_id is not None:
        return statement.where(col(LearningSession.batch_id) == batch_id)
    if room_id is not None:
        return statement.where(col(LearningSession.room_id) == room_id)
    if actor.role is Role.FACULTY:
        return statement.where(col(LearningSession.faculty_id) == actor.faculty_id)
    return statement.where(_may_hold(own_student_ids(actor)))


def _may_hold(student_ids: Select[Any]) -> ColumnElement[bool]:
    """True wherever `attended_by` is; cheap, so that it is not asked of every session of the institute."""
    batches = select(col(Enrollment.batch_id)).where(col(Enrollment.student_id).in_(student_ids))
    walked_into = select(col(WalkIn.session_id)).where(col(WalkIn.student_id).in_(student_ids))
    return or_(col(LearningSession.batch_id).in_(batches), col(LearningSession.id).in_(walked_into))


def _children(actor: Actor, student_id: int | None) -> Any:
    """Names of the guardian's children, or of this one, who belong in the session."""
    child = aliased(Student)
    enrolled = (
        select(col(Enrollment.id))
        .where(
            col(Enrollment.batch_id) == col(LearningSession.batch_id),
            col(Enrollment.student_id) == col(child.id),
            enrolled_on(LearningSession),
        )
        .correlate(LearningSession, child)
        .exists()
    )
    walked_in = (
        select(col(WalkIn.student_id))
        .where(col(WalkIn.session_id) == col(LearningSession.id), col(WalkIn.student_id) == col(child.id))
        .correlate(LearningSession, child)
        .exists()
    )
    if actor.role is not Role.GUARDIAN:
        return null()
    names = aggregate_order_by(col(child.full_name), col(child.full_name))
    statement = select(func.array_agg(names)).where(
        col(child.id).in_(own_student_ids(actor)), or_(enrolled, walked_in)
    )
    if student_id is not None:
        statement = statement.where(col(child.id) == student_id)
    return statement.correlate(LearningSession).scalar_subquery()
