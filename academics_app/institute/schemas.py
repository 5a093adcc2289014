"""What the institute's own screens and routes take in and give out. An update leaves absent fields as they are."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from academics_app.core.fields import UNCHANGED, Id, Name, Text, Version, one_line, written_date
from academics_app.institute.settings import InstituteSettings

Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2200, 12, 31)), BeforeValidator(written_date)]
Code = Annotated[
    Text, AfterValidator(one_line), StringConstraints(strip_whitespace=True, min_length=1, max_length=40)
]
RoomName = Annotated[
    Text, AfterValidator(one_line), StringConstraints(strip_whitespace=True, min_length=1, max_length=100)
]
Capacity = Annotated[int, Field(ge=1, le=100_000)]
CloseFills = Literal["nothing", "absent", "present"]


class TermKind(StrEnum):
    """OneRoster's kinds of academicSession."""

    SCHOOL_YEAR = "schoolYear"
    SEMESTER = "semester"
    TERM = "term"
    GRADING_PERIOD = "gradingPeriod"


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SettingsUpdate(_Input):
    """Absent settings stay as they are; bounds as in `InstituteSettings`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"name": "Riverside Institute", "time_zone": "Europe/Paris"}},
    )

    name: Name = Field(default=UNCHANGED)
    time_zone: Annotated[str, StringConstraints(max_length=60)] = Field(default=UNCHANGED)
    registration_open: bool = Field(default=UNCHANGED)
    register_opens_minutes_before: int = Field(default=UNCHANGED)
    register_overdue_minutes_after: int = Field(default=UNCHANGED)
    excused_counts_against: bool = Field(default=UNCHANGED)
    close_fills: CloseFills = Field(default=UNCHANGED)
    close_minutes_after: int = Field(default=UNCHANGED)
    faculty_edit_days: int = Field(default=UNCHANGED)
    admin_edit_days: int = Field(default=UNCHANGED)
    late_after_minutes: int = Field(default=UNCHANGED)
    check_in_opens_minutes_before: int = Field(default=UNCHANGED)
    generate_weeks_ahead: int = Field(default=UNCHANGED)


class SettingsRead(InstituteSettings):
    """The settings in force."""


class BranchCreate(_Input):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"code": "NORTH", "name": "North"}}
    )

    code: Code
    name: Name


class BranchUpdate(_Input):
    code: Code = Field(default=UNCHANGED)
    name: Name = Field(default=UNCHANGED)
    is_active: bool = Field(default=UNCHANGED)
    version: Version = None


class BranchRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    code: str
    name: str
    is_active: bool
    version: int


class RoomCreate(_Input):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"branch_id": 1, "name": "Room 2", "capacity": 30}}
    )

    branch_id: Id
    name: RoomName
    capacity: Capacity | None = None


class RoomUpdate(_Input):
    name: RoomName = Field(default=UNCHANGED)
    capacity: Capacity | None = None
    version: Version = None


class RoomRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    branch_id: int
    branch_name: str
    name: str
    capacity: int | None
    version: int


class _Stretch(_Input):
    starts_on: Day
    ends_on: Day

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_on < self.starts_on:
            raise ValueError("the last day is before the first")
        return self


class HolidayCreate(_Stretch):
    """Days without sessions, first and last included; without a branch, in all of them."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"name": "Winter break", "starts_on": "2026-12-21", "ends_on": "2027-01-03"}
        },
    )

    name: Name
    branch_id: Id | None = None


class HolidayUpdate(_Input):
    name: Name = Field(default=UNCHANGED)
    starts_on: Day = Field(default=UNCHANGED)
    ends_on: Day = Field(default=UNCHANGED)
    branch_id: Id | None = None


class HolidayRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    starts_on: date
    ends_on: date
    branch_id: int | None


class TermCreate(_Stretch):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "name": "Autumn 2026",
                "kind": "term",
                "starts_on": "2026-09-01",
                "ends_on": "2026-12-18",
            }
        },
    )

    name: Name
    kind: TermKind = TermKind.TERM


class TermUpdate(_Input):
    name: Name = Field(default=UNCHANGED)
    kind: TermKind = Field(default=UNCHANGED)
    starts_on: Day = Field(default=UNCHANGED)
    ends_on: Day = Field(default=UNCHANGED)
    version: Version = None


class TermRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    kind: str
    starts_on: date
    ends_on: date
    version: int
