"""The register's two tables: the marks as they stand, and the ledger of how they came to."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlmodel import Field, SQLModel

from academics_app.core.actor import Door
from academics_app.core.tables import enum_column, id_column, reference, utc_column


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


class Attendance(SQLModel, table=True):
    """One student's mark in one session, as it stands. No row: not marked."""

    __table_args__ = (
        CheckConstraint("(status = 'late') OR (minutes_late IS NULL)", name="minutes_only_when_late"),
        CheckConstraint("minutes_late BETWEEN 0 AND 600", name="minutes_range"),
    )

    session_id: int = Field(
        foreign_key="learning_session.id", primary_key=True, sa_type=BigInteger, ondelete="CASCADE"
    )
    student_id: int = Field(foreign_key="student.id", primary_key=True, sa_type=BigInteger, index=True)
    status: AttendanceStatus = enum_column(AttendanceStatus)
    minutes_late: int | None = None
    note: str = Field(default="", max_length=500)
    source: MarkSource = enum_column(MarkSource, default=MarkSource.PERSON)
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
    before_status: AttendanceStatus | None = enum_column(
        AttendanceStatus, nullable=True, check="before_status"
    )
    before_minutes: int | None = None
    before_note: str = Field(default="")
    after_status: AttendanceStatus | None = enum_column(AttendanceStatus, nullable=True, check="after_status")
    after_minutes: int | None = None
    after_note: str = Field(default="")
