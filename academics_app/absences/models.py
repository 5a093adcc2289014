"""Absences that are known before they happen."""

from datetime import date, datetime, time
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from academics_app.core.tables import Versioned, enum_column, id_column, reference, utc_column


class AbsenceStatus(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class AbsenceKind(StrEnum):
    ILLNESS = "illness"
    APPOINTMENT = "appointment"
    FAMILY = "family"
    TRAVEL = "travel"
    EXAM = "exam"
    OTHER = "other"


class PlannedAbsence(Versioned, table=True):
    """A student's absence from one day to another, both included: whole days or, on a single day, part of it.

    Staff enter it approved; a guardian or the student asks for it. An approved one suggests "excused" on the registers
    that it covers and marks nobody.
    """

    __tablename__ = "planned_absence"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="ends_after_start"),
        CheckConstraint("(starts_at IS NULL) = (ends_at IS NULL)", name="both_times_or_none"),
        CheckConstraint(
            "starts_at IS NULL OR (starts_on = ends_on AND ends_at > starts_at)", name="times_on_one_day"
        ),
        Index("ix_planned_absence_student_id_starts_on", "student_id", "starts_on"),
        Index("ix_planned_absence_status_starts_on", "status", "starts_on"),
    )

    id: int = id_column()
    student_id: int = reference("student.id", index=False)
    starts_on: date
    ends_on: date
    starts_at: time | None = None
    """In the institute's wall-clock time, as is `ends_at`; None: the whole day."""
    ends_at: time | None = None
    kind: AbsenceKind = enum_column(AbsenceKind, default=AbsenceKind.OTHER)
    reason: str = Field(default="", max_length=500)
    status: AbsenceStatus = enum_column(AbsenceStatus, default=AbsenceStatus.REQUESTED)
    requested_by_id: int | None = reference("user_account.id", nullable=True)
    decided_by_id: int | None = reference("user_account.id", nullable=True)
    decided_at: datetime | None = utc_column(nullable=True)
    decision_note: str = Field(default="", max_length=500)
