"""Statements of corrections."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select, true
from sqlalchemy.orm import aliased
from sqlmodel import col

from academics_app.accounts.models import User, UserBranch, UserStatus
from academics_app.attendance.models import Attendance, AttendanceEvent, Correction, CorrectionStatus
from academics_app.core.actor import Actor, Role
from academics_app.learning_sessions.models import Batch, LearningSession
from academics_app.learning_sessions.scope import visible_sessions
from academics_app.students.models import Student

_asker = aliased(User)
_decider = aliased(User)
_marker = aliased(User)
_seen = aliased(AttendanceEvent)

EVERYTHING = true()
"""For what has passed the scope already."""

_IS_OPEN = col(Correction.status) == CorrectionStatus.REQUESTED


def visible_corrections(actor: Actor) -> ColumnElement[bool]:
    """The condition on Correction, joined with its LearningSession: admins and faculty those of the sessions that
    they see, and whoever asked for one their own."""
    own = col(Correction.requested_by_id) == actor.user_id
    match actor.role:
        case Role.ADMIN | Role.FACULTY:
            return or_(own, visible_sessions(actor))
        case _:
            return false()


def corrections(
    actor: Actor,
    *,
    correction_id: int | None = None,
    status: CorrectionStatus | None = None,
    session_id: int | None = None,
    is_own: bool = False,
) -> Select[*tuple[Any, ...]]:
    """The actor's corrections by filter, each with names, the mark that its asker saw and the one that stands."""
    statement = (
        select(
            Correction,
            col(LearningSession.local_date),
            col(LearningSession.starts_at),
            col(Batch.name).label("batch_name"),
            col(Student.full_name).label("student_name"),
            col(_asker.full_name).label("requested_by"),
            col(_decider.full_name).label("decided_by"),
            col(_seen.after_status).label("seen_status"),
            col(_seen.after_minutes).label("seen_minutes"),
            col(_seen.after_note).label("seen_note"),
            col(Attendance.status).label("current_status"),
            col(Attendance.minutes_late).label("current_minutes"),
            col(Attendance.note).label("current_note"),
            func.coalesce(col(Attendance.version), 0).label("current_version"),
            col(_marker.full_name).label("marked_by"),
            _other_admin(actor).label("has_other_admin"),
        )
        .join(LearningSession, col(LearningSession.id) == col(Correction.session_id))
        .join(Batch, col(Batch.id) == col(LearningSession.batch_id))
        .join(Student, col(Student.id) == col(Correction.student_id))
        .join(_asker, col(_asker.id) == col(Correction.requested_by_id), isouter=True)
        .join(_decider, col(_decider.id) == col(Correction.decided_by_id), isouter=True)
        .join(_seen, col(_seen.id) == col(Correction.base_version), isouter=True)
        .join(
            Attendance,
            and_(
                col(Attendance.session_id) == col(Correction.session_id),
                col(Attendance.student_id) == col(Correction.student_id),
            ),
            isouter=True,
        )
        .join(_marker, col(_marker.id) == col(Attendance.marked_by_id), isouter=True)
        .where(visible_corrections(actor))
    )
    if correction_id is not None:
        statement = statement.where(col(Correction.id) == correction_id)
    if status is not None:
        statement = statement.where(col(Correction.status) == status)
    if session_id is not None:
        statement = statement.where(col(Correction.session_id) == session_id)
    if is_own:
        statement = statement.where(col(Correction.requested_by_id) == actor.user_id)
    return statement


def waiting_first(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Those that wait, longest first, then the decided ones, newest first."""
    return statement.order_by(
        case((_IS_OPEN, 0), else_=1),
        case((_IS_OPEN, col(Correction.created_at)), else_=None),
        func.coalesce(col(Correction.decided_at), col(Correction.updated_at)).desc(),
        col(Correction.id),
    )


def counted(statement: Select[*tuple[Any, ...]]) -> Select[int]:
    """How many rows the statement has."""
    ids = statement.with_only_columns(col(Correction.id)).order_by(None).subquery()
    return select(func.count()).select_from(ids)


def locked_correction(correction_id: int, actor: Actor) -> Select[Correction]:
    """The correction, held until the transaction ends: it is decided once."""
    return (
        select(Correction)
        .join(LearningSession, col(LearningSession.id) == col(Correction.session_id))
        .where(col(Correction.id) == correction_id, visible_corrections(actor))
        .with_for_update(of=Correction)
        .execution_options(populate_existing=True)
    )


def has_other_admin(actor: Actor, session_id: int) -> Select[bool]:
    """Whether an admin other than the actor could decide a correction of the session."""
    return (
        select(_other_admin(actor)).select_from(LearningSession).where(col(LearningSession.id) == session_id)
    )


def _other_admin(actor: Actor) -> ColumnElement[bool]:
    limits = select(col(UserBranch.branch_id)).where(col(UserBranch.user_id) == col(User.id))
    return (
        select(col(User.id))
        .where(
            col(User.role) == Role.ADMIN,
            col(User.status) == UserStatus.ACTIVE,
            col(User.id) != (actor.user_id or 0),
            or_(~limits.exists(), col(LearningSession.branch_id).in_(limits)),
        )
        .correlate(LearningSession)
        .exists()
    )


def student_name(student_id: int) -> Select[str]:
    """The student's full name."""
    return select(col(Student.full_name)).where(col(Student.id) == student_id)
