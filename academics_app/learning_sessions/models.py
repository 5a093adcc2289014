"""Batches, their weekly schedules and enrolments, and the sessions that are taught."""

from datetime import date, datetime, time
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlmodel import Field, SQLModel

from academics_app.core.tables import Timestamped, Versioned, enum_column, id_column, reference, utc_column


class BatchStatus(StrEnum):
    ACTIVE = "active"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class SessionStatus(StrEnum):
    SCHEDULED = "scheduled"
    CANCELLED = "cancelled"
    HELD = "held"


class Batch(Versioned, table=True):
    """A teaching group of one subject under one faculty member; one-to-one teaching is a batch of one."""

    __table_args__ = (CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ends_after_start"),)

    id: int = id_column()
    code: str = Field(max_length=60, unique=True)
    name: str = Field(max_length=200)
    subject_id: int = reference("subject.id")
    faculty_id: int | None = reference("faculty.id", nullable=True)
    branch_id: int = reference("branch.id")
    room_id: int | None = reference("room.id", nullable=True)
    starts_on: date
    ends_on: date | None = None
    status: BatchStatus = enum_column(BatchStatus, default=BatchStatus.ACTIVE)
    search_text: str = Field(default="")


class WeeklySchedule(Timestamped, table=True):
    """One weekly meeting of a batch, in the institute's wall-clock time, within its own first and last day if set.

    "This and following" ends a meeting on the day before and begins another one.
    """

    __tablename__ = "weekly_schedule"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday_range"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("ends_on >= starts_on", name="ends_on_or_after_start"),
    )

    id: int = id_column()
    batch_id: int = reference("batch.id", ondelete="CASCADE")
    weekday: int
    """0 is Monday."""
    starts_at: time
    ends_at: time
    room_id: int | None = reference("room.id", nullable=True)
    """None: the batch's own room."""
    starts_on: date | None = None
    ends_on: date | None = None


class Enrollment(Versioned, table=True):
    """A student in a batch, from the first day to the last (both included; no last day yet: None)."""

    __table_args__ = (
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ends_after_start"),
        ExcludeConstraint(
            ("batch_id", "="),
            ("student_id", "="),
            (text("daterange(starts_on, ends_on, '[]')"), "&&"),
            name="ex_enrollment_overlap",
            using="gist",
        ),
        Index("ix_enrollment_batch_id_starts_on", "batch_id", "starts_on"),
    )

    id: int = id_column()
    student_id: int = reference("student.id")
    batch_id: int = reference("batch.id", index=False)
    starts_on: date
    ends_on: date | None = None


def _refuse_overlap(column: str) -> ExcludeConstraint:
    """No two sessions of the same room or teacher at once.

    Checked at the end of a statement or, after SET CONSTRAINTS … DEFERRED, when it is made immediate again: moving a
    series by an hour passes over its own old places.
    """
    return ExcludeConstraint(
        (column, "="),
        (text("tstzrange(starts_at, ends_at)"), "&&"),
        name=f"ex_learning_session_{column}",
        using="gist",
        where=text("status <> 'cancelled' AND NOT overlap_allowed"),
        deferrable=True,
        initially="IMMEDIATE",
    )


class LearningSession(Versioned, table=True):
    """One meeting of a batch.

    Whether its register was taken is a fact of its own: `register_taken_at`, apart from the marks.
    """

    __tablename__ = "learning_session"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        UniqueConstraint("schedule_id", "occurs_on"),
        _refuse_overlap("room_id"),
        _refuse_overlap("faculty_id"),
        Index("ix_learning_session_batch_id_starts_at", "batch_id", "starts_at"),
        Index("ix_learning_session_faculty_id_starts_at", "faculty_id", "starts_at"),
    )

    id: int = id_column()
    batch_id: int = reference("batch.id", index=False)
    schedule_id: int | None = Field(
        default=None, foreign_key="weekly_schedule.id", sa_type=BigInteger, ondelete="SET NULL"
    )
    branch_id: int = reference("branch.id")
    faculty_id: int | None = reference("faculty.id", nullable=True, index=False)
    """Who teaches it: the batch's faculty member or the substitute."""
    substitute_for_id: int | None = reference("faculty.id", nullable=True)
    """Whom the teacher stands in for; None when nobody does."""
    room_id: int | None = reference("room.id", nullable=True)
    topic_id: int | None = reference("topic.id", nullable=True, ondelete="SET NULL")
    local_date: date = Field(index=True)
    """The calendar date in the institute's zone; enrolments count by it."""
    occurs_on: date | None = None
    """The day of the weekly schedule that it is for: `local_date` differs once somebody moved it to another date."""
    starts_at: datetime = utc_column(index=True)
    ends_at: datetime = utc_column()
    status: SessionStatus = enum_column(SessionStatus, default=SessionStatus.SCHEDULED)
    cancel_reason: str | None = Field(default=None, max_length=500)
    makes_up_for_id: int | None = reference("learning_session.id", nullable=True, ondelete="SET NULL")
    """The cancelled session that this one is held instead of."""
    sequence: int = Field(default=0, nullable=False, sa_column_kwargs={"server_default": "0"})
    """iCalendar's SEQUENCE: a trigger lets it grow when the time, the room, the teacher or the status changes."""
    overlap_allowed: bool = Field(default=False, nullable=False, sa_column_kwargs={"server_default": "false"})
    """Set only where a clash came with history: sessions imported, or stored before clashes were refused."""
    register_taken_at: datetime | None = utc_column(nullable=True)
    register_taken_by_id: int | None = reference("user_account.id", nullable=True)


class Seat(SQLModel, table=True):
    """A student's time in a session: refuses enrolments and sessions that would put a student in two places at once.

    Kept by triggers on `learning_session` and `enrollment` (see the migration), so that no door can forget it: one row
    for each student enrolled on the session's day, unless it is cancelled or may overlap. Walk-ins have no seat: where
    a student really was is never refused.
    """

    __table_args__ = (
        ExcludeConstraint(
            ("student_id", "="),
            ("during", "&&"),
            name="ex_seat_student_id",
            using="gist",
            deferrable=True,
            initially="IMMEDIATE",
        ),
    )

    session_id: int = Field(
        foreign_key="learning_session.id", primary_key=True, sa_type=BigInteger, ondelete="CASCADE"
    )
    student_id: int = Field(
        foreign_key="student.id", primary_key=True, sa_type=BigInteger, ondelete="CASCADE"
    )
    during: Range[datetime] = Field(sa_type=TSTZRANGE)


class WalkIn(SQLModel, table=True):
    """A student who is in one session without being enrolled in its batch."""

    __tablename__ = "walk_in"  # pyright: ignore[reportAssignmentType]

    session_id: int = Field(
        foreign_key="learning_session.id", primary_key=True, sa_type=BigInteger, ondelete="CASCADE"
    )
    student_id: int = Field(foreign_key="student.id", primary_key=True, sa_type=BigInteger, index=True)
    added_by_id: int | None = reference("user_account.id", nullable=True)
    added_at: datetime = utc_column(default_now=True)
