"""Which sessions have marks, for those who must not lose them. Knows no other feature, so all may ask it."""

from collections.abc import Collection

from sqlalchemy import Select, select, union
from sqlmodel import col

from academics_app.attendance.models import Attendance, AttendanceEvent


def marked_session_ids(session_ids: Collection[int]) -> Select[int]:
    """Those of the sessions in which somebody was ever marked, cleared marks included."""
    stored = select(col(Attendance.session_id)).where(col(Attendance.session_id).in_(session_ids))
    ledger = select(col(AttendanceEvent.session_id)).where(col(AttendanceEvent.session_id).in_(session_ids))
    return select(union(stored, ledger).subquery().c.session_id)
