"""What check-ins take in and give out. No answer holds a window's secret or a kiosk's token hash."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from academics_app.check_in.models import CheckInMethod
from academics_app.check_in.rules import WindowState
from academics_app.core.fields import UNCHANGED, Id, Text, one_line

TypedCode = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
KioskName = Annotated[
    Text, AfterValidator(one_line), StringConstraints(strip_whitespace=True, min_length=1, max_length=100)
]
Token = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RecentCheckIn(BaseModel):
    """Somebody who has just checked in."""

    name: str
    at: datetime
    method: CheckInMethod


class WindowRead(BaseModel):
    """A session's check-in as its marker sees it; `code` and what belongs to it only while it is open."""

    session_id: int
    batch_name: str
    room_name: str | None
    starts_at: datetime
    ends_at: datetime
    state: WindowState
    opens_at: datetime
    closes_at: datetime | None
    code: str | None
    code_expires_at: datetime | None
    url: str | None
    """What the QR code says."""
    checked_in: int
    expected: int
    recent: list[RecentCheckIn]
    refused: list[str]
    """Students who tried with a device that another student had used."""


class CheckInCreate(_Input):
    """A scanned code names its session; a typed one is looked for among the student's sessions."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"session_id": 431, "code": "7KD 0WM"}}
    )

    code: TypedCode
    session_id: Id | None = None


class CheckInRead(BaseModel):
    """A check-in. It suggests a mark to the teacher and is none."""

    session_id: int
    batch_name: str
    room_name: str | None
    starts_at: datetime
    at: datetime
    suggests: Literal["present", "late"]


class OwnSession(BaseModel):
    """A session of the student that can be checked in to, or was, about now."""

    session_id: int
    batch_name: str
    room_name: str | None
    starts_at: datetime
    ends_at: datetime
    state: WindowState
    checked_in_at: datetime | None


class OwnSessions(BaseModel):
    """The student's sessions about now."""

    items: list[OwnSession]


class KioskCreate(_Input):
    """A kiosk stands in a branch; with a room it takes check-ins to sessions in that room alone."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"name": "Front door", "branch_id": 1, "room_id": None}}
    )

    name: KioskName
    branch_id: Id
    room_id: Id | None = None


class KioskUpdate(_Input):
    """What is left out stays as it is; `room_id` null is the whole branch. A kiosk does not change its branch."""

    name: KioskName = UNCHANGED
    room_id: Id | None = None


class KioskRead(BaseModel):
    """A kiosk as its admin sees it."""

    id: int
    name: str
    branch_id: int
    branch_name: str
    room_id: int | None
    room_name: str | None
    is_set_up: bool
    """Whether a device has ever used it."""
    last_seen_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime


class KioskLink(BaseModel):
    """The one answer that holds a kiosk's token; the link is good for one device, once."""

    kiosk: KioskRead
    token: str
    url: str


class KioskExchange(_Input):
    """The token of a kiosk's link."""

    token: Token


class KioskState(BaseModel):
    """What a kiosk shows of itself."""

    name: str
    place: str
    """Its branch, and its room if it has one."""
    institute: str
    time_zone: str


class KioskCheckIn(_Input):
    """The code that a student types or scans; of a numbered code the number alone will do."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"code": "S-00431"}})

    code: TypedCode


class KioskWelcome(BaseModel):
    """Who came and where to: the given name alone, in a place that others can see."""

    given_name: str
    batch_name: str
    room_name: str | None
    starts_at: datetime
    at: datetime
    is_new: bool
    """False: the student had checked in already, so there is nothing to undo."""


class KioskUndone(BaseModel):
    """Whether there was something to undo."""

    undone: bool
