"""Students who miss many days, as they go out."""

from datetime import date

from pydantic import BaseModel

from academics_app.attendance.schemas.figures import RateRead


class WeekdayAbsences(BaseModel):
    """Absent sessions on one weekday; 0 is Monday."""

    weekday: int
    absences: int


class SubjectAbsences(BaseModel):
    """Absent sessions in one subject."""

    subject_name: str
    absences: int


class IrregularStudent(RateRead):
    """A student who was absent on at least so many days of the period, with the rate over the same sessions."""

    student_id: int
    student_name: str
    student_code: str
    branch_name: str
    absent_days: int
    """Distinct days with an absence in a register that was taken; excused absences are not among them."""
    absent_sessions: int
    excused_sessions: int
    streak_now: int
    """Absences in a row up to the latest session that was marked."""
    longest_streak: int
    last_present: date | None
    by_weekday: list[WeekdayAbsences]
    by_subject: list[SubjectAbsences]
