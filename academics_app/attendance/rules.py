"""The register's rules, pure: what state it is in, what a mark may overwrite, what counts in a percentage."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from academics_app.attendance.models import AttendanceStatus

_CLOSING = UUID("6d0a7c0e-3c0b-5c55-9d55-0d1c7f0a4b11")


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
    held: bool = False,
) -> RegisterState:
    """The one state that a list, a register and a chase-up agree on.

    What was `held` though its register was never taken came from an import that tells of absences only: nobody owes it.
    """
    if cancelled:
        return RegisterState.CANCELLED
    if taken:
        return RegisterState.TAKEN
    if expected == 0:
        return RegisterState.EMPTY
    if now >= starts_at + overdue_after and not held:
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


def closing_command_id(session_id: int) -> UUID:
    """The one command under which a session's register is closed."""
    return uuid5(_CLOSING, str(session_id))


def may_mark_on(session_date: date, today: date) -> bool:
    """Single marks are accepted from the session's own day on, so that a known absence can be noted in the morning."""
    return today >= session_date


ATTENDED = frozenset({AttendanceStatus.PRESENT.value, AttendanceStatus.LATE.value})
UPCOMING = "upcoming"
LEFT_OUT = {
    "cancelled": "the session was cancelled",
    "holiday": "the day was a holiday",
    UPCOMING: "the session has not begun",
    "register_not_taken": "the register was not taken",
    "not_marked": "the student was not marked",
    "not_enrolled": "the student was not enrolled on that day",
    "excused": "the absence was excused",
}
"""Why a session does not count. A category that is not here is a mark that counts."""
CATEGORIES = (*(status.value for status in AttendanceStatus), *(key for key in LEFT_OUT if key != "excused"))
"""Every category: the marks and the reasons for counting in no percentage."""


def category(
    *,
    cancelled: bool,
    belongs: bool,
    register_taken: bool,
    status: AttendanceStatus | None,
    on_holiday: bool,
    begun: bool,
) -> str:
    """The one category of a session for a student: a mark's status, or a key of `LEFT_OUT`.

    `belongs`: enrolled in the batch on the session's date, or walked in. A session on a holiday counts once its
    register was taken; one that was not held is left out and is not still to come. `queries.figures.CATEGORY` says
    the same in SQL, and a test holds the two together.
    """
    if cancelled:
        return "cancelled"
    if not belongs:
        return "not_enrolled"
    if register_taken:
        return status.value if status else "not_marked"
    if on_holiday:
        return "holiday"
    return "register_not_taken" if begun else UPCOMING


@dataclass(frozen=True, slots=True)
class Share:
    """One figure with what it is made of."""

    numerator: int
    denominator: int

    @property
    def percent(self) -> float | None:
        """With one decimal; None when there is nothing to divide by."""
        return round(100 * self.numerator / self.denominator, 1) if self.denominator else None


@dataclass(frozen=True, slots=True)
class Rate:
    """A percentage with what it is made of: 0 ≤ attended ≤ counted ≤ planned."""

    attended: int
    counted: int
    left_out: Mapping[str, int]

    @property
    def still_to_come(self) -> int:
        """Sessions of the period that have not begun; a mark made ahead of one does not count yet."""
        return self.left_out.get(UPCOMING, 0)

    @property
    def planned(self) -> int:
        return self.counted + self.still_to_come

    @property
    def percent(self) -> float | None:
        """Attended of counted, in percent with one decimal; None when nothing counts."""
        return self.so_far.percent

    @property
    def so_far(self) -> Share:
        return Share(self.attended, self.counted)

    @property
    def of_planned(self) -> Share:
        """What is certain of the whole period."""
        return Share(self.attended, self.planned)

    @property
    def best_reachable(self) -> Share:
        """What it comes to when every session still to come is attended."""
        return Share(self.attended + self.still_to_come, self.planned)


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


def rule_in_words(*, excused_counts_against: bool) -> str:
    """The rule of every percentage in one sentence."""
    excused = (
        "excused absences count against it" if excused_counts_against else "excused absences are left out"
    )
    return (
        "Present and late count as attended; a session counts once its register was taken, "
        f"if the student was enrolled on that day; {excused}."
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


def longest_absence(newest_first: list[str | None]) -> int:
    """The most absences without a break; sessions without a mark are passed over."""
    longest = streak = 0
    for status in newest_first:
        if status is not None:
            streak = streak + 1 if status == AttendanceStatus.ABSENT else 0
            longest = max(longest, streak)
    return longest


def initials(name: str) -> str:
    """One or two letters for the avatar; the first character of a name without spaces."""
    words = [word for word in name.split() if word[0].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + words[-1][0]).upper() if len(words) > 1 else words[0][0].upper()
