"""The rotating code and the choice of a session, pure."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Literal, Protocol, TypeVar

STEP_SECONDS = 15
"""How long a code is shown. It is accepted in the following step too, so it lives for 15 to 30 seconds."""
CODE_LENGTH = 6
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: what looks like O, I or L is read as 0 and 1."""
_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None, "\u00a0": None})
_ACCEPTED_STEPS = 2
_REMEMBERED_STEPS = 240
"""For an hour a code that was right is called run out instead of wrong."""


class Fit(StrEnum):
    """What a typed code is to a window."""

    VALID = "valid"
    EXPIRED = "expired"
    WRONG = "wrong"


class WindowState(StrEnum):
    """Whether a session's students can check in by its code."""

    OPEN = "open"
    CLOSED = "closed"
    TOO_EARLY = "too_early"
    OVER = "over"
    CANCELLED = "cancelled"


def step_at(instant: datetime) -> int:
    """The number of the time step that the instant falls into."""
    return int(instant.timestamp()) // STEP_SECONDS


def step_ends_at(instant: datetime) -> datetime:
    """When the code of the instant gives way to the next one."""
    return datetime.fromtimestamp((step_at(instant) + 1) * STEP_SECONDS, UTC)


def code_for(secret: bytes, session_id: int, step: int) -> str:
    """The session's code of a step: the first 30 bits of its HMAC-SHA256, five to a character."""
    digest = hmac.digest(secret, f"{session_id}:{step}".encode(), "sha256")
    bits = int.from_bytes(digest[:4], "big") >> 2
    return "".join(ALPHABET[bits >> 5 * place & 31] for place in reversed(range(CODE_LENGTH)))


def plain_code(typed: str) -> str:
    """The code as it was meant: capitals, without gaps, letters that look like digits as those digits."""
    return typed.upper().translate(_LOOKALIKES)


def fit(secret: bytes, session_id: int, typed: str, *, at: datetime) -> Fit:
    """Whether the code is the session's one of this step or the one before; each comparison takes the same time."""
    given = plain_code(typed).encode(errors="replace")
    now = step_at(at)
    matching = [
        hmac.compare_digest(given, code_for(secret, session_id, now - age).encode())
        for age in range(_REMEMBERED_STEPS)
    ]
    if any(matching[:_ACCEPTED_STEPS]):
        return Fit.VALID
    return Fit.EXPIRED if any(matching) else Fit.WRONG


def window_state(
    *,
    at: datetime,
    is_cancelled: bool,
    starts_at: datetime,
    ends_at: datetime,
    closes_at: datetime | None,
    minutes_before: int,
) -> WindowState:
    """By the session's times as they are now: one that was moved or cancelled takes its window with it."""
    if is_cancelled:
        return WindowState.CANCELLED
    if at >= ends_at:
        return WindowState.OVER
    if at < opens_at(starts_at, minutes_before):
        return WindowState.TOO_EARLY
    return WindowState.OPEN if closes_at is not None and at < closes_at else WindowState.CLOSED


def opens_at(starts_at: datetime, minutes_before: int) -> datetime:
    """From when a session lets its students check in."""
    return starts_at - timedelta(minutes=minutes_before)


def suggested_mark(at: datetime, starts_at: datetime, late_after_minutes: int) -> Literal["present", "late"]:
    """What a check-in at this time suggests to the teacher."""
    return "late" if at >= starts_at + timedelta(minutes=late_after_minutes + 1) else "present"


class Timed(Protocol):
    """A session with its start."""

    @property
    def starts_at(self) -> datetime: ...


T = TypeVar("T", bound=Timed)


def nearest(sessions: Iterable[T], at: datetime) -> T | None:
    """The session that somebody who comes now comes for: the one whose start is nearest."""
    return min(sessions, key=lambda session: abs(session.starts_at - at), default=None)


@dataclass(frozen=True, slots=True)
class KioskDelay:
    """How long a kiosk waits after failures in a row."""

    free_failures: int = 10
    longest_seconds: int = 300

    def seconds(self, failures: int) -> int:
        """Nothing up to the last free failure, then two seconds, doubling with each further one."""
        beyond = failures - self.free_failures
        return min(2 ** min(beyond + 1, 12), self.longest_seconds) if beyond >= 0 else 0
