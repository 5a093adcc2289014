"""Students who say themselves that they are here: by the rotating code on the wall, or at a kiosk."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from academics_app.core.tables import Timestamped, enum_column, id_column, reference, utc_column


class CheckInMethod(StrEnum):
    QR = "qr"
    KIOSK = "kiosk"


class CheckInWindow(SQLModel, table=True):
    """The time in which a session shows its rotating code. One for each session, opened and closed by its marker."""

    __tablename__ = "check_in_window"  # pyright: ignore[reportAssignmentType]

    session_id: int = Field(
        foreign_key="learning_session.id", primary_key=True, sa_type=BigInteger, ondelete="CASCADE"
    )
    secret: bytes
    """The key of the codes; it never leaves the server."""
    opened_at: datetime = utc_column()
    opened_by_id: int | None = reference("user_account.id", nullable=True)
    closes_at: datetime = utc_column()


class Kiosk(Timestamped, table=True):
    """A shared device at the door of a branch. Its address holds a token, of which only the hash is kept."""

    id: int = id_column()
    name: str = Field(max_length=100)
    branch_id: int = reference("branch.id")
    room_id: int | None = reference("room.id", nullable=True, ondelete="SET NULL")
    token_hash: str = Field(max_length=64, unique=True)
    created_by_id: int | None = reference("user_account.id", nullable=True)
    last_seen_at: datetime | None = utc_column(nullable=True)
    revoked_at: datetime | None = utc_column(nullable=True)


class CheckIn(SQLModel, table=True):
    """A student's own word that they are in a session: it suggests a mark and is none."""

    __tablename__ = "check_in"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        UniqueConstraint("session_id", "device_hash"),
        Index("ix_check_in_student_id_at", "student_id", "at"),
    )

    session_id: int = Field(
        foreign_key="learning_session.id", primary_key=True, sa_type=BigInteger, ondelete="CASCADE"
    )
    student_id: int = Field(foreign_key="student.id", primary_key=True, sa_type=BigInteger)
    at: datetime = utc_column(default_now=True)
    method: CheckInMethod = enum_column(CheckInMethod)
    kiosk_id: int | None = reference("kiosk.id", nullable=True, ondelete="SET NULL")
    device_hash: str | None = Field(default=None, max_length=64)
    """Of the phone's own cookie: one phone checks in one student. None at a kiosk."""
