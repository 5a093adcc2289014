"""Subjects and their ordered topics."""

from decimal import Decimal

from sqlalchemy import Numeric, UniqueConstraint
from sqlmodel import Field

from academics_app.core.tables import Timestamped, Versioned, id_column, reference


class Subject(Versioned, table=True):
    id: int = id_column()
    code: str = Field(max_length=60, unique=True)
    name: str = Field(max_length=200)
    description: str = Field(default="", max_length=4000)
    is_active: bool = Field(default=True, sa_column_kwargs={"server_default": "true"})
    search_text: str = Field(default="")


class Topic(Timestamped, table=True):
    __table_args__ = (UniqueConstraint("subject_id", "position", deferrable=True, initially="DEFERRED"),)

    id: int = id_column()
    subject_id: int = reference("subject.id", index=False, ondelete="CASCADE")
    position: int = Field(ge=1)
    title: str = Field(max_length=200)
    planned_hours: Decimal = Field(default=Decimal(1), ge=0, sa_type=Numeric(6, 2))  # pyright: ignore[reportArgumentType]
