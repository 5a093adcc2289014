"""What the faculty screens and routes take in and give out. An update leaves absent fields as they are."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from academics_app.core.fields import UNCHANGED, Code, Email, Name, OptionalCode, Phone, Version
from academics_app.faculty.models import FacultyStatus


class FacultySort(StrEnum):
    """Orders of the list; a search without one shows the best matches first."""

    NAME = "name"
    NAME_DOWN = "-name"
    CODE = "code"
    CODE_DOWN = "-code"


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FacultyCreate(_Input):
    """A new faculty member. Without a code the next free one is given."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "full_name": "Lena Novak",
                "email": "lena.novak@example.org",
                "phone": "+44 20 7946 0960",
            }
        },
    )

    full_name: Name
    code: OptionalCode = None
    email: Email = None
    phone: Phone = None
    status: FacultyStatus = FacultyStatus.ACTIVE


class FacultyUpdate(_Input):
    """Absent fields stay. With `version`, the change is refused if somebody else made one since."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"status": "on_leave", "version": 1}}
    )

    full_name: Name = UNCHANGED
    code: Code = UNCHANGED
    email: Email = None
    phone: Phone = None
    status: FacultyStatus = UNCHANGED
    version: Version = None


class FacultyRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    code: str
    full_name: str
    email: str | None
    phone: str | None
    status: FacultyStatus
    version: int
    created_at: datetime
    updated_at: datetime
