"""Marks as they stand, the ledgers of how they and their registers came to, and what is asked or found about them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from academics_app.core.actor import Door
from academics_app.core.tables import Versioned, enum_column, id_column, reference, utc_column


class AttendanceStatus(StrEnum):
    PRESENT = "present"
    ABSENT = "absent"
    LATE = "late"
    EXCUSED = "excused"


class MarkSource(StrEnum):
    """Where a mark came from: a person's tap, or the roll filled in when the register was taken."""

    PERSON = "person"
    TAKE_REGISTER = "take_register"
    SUGGESTION = "suggestion"
    IMPORT = "import"
    CLOSING = "closing"
    """The institute's rule for those who are unmarked when a session closes."""
    CORRECTION = "correction"
    """A correction that somebody approved after the register's edit window."""


class SuggestionReason(StrEnum):
    """Why the register suggested a mark."""

    PLANNED_ABSENCE = "planned_absence"
    ABSENT_EARLIER_TODAY = "absent_earlier_today"
    PRESENT_ELSEWHERE = "present_elsewhere"
    CHECKED_IN = "checked_in"
    ABSENT_LATELY = "absent_lately"


class RegisterAction(StrEnum):
    TAKEN = "taken"
    UNTAKEN = "untaken"


class Attendance(SQLModel, table=True):
    """One student's mark in one session, as it stands. No row: not marked."""

    __table_args__ = (
        CheckConstraint("(status = 'late') OR (minutes_late IS NULL)", name="minutes_only_when_late"),
        CheckConstraint("minutes_late BETWEEN 0 AND 600", name="minutes_range"),
        Index(
            "ix_attendance_absent",
            "session_id",
            postgresql_include=["student_id"],
            postgresql_where=text("status = 'absent'"),
        ),
    )

    session_id: int = Field(
        foreign_key="learning_session.id", primary_key=True, sa_type=BigInteger, ondelete="CASCADE"
    )
    student_id: int = Field(foreign_key="student.id", primary_key=True, sa_type=BigInteger, index=True)
    status: AttendanceStatus = enum_column(AttendanceStatus)
    minutes_late: int | None = None
    note: str = Field(default="", max_length=500)
    source: MarkSource = enum_column(MarkSource, default=MarkSource.PERSON)
    suggested_by: SuggestionReason | None = enum_column(SuggestionReason, nullable=True)
    """The reason of the suggestion that was applied; None: nobody suggested it."""
    version: int = Field(sa_type=BigInteger)
    """The id of the ledger event that wrote this row: it only grows, even over a cleared mark."""
    marked_at: datetime = utc_column()
    marked_by_id: int | None = reference("user_account.id", nullable=True)


class AttendanceEvent(SQLModel, table=True):
    """The append-only ledger. `after_status` None is a cleared mark, `before_status` None a first one."""

    __tablename__ = "attendance_event"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("ix_attendance_event_session_id_student_id", "session_id", "student_id", "id"),)

    id: int = id_column()
    mark_id: UUID = Field(unique=True)
    """The command's own id, made by the client: the same id twice is one mark."""
    session_id: int = reference("learning_session.id", index=False, ondelete="CASCADE")
    student_id: int = reference("student.id")
    at: datetime = utc_column(default_now=True)
    client_at: datetime | None = utc_column(nullable=True)
    user_id: int | None = reference("user_account.id", nullable=True)
    door: Door = enum_column(Door)
    source: MarkSource = enum_column(MarkSource)
    suggested_by: SuggestionReason | None = enum_column(SuggestionReason, nullable=True)
    before_status: AttendanceStatus | None = enum_column(
        AttendanceStatus, nullable=True, check="before_status"
    )
    before_minutes: int | None = None
    before_note: str = Field(default="")
    after_status: AttendanceStatus | None = enum_column(AttendanceStatus, nullable=True, check="after_status")
    after_minutes: int | None = None
    after_note: str = Field(default="")


class RegisterEvent(SQLModel, table=True):
    """The append-only record of a register being taken and given back, beside the ledger of its marks."""

    __tablename__ = "register_event"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("ix_register_event_session_id", "session_id", "id"),)

    id: int = id_column()
    session_id: int = reference("learning_session.id", index=False, ondelete="CASCADE")
    action: RegisterAction = enum_column(RegisterAction)
    at: datetime = utc_column(default_now=True)
    user_id: int | None = reference("user_account.id", nullable=True)
    door: Door = enum_column(Door)


class IntegrityDismissal(SQLModel, table=True):
    """A finding of the integrity checks that somebody has looked at and lets stand."""

    __tablename__ = "integrity_dismissal"  # pyright: ignore[reportAssignmentType]

    check_name: str = Field(primary_key=True, max_length=40)
    subject: str = Field(primary_key=True, max_length=80)
    """What the finding is about, such as "session:42/student:17"."""
    reason: str = Field(max_length=500)
    dismissed_at: datetime = utc_column(default_now=True)
    dismissed_by_id: int | None = reference("user_account.id", nullable=True)


class CorrectionStatus(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Correction(Versioned, table=True):
    """A mark that should stand otherwise, once the register's edit window has passed: one person asks, another approves.

    At most one open request for each session and student.
    """

    __table_args__ = (
        CheckConstraint("(status_wanted = 'late') OR (minutes_late IS NULL)", name="minutes_only_when_late"),
        CheckConstraint("minutes_late BETWEEN 0 AND 600", name="minutes_range"),
        Index(
            "uq_correction_open",
            "session_id",
            "student_id",
            unique=True,
            postgresql_where=text("status = 'requested'"),
        ),
        Index("ix_correction_status_created_at", "status", "created_at"),
    )

    id: int = id_column()
    session_id: int = reference("learning_session.id", ondelete="CASCADE")
    student_id: int = reference("student.id")
    status_wanted: AttendanceStatus = enum_column(AttendanceStatus)
    minutes_late: int | None = None
    note: str = Field(default="", max_length=500)
    base_version: int = Field(sa_type=BigInteger)
    """The version of the mark that the asker saw, 0 for none: approving never replaces another one unseen."""
    reason: str = Field(max_length=500)
    status: CorrectionStatus = enum_column(CorrectionStatus, default=CorrectionStatus.REQUESTED)
    requested_by_id: int | None = reference("user_account.id", nullable=True)
    decided_by_id: int | None = reference("user_account.id", nullable=True)
    decided_at: datetime | None = utc_column(nullable=True)
    decision_note: str = Field(default="", max_length=500)
