"""Marks and registers as they go in and out."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from academics_app.attendance.models import AttendanceStatus, MarkSource, SuggestionReason
from academics_app.attendance.rules import RegisterState
from academics_app.core.fields import Text

RecordId = Annotated[int, Field(ge=1, le=2**63 - 1)]
Note = Annotated[Text, StringConstraints(strip_whitespace=True, max_length=500)]
LARGEST_CLASS = 1000


class MarkCommand(BaseModel):
    """One mark. The same `mark_id` twice is one mark; a null `status` clears a mark.

    `base_version` is the version of the mark that the sender saw, 0 for none. Without it the mark applies over
    nothing and over the sender's own mark only. A mark on an older version than the stored one is refused with
    409 `mark_conflict` and what is stored.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "mark_id": "5f1c9a52-6a1f-4d0e-9a55-6f2f5d3f7c10",
                "student_id": 17,
                "status": "late",
                "minutes_late": 7,
                "base_version": 0,
            }
        },
    )

    mark_id: UUID = Field(default_factory=uuid4)
    student_id: RecordId
    status: AttendanceStatus | None
    minutes_late: Annotated[int, Field(ge=0, le=600)] | None = None
    note: Note = ""
    base_version: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = None
    client_at: datetime | None = None
    suggested_by: SuggestionReason | None = None
    """The reason of the suggestion that this mark applies."""

    @model_validator(mode="after")
    def _minutes_belong_to_late(self) -> Self:
        if self.suggested_by is not None and self.status is None:
            raise ValueError("a suggestion never clears a mark")
        if self.minutes_late is not None and self.status is not AttendanceStatus.LATE:
            raise ValueError("minutes_late belongs to the status late only")
        return self


class TakeRegister(BaseModel):
    """Confirm the register: whoever of `student_ids` is still unmarked becomes present. Never changes a mark."""

    model_config = ConfigDict(extra="forbid")

    command_id: UUID = Field(default_factory=uuid4)
    student_ids: Annotated[list[RecordId], Field(max_length=LARGEST_CLASS)]
    """Everyone whom the taker saw; a student who joined the class unseen stays unmarked."""


class BulkMark(BaseModel):
    """Many marks of one session, all or nothing, and perhaps the confirmation of the register."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "session_id": 42,
                "marks": [{"student_id": 17, "status": "absent", "base_version": 0}],
                "take_register": {"student_ids": [16, 17, 18]},
            }
        },
    )

    session_id: RecordId
    marks: Annotated[list[MarkCommand], Field(max_length=LARGEST_CLASS)] = []
    take_register: TakeRegister | None = None


class UndoTake(BaseModel):
    model_config = ConfigDict(extra="forbid")

    command_id: UUID


class WalkInCreate(BaseModel):
    model_config = ConfigDict(extra="forbid")

    student_id: RecordId


class WalkInCandidate(BaseModel):
    """Enough of a student to pick the right one."""

    id: int
    name: str
    code: str


class MarkRead(BaseModel):
    """A stored mark; `version` 0 and a null `status` mean not marked."""

    student_id: int
    status: AttendanceStatus | None
    minutes_late: int | None
    note: str
    version: int
    marked_by: str | None
    marked_by_id: int | None
    marked_at: datetime | None
    source: MarkSource | None
    suggested_by: SuggestionReason | None
    """Set where a suggestion was applied."""


class MarkResult(BaseModel):
    mark: MarkRead
    replayed: bool
    """Whether this `mark_id` had been stored before."""
    stored: int
    expected: int


class BulkResult(BaseModel):
    marks: list[MarkRead]
    taken_at: datetime | None
    taken_by: str | None
    stored: int
    expected: int


class Suggestion(BaseModel):
    """A mark that the register suggests for a student whom nobody has marked, with its reason in words.

    To apply it, send its status, minutes and reason (as `suggested_by`) as a mark. It is never applied by itself.
    """

    status: AttendanceStatus
    minutes_late: int | None = None
    reason: SuggestionReason
    text: str
    """Such as "on leave until Fri 27 Nov"."""
    summary: str
    """The reason for counting several: "on leave" in "2 on leave"."""


class RegisterRow(MarkRead):
    """One student of the register. `last_five`: the batch's earlier marks, newest last; null where none was made."""

    name: str
    initials: str
    code: str
    walk_in: bool
    last_five: list[str | None]
    absences_in_a_row: int
    suggestion: Suggestion | None
    """None for a marked student."""
    suggested_text: str | None
    """Why the mark was suggested, where a suggestion was applied."""


class RegisterSession(BaseModel):
    id: int
    batch_id: int
    batch_name: str
    subject_name: str
    room_name: str | None
    faculty_name: str | None
    substitute_for_name: str | None
    starts_at: datetime
    ends_at: datetime
    local_date: date
    time_label: str
    status: str
    cancel_reason: str | None
    topic_id: int | None
    topic_title: str | None
    can_mark: bool
    """Whether the reader may mark it now; false as well once it is locked."""
    opens_at: datetime
    """From when the register can be taken."""
    locked: bool
    """Whether the reader could have marked it, had the edit window not passed."""
    editable_until: date
    """The last day on which the reader may mark it."""
    may_request_correction: bool


class RegisterRead(BaseModel):
    session: RegisterSession
    state: RegisterState
    taken_at: datetime | None
    taken_by: str | None
    stored: int
    expected: int
    rows: list[RegisterRow]


class TodaySession(BaseModel):
    """A session with its register's state. `minutes`: until the start when upcoming, over time when overdue."""

    id: int
    batch_id: int
    batch_name: str
    subject_name: str
    faculty_id: int | None
    faculty_name: str | None
    substitute_for_name: str | None
    room_name: str | None
    starts_at: datetime
    ends_at: datetime
    time_label: str
    state: RegisterState
    minutes: int
    cancel_reason: str | None
    expected: int
    on_leave: int
    """How many of those enrolled have an approved absence at that time."""
    stored: int
    present: int
    absent: int
    late: int
    excused: int
    taken_at: datetime | None
    taken_by: str | None
    can_mark: bool
