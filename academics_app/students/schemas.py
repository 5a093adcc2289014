"""What the students' screens and routes take in and give out. An update leaves absent fields as they are."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from academics_app.core.fields import (
    UNCHANGED,
    Code,
    Email,
    Id,
    Name,
    OptionalCode,
    OptionalName,
    Phone,
    Text,
    Version,
    blank_is_none,
    one_line,
    written_date,
)
from academics_app.students.models import StudentStatus

BirthDate = Annotated[
    Annotated[date, Field(ge=date(1900, 1, 1)), BeforeValidator(written_date)] | None,
    BeforeValidator(blank_is_none, json_schema_input_type=str | None),
]
Notes = Annotated[Text, StringConstraints(strip_whitespace=True, max_length=4000)]
Relation = Annotated[
    Text, AfterValidator(one_line), StringConstraints(strip_whitespace=True, min_length=1, max_length=40)
]


class StudentSort(StrEnum):
    """Orders of the list; a search without one shows the best matches first."""

    NAME = "name"
    NAME_DOWN = "-name"
    CODE = "code"
    CODE_DOWN = "-code"
    OLDEST = "created"
    NEWEST = "-created"


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class StudentCreate(_Input):
    """A new student. Without a code the next free one is given; without a branch, the caller's first."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "given_name": "Mina",
                "family_name": "Park",
                "email": "mina.park@example.org",
                "phone": "+44 20 7946 0958",
                "date_of_birth": "2010-04-17",
            }
        },
    )

    given_name: Name
    family_name: OptionalName = ""
    code: OptionalCode = None
    email: Email = None
    phone: Phone = None
    date_of_birth: BirthDate = None
    status: StudentStatus = StudentStatus.ACTIVE
    branch_id: Id | None = None
    notes: Notes = ""


class StudentUpdate(_Input):
    """Absent fields stay. With `version`, the change is refused if somebody else changed the student since."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"status": "on_hold", "version": 1}}
    )

    given_name: Name = UNCHANGED
    family_name: OptionalName = UNCHANGED
    code: Code = UNCHANGED
    email: Email = None
    phone: Phone = None
    date_of_birth: BirthDate = None
    status: StudentStatus = UNCHANGED
    branch_id: Id = UNCHANGED
    notes: Notes = UNCHANGED
    version: Version = None


class StudentBrief(BaseModel):
    """What it takes to tell students apart: no contact data."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    code: str
    full_name: str
    status: StudentStatus


class StudentRead(StudentBrief):
    given_name: str
    family_name: str
    email: str | None
    phone: str | None
    date_of_birth: date | None
    branch_id: int
    branch_name: str
    notes: str | None
    """The staff's notes; null for a student or guardian."""
    version: int
    created_at: datetime
    updated_at: datetime


class GuardianAdd(_Input):
    """A guardian for a student: an existing one by `guardian_id`, or a new one by name."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"full_name": "Jun Park", "relation": "father", "phone": "+44 20 7946 0959"}
        },
    )

    guardian_id: Id | None = None
    full_name: Annotated[Name | None, BeforeValidator(blank_is_none)] = None
    email: Email = None
    phone: Phone = None
    relation: Relation = "guardian"
    is_primary: bool | None = None
    """Whom to call first; without it, the student's first guardian is."""

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        given = self.model_fields_set & {"full_name", "email", "phone"}
        if self.guardian_id is None and self.full_name is None:
            raise ValueError("give the name of a new guardian or the id of an existing one")
        if self.guardian_id is not None and any(getattr(self, field) for field in given):
            raise ValueError("an existing guardian keeps their own name and contact data")
        return self


class GuardianUpdate(_Input):
    """Absent fields stay. Name and contact data belong to the guardian and change for all of their students."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"relation": "mother"}})

    full_name: Name = UNCHANGED
    email: Email = None
    phone: Phone = None
    relation: Relation = UNCHANGED
    is_primary: bool = UNCHANGED
    version: Version = None


class GuardianRead(BaseModel):
    """A guardian, and those of their students that the caller may see."""

    id: int
    full_name: str
    email: str | None
    phone: str | None
    version: int
    students: list[StudentBrief]


class StudentGuardianRead(GuardianRead):
    """A guardian as one student's. Another guardian's contact data is null for a guardian."""

    relation: str
    is_primary: bool
