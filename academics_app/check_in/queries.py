"""Statements of windows, check-ins and kiosks."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Update, and_, delete, false, func, or_, select, true, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import aliased
from sqlalchemy.sql.dml import ReturningDelete, ReturningInsert, ReturningUpdate
from sqlmodel import col

from academics_app.accounts.models import AuditEvent
from academics_app.check_in.models import CheckIn, CheckInMethod, CheckInWindow, Kiosk
from academics_app.core.actor import Actor, Role
from academics_app.institute.names import branch_name, room_name
from academics_app.learning_sessions.models import Batch, Enrollment, LearningSession, SessionStatus, WalkIn
from academics_app.learning_sessions.scope import attended_by, enrolled_on, visible_sessions
from academics_app.students.models import Student

REFUSED_DEVICE = "check-in.refuse-device"
"""The audit log's action of a second student on one device."""

Rows = Select[*tuple[Any, ...]]

_SESSION = (
    col(LearningSession.id).label("session_id"),
    col(Batch.name).label("batch_name"),
    room_name(col(LearningSession.room_id)).label("room_name"),
    col(LearningSession.starts_at),
    col(LearningSession.ends_at),
    col(LearningSession.status),
)


def window(session_id: int) -> Select[CheckInWindow]:
    """The session's window, if it ever had one."""
    return select(CheckInWindow).where(col(CheckInWindow.session_id) == session_id)


def open_window(values: dict[str, Any]) -> Insert:
    """Open the window, or open it again under a new secret."""
    statement = insert(CheckInWindow).values(**values)
    changed = {key: value for key, value in values.items() if key != "session_id"}
    return statement.on_conflict_do_update(index_elements=[col(CheckInWindow.session_id)], set_=changed)


def close_window(session_id: int, *, at: datetime) -> Update:
    """Close the window unless it is closed."""
    return (
        update(CheckInWindow)
        .where(col(CheckInWindow.session_id) == session_id, col(CheckInWindow.closes_at) > at)
        .values(closes_at=at)
    )


def expected_count(session_id: int) -> Rows:
    """How many students belong in the session, and how many of the check-ins there are."""
    enrolled = (
        select(col(Enrollment.student_id))
        .join(LearningSession, col(LearningSession.batch_id) == col(Enrollment.batch_id))
        .where(col(LearningSession.id) == session_id, enrolled_on(LearningSession))
    )
    walked_in = select(col(WalkIn.student_id)).where(col(WalkIn.session_id) == session_id)
    everybody = enrolled.union(walked_in).subquery()
    checked_in = (
        select(func.count())
        .select_from(CheckIn)
        .where(col(CheckIn.session_id) == session_id)
        .scalar_subquery()
    )
    return select(
        select(func.count()).select_from(everybody).scalar_subquery().label("expected"),
        checked_in.label("checked_in"),
    )


def recent_check_ins(session_id: int, *, limit: int) -> Rows:
    """The names of those who checked in last, the newest first."""
    return (
        select(col(Student.full_name).label("name"), col(CheckIn.at), col(CheckIn.method))
        .join(Student, col(Student.id) == col(CheckIn.student_id))
        .where(col(CheckIn.session_id) == session_id)
        .order_by(col(CheckIn.at).desc(), col(Student.full_name))
        .limit(limit)
    )


def refused_names(session_id: int, *, limit: int) -> Select[str]:
    """The students who were refused because somebody else had checked in with the same device."""
    return (
        select(col(Student.full_name))
        .join(AuditEvent, col(AuditEvent.after)["student_id"].as_integer() == col(Student.id))
        .where(
            col(AuditEvent.subject_kind) == "session",
            col(AuditEvent.subject_id) == session_id,
            col(AuditEvent.action) == REFUSED_DEVICE,
        )
        .group_by(col(Student.full_name))
        .order_by(func.max(col(AuditEvent.at)).desc())
        .limit(limit)
    )


def own_sessions(actor: Actor) -> Rows:
    """The student's sessions, each with its window and the student's check-in where there are any."""
    own = and_(
        col(CheckIn.session_id) == col(LearningSession.id), col(CheckIn.student_id) == actor.student_id
    )
    return (
        select(
            *_SESSION,
            col(CheckInWindow.secret),
            col(CheckInWindow.closes_at),
            col(CheckIn.at).label("checked_in_at"),
        )
        .join(Batch, col(Batch.id) == col(LearningSession.batch_id))
        .join(CheckInWindow, col(CheckInWindow.session_id) == col(LearningSession.id), isouter=True)
        .join(CheckIn, own, isouter=True)
        .where(visible_sessions(actor))
        .order_by(col(LearningSession.starts_at), col(LearningSession.id))
    )


def of_session(session_id: int) -> ColumnElement[bool]:
    """The condition that a row of `own_sessions` is of this session."""
    return col(LearningSession.id) == session_id


def at_hand(at: datetime, *, minutes_before: int) -> ColumnElement[bool]:
    """The condition on LearningSession that one can check in now, as far as its time and status go."""
    return and_(
        col(LearningSession.starts_at) <= at + timedelta(minutes=minutes_before),
        col(LearningSession.ends_at) > at,
        col(LearningSession.status) != SessionStatus.CANCELLED,
    )


def insert_check_in(values: dict[str, Any]) -> ReturningInsert[datetime]:
    """Store the check-in unless the student has one in the session; the instant when it was stored."""
    statement = insert(CheckIn).values(**values)
    return statement.on_conflict_do_nothing(
        index_elements=[col(CheckIn.session_id), col(CheckIn.student_id)]
    ).returning(col(CheckIn.at))


def check_in_time(session_id: int, student_id: int) -> Select[datetime]:
    """When the student checked in to the session."""
    return select(col(CheckIn.at)).where(
        col(CheckIn.session_id) == session_id, col(CheckIn.student_id) == student_id
    )


def visible_kiosks(actor: Actor) -> ColumnElement[bool]:
    """The condition on Kiosk: admins, those of the branches that they act in."""
    if actor.role is not Role.ADMIN:
        return false()
    return true() if actor.branch_ids is None else col(Kiosk.branch_id).in_(actor.branch_ids)


def kiosks(actor: Actor) -> Rows:
    """The actor's kiosks with the names of their places; those in use first."""
    return (
        select(
            Kiosk,
            branch_name(col(Kiosk.branch_id)).label("branch_name"),
            room_name(col(Kiosk.room_id)).label("room_name"),
        )
        .where(visible_kiosks(actor))
        .order_by(col(Kiosk.revoked_at).is_not(None), col(Kiosk.name), col(Kiosk.id))
    )


def kiosk(actor: Actor, kiosk_id: int) -> Select[Kiosk]:
    """One of the actor's kiosks."""
    return select(Kiosk).where(col(Kiosk.id) == kiosk_id, visible_kiosks(actor))


def place_of(kiosk_id: int) -> Rows:
    """The names of the kiosk's branch and room."""
    return select(
        branch_name(col(Kiosk.branch_id)).label("branch_name"),
        room_name(col(Kiosk.room_id)).label("room_name"),
    ).where(col(Kiosk.id) == kiosk_id)


def kiosk_by_token(token_hash: str) -> Select[Kiosk]:
    """The kiosk whose token has this hash."""
    return select(Kiosk).where(col(Kiosk.token_hash) == token_hash)


def seen(kiosk_id: int, *, at: datetime, again_after: timedelta) -> ReturningUpdate[int]:
    """Note that the kiosk is alive, at most once in a while; its id when it was noted."""
    return (
        update(Kiosk)
        .where(
            col(Kiosk.id) == kiosk_id,
            or_(col(Kiosk.last_seen_at).is_(None), col(Kiosk.last_seen_at) < at - again_after),
        )
        .values(last_seen_at=at, updated_at=col(Kiosk.updated_at))
        .returning(col(Kiosk.id))
    )


def sessions_at_kiosk(
    codes: Collection[str], *, branch_id: int, room_id: int | None, at: datetime, minutes_before: int
) -> Rows:
    """What one of the student codes may check in to here and now: one statement, whether there is such a student or not."""
    place = [col(LearningSession.branch_id) == branch_id]
    if room_id is not None:
        place.append(col(LearningSession.room_id) == room_id)
    themselves = aliased(Student)
    student = select(col(themselves.id)).where(col(themselves.id) == col(Student.id)).correlate(Student)
    return (
        select(
            *_SESSION,
            col(Student.id).label("student_id"),
            func.upper(col(Student.code)).label("code"),
            col(Student.given_name),
        )
        .join(Batch, col(Batch.id) == col(LearningSession.batch_id))
        .join(Student, func.upper(col(Student.code)).in_(codes))
        .where(at_hand(at, minutes_before=minutes_before), *place, attended_by(student))
        .order_by(col(LearningSession.starts_at), col(LearningSession.id))
    )


def undo_kiosk_check_in(
    codes: Collection[str], *, kiosk_id: int, since: datetime
) -> ReturningDelete[int, int]:
    """Remove what this kiosk has just stored for this student code; the session's and student's ids."""
    return (
        delete(CheckIn)
        .where(
            col(CheckIn.kiosk_id) == kiosk_id,
            col(CheckIn.method) == CheckInMethod.KIOSK,
            col(CheckIn.at) >= since,
            col(CheckIn.student_id).in_(
                select(col(Student.id)).where(func.upper(col(Student.code)).in_(codes))
            ),
        )
        .returning(col(CheckIn.session_id), col(CheckIn.student_id))
    )
