"""What batches, enrolments and sessions take in and give out. An update leaves absent fields as they are."""

from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from academics_app.core.fields import UNCHANGED, Code, Id, Name, Text, Version, one_line
from academics_app.learning_sessions.clash_schemas import Day, WallClock
from academics_app.learning_sessions.models import BatchStatus, SessionStatus

Reason = Annotated[
    Text, AfterValidator(one_line), StringConstraints(strip_whitespace=True, min_length=1, max_length=500)
]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Span(_Input):
    starts_at: WallClock
    ends_at: WallClock

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("the end must be after the start")
        return self


class MeetingWrite(_Span):
    """One weekly meeting; with the `id` of a stored one it changes that one, and its sessions move with it."""

    id: Id | None = None
    weekday: Annotated[int, Field(ge=0, le=6, description="0 is Monday")]
    room_id: Id | None = Field(default=None, description="Absent: the batch's own room")
    starts_on: Day | None = Field(default=None, description="Absent: from the batch's first day")
    ends_on: Day | None = Field(default=None, description="Absent: to the batch's last day")

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValueError("the last day must not be before the first")
        return self


class MeetingRead(BaseModel):
    id: int
    weekday: int
    starts_at: time
    ends_at: time
    room_id: int | None
    room_name: str | None
    starts_on: date | None
    ends_on: date | None


class ScheduleUpdate(_Input):
    """The whole week, replacing what is stored."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "meetings": [
                    {"weekday": 0, "starts_at": "10:00", "ends_at": "11:00"},
                    {"weekday": 2, "starts_at": "10:00", "ends_at": "11:00"},
                ]
            }
        },
    )

    meetings: Annotated[list[MeetingWrite], Field(max_length=50)]
    version: Version = Field(default=None, description="The batch's version when the schedule was opened")


class BatchCreate(_Input):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "code": "PHY-B",
                "name": "Physics B",
                "subject_id": 1,
                "faculty_id": 1,
                "branch_id": 1,
                "room_id": None,
                "starts_on": "2026-09-01",
                "meetings": [{"weekday": 0, "starts_at": "10:00", "ends_at": "11:00"}],
            }
        },
    )

    code: Code
    name: Name
    subject_id: Id
    faculty_id: Id | None = None
    branch_id: Id
    room_id: Id | None = None
    starts_on: Day
    ends_on: Day | None = None
    meetings: Annotated[list[MeetingWrite], Field(max_length=50)] = []


class BatchUpdate(_Input):
    code: Code = Field(default=UNCHANGED)
    name: Name = Field(default=UNCHANGED)
    subject_id: Id = Field(default=UNCHANGED)
    faculty_id: Id | None = None
    branch_id: Id = Field(default=UNCHANGED)
    room_id: Id | None = None
    starts_on: Day = Field(default=UNCHANGED)
    ends_on: Day | None = None
    status: BatchStatus = Field(default=UNCHANGED)
    version: Version = None


class BatchRead(BaseModel):
    """A batch; `enrolled_count` is of today."""

    id: int
    code: str
    name: str
    subject_id: int
    subject_name: str
    faculty_id: int | None
    faculty_name: str | None
    branch_id: int
    branch_name: str
    room_id: int | None
    room_name: str | None
    starts_on: date
    ends_on: date | None
    status: BatchStatus
    enrolled_count: int
    meetings: list[MeetingRead]
    version: int


class EnrollmentCreate(_Input):
    """Enrols each student from the first day, today when absent, to the last, open when absent."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"student_ids": [1, 2], "starts_on": "2026-09-01"}}
    )

    student_ids: Annotated[list[Id], Field(min_length=1, max_length=500)]
    starts_on: Day = Field(default=UNCHANGED)
    ends_on: Day | None = None


class EnrollmentUpdate(_Input):
    """`ends_on` is the last day; null makes the enrolment open again."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"ends_on": "2026-12-18"}})

    starts_on: Day = Field(default=UNCHANGED)
    ends_on: Day | None = None
    version: Version = None


class EnrollmentRead(BaseModel):
    id: int
    batch_id: int
    student_id: int
    student_name: str
    student_code: str
    starts_on: date
    ends_on: date | None
    version: int


class SessionCreate(_Span):
    """A one-off session, in the institute's wall-clock time; without a room or a teacher, the batch's."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"batch_id": 1, "local_date": "2026-11-28", "starts_at": "14:00", "ends_at": "15:30"}
        },
    )

    batch_id: Id
    local_date: Day
    room_id: Id | None = None
    faculty_id: Id | None = None


class SessionUpdate(_Input):
    """Another room, or another time in the institute's wall-clock time."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"starts_at": "11:00", "ends_at": "12:00"}}
    )

    local_date: Day = Field(default=UNCHANGED)
    starts_at: WallClock = Field(default=UNCHANGED)
    ends_at: WallClock = Field(default=UNCHANGED)
    room_id: Id | None = None
    topic_id: Id | None = None
    version: Version = None


class ChangeScope(StrEnum):
    """How far a change of one session of a weekly meeting reaches."""

    THIS = "this"
    FOLLOWING = "following"
    SERIES = "series"


class SessionChange(_Input):
    """A change of this session, of it and those that follow, or of the whole weekly meeting from today on.

    For more than this one, another date of the same week moves the weekday, a null room is the batch's own, and the
    teacher is the batch's.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"scope": "following", "starts_at": "11:00", "ends_at": "12:00"}},
    )

    scope: ChangeScope = ChangeScope.THIS
    local_date: Day = Field(default=UNCHANGED)
    starts_at: WallClock = Field(default=UNCHANGED)
    ends_at: WallClock = Field(default=UNCHANGED)
    room_id: Id | None = None
    faculty_id: Id = Field(default=UNCHANGED, description="For this session only: a substitute")
    version: Version = None


class MakeUp(_Span):
    """The session that is held instead; without a room or a teacher, those of the cancelled one."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"local_date": "2026-11-28", "starts_at": "14:00", "ends_at": "15:00"}},
    )

    local_date: Day
    room_id: Id | None = None
    faculty_id: Id | None = None


class SessionCancel(_Input):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"reason": "Teacher ill"}})

    reason: Reason
    make_up: MakeUp | None = None
    version: Version = None


class SessionReinstate(_Input):
    version: Version = None


class SessionSubstitute(_Input):
    """Who stands in; the session's own faculty member ends the substitution."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"faculty_id": 2}})

    faculty_id: Id
    version: Version = None


class SessionLink(BaseModel):
    """Another session, as far as it takes to name it and to go there."""

    id: int
    local_date: date
    starts_at: datetime
    ends_at: datetime


class SessionRead(BaseModel):
    """A session; `starts_at` and `ends_at` are instants, `local_date` is the date in the institute's zone."""

    id: int
    batch_id: int
    batch_code: str
    batch_name: str
    subject_id: int
    subject_name: str
    faculty_id: int | None
    faculty_name: str | None
    substitute_for_id: int | None
    substitute_for_name: str | None
    room_id: int | None
    room_name: str | None
    branch_id: int
    branch_name: str
    topic_id: int | None
    schedule_id: int | None
    local_date: date
    starts_at: datetime
    ends_at: datetime
    status: SessionStatus
    cancel_reason: str | None
    register_taken_at: datetime | None
    makes_up_for: SessionLink | None
    """The cancelled session that this one is held instead of."""
    made_up_by: SessionLink | None
    """The session that is held instead of this cancelled one."""
    expected_count: int
    """Students enrolled on the day, and those who walked in."""
    sequence: int
    """Grows when the time, the room, the teacher or the status changes, as iCalendar's SEQUENCE."""
    version: int


class SessionChanged(BaseModel):
    """The session as it is now, and what became of the others that the change reached."""

    session: SessionRead | None
    """None where the changed meeting has no session in that week, as on a holiday."""
    moved: int
    added: int
    removed: int
    left_alone: int
    """Held, marked, cancelled, given to a substitute, changed by hand or begun: these stay as they are."""
