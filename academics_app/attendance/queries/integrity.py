"""Statements of the integrity checks: each finds what is wrong with stored attendance, in a part of the institute.

All take `since`, `branch_ids` (null: every branch) and `zone`; those of a page `dismissed`, `skip` and `limit`;
those of one finding its subject and the ids in it.
"""

from dataclasses import dataclass

from sqlalchemy import Delete, Select, delete, select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlmodel import col

from academics_app.attendance.models import IntegrityDismissal
from academics_app.core.prepared import Prepared, prepared

_IN_REACH = """
    session.local_date >= :since AND session.status <> 'cancelled'
    AND (CAST(:branch_ids AS bigint[]) IS NULL OR session.branch_id = ANY(:branch_ids))
"""
_ENROLLED = """
    SELECT FROM enrollment
    WHERE enrollment.student_id = mark.student_id AND enrollment.batch_id = session.batch_id
      AND session.local_date BETWEEN enrollment.starts_on AND coalesce(enrollment.ends_on, 'infinity')
"""
_NONE = "CAST(NULL AS bigint)"

TWO_PLACES = f"""
    WITH loose AS MATERIALIZED (
      SELECT session_id, array_agg(student_id) AS student_ids
      FROM (
        SELECT mark.session_id, mark.student_id
        FROM attendance AS mark JOIN learning_session AS session ON session.id = mark.session_id
        WHERE mark.status IN ('present', 'late') AND {_IN_REACH} {{narrow}} AND NOT EXISTS ({_ENROLLED})
        UNION ALL
        SELECT mark.session_id, mark.student_id
        FROM attendance AS mark JOIN learning_session AS session ON session.id = mark.session_id
        WHERE mark.status IN ('present', 'late') AND session.overlap_allowed AND {_IN_REACH} {{narrow}}
      ) AS mark
      GROUP BY session_id
    )
    SELECT DISTINCT
      'session:' || least(session.id, other.id) || '/session:' || greatest(session.id, other.id)
        || '/student:' || mark.student_id AS subject,
      least(session.id, other.id) AS session_id, greatest(session.id, other.id) AS other_session_id,
      mark.student_id, least(session.starts_at, other.starts_at) AS starts_at
    FROM loose
    JOIN learning_session AS session ON session.id = loose.session_id
    CROSS JOIN LATERAL (
      SELECT elsewhere.id, elsewhere.starts_at FROM learning_session AS elsewhere
      WHERE elsewhere.local_date BETWEEN session.local_date - 1 AND session.local_date + 1
        AND elsewhere.starts_at < session.ends_at AND elsewhere.ends_at > session.starts_at
        AND elsewhere.id <> session.id AND elsewhere.status <> 'cancelled'
      OFFSET 0
    ) AS other
    CROSS JOIN LATERAL (
      SELECT student_id FROM attendance
      WHERE attendance.session_id = other.id AND attendance.student_id = ANY(loose.student_ids)
        AND attendance.status IN ('present', 'late')
      OFFSET 0
    ) AS mark
"""
"""The exclusion constraint on seats keeps enrolled students from two places, so one of the two is a session that may
overlap, or one without an enrolment: few, but the planner takes them for all. OFFSET 0 has it look up, for these few,
the sessions around the day (one that meets another is on its day or, past midnight, on the next) and their marks."""
OUTSIDE_ENROLLMENT = f"""
    WITH stranger AS MATERIALIZED (
      SELECT mark.session_id, mark.student_id, session.starts_at
      FROM attendance AS mark JOIN learning_session AS session ON session.id = mark.session_id
      WHERE {_IN_REACH} {{narrow}} AND NOT EXISTS ({_ENROLLED})
    )
    SELECT 'session:' || session_id || '/student:' || student_id AS subject,
      session_id, {_NONE} AS other_session_id, student_id, starts_at
    FROM stranger
    WHERE NOT EXISTS (
      SELECT FROM walk_in WHERE walk_in.session_id = stranger.session_id AND walk_in.student_id = stranger.student_id
    )
"""
"""Walk-ins are left out last: there are few, and comparing them with every mark reads the marks in the worst order."""
ON_HOLIDAY = f"""
    SELECT 'session:' || session.id AS subject, session.id AS session_id, {_NONE} AS other_session_id,
      {_NONE} AS student_id, session.starts_at
    FROM learning_session AS session
    WHERE {_IN_REACH} {{narrow}}
      AND EXISTS (
        SELECT FROM holiday WHERE session.local_date BETWEEN holiday.starts_on AND holiday.ends_on
          AND (holiday.branch_id IS NULL OR holiday.branch_id = session.branch_id)
      )
      AND EXISTS (SELECT FROM attendance WHERE attendance.session_id = session.id)
"""
TAKEN_EMPTY = f"""
    SELECT 'session:' || session.id AS subject, session.id AS session_id, {_NONE} AS other_session_id,
      {_NONE} AS student_id, session.starts_at
    FROM learning_session AS session
    WHERE session.register_taken_at IS NOT NULL AND {_IN_REACH} {{narrow}}
      AND NOT EXISTS (SELECT FROM attendance WHERE attendance.session_id = session.id)
      AND (
        EXISTS (
          SELECT FROM enrollment WHERE enrollment.batch_id = session.batch_id
            AND session.local_date BETWEEN enrollment.starts_on AND coalesce(enrollment.ends_on, 'infinity')
        )
        OR EXISTS (SELECT FROM walk_in WHERE walk_in.session_id = session.id)
      )
"""
LEDGER_DRIFT = f"""
    WITH doubtful AS (
      SELECT mark.session_id, mark.student_id, event.session_id AS event_session_id,
        event.student_id AS event_student_id
      FROM (SELECT * FROM attendance AS event WHERE true {{narrow}}) AS mark
      FULL JOIN (SELECT * FROM attendance_event AS event WHERE true {{narrow}}) AS event
        ON event.id = mark.version
      WHERE (mark.session_id, mark.student_id, mark.status, mark.minutes_late, mark.note)
        IS DISTINCT FROM
        (event.session_id, event.student_id, event.after_status, event.after_minutes, event.after_note)
    ),
    pair AS (
      SELECT session_id, student_id FROM doubtful WHERE session_id IS NOT NULL
      UNION
      SELECT event_session_id, event_student_id FROM doubtful WHERE event_session_id IS NOT NULL
    )
    SELECT 'session:' || session.id || '/student:' || pair.student_id AS subject,
      session.id AS session_id, {_NONE} AS other_session_id, pair.student_id, session.starts_at
    FROM pair
    JOIN learning_session AS session ON session.id = pair.session_id
    LEFT JOIN LATERAL (
      SELECT status, minutes_late, note, version FROM attendance
      WHERE session_id = pair.session_id AND student_id = pair.student_id OFFSET 0
    ) AS mark ON true
    LEFT JOIN LATERAL (
      SELECT id, after_status, after_minutes, after_note FROM attendance_event
      WHERE session_id = pair.session_id AND student_id = pair.student_id ORDER BY id DESC LIMIT 1
    ) AS newest ON true
    WHERE session.local_date >= :since
      AND (CAST(:branch_ids AS bigint[]) IS NULL OR session.branch_id = ANY(:branch_ids))
      AND (mark.status, mark.minutes_late, coalesce(mark.note, ''), mark.version)
        IS DISTINCT FROM (
          newest.after_status, newest.after_minutes,
          CASE WHEN newest.after_status IS NULL THEN '' ELSE newest.after_note END,
          CASE WHEN newest.after_status IS NOT NULL THEN newest.id END
        )
"""
"""First those whose mark and event do not fit each other, superseded events with them; then, of these few, by what
the newest event says. OFFSET 0 as above."""
PRESENT_ON_LEAVE = f"""
    SELECT DISTINCT 'session:' || session.id || '/student:' || mark.student_id AS subject,
      session.id AS session_id, {_NONE} AS other_session_id, mark.student_id, session.starts_at
    FROM planned_absence
    JOIN attendance AS mark ON mark.student_id = planned_absence.student_id AND mark.status IN ('present', 'late')
    JOIN learning_session AS session ON session.id = mark.session_id
      AND session.local_date BETWEEN planned_absence.starts_on AND planned_absence.ends_on
    WHERE planned_absence.status = 'approved' AND {_IN_REACH} {{narrow}}
      AND (
        planned_absence.starts_at IS NULL
        OR (
          CAST(session.starts_at AT TIME ZONE :zone AS time) < planned_absence.ends_at
          AND CAST(session.ends_at AT TIME ZONE :zone AS time) > planned_absence.starts_at
        )
      )
"""


_JUDGED = """
    WITH finding AS MATERIALIZED ({sql}),
    judged AS (
      SELECT finding.*, dismissal.reason, dismissal.dismissed_at, dismissal.dismissed_by_id,
        dismissal.subject IS NOT NULL AS is_dismissed
      FROM finding
      LEFT JOIN integrity_dismissal AS dismissal
        ON dismissal.check_name = '{name}' AND dismissal.subject = finding.subject
    )
"""
_COUNT = """
    SELECT count(*) FILTER (WHERE NOT is_dismissed) AS findings, count(*) FILTER (WHERE is_dismissed) AS dismissed
    FROM judged
"""
_SHOWN = """
    SELECT judged.*, student.full_name AS student_name, dismisser.full_name AS dismissed_by,
      batch.name AS batch_name, session.starts_at AS begins_at, session.local_date,
      other_batch.name AS other_batch_name, other.starts_at AS other_begins_at
    FROM judged
    JOIN learning_session AS session ON session.id = judged.session_id
    JOIN batch ON batch.id = session.batch_id
    LEFT JOIN learning_session AS other ON other.id = judged.other_session_id
    LEFT JOIN batch AS other_batch ON other_batch.id = other.batch_id
    LEFT JOIN student ON student.id = judged.student_id
    LEFT JOIN user_account AS dismisser ON dismisser.id = judged.dismissed_by_id
"""
_PAGE = """
    WHERE is_dismissed = CAST(:dismissed AS boolean)
    ORDER BY judged.starts_at DESC, judged.subject LIMIT :limit OFFSET :skip
"""


@dataclass(frozen=True, slots=True)
class CheckStatements:
    """One check: how much it finds, a page of its findings, and the one finding of some ids."""

    count: Prepared
    page: Prepared
    one: Prepared


def _statements(name: str, sql: str, narrow: str) -> CheckStatements:
    everywhere = _JUDGED.format(name=name, sql=sql.format(narrow=""))
    there = _JUDGED.format(name=name, sql=sql.format(narrow=narrow))
    return CheckStatements(
        count=prepared(everywhere + _COUNT),
        page=prepared(everywhere + _SHOWN + _PAGE),
        one=prepared(there + _SHOWN + "WHERE judged.subject = :subject"),
    )


_OF_SESSION = "AND session.id = :session_id"
_OF_MARK = "AND session.id = :session_id AND mark.student_id = :student_id"

CHECKS = {
    "two_places": _statements(
        "two_places",
        TWO_PLACES,
        "AND session.id IN (:session_id, :other_session_id) AND mark.student_id = :student_id",
    ),
    "outside_enrollment": _statements("outside_enrollment", OUTSIDE_ENROLLMENT, _OF_MARK),
    "on_holiday": _statements("on_holiday", ON_HOLIDAY, _OF_SESSION),
    "taken_empty": _statements("taken_empty", TAKEN_EMPTY, _OF_SESSION),
    "ledger_drift": _statements(
        "ledger_drift", LEDGER_DRIFT, "AND event.session_id = :session_id AND event.student_id = :student_id"
    ),
    "present_on_leave": _statements("present_on_leave", PRESENT_ON_LEAVE, _OF_MARK),
}
"""By the check's name."""

STORED_MARK = prepared(
    """
    SELECT status, minutes_late, note, version FROM attendance
    WHERE session_id = :session_id AND student_id = :student_id
    """
)
MARKED_STUDENTS = prepared(
    """
    SELECT student.id, student.full_name FROM attendance JOIN student ON student.id = attendance.student_id
    WHERE attendance.session_id = :session_id ORDER BY student.full_name, student.id
    """
)
LAST_EVENT = prepared(
    """
    SELECT id, after_status, after_minutes, after_note FROM attendance_event
    WHERE session_id = :session_id AND student_id = :student_id ORDER BY id DESC LIMIT 1
    """
)
FORGET_MARK = prepared(
    "DELETE FROM attendance WHERE session_id = :session_id AND student_id = :student_id RETURNING student_id"
)
REWRITE_MARK = prepared(
    """
    INSERT INTO attendance (
      session_id, student_id, status, minutes_late, note, source, suggested_by, version, marked_at, marked_by_id
    )
    SELECT session_id, student_id, after_status, after_minutes, after_note, source, suggested_by, id, at, user_id
    FROM attendance_event WHERE id = :event_id
    ON CONFLICT (session_id, student_id) DO UPDATE SET
      status = excluded.status, minutes_late = excluded.minutes_late, note = excluded.note,
      source = excluded.source, suggested_by = excluded.suggested_by, version = excluded.version,
      marked_at = excluded.marked_at, marked_by_id = excluded.marked_by_id
    RETURNING student_id
    """
)
NEAREST_ENROLLMENT = prepared(
    """
    SELECT enrollment.id, enrollment.starts_on, enrollment.ends_on, enrollment.version, session.local_date
    FROM learning_session AS session JOIN enrollment ON enrollment.batch_id = session.batch_id
    WHERE session.id = :session_id AND enrollment.student_id = :student_id
    ORDER BY least(abs(enrollment.starts_on - session.local_date),
      abs(coalesce(enrollment.ends_on, enrollment.starts_on) - session.local_date))
    LIMIT 1
    """
)


def dismiss(check_name: str, subject: str, reason: str, user_id: int | None) -> Insert:
    """Let a finding stand; a second dismissal changes nothing."""
    values = {"check_name": check_name, "subject": subject, "reason": reason, "dismissed_by_id": user_id}
    return insert(IntegrityDismissal).values(**values).on_conflict_do_nothing()


def restore(check_name: str, subject: str) -> Delete:
    """The finding is one again."""
    return delete(IntegrityDismissal).where(
        col(IntegrityDismissal.check_name) == check_name, col(IntegrityDismissal.subject) == subject
    )


def dismissal(check_name: str, subject: str) -> Select[IntegrityDismissal]:
    """The dismissal of a finding, if it was dismissed."""
    return select(IntegrityDismissal).where(
        col(IntegrityDismissal.check_name) == check_name, col(IntegrityDismissal.subject) == subject
    )
