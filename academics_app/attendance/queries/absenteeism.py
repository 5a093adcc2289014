"""Statements of absenteeism, for all the students of an institute at once."""

from sqlalchemy import Select, select
from sqlmodel import col

from academics_app.attendance.queries.figures import NUMBERS, of_many
from academics_app.core.actor import Actor
from academics_app.core.prepared import prepared
from academics_app.students.models import Student
from academics_app.students.scope import visible_students

OFTEN_ABSENT = prepared(
    """
    SELECT attendance.student_id FROM attendance
    JOIN learning_session ON learning_session.id = attendance.session_id
    WHERE attendance.status = 'absent'
      AND learning_session.local_date BETWEEN :start_date AND :end_date
      AND (CAST(:batch_id AS bigint) IS NULL OR learning_session.batch_id = :batch_id)
      AND (CAST(:branch_id AS bigint) IS NULL OR learning_session.branch_id = :branch_id)
      AND (CAST(:student_ids AS bigint[]) IS NULL OR attendance.student_id = ANY(:student_ids))
    GROUP BY attendance.student_id
    HAVING count(DISTINCT learning_session.local_date) >= :threshold_days
    """
)
"""Students with absent marks on so many days, whether or not each of the marks counts: who need a closer look."""

ABSENTEEISM = of_many(
    f""",
    numbers AS (
      SELECT classified.student_id,
        {NUMBERS},
        string_agg(
          CASE category WHEN 'present' THEN 'P' WHEN 'late' THEN 'L' WHEN 'absent' THEN 'A' ELSE 'E' END, ''
          ORDER BY starts_at DESC, id DESC
        ) FILTER (WHERE category IN ('present', 'late', 'absent', 'excused')) AS newest_first,
        array_agg(local_date) FILTER (WHERE category = 'absent') AS absent_dates,
        array_agg(batch_id) FILTER (WHERE category = 'absent') AS absent_batches,
        max(local_date) FILTER (WHERE category IN ('present', 'late')) AS last_present
      FROM classified GROUP BY classified.student_id
    )
    SELECT numbers.*, student.full_name AS student_name, student.code AS student_code,
      branch.name AS branch_name
    FROM numbers
    JOIN student ON student.id = numbers.student_id
    JOIN branch ON branch.id = student.branch_id
    WHERE numbers.absent > 0
    """
)

SUBJECTS_OF_BATCHES = prepared(
    """
    SELECT batch.id, subject.name FROM batch JOIN subject ON subject.id = batch.subject_id
    WHERE batch.id = ANY(CAST(:batch_ids AS bigint[]))
    """
)


def visible_student_ids(actor: Actor) -> Select[int]:
    """The actor's students."""
    return select(col(Student.id)).where(visible_students(actor))
