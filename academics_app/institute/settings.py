"""The institute's settings: their names, types, bounds and defaults."""

from typing import Annotated
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
    generate_weeks_ahead: Annotated[int, Field(ge=1, le=60)] = 8

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)
