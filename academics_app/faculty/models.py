"""Faculty members."""

from enum import StrEnum

from sqlmodel import Field

from academics_app.core.tables import Versioned, enum_column, id_column


class FacultyStatus(StrEnum):
    ACTIVE = "active"
    ON_LEAVE = "on_leave"
    LEFT = "left"


class Faculty(Versioned, table=True):
    id: int = id_column()
    code: str = Field(max_length=60, unique=True)
    full_name: str = Field(max_length=200)
    email: str | None = Field(default=None, max_length=254)
    phone: str | None = Field(default=None, max_length=40)
    status: FacultyStatus = enum_column(FacultyStatus, default=FacultyStatus.ACTIVE)
    search_text: str = Field(default="")
