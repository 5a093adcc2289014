"""The register's rules, pure: what state it is in, what a mark may overwrite, what counts in a percentage."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from academics_app.attendance.models import AttendanceStatus


class RegisterState(StrEnum):
    UPCOMING = "upcoming"
    """Not open yet."""
    OPEN = "open"
    """May be taken; nobody has begun."""
    MARKING = "marking"
    """Some are marked, but nobody has taken it."""
    OVERDUE = "overdue"
    """Should have been taken by now."""
    TAKEN = "taken"
    CANCELLED = "cancelled"
    EMPTY = "empty"
    """No student is expected, so no register is missing."""


def register_state(
    *,
    cancelled: bool,
    taken: bool,
    expected: int,
    stored: int,
    starts_at: datetime,
    now: datetime,
    opens_before: timedelta,
    overdue_after: timedelta,
) -> RegisterState:
    """The one state that a list, a register and a chase-up agree on."""
    if cancelled:
        return RegisterState.CANCELLED
    if taken:
        return RegisterState.TAKEN
    if expected == 0:
        return RegisterState.EMPTY
    if now >= starts_at + overdue_after:
        return RegisterState.OVERDUE
    if stored:
        return RegisterState.MARKING
    return RegisterState.OPEN if now >= starts_at - opens_before else RegisterState.UPCOMING


@dataclass(frozen=True, slots=True)
class StoredMark:
    """What stands in the register for a student. Version 0: nothing."""

    status: AttendanceStatus | None = None
    minutes_late: int | None = None
    note: str = ""
    version: int = 0
    marked_by_id: int | None = None


def may_replace(
    stored: StoredMark,
    *,
    status: AttendanceStatus | None,
    minutes_late: int | None,
    note: str,
    base_version: int | None,
    user_id: int | None,
) -> bool:
    """Whether a mark may be applied over what is stored without anybody having to be asked.

    It may when its sender saw what is stored, when it says the same as what is stored, or — from a sender that
    knows no versions — when nothing or the sender's own mark is stored.
    """
    if base_version is not None:
        same = (status, minutes_late, note) == (stored.status, stored.minutes_late, stored.note)
        return base_version == stored.version or same
    return stored.version == 0 or stored.marked_by_id == user_id


def fill_mark_id(command_id: UUID, student_id: int) -> UUID:
    """The `mark_id` under which taking the register marks a student: the same for a repeated command."""
    return uuid5(command_id, str(student_id))


def may_mark_on(session_date: date, today: date) -> bool:
    """Single marks are accepted from the session's own day on, so that a known absence can be noted in the morning."""
    return today >= session_date


ATTENDED = frozenset({AttendanceStatus.PRESENT.value, AttendanceStatus.LATE.value})
LEFT_OUT = {
    "cancelled": "the session was cancelled",
    "upcoming": "the session has not begun",
    "register_not_taken": "the register was not taken",
    "not_marked": "the student was not marked",
    "not_enrolled": "the student was not enrolled on that day",
    "excused": "the absence was excused",
}
"""Why a session does not count. A category that is not here is a mark that counts."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A percentage with what it is made of: 0 ≤ attended ≤ counted."""

    attended: int
    counted: int
    left_out: Mapping[str, int]

    @property
    def percent(self) -> float | None:
        """Attended of counted, in percent with one decimal; None when nothing counts."""
        return round(100 * self.attended / self.counted, 1) if self.counted else None


def counts(category: str, *, excused_counts_against: bool) -> bool:
    """Whether a session of this category is in the denominator."""
    return category not in LEFT_OUT or (category == "excused" and excused_counts_against)


def attendance_rate(by_category: Mapping[str, int], *, excused_counts_against: bool) -> Rate:
    """The rate over numbers of sessions by category: a mark's status, or a key of `LEFT_OUT`."""
    counted = {
        category: number
        for category, number in by_category.items()
        if counts(category, excused_counts_against=excused_counts_against)
    }
    return Rate(
        attended=sum(number for category, number in counted.items() if category in ATTENDED),
        counted=sum(counted.values()),
        left_out={
            category: number for category, number in by_category.items() if category not in counted and number
        },
    )


def absences_in_a_row(newest_first: list[str | None]) -> int:
    """How many of the latest marks are absences without a break; sessions without a mark are passed over."""
    streak = 0
    for status in newest_first:
        if status is None:
            continue
        if status != AttendanceStatus.ABSENT:
            break
        streak += 1
    return streak


def initials(name: str) -> str:
    """One or two letters for the avatar; the first character of a name without spaces."""
    words = [word for word in name.split() if word[0].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + words[-1][0]).upper() if len(words) > 1 else words[0][0].upper()
