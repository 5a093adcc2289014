"""The institute itself: branches, rooms, holidays, terms and settings."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from academics_app.core.tables import Timestamped, Versioned, id_column, reference


class Branch(Versioned, table=True):
    """A place of the institute (OneRoster: org). With one branch, screens never say the word."""

    id: int = id_column()
    code: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=200)
    is_active: bool = Field(default=True, sa_column_kwargs={"server_default": "true"})


class Room(Versioned, table=True):
    __table_args__ = (UniqueConstraint("branch_id", "name"),)

    id: int = id_column()
    branch_id: int = reference("branch.id", index=False)
    name: str = Field(max_length=100)
    capacity: int | None = Field(default=None, ge=1)


class Holiday(Timestamped, table=True):
    """Days without sessions, first and last included; in one branch or, without one, in all."""

    __table_args__ = (CheckConstraint("ends_on >= starts_on", name="ends_after_start"),)

    id: int = id_column()
    name: str = Field(max_length=200)
    starts_on: date
    ends_on: date
    branch_id: int | None = reference("branch.id", nullable=True)


class Term(Versioned, table=True):
    """A stretch of the year (OneRoster: academicSession)."""

    __table_args__ = (CheckConstraint("ends_on >= starts_on", name="ends_after_start"),)

    id: int = id_column()
    name: str = Field(max_length=200)
    kind: str = Field(default="term", max_length=20)
    starts_on: date
    ends_on: date


class Setting(Timestamped, table=True):
    """One institute setting; `institute.settings` knows the keys, types and defaults."""

    key: str = Field(primary_key=True, max_length=60)
    value: Any = Field(sa_type=JSONB)
