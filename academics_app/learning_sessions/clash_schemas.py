"""Clashes as they are told: what is taken, by which session, and what was wanted then."""

from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from academics_app.core.fields import Id, written_date

Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2200, 12, 31)), BeforeValidator(written_date)]


def _wall_clock(value: time) -> time:
    if value.tzinfo is not None:
        raise ValueError("must be a wall-clock time without a zone, such as 10:30")
    return value.replace(second=0, microsecond=0)


WallClock = Annotated[time, AfterValidator(_wall_clock)]
"""A time of day in the institute's zone, in whole minutes."""


class ClashKind(StrEnum):
    """What is taken."""

    ROOM = "room"
    FACULTY = "faculty"
    STUDENT = "student"


class Clash(BaseModel):
    """One room, teacher or student that is taken. Dates and times are those of what is in the way."""

    kind: ClashKind
    subject_id: int
    """The id of the room, the teacher or the student."""
    name: str
    session_id: int | None
    """None where two of the wanted sessions are in each other's way."""
    batch_id: int | None
    batch_name: str | None
    """None, as the ids, for a batch that the reader may not see."""
    local_date: date
    starts_at: datetime
    ends_at: datetime
    wanted_date: date
    wanted_starts_at: datetime
    sentence: str


class Clashes(BaseModel):
    """The first clashes, how many there are, and all of them in a sentence or two."""

    items: list[Clash]
    total: int
    sentence: str | None


class ClashQuery(BaseModel):
    """A session as a form has it; without a room or a teacher, the batch's."""

    model_config = ConfigDict(extra="forbid")

    batch_id: Id
    local_date: Day
    starts_at: WallClock
    ends_at: WallClock
    room_id: Id | None = None
    faculty_id: Id | None = None
    session_id: Id | None = Field(
        default=None, description="The session that is changed: it is in nobody's way"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("the end must be after the start")
        return self


class UnplacedMeeting(BaseModel):
    """A day's meeting that the schedule has and the timetable has not, since something is in its way."""

    batch_id: int
    batch_name: str
    schedule_id: int
    session_id: int | None
    """The session that stays where it was, if there is one."""
    local_date: date
    starts_at: datetime
    ends_at: datetime
    clash: Clash | None
    """None where nothing is in its way any more: the next run makes it."""
