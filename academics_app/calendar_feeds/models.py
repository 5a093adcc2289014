"""Calendar addresses that a person gives to a calendar program."""

from datetime import datetime

from sqlmodel import Field

from academics_app.core.tables import Timestamped, id_column, reference, utc_column


class CalendarFeed(Timestamped, table=True):
    """One address, with a token of which only the hash is kept. It shows what its owner may see, as of each reading."""

    __tablename__ = "calendar_feed"  # pyright: ignore[reportAssignmentType]

    id: int = id_column()
    user_id: int = reference("user_account.id", ondelete="CASCADE")
    label: str = Field(max_length=100)
    token_hash: str = Field(max_length=64, unique=True)
    student_id: int | None = reference("student.id", nullable=True, ondelete="CASCADE")
    """Only this student's sessions, as are the next two by batch and room; all None: the owner's own timetable."""
    batch_id: int | None = reference("batch.id", nullable=True, ondelete="CASCADE")
    room_id: int | None = reference("room.id", nullable=True, ondelete="CASCADE")
    last_read_at: datetime | None = utc_column(nullable=True)
    revoked_at: datetime | None = utc_column(nullable=True)
