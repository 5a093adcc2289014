"""Statements of attendance figures: every session that concerns a student, classified."""

from sqlalchemy import BigInteger, Date, DateTime, TextClause, bindparam, text

from academics_app.attendance.rules import CATEGORIES
from academics_app.core.prepared import prepared

CATEGORY = """
        CASE
          WHEN session.status = 'cancelled' THEN 'cancelled'
          WHEN NOT concerned.belongs THEN 'not_enrolled'
          WHEN session.register_taken_at IS NOT NULL THEN coalesce(concerned.status, 'not_marked')
          WHEN EXISTS (
            SELECT FROM holiday
            WHERE session.local_date BETWEEN holiday.starts_on AND holiday.ends_on
              AND (holiday.branch_id IS NULL OR holiday.branch_id = session.branch_id)
          ) THEN 'holiday'
          WHEN session.starts_at > :now THEN 'upcoming'
          ELSE 'register_not_taken'
        END
"""
"""`rules.category` in SQL, over a `concerned` student and a `session`."""

STUDENT_SESSIONS = f"""
    WITH mark AS MATERIALIZED (
      SELECT session_id, status, minutes_late, note FROM attendance WHERE student_id = :student_id
    ),
    belonging AS (
      SELECT learning_session.id FROM enrollment
      JOIN learning_session ON learning_session.batch_id = enrollment.batch_id
        AND learning_session.local_date
          BETWEEN greatest(enrollment.starts_on, CAST(:start_date AS date))
              AND least(enrollment.ends_on, CAST(:end_date AS date))
      WHERE enrollment.student_id = :student_id
      UNION SELECT session_id FROM walk_in WHERE student_id = :student_id
    ),
    concerned AS (
      SELECT coalesce(belonging.id, mark.session_id) AS id, belonging.id IS NOT NULL AS belongs,
        mark.status, mark.minutes_late, mark.note
      FROM belonging FULL JOIN mark ON mark.session_id = belonging.id
    ),
    classified AS (
      SELECT concerned.id, concerned.status, concerned.minutes_late, concerned.note, session.batch_id,
        {CATEGORY} AS category
      FROM concerned
      CROSS JOIN LATERAL (
        SELECT * FROM learning_session
        WHERE learning_session.id = concerned.id
          AND learning_session.local_date BETWEEN :start_date AND :end_date
        OFFSET 0
      ) AS session
    )
"""
"""Every session that concerns the student in the period, each in the one category that decides whether it counts."""

_SUMMARY = """
    SELECT category, count(*) AS sessions, coalesce(sum(minutes_late), 0) AS minutes_late
    FROM classified {where} GROUP BY category
"""
SUMMARY = prepared(STUDENT_SESSIONS + _SUMMARY.format(where=""))
SUMMARY_IN_BATCH = prepared(STUDENT_SESSIONS + _SUMMARY.format(where="WHERE batch_id = :batch_id"))

_RECORDS = """
    SELECT classified.*, learning_session.local_date, learning_session.starts_at,
           batch.name AS batch_name, subject.name AS subject_name
    FROM classified
    JOIN learning_session ON learning_session.id = classified.id
    JOIN batch ON batch.id = learning_session.batch_id
    JOIN subject ON subject.id = batch.subject_id
    {where}
    ORDER BY learning_session.starts_at DESC, learning_session.id
"""
RECORDS = prepared(STUDENT_SESSIONS + _RECORDS.format(where=""))
RECORDS_IN_BATCH = prepared(STUDENT_SESSIONS + _RECORDS.format(where="WHERE classified.batch_id = :batch_id"))

_WITHIN = """
        learning_session.local_date BETWEEN :start_date AND :end_date
        AND (CAST(:batch_id AS bigint) IS NULL OR learning_session.batch_id = :batch_id)
        AND (CAST(:branch_id AS bigint) IS NULL OR learning_session.branch_id = :branch_id)
"""

SESSIONS_OF_MANY = f"""
    WITH mark AS (
      SELECT attendance.session_id, attendance.student_id, attendance.status FROM attendance
      JOIN learning_session ON learning_session.id = attendance.session_id
      WHERE attendance.student_id IN :student_ids AND {_WITHIN}
    ),
    enrolled AS (
      SELECT learning_session.id, enrollment.student_id FROM enrollment
      JOIN learning_session ON learning_session.batch_id = enrollment.batch_id
        AND learning_session.local_date
          BETWEEN enrollment.starts_on AND coalesce(enrollment.ends_on, 'infinity')
      WHERE enrollment.student_id IN :student_ids AND {_WITHIN}
    ),
    belonging AS (
      SELECT id, student_id FROM enrolled
      UNION ALL
      SELECT session_id, walk_in.student_id FROM walk_in
      JOIN learning_session ON learning_session.id = walk_in.session_id
      WHERE walk_in.student_id IN :student_ids AND {_WITHIN}
        AND NOT EXISTS (
          SELECT FROM enrollment
          WHERE enrollment.student_id = walk_in.student_id AND enrollment.batch_id = learning_session.batch_id
            AND learning_session.local_date
              BETWEEN enrollment.starts_on AND coalesce(enrollment.ends_on, 'infinity')
        )
    ),
    concerned AS (
      SELECT coalesce(belonging.id, mark.session_id) AS id,
        coalesce(belonging.student_id, mark.student_id) AS student_id,
        belonging.id IS NOT NULL AS belongs, mark.status
      FROM belonging
      FULL JOIN mark ON mark.session_id = belonging.id AND mark.student_id = belonging.student_id
    ),
    classified AS MATERIALIZED (
      SELECT concerned.student_id, session.id, session.batch_id, session.local_date, session.starts_at,
        {CATEGORY} AS category
      FROM concerned JOIN learning_session AS session ON session.id = concerned.id
    )
"""
"""The same for many students at once; in one batch or one branch where these are not null."""

NUMBERS = ",\n      ".join(
    f"count(*) FILTER (WHERE category = '{category}') AS {category}" for category in CATEGORIES
)


def of_many(statement: str) -> TextClause:
    """A statement over `SESSIONS_OF_MANY`, its values written into it.

    How many students and days are asked for decides which plan is good; a plan for values unknown takes a hundred
    times as long.
    """
    return text(SESSIONS_OF_MANY + statement).bindparams(
        bindparam("student_ids", type_=BigInteger, expanding=True, literal_execute=True),
        bindparam("start_date", type_=Date, literal_execute=True),
        bindparam("end_date", type_=Date, literal_execute=True),
        bindparam("batch_id", type_=BigInteger, literal_execute=True),
        bindparam("branch_id", type_=BigInteger, literal_execute=True),
        bindparam("now", type_=DateTime(timezone=True)),
    )


RATES = of_many(
    f"""
    SELECT student_id,
      {NUMBERS}
    FROM classified GROUP BY student_id
    """
)
"""Of each student that any session concerns: how many sessions of each category."""
