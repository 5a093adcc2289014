"""The statement of closing: which registers nobody took."""

from datetime import date, datetime

from sqlalchemy import Select, select, text
from sqlmodel import col

from academics_app.attendance.models import RegisterEvent
from academics_app.attendance.queries.missing import OWED
from academics_app.attendance.queries.register import EXPECTED
from academics_app.learning_sessions.models import LearningSession


def closable_sessions(
    *, started_after: datetime, ended_before: datetime, not_before: date, limit: int
) -> Select[int]:
    """Ids of the sessions with students that are over and whose register was never taken, oldest first.

    One that was taken and given back is somebody's decision and is left alone, as is what is older than `not_before`.
    """
    touched = select(col(RegisterEvent.id)).where(col(RegisterEvent.session_id) == col(LearningSession.id))
    return (
        select(col(LearningSession.id))
        .where(
            col(LearningSession.starts_at) > started_after,
            col(LearningSession.ends_at) <= ended_before,
            col(LearningSession.local_date) >= not_before,
            OWED,
            ~touched.exists(),
            text(f"EXISTS ({EXPECTED.format(session='learning_session')})"),
        )
        .order_by(col(LearningSession.ends_at), col(LearningSession.id))
        .limit(limit)
    )
