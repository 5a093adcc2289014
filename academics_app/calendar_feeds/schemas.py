"""What calendar links take in and give out."""

from datetime import datetime
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

from academics_app.core.fields import Id, Text, blank_is_none, one_line

Label = Annotated[
    Annotated[Text, AfterValidator(one_line), StringConstraints(strip_whitespace=True, max_length=100)]
    | None,
    BeforeValidator(blank_is_none),
]


class FeedCreate(BaseModel):
    """What the calendar shows: one student's, one batch's or one room's sessions, or the caller's own timetable."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"label": "Phone", "student_id": 1}}
    )

    label: Label = Field(default=None, description="Absent: named after what it shows")
    student_id: Id | None = None
    batch_id: Id | None = None
    room_id: Id | None = None

    @model_validator(mode="after")
    def _one_at_most(self) -> Self:
        if sum(each is not None for each in (self.student_id, self.batch_id, self.room_id)) > 1:
            raise ValueError("choose a student, a batch or a room, not several of them")
        return self


class FeedRead(BaseModel):
    """A link as its owner sees it later: without its address, of which only a hash is kept."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    label: str
    student_id: int | None
    batch_id: int | None
    room_id: int | None
    created_at: datetime
    last_read_at: datetime | None = Field(
        description="When a calendar program last fetched it, to ten minutes"
    )


class FeedCreated(FeedRead):
    """A new link, with its address: this is the only time that it is told."""

    url: str
