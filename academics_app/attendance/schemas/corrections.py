"""Corrections as they go in and out."""

from datetime import date, datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from academics_app.attendance.models import AttendanceStatus, CorrectionStatus
from academics_app.attendance.schemas.register import Note, RecordId
from academics_app.core.fields import Text

Reason = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
MarkVersion = Annotated[int, Field(ge=0, le=2**63 - 1)]


class CorrectionCreate(BaseModel):
    """A mark that should stand otherwise. `base_version`: of the mark that the asker saw; the stored one if absent."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "session_id": 42,
                "student_id": 17,
                "status_wanted": "excused",
                "reason": "The certificate came a week later.",
            }
        },
    )

    session_id: RecordId
    student_id: RecordId
    status_wanted: AttendanceStatus
    minutes_late: Annotated[int, Field(ge=0, le=600)] | None = None
    note: Note = ""
    reason: Reason
    base_version: MarkVersion | None = None

    @model_validator(mode="after")
    def _minutes_belong_to_late(self) -> Self:
        if self.minutes_late is not None and self.status_wanted is not AttendanceStatus.LATE:
            raise ValueError("minutes_late belongs to the status late only")
        return self


class CorrectionRefusal(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"note": "No certificate."}})

    note: Note = ""


class CorrectionApproval(CorrectionRefusal):
    """`base_version`: of the mark that the approver saw, if it is not the one that the asker saw."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"note": "Certificate seen.", "base_version": 1207}}
    )

    base_version: MarkVersion | None = None


class SeenMark(BaseModel):
    """A mark beside a correction; a null `status` means not marked."""

    status: AttendanceStatus | None
    minutes_late: int | None
    note: str
    version: int


class CorrectionRead(BaseModel):
    """A correction with the mark that its asker saw and the one that stands now."""

    id: int
    session_id: int
    batch_name: str
    local_date: date
    starts_at: datetime
    student_id: int
    student_name: str
    seen: SeenMark
    current: SeenMark
    marked_by: str | None
    """Who made the mark that stands now."""
    status_wanted: AttendanceStatus
    minutes_late: int | None
    note: str
    reason: str
    status: CorrectionStatus
    requested_by: str | None
    requested_by_id: int | None
    created_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision_note: str
    may_decide: bool
    may_withdraw: bool


class CorrectionTarget(BaseModel):
    """What a request would be about."""

    session_id: int
    batch_name: str
    local_date: date
    starts_at: datetime
    student_id: int
    student_name: str
    current: SeenMark
