"""Registers that were not taken, and how each faculty member's were."""

from datetime import date, datetime

from pydantic import BaseModel


class MissingRegister(BaseModel):
    """A register that should have been taken by now. `stored` of `expected` students are marked."""

    session_id: int
    local_date: date
    starts_at: datetime
    time_label: str
    batch_id: int
    batch_name: str
    room_name: str | None
    faculty_id: int | None
    faculty_name: str | None
    stored: int
    expected: int
    can_take: bool
    """Whether the reader may still take it."""


class RegisterCounts(BaseModel):
    """How the registers that are due were taken. `closed`: filled in by the institute's rule, by nobody."""

    on_time: int = 0
    late: int = 0
    closed: int = 0
    missing: int = 0


class FacultyRegisters(RegisterCounts):
    faculty_id: int | None
    faculty_name: str | None


class RegistersByFaculty(BaseModel):
    """The faculty members who had a register to take; most of those that are missing first."""

    start_date: date
    end_date: date
    total: RegisterCounts
    items: list[FacultyRegisters]
