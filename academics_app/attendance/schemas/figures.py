"""A student's attendance as it goes out."""

from datetime import date, datetime

from pydantic import BaseModel

from academics_app.attendance.models import AttendanceStatus


class AttendanceRecord(BaseModel):
    """One session of a student: what was marked, whether it counts, and if not, why."""

    session_id: int
    local_date: date
    starts_at: datetime
    batch_name: str
    subject_name: str
    status: AttendanceStatus | None
    minutes_late: int | None
    note: str | None
    """Staff only."""
    counted: bool
    left_out_because: str | None


class AttendanceSummary(BaseModel):
    """`rate` = `attended` / `counted` in percent with one decimal; null when nothing counts yet."""

    student_id: int
    start_date: date
    end_date: date
    present: int
    late: int
    absent: int
    excused: int
    minutes_late: int
    attended: int
    counted: int
    rate: float | None
    left_out: dict[str, int]
    """Sessions that do not count, by reason."""
