"""The institute's settings: their names, types, bounds and defaults."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is not a time zone name such as Europe/Paris")
    return name


class InstituteSettings(BaseModel):
    """What an admin can set. Minutes, weeks and days are whole numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=200)] = "Academics"
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    is_demo: bool = False
    registration_open: bool = False
    """Whether a student who registers may sign in without an admin's approval."""
    register_opens_minutes_before: Annotated[int, Field(ge=0, le=1440)] = 15
    register_overdue_minutes_after: Annotated[int, Field(ge=0, le=1440)] = 10
    excused_counts_against: bool = False
    """Whether an excused absence stays in the denominator of attendance percentages."""
    close_fills: Literal["nothing", "absent", "present"] = "nothing"
    """What becomes of those who are unmarked when a session closes; "nothing" leaves its register not taken."""
    close_minutes_after: Annotated[int, Field(ge=0, le=1440)] = 60
    """How long after its end a session closes."""
    faculty_edit_days: Annotated[int, Field(ge=0, le=366)] = 7
    """How many days after a session its faculty may change its marks; afterwards they ask for a correction."""
    admin_edit_days: Annotated[int, Field(ge=0, le=3660)] = 90
    """The same for admins, whose corrections another admin approves."""
    late_after_minutes: Annotated[int, Field(ge=0, le=240)] = 5
    """How long after the start a check-in still suggests "present" rather than "late"."""
    check_in_opens_minutes_before: Annotated[int, Field(ge=0, le=240)] = 15
    generate_weeks_ahead: Annotated[int, Field(ge=1, le=60)] = 8

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)
