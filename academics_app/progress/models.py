"""How far a student is with each topic."""

from datetime import date
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint
from sqlmodel import Field

from academics_app.core.tables import Timestamped, enum_column, reference


class ProgressStatus(StrEnum):
    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


class TopicProgress(Timestamped, table=True):
    __tablename__ = "topic_progress"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (CheckConstraint("mastery BETWEEN 0 AND 100", name="mastery_range"),)

    student_id: int = Field(foreign_key="student.id", primary_key=True, sa_type=BigInteger)
    topic_id: int = Field(
        foreign_key="topic.id", primary_key=True, sa_type=BigInteger, index=True, ondelete="CASCADE"
    )
    status: ProgressStatus = enum_column(ProgressStatus)
    mastery: int = 0
    evidence_on: date
    """The day the progress was shown, not the day it was entered."""
    session_id: int | None = reference("learning_session.id", nullable=True, ondelete="SET NULL")
    recorded_by_id: int | None = reference("user_account.id", nullable=True)
