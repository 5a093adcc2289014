"""A register's past: what was done to it, and how it stood at a moment."""

from datetime import datetime

from pydantic import BaseModel

from academics_app.attendance.models import AttendanceStatus, MarkSource, RegisterAction, SuggestionReason
from academics_app.core.actor import Door


class PastMark(BaseModel):
    """A mark as it stood; a null `status` means not marked."""

    status: AttendanceStatus | None = None
    minutes_late: int | None = None
    note: str = ""


class MarkChange(BaseModel):
    """One line of the ledger."""

    id: int
    at: datetime
    by: str | None
    """Null for the system itself."""
    door: Door
    student_id: int
    student_name: str
    before: PastMark
    after: PastMark
    source: MarkSource
    suggested_by: SuggestionReason | None


class RegisterChange(BaseModel):
    """The register was taken, or given back."""

    at: datetime
    by: str | None
    door: Door
    action: RegisterAction


class RegisterHistory(BaseModel):
    """Everything that was done to a register, oldest first."""

    session_id: int
    marks: list[MarkChange]
    register_changes: list[RegisterChange]


class PastRow(PastMark):
    """One student of the register as it stood, and as it stands at the moment that it is compared with."""

    student_id: int
    name: str
    code: str
    version: int
    """The id of the ledger's line that the mark came from; 0 for none."""
    marked_at: datetime | None
    marked_by: str | None
    source: MarkSource | None
    suggested_by: SuggestionReason | None
    later: PastMark
    is_changed: bool
    """Whether the mark, its minutes or its note were another at the later moment."""


class RegisterAsOf(BaseModel):
    """The register as it stood at `at`, compared with how it stood at `until`, by default now."""

    session_id: int
    at: datetime
    until: datetime
    taken_at: datetime | None
    taken_by: str | None
    is_taken_later: bool
    stored: int
    expected: int
    changed: int
    """How many students' marks differ between the two moments."""
    rows: list[PastRow]
