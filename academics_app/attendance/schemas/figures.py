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


class Figure(BaseModel):
    """A percentage with what it is made of; `percent` has one decimal and is null when the denominator is 0."""

    numerator: int
    denominator: int
    percent: float | None


class RateRead(BaseModel):
    """A rate that explains itself: 0 ≤ `attended` ≤ `counted` ≤ `planned`; `rate` = `attended` / `counted` in percent."""

    attended: int
    counted: int
    still_to_come: int
    planned: int
    """`counted` and `still_to_come`."""
    rate: float | None
    so_far: Figure
    """Attended of counted: the same as `rate`."""
    of_planned: Figure
    """Attended of planned."""
    best_reachable: Figure
    """What it comes to when every session still to come is attended."""
    left_out: dict[str, int]
    """Sessions that do not count, by reason."""


class AttendanceSummary(RateRead):
    """Counts and rate of a student in a period."""

    student_id: int
    start_date: date
    end_date: date
    present: int
    late: int
    absent: int
    excused: int
    minutes_late: int
    rule: str
    """What counts, in one sentence."""


class StudentRate(RateRead):
    """One student's rate in a batch."""

    student_id: int
