"""What the register suggests for a student whom nobody has marked, and why: one statement's facts, and pure rules."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.attendance.access import SessionRow
from academics_app.attendance.models import AttendanceStatus, SuggestionReason
from academics_app.attendance.queries.suggestions import SUGGESTIONS
from academics_app.attendance.schemas.register import Suggestion
from academics_app.core.clock import local_date
from academics_app.learning_sessions.wording import clock_label
from academics_app.ui.i18n import _

LATELY = 3
"""That many absences in the batch's last registers, all of them, suggest another one."""
LONGEST_LATE = 600


@dataclass(frozen=True, slots=True)
class Leave:
    """An approved planned absence that touches the session; `starts_at` None: the whole day."""

    ends_on: date
    starts_at: time | None = None
    ends_at: time | None = None
    kind: str = "other"


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """The student's own word that they are here."""

    at: datetime
    method: str


@dataclass(frozen=True, slots=True)
class OtherMark:
    """A mark of the same day in another session: one that overlaps (`is_now`), or the last that ended before."""

    status: str
    starts_at: datetime
    is_now: bool
    batch_name: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about one student of one register."""

    leave: Leave | None = None
    checked_in: CheckedIn | None = None
    other: OtherMark | None = None
    newest_first: Sequence[str | None] = ()
    """Their marks in the batch's earlier registers."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The session that the register is of, and when it is looked at."""

    starts_at: datetime
    ends_at: datetime
    local_date: date
    now: datetime
    zone: ZoneInfo
    late_after_minutes: int

    @property
    def has_come(self) -> bool:
        """Whether the session's day has: nothing is suggested for a register that can't be marked yet."""
        return local_date(self.now, self.zone) >= self.local_date


async def read_facts(
    session: AsyncSession, header: SessionRow, roster: Sequence[Any], moment: Moment
) -> dict[int, Facts]:
    """What is known about those of the roster who are unmarked or were marked by a suggestion, by student.

    One statement; none when there is nobody of the kind. The caller has reached the register by the header.
    """
    if header.status == "cancelled" or not moment.has_come:
        return {}
    wanted = {row.student_id: row for row in roster if not row.version or row.suggested_by}
    if not wanted:
        return {}
    rows = await SUGGESTIONS.rows(
        session, session_id=header.id, student_ids=list(wanted), zone=moment.zone.key
    )
    return {row.student_id: _facts(row, wanted[row.student_id].newest_first or ()) for row in rows}


def suggest(facts: Facts, moment: Moment) -> Suggestion | None:
    """The best suggestion: what is planned or seen of the student before what is only likely."""
    return next(_all(facts, moment), None)


def provenance(facts: Facts, moment: Moment, reason: SuggestionReason) -> str:
    """Why a stored mark was suggested: in full while the facts still say so, by the reason's name otherwise."""
    still = (found.text for found in _all(facts, moment) if found.reason is reason)
    return next(still, NAMES[reason])


NAMES: dict[SuggestionReason, str] = {
    SuggestionReason.PLANNED_ABSENCE: _("planned absence"),
    SuggestionReason.CHECKED_IN: _("checked in"),
    SuggestionReason.PRESENT_ELSEWHERE: _("present elsewhere"),
    SuggestionReason.ABSENT_EARLIER_TODAY: _("absent earlier"),
    SuggestionReason.ABSENT_LATELY: _("absent lately"),
}
_CHECKED_IN = {
    "qr": (_("checked in by QR {time}"), _("checked in by QR")),
    "kiosk": (_("checked in at the kiosk {time}"), _("checked in at the kiosk")),
}


def _facts(row: Any, newest_first: Sequence[str | None]) -> Facts:
    return Facts(
        leave=Leave(row.leave_ends_on, row.leave_from, row.leave_until, row.leave_kind)
        if row.leave_ends_on
        else None,
        checked_in=CheckedIn(row.checked_in_at, row.check_in_method) if row.checked_in_at else None,
        other=OtherMark(row.other_status, row.other_starts_at, row.other_is_now, row.other_batch_name)
        if row.other_status
        else None,
        newest_first=newest_first,
    )


def _all(facts: Facts, moment: Moment) -> Iterator[Suggestion]:
    if facts.leave:
        yield Suggestion(
            status=AttendanceStatus.EXCUSED,
            reason=SuggestionReason.PLANNED_ABSENCE,
            text=_leave_text(facts.leave, moment),
            summary=_("on leave"),
        )
    if facts.checked_in:
        yield _checked_in(facts.checked_in, moment)
    if facts.other:
        yield from _elsewhere(facts.other, moment)
    if len(facts.newest_first) >= LATELY and set(facts.newest_first[:LATELY]) == {"absent"}:
        yield Suggestion(
            status=AttendanceStatus.ABSENT,
            reason=SuggestionReason.ABSENT_LATELY,
            text=_("absent the last {n} times").format(n=LATELY),
            summary=_("absent lately"),
        )


def _checked_in(check_in: CheckedIn, moment: Moment) -> Suggestion:
    minutes = int((check_in.at - moment.starts_at).total_seconds() // 60)
    is_late = minutes > moment.late_after_minutes
    text, summary = _CHECKED_IN[check_in.method]
    return Suggestion(
        status=AttendanceStatus.LATE if is_late else AttendanceStatus.PRESENT,
        minutes_late=min(minutes, LONGEST_LATE) if is_late else None,
        reason=SuggestionReason.CHECKED_IN,
        text=text.format(time=_clock(check_in.at, moment.zone)),
        summary=summary,
    )


def _elsewhere(other: OtherMark, moment: Moment) -> Iterator[Suggestion]:
    if other.is_now and other.status in ("present", "late"):
        now = _("present in {batch} now")
        then = _("present in {batch} at that time")
        yield Suggestion(
            status=AttendanceStatus.ABSENT,
            reason=SuggestionReason.PRESENT_ELSEWHERE,
            text=(now if moment.now < moment.ends_at else then).format(batch=other.batch_name),
            summary=_("in another session"),
        )
    elif not other.is_now and other.status == "absent":
        yield Suggestion(
            status=AttendanceStatus.ABSENT,
            reason=SuggestionReason.ABSENT_EARLIER_TODAY,
            text=_("absent at {time} in {batch}").format(
                time=_clock(other.starts_at, moment.zone), batch=other.batch_name
            ),
            summary=_("absent earlier"),
        )


def _leave_text(leave: Leave, moment: Moment) -> str:
    if leave.starts_at is not None and leave.ends_at is not None:
        times = clock_label(leave.starts_at, leave.ends_at)
        words = _("appointment {times}") if leave.kind == "appointment" else _("on leave {times}")
        return words.format(times=times)
    if leave.ends_on == local_date(moment.now, moment.zone):
        return _("on leave today")
    if leave.ends_on == moment.local_date:
        return _("on leave on {day}").format(day=_day(leave.ends_on))
    return _("on leave until {day}").format(day=_day(leave.ends_on))


def _day(day: date) -> str:
    return _("{weekday} {day} {month}").format(weekday=f"{day:%a}", day=day.day, month=f"{day:%b}")


def _clock(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%H:%M}"
