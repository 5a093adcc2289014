"""Statements of the register.

The hot ones are plain SQL: a register is read and saved in one statement each, whatever its size.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    DateTime,
    Select,
    Update,
    and_,
    case,
    delete,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import aliased
from sqlalchemy.sql.dml import ReturningDelete
from sqlmodel import col

from academics_app.accounts.models import User
from academics_app.attendance.models import (
    Attendance,
    AttendanceEvent,
    AttendanceStatus,
    RegisterAction,
    RegisterEvent,
)
from academics_app.attendance.queries.suggestions import on_leave
from academics_app.core import search
from academics_app.core.actor import Actor
from academics_app.core.prepared import prepared
from academics_app.faculty.models import Faculty
from academics_app.institute.models import Room
from academics_app.learning_sessions.models import Batch, LearningSession, SessionStatus, WalkIn
from academics_app.learning_sessions.scope import students_in_branches
from academics_app.students.models import Student, StudentStatus
from academics_app.subjects.models import Subject, Topic

HISTORY_SESSIONS = 10
"""How many of the batch's earlier registers are looked at for the streak; the last five are shown."""


EXPECTED = """
    SELECT enrollment.student_id FROM enrollment
    WHERE enrollment.batch_id = {session}.batch_id AND enrollment.starts_on <= {session}.local_date
      AND (enrollment.ends_on IS NULL OR enrollment.ends_on >= {session}.local_date)
    UNION SELECT walk_in.student_id FROM walk_in WHERE walk_in.session_id = {session}.id
    UNION SELECT attendance.student_id FROM attendance WHERE attendance.session_id = {session}.id
"""
"""Who belongs in a session: those enrolled on its day, walk-ins, and whoever has a mark in it."""

_teacher = aliased(Faculty)
_stood_in_for = aliased(Faculty)
_taker = aliased(User)

_HEADER = (
    col(LearningSession.id),
    col(LearningSession.batch_id),
    col(LearningSession.branch_id),
    col(LearningSession.faculty_id),
    col(LearningSession.local_date),
    col(LearningSession.starts_at),
    col(LearningSession.ends_at),
    col(LearningSession.status),
    col(LearningSession.cancel_reason),
    col(LearningSession.topic_id),
    col(LearningSession.register_taken_at),
    col(LearningSession.register_taken_by_id),
    col(Batch.name).label("batch_name"),
    col(Batch.subject_id),
    col(Subject.name).label("subject_name"),
    col(Room.name).label("room_name"),
    col(_teacher.full_name).label("faculty_name"),
    col(_stood_in_for.full_name).label("substitute_for_name"),
    col(_taker.full_name).label("taken_by"),
)


def _with_names(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return (
        statement.select_from(LearningSession)
        .join(Batch, col(Batch.id) == col(LearningSession.batch_id))
        .join(Subject, col(Subject.id) == col(Batch.subject_id))
        .join(Room, col(Room.id) == col(LearningSession.room_id), isouter=True)
        .join(_teacher, col(_teacher.id) == col(LearningSession.faculty_id), isouter=True)
        .join(_stood_in_for, col(_stood_in_for.id) == col(LearningSession.substitute_for_id), isouter=True)
        .join(_taker, col(_taker.id) == col(LearningSession.register_taken_by_id), isouter=True)
    )


def session_header(
    session_id: int | BindParameter[int], scope: ColumnElement[bool]
) -> Select[*tuple[Any, ...]]:
    """One session in the scope, with the names that its register shows."""
    return (
        _with_names(select(*_HEADER, col(Topic.title).label("topic_title")))
        .join(Topic, col(Topic.id) == col(LearningSession.topic_id), isouter=True)
        .where(col(LearningSession.id) == session_id, scope)
    )


def locked_session(
    session_id: int | BindParameter[int], scope: ColumnElement[bool]
) -> Select[*tuple[Any, ...]]:
    """The session's row, held until the transaction ends: marks of one register are written one after another."""
    taken_by = (
        select(col(User.full_name))
        .where(col(User.id) == col(LearningSession.register_taken_by_id))
        .scalar_subquery()
    )
    return (
        select(
            col(LearningSession.id),
            col(LearningSession.batch_id),
            col(LearningSession.faculty_id),
            col(LearningSession.local_date),
            col(LearningSession.starts_at),
            col(LearningSession.status),
            col(LearningSession.branch_id),
            col(LearningSession.register_taken_at),
            taken_by.label("taken_by"),
        )
        .where(col(LearningSession.id) == session_id, scope)
        .with_for_update(key_share=True, of=LearningSession)
    )


def taught_by(faculty_id: int) -> ColumnElement[bool]:
    """The condition on LearningSession that this faculty member teaches it."""
    return col(LearningSession.faculty_id) == faculty_id


def faculty_exists(faculty_id: int) -> Select[int]:
    """The id again when there is such a faculty member."""
    return select(col(Faculty.id)).where(col(Faculty.id) == faculty_id)


def walk_in_candidates(session_id: int, branch_id: int) -> Select[*tuple[Any, ...]]:
    """Active students of the branch who do not walk into the session already."""
    there = select(col(WalkIn.student_id)).where(col(WalkIn.session_id) == session_id)
    return select(col(Student.id), col(Student.full_name), col(Student.code)).where(
        col(Student.status) == StudentStatus.ACTIVE, _of_branch(branch_id), col(Student.id).not_in(there)
    )


STUDENT_SEARCH_TEXT = col(Student.search_text)


def best_matches(statement: Select[*tuple[Any, ...]], query: str, *, limit: int) -> Select[*tuple[Any, ...]]:
    """The first students of the statement, those that fit the query best on top."""
    fit = search.relevance(col(Student.search_text), query)
    return statement.order_by(fit.desc(), col(Student.full_name)).limit(limit)


def active_in_branch(student_id: int, branch_id: int) -> Select[int]:
    """The id again when the student is active and of the branch."""
    return select(col(Student.id)).where(
        col(Student.id) == student_id, col(Student.status) == StudentStatus.ACTIVE, _of_branch(branch_id)
    )


def insert_walk_in(session_id: int, student_id: int, user_id: int | None) -> Insert:
    """Add the walk-in unless it is there."""
    statement = insert(WalkIn).values(session_id=session_id, student_id=student_id, added_by_id=user_id)
    return statement.on_conflict_do_nothing()


def delete_walk_in(session_id: int, student_id: int) -> ReturningDelete[int]:
    """Remove the walk-in; its student's id when there was one."""
    return (
        delete(WalkIn)
        .where(col(WalkIn.session_id) == session_id, col(WalkIn.student_id) == student_id)
        .returning(col(WalkIn.student_id))
    )


def _of_branch(branch_id: int) -> ColumnElement[bool]:
    return or_(
        col(Student.branch_id) == branch_id,
        col(Student.id).in_(students_in_branches(frozenset({branch_id}))),
    )


def untake_event(session_id: int, actor: Actor, *, at: datetime) -> Insert:
    """Note that the register was given back, unless it was not taken."""
    given_back = select(
        col(LearningSession.id),
        literal(RegisterAction.UNTAKEN.value),
        literal(at, DateTime(timezone=True)),
        literal(actor.user_id, BigInteger),
        literal(actor.door.value),
    ).where(col(LearningSession.id) == session_id, col(LearningSession.register_taken_at).is_not(None))
    return insert(RegisterEvent).from_select(["session_id", "action", "at", "user_id", "door"], given_back)


def untake(session_id: int) -> Update:
    """The register counts as not taken. A session that was cancelled meanwhile stays cancelled."""
    given_back = case(
        (col(LearningSession.status) == SessionStatus.HELD, SessionStatus.SCHEDULED.value),
        else_=col(LearningSession.status),
    )
    return (
        update(LearningSession)
        .where(col(LearningSession.id) == session_id)
        .values(register_taken_at=None, register_taken_by_id=None, status=given_back)
    )


def event_places(mark_ids: Sequence[UUID]) -> Select[UUID, int, int]:
    """Which session and student each known mark_id belongs to."""
    return select(
        col(AttendanceEvent.mark_id), col(AttendanceEvent.session_id), col(AttendanceEvent.student_id)
    ).where(col(AttendanceEvent.mark_id).in_(mark_ids))


def events_by_mark_id(mark_ids: Sequence[UUID]) -> Select[UUID, int]:
    """The ledger's id of each known mark_id."""
    return select(col(AttendanceEvent.mark_id), col(AttendanceEvent.id)).where(
        col(AttendanceEvent.mark_id).in_(mark_ids)
    )


def sessions_between(
    begin: datetime, end: datetime, scope: ColumnElement[bool], *, day: date, zone: str
) -> Select[*tuple[Any, ...]]:
    """The scope's sessions that start in [begin, end), with how many are expected and how many have which mark.

    `day` is the local date that begins and ends there in the zone.
    """
    leave = on_leave(begin, end, day, zone)
    marks = (
        select(
            func.count().label("stored"),
            *(
                func.count().filter(col(Attendance.status) == status).label(status.value)
                for status in AttendanceStatus
            ),
        )
        .where(col(Attendance.session_id) == col(LearningSession.id))
        .lateral("marks")
    )
    expected = (
        select(func.count().label("expected"))
        .select_from(text(f"({EXPECTED.format(session='learning_session')}) AS expected_student"))
        .lateral("expected_students")
    )
    return (
        _with_names(select(*_HEADER, marks, expected, func.coalesce(leave.c.students, 0).label("on_leave")))
        .join(marks, text("true"))
        .join(expected, text("true"))
        .join(leave, leave.c.session_id == col(LearningSession.id), isouter=True)
        .where(and_(col(LearningSession.starts_at) >= begin, col(LearningSession.starts_at) < end), scope)
        .order_by(col(LearningSession.starts_at), col(LearningSession.id))
    )


ROSTER = prepared(
    f"""
    WITH this AS (
      SELECT id, batch_id, local_date, starts_at FROM learning_session WHERE id = :session_id
    ),
    expected AS (
      SELECT of_session.student_id FROM this, LATERAL ({EXPECTED.format(session="this")}) AS of_session
    ),
    earlier AS (
      SELECT learning_session.id, row_number() OVER (ORDER BY learning_session.starts_at DESC) AS back
      FROM learning_session, this
      WHERE learning_session.batch_id = this.batch_id AND learning_session.starts_at < this.starts_at
        AND learning_session.register_taken_at IS NOT NULL AND learning_session.status <> 'cancelled'
      ORDER BY learning_session.starts_at DESC LIMIT {HISTORY_SESSIONS}
    ),
    history AS (
      SELECT expected.student_id, array_agg(attendance.status ORDER BY earlier.back) AS newest_first
      FROM expected CROSS JOIN earlier
      LEFT JOIN attendance ON attendance.session_id = earlier.id AND attendance.student_id = expected.student_id
      GROUP BY expected.student_id
    )
    SELECT student.id AS student_id, student.full_name AS name, student.code,
           walk_in.student_id IS NOT NULL AS walk_in,
           attendance.status, attendance.minutes_late, coalesce(attendance.note, '') AS note,
           coalesce(attendance.version, 0) AS version, attendance.marked_by_id, attendance.marked_at,
           attendance.source, attendance.suggested_by, user_account.full_name AS marked_by, history.newest_first
    FROM expected
    JOIN student ON student.id = expected.student_id
    LEFT JOIN attendance ON attendance.session_id = :session_id AND attendance.student_id = student.id
    LEFT JOIN walk_in ON walk_in.session_id = :session_id AND walk_in.student_id = student.id
    LEFT JOIN user_account ON user_account.id = attendance.marked_by_id
    LEFT JOIN history ON history.student_id = student.id
    ORDER BY lower(student.full_name), student.id
    """
)

MARKS = prepared(
    f"""
    WITH this AS (SELECT id, batch_id, local_date FROM learning_session WHERE id = :session_id)
    SELECT expected.student_id, attendance.status, attendance.minutes_late, coalesce(attendance.note, '') AS note,
           coalesce(attendance.version, 0) AS version, attendance.marked_by_id, attendance.marked_at,
           attendance.source, attendance.suggested_by, user_account.full_name AS marked_by
    FROM this
    CROSS JOIN LATERAL ({EXPECTED.format(session="this")}) AS expected
    LEFT JOIN attendance ON attendance.session_id = this.id AND attendance.student_id = expected.student_id
    LEFT JOIN user_account ON user_account.id = attendance.marked_by_id
    """
)
"""Everyone who belongs in the session, with the mark as it stands."""

WRITE_MARKS = prepared(
    """
    WITH incoming AS (
      SELECT * FROM unnest(
        CAST(:mark_ids AS uuid[]), CAST(:student_ids AS bigint[]), CAST(:sources AS text[]), CAST(:suggested_by AS text[]),
        CAST(:client_at AS timestamptz[]),
        CAST(:before_status AS text[]), CAST(:before_minutes AS integer[]), CAST(:before_notes AS text[]),
        CAST(:after_status AS text[]), CAST(:after_minutes AS integer[]), CAST(:after_notes AS text[])
      ) AS mark (
        mark_id, student_id, source, suggested_by, client_at,
        before_status, before_minutes, before_note, after_status, after_minutes, after_note
      )
    ),
    event AS (
      INSERT INTO attendance_event (
        mark_id, session_id, student_id, at, client_at, user_id, door, source, suggested_by,
        before_status, before_minutes, before_note, after_status, after_minutes, after_note
      )
      SELECT mark_id, :session_id, student_id, :at, client_at, :user_id, :door, source, suggested_by,
             before_status, before_minutes, before_note, after_status, after_minutes, after_note
      FROM incoming
      ON CONFLICT (mark_id) DO NOTHING
      RETURNING id, mark_id, student_id, source, suggested_by, after_status, after_minutes, after_note
    ),
    taking AS (
      SELECT CAST(:take AS boolean) AND NOT EXISTS (
        SELECT FROM incoming WHERE source = 'take_register' AND mark_id NOT IN (SELECT mark_id FROM event)
      ) AS is_new
    ),
    cleared AS (
      DELETE FROM attendance USING event
      WHERE attendance.session_id = :session_id AND attendance.student_id = event.student_id
        AND event.after_status IS NULL
    ),
    stored AS (
      INSERT INTO attendance (
        session_id, student_id, status, minutes_late, note, source, suggested_by, version, marked_at, marked_by_id
      )
      SELECT :session_id, student_id, after_status, after_minutes, after_note, source, suggested_by, id, :at, :user_id
      FROM event WHERE after_status IS NOT NULL
      ON CONFLICT (session_id, student_id) DO UPDATE SET
        status = excluded.status, minutes_late = excluded.minutes_late, note = excluded.note,
        source = excluded.source, suggested_by = excluded.suggested_by, version = excluded.version, marked_at = excluded.marked_at,
        marked_by_id = excluded.marked_by_id
    ),
    confirmed AS (
      INSERT INTO register_event (session_id, action, at, user_id, door)
      SELECT id, 'taken', :at, :user_id, :door FROM learning_session
      WHERE id = :session_id AND register_taken_at IS NULL AND (SELECT is_new FROM taking)
    ),
    taken AS (
      UPDATE learning_session SET
        status = 'held', register_taken_at = coalesce(register_taken_at, :at),
        register_taken_by_id = CASE WHEN register_taken_at IS NULL THEN :user_id ELSE register_taken_by_id END
      WHERE id = :session_id AND (SELECT is_new FROM taking)
    )
    SELECT id, mark_id, student_id FROM event
    """
)
"""Ledger first, then the rows that it leads to, and the register's confirmation: one statement.

A mark_id that is in the ledger already comes back in no row. Each student at most once. A confirmation whose marks
were written before has been given back since, or has nothing more to say: sent again it takes no register.
"""
