"""What is known about students who are not marked yet, in one statement for a whole register."""

from datetime import date, datetime

from sqlalchemy import Subquery, and_, func, or_, select
from sqlmodel import col

from academics_app.absences.models import AbsenceStatus, PlannedAbsence
from academics_app.core.prepared import prepared
from academics_app.learning_sessions.models import Enrollment, LearningSession

SUGGESTIONS = prepared(
    """
    WITH this AS MATERIALIZED (
      SELECT id, batch_id, local_date, starts_at, ends_at,
             starts_at AT TIME ZONE CAST(:zone AS text) AS wall_start, ends_at AT TIME ZONE CAST(:zone AS text) AS wall_end
      FROM learning_session WHERE id = :session_id
    ),
    other AS (
      SELECT DISTINCT ON (attendance.student_id) attendance.student_id, attendance.status, today.starts_at,
             today.ends_at > this.starts_at AS is_now, batch.name AS batch_name
      FROM this
      JOIN learning_session AS today ON today.local_date = this.local_date AND today.id <> this.id
        AND today.status <> 'cancelled' AND today.starts_at < this.ends_at
      JOIN attendance ON attendance.session_id = today.id
        AND attendance.student_id = ANY (CAST(:student_ids AS bigint[]))
      JOIN batch ON batch.id = today.batch_id
      WHERE today.ends_at <= this.starts_at OR attendance.status IN ('present', 'late')
      ORDER BY attendance.student_id, is_now DESC, today.starts_at DESC, today.id
    )
    SELECT wanted.student_id,
           leave.ends_on AS leave_ends_on, leave.starts_at AS leave_from, leave.ends_at AS leave_until,
           leave.kind AS leave_kind,
           check_in.at AS checked_in_at, check_in.method AS check_in_method,
           other.status AS other_status, other.starts_at AS other_starts_at, other.is_now AS other_is_now,
           other.batch_name AS other_batch_name
    FROM this
    CROSS JOIN unnest(CAST(:student_ids AS bigint[])) AS wanted (student_id)
    LEFT JOIN check_in ON check_in.session_id = this.id AND check_in.student_id = wanted.student_id
    LEFT JOIN LATERAL (
      SELECT ends_on, starts_at, ends_at, kind FROM planned_absence
      WHERE planned_absence.student_id = wanted.student_id AND planned_absence.status = 'approved'
        AND planned_absence.starts_on <= this.local_date AND planned_absence.ends_on >= this.local_date
        AND (planned_absence.starts_at IS NULL
             OR (planned_absence.starts_on + planned_absence.starts_at < this.wall_end
                 AND planned_absence.ends_on + planned_absence.ends_at > this.wall_start))
      ORDER BY planned_absence.starts_at NULLS FIRST LIMIT 1
    ) AS leave ON true
    LEFT JOIN other ON other.student_id = wanted.student_id
    """
)
"""Of each wanted student: an approved absence that touches the session, their check-in, and one other mark of the day.

That is the presence in a session that overlaps this one, or else the mark in the latest one that ended before it.
"""


def on_leave(begin: datetime, end: datetime, day: date, zone: str) -> Subquery:
    """How many of those enrolled are on approved leave, by session: sessions that start in [begin, end), on `day`."""
    wall_start = func.timezone(zone, col(LearningSession.starts_at))
    wall_end = func.timezone(zone, col(LearningSession.ends_at))
    belongs = (
        select(col(Enrollment.batch_id), col(Enrollment.student_id))
        .where(
            col(Enrollment.starts_on) <= day,
            or_(col(Enrollment.ends_on).is_(None), col(Enrollment.ends_on) >= day),
        )
        .subquery("enrolled")
    )
    return (
        select(
            col(LearningSession.id).label("session_id"),
            func.count(func.distinct(col(PlannedAbsence.student_id))).label("students"),
        )
        .select_from(PlannedAbsence)
        .join(belongs, belongs.c.student_id == col(PlannedAbsence.student_id))
        .join(LearningSession, col(LearningSession.batch_id) == belongs.c.batch_id)
        .where(
            col(PlannedAbsence.status) == AbsenceStatus.APPROVED,
            col(PlannedAbsence.starts_on) <= day,
            col(PlannedAbsence.ends_on) >= day,
            col(LearningSession.starts_at) >= begin,
            col(LearningSession.starts_at) < end,
            or_(
                col(PlannedAbsence.starts_at).is_(None),
                and_(
                    col(PlannedAbsence.starts_on) + col(PlannedAbsence.starts_at) < wall_end,
                    col(PlannedAbsence.ends_on) + col(PlannedAbsence.ends_at) > wall_start,
                ),
            ),
        )
        .group_by(col(LearningSession.id))
        .subquery("on_leave")
    )
