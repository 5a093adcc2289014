"""Planned absences as they go in and out."""

import re
from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, model_validator

from academics_app.absences.models import AbsenceKind, AbsenceStatus
from academics_app.core.fields import UNCHANGED, Date, Id, Text, Version, blank_is_none

Remark = Annotated[Text, StringConstraints(strip_whitespace=True, max_length=500)]


_HOURS = re.compile(r"[0-2]?\d:[0-5]\d(:[0-5]\d(\.0*)?)?")


def _wall_clock(value: object) -> object:
    """A time of day without a zone: it is the institute's, whatever zone the sender is in."""
    if isinstance(value, time):
        value = value.replace(tzinfo=None)
    return blank_is_none(value)


def _is_naive(value: object) -> object:
    value = _wall_clock(value)
    if isinstance(value, int | float) or (isinstance(value, str) and not _HOURS.fullmatch(value.strip())):
        raise ValueError("must be a time of day without a zone, such as 10:00")
    return value


TimeOfDay = Annotated[time | None, BeforeValidator(_is_naive)]


class Decision(StrEnum):
    """What staff answer to a request."""

    APPROVED = "approved"
    REFUSED = "refused"


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AbsenceCreate(_Input):
    """Whole days, or with `starts_at` and `ends_at` part of one day. From staff it counts at once; others ask for it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "student_id": 17,
                "starts_on": "2026-11-25",
                "ends_on": "2026-11-27",
                "kind": "family",
                "reason": "A wedding",
            }
        },
    )

    student_id: Id
    starts_on: Date
    ends_on: Date | None = None
    """The last day, included; the first one unless given."""
    starts_at: TimeOfDay = None
    ends_at: TimeOfDay = None
    kind: AbsenceKind = AbsenceKind.OTHER
    reason: Remark = ""


class AbsenceUpdate(_Input):
    """What is left out stays as it is; a null time makes it whole days."""

    starts_on: Date = UNCHANGED
    ends_on: Date = UNCHANGED
    starts_at: TimeOfDay = None
    ends_at: TimeOfDay = None
    kind: AbsenceKind = UNCHANGED
    reason: Remark = UNCHANGED
    version: Version = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set - {"version"}:
            raise ValueError("there is nothing to change")
        return self


class AbsenceDecision(_Input):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"decision": "approved", "note": "Get well soon"}}
    )

    decision: Decision
    note: Remark = ""
    version: Version = None


class AbsenceRead(BaseModel):
    """A planned absence. The times are the institute's; both null: whole days."""

    id: int
    student_id: int
    student_name: str
    student_code: str
    starts_on: date
    ends_on: date
    starts_at: time | None
    ends_at: time | None
    kind: AbsenceKind
    reason: str
    status: AbsenceStatus
    requested_by_id: int | None
    requested_by: str | None
    created_at: datetime
    decided_by_id: int | None
    decided_by: str | None
    decided_at: datetime | None
    decision_note: str
    version: int
    may_change: bool
    """Whether the reader may edit it now."""
    may_withdraw: bool
    may_decide: bool
