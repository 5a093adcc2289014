"""Statements of attendance figures: every session that concerns a student, classified."""

from academics_app.core.prepared import prepared

STUDENT_SESSIONS = """
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
      SELECT concerned.id, concerned.status, concerned.minutes_late, concerned.note,
        CASE
          WHEN session.status = 'cancelled' THEN 'cancelled'
          WHEN NOT concerned.belongs THEN 'not_enrolled'
          WHEN session.register_taken_at IS NULL AND session.starts_at > :now THEN 'upcoming'
          WHEN session.register_taken_at IS NULL THEN 'register_not_taken'
          WHEN concerned.status IS NULL THEN 'not_marked'
          ELSE concerned.status
        END AS category
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

SUMMARY = prepared(
    STUDENT_SESSIONS
    + """
    SELECT category, count(*) AS sessions, coalesce(sum(minutes_late), 0) AS minutes_late
    FROM classified GROUP BY category
    """
)

RECORDS = prepared(
    STUDENT_SESSIONS
    + """
    SELECT classified.*, learning_session.local_date, learning_session.starts_at,
           batch.name AS batch_name, subject.name AS subject_name
    FROM classified
    JOIN learning_session ON learning_session.id = classified.id
    JOIN batch ON batch.id = learning_session.batch_id
    JOIN subject ON subject.id = batch.subject_id
    ORDER BY learning_session.starts_at DESC, learning_session.id
    """
)
