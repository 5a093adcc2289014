"""Statements of a register's history: what was done to it, and who belonged in it."""

from academics_app.core.prepared import prepared

EVENTS = prepared(
    """
    SELECT event.id, event.student_id, event.at, event.user_id, user_account.full_name AS by, event.door,
           event.source, event.suggested_by, event.before_status, event.before_minutes, event.before_note,
           event.after_status, event.after_minutes, event.after_note
    FROM attendance_event AS event
    LEFT JOIN user_account ON user_account.id = event.user_id
    WHERE event.session_id = :session_id
    ORDER BY event.id
    """
)
"""Every change of a mark, in the order in which they were written."""

REGISTER_EVENTS = prepared(
    """
    SELECT event.id, event.action, event.at, event.user_id, user_account.full_name AS by, event.door
    FROM register_event AS event
    LEFT JOIN user_account ON user_account.id = event.user_id
    WHERE event.session_id = :session_id
    ORDER BY event.id
    """
)

PEOPLE = prepared(
    """
    WITH this AS (SELECT id, batch_id, local_date FROM learning_session WHERE id = :session_id),
    involved AS (
      SELECT enrollment.student_id, true AS is_enrolled, CAST(NULL AS timestamptz) AS added_at
      FROM this JOIN enrollment ON enrollment.batch_id = this.batch_id
        AND enrollment.starts_on <= this.local_date
        AND (enrollment.ends_on IS NULL OR enrollment.ends_on >= this.local_date)
      UNION ALL SELECT walk_in.student_id, false, walk_in.added_at FROM walk_in WHERE walk_in.session_id = :session_id
      UNION ALL SELECT DISTINCT student_id, false, CAST(NULL AS timestamptz)
      FROM attendance_event WHERE session_id = :session_id
    )
    SELECT student.id AS student_id, student.full_name AS name, student.code,
           bool_or(involved.is_enrolled) AS is_enrolled, min(involved.added_at) AS added_at
    FROM involved JOIN student ON student.id = involved.student_id
    GROUP BY student.id
    ORDER BY lower(student.full_name), student.id
    """
)
"""Everyone whom the register was ever about: enrolled on its day, walked in, or marked at some time."""
