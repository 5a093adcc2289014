"""The integrity checks, what they found and how it can be mended, as they go in and out."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from academics_app.core.fields import Text


class CheckName(StrEnum):
    TWO_PLACES = "two_places"
    OUTSIDE_ENROLLMENT = "outside_enrollment"
    ON_HOLIDAY = "on_holiday"
    TAKEN_EMPTY = "taken_empty"
    LEDGER_DRIFT = "ledger_drift"
    PRESENT_ON_LEAVE = "present_on_leave"


class FixName(StrEnum):
    ABSENT_IN_FIRST = "absent_in_first"
    ABSENT_IN_SECOND = "absent_in_second"
    MAKE_WALK_IN = "make_walk_in"
    EXTEND_ENROLLMENT = "extend_enrollment"
    CLEAR_MARK = "clear_mark"
    NOT_HELD = "not_held"
    GIVE_BACK = "give_back"
    REWRITE = "rewrite"
    MARK_EXCUSED = "mark_excused"


Subject = Annotated[
    Text,
    StringConstraints(
        strip_whitespace=True,
        max_length=80,
        pattern=r"^[a-z]+:[1-9][0-9]{0,17}(/[a-z]+:[1-9][0-9]{0,17}){0,2}$",
    ),
]
"""What a finding is about, such as "session:42/student:17"."""
Reason = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class FixOffer(BaseModel):
    """A way to mend a finding."""

    name: FixName
    label: str


class Finding(BaseModel):
    """One thing that does not fit. The ids lead to the registers and the student."""

    check: CheckName
    subject: str
    sentence: str
    session_id: int
    other_session_id: int | None
    student_id: int | None
    student_name: str | None
    local_date: date
    fixes: list[FixOffer]
    dismissed_because: str | None
    dismissed_by: str | None
    dismissed_at: datetime | None


class CheckRead(BaseModel):
    """A check with how much it found."""

    name: CheckName
    title: str
    explanation: str
    findings: int
    dismissed: int


class CheckOverview(BaseModel):
    """All checks, run now, over the sessions since a day."""

    since: date
    checked_at: datetime
    sentence: str
    findings: int
    checks: list[CheckRead]


class FixCommand(BaseModel):
    """Which finding to mend, and how."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"subject": "session:42/student:17", "fix": "make_walk_in"}},
    )

    subject: Subject
    fix: FixName


class FixResult(BaseModel):
    """What a fix will change, or has changed, line by line."""

    subject: str
    changes: list[str]


class DismissalCreate(BaseModel):
    """Let a finding stand, with a reason."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"subject": "session:42", "reason": "Held on the holiday, as agreed with the parents"}
        },
    )

    subject: Subject
    reason: Reason


class DismissalRevoke(BaseModel):
    """A finding that counts again."""

    model_config = ConfigDict(extra="forbid")

    subject: Subject
