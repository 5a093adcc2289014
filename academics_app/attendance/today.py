"""Today in words, pure: the sentence of the day and the line of each session."""

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from academics_app.attendance.rules import RegisterState
from academics_app.attendance.schemas.register import (
    TodaySession,
)
from academics_app.ui.i18n import _, ngettext

_COUNTS_IN_THE_DAY = frozenset(RegisterState) - {RegisterState.CANCELLED, RegisterState.EMPTY}


def day_sentence(sessions: Sequence[TodaySession], *, is_today: bool) -> str:
    """How many registers are taken, and which one is missing longest."""
    expected = [session for session in sessions if session.state in _COUNTS_IN_THE_DAY]
    if not sessions:
        return _("No sessions today.") if is_today else _("No sessions on this day.")
    if not expected:
        return _("No register to take.")
    taken = sum(session.state is RegisterState.TAKEN for session in expected)
    words = [
        ngettext("{taken} of {n} register taken.", "{taken} of {n} registers taken.", len(expected)).format(
            taken=taken, n=len(expected)
        )
    ]
    overdue = [session for session in expected if session.state is RegisterState.OVERDUE]
    if overdue:
        longest = max(overdue, key=lambda session: session.minutes)
        words.append(
            _("{batch} is {time} overdue.").format(batch=longest.batch_name, time=_duration(longest.minutes))
        )
        if len(overdue) > 1:
            more = len(overdue) - 1
            words.append(ngettext("{n} more is overdue.", "{n} more are overdue.", more).format(n=more))
    return " ".join(words)


def state_line(session: TodaySession, *, reader: str, zone: ZoneInfo) -> tuple[str, str]:
    """What stands beside a session, and the words of its button (empty: none)."""
    take = _("Take register") if session.can_mark else ""
    match session.state:
        case RegisterState.CANCELLED:
            reason = session.cancel_reason
            return (_("cancelled: {reason}").format(reason=reason) if reason else _("cancelled")), ""
        case RegisterState.EMPTY:
            return _("nobody enrolled"), ""
        case RegisterState.UPCOMING:
            line = _("in {time} · {n} expected").format(time=_duration(session.minutes), n=session.expected)
            return line + _on_leave(session), ""
        case RegisterState.OPEN:
            return _("open · {n} expected").format(n=session.expected) + _on_leave(session), take
        case RegisterState.MARKING:
            return _("{stored} of {n}").format(stored=session.stored, n=session.expected), take
        case RegisterState.OVERDUE:
            line = _("{time} overdue · {stored} of {n}").format(
                time=_duration(session.minutes), stored=session.stored, n=session.expected
            )
            return line, take
        case RegisterState.TAKEN:
            return _taken_line(session, reader=reader, zone=zone), ""


def _on_leave(session: TodaySession) -> str:
    return _(" · {n} on leave").format(n=session.on_leave) if session.on_leave else ""


def day_label(day: date) -> str:
    """Such as "Mon 23 Nov"; the year stands in the date field beside it."""
    return _("{weekday} {day} {month}").format(weekday=f"{day:%a}", day=day.day, month=f"{day:%b}")


def day_title(day: date, *, is_today: bool) -> str:
    """The head of the day's list."""
    return (_("Today · {day}") if is_today else _("Sessions · {day}")).format(day=day_label(day))


def _taken_line(session: TodaySession, *, reader: str, zone: ZoneInfo) -> str:
    counts = [
        (session.present, _("P")),
        (session.late, _("L")),
        (session.absent, _("A")),
        (session.excused, _("E")),
    ]
    shown = " · ".join(f"{number} {letter}" for number, letter in counts if number)
    if session.taken_at is None:
        return shown
    name = _("you") if session.taken_by == reader else session.taken_by or _("the system")
    at = f"{session.taken_at.astimezone(zone):%H:%M}"
    return _("{counts} · by {name} {time}").format(counts=shown or _("nobody marked"), name=name, time=at)


def _duration(minutes: int) -> str:
    """Such as "12 min", "3 h 5 min", "2 days"."""
    if minutes < 60:
        return _("{n} min").format(n=minutes)
    if minutes < 24 * 60:
        hours, rest = divmod(minutes, 60)
        return _("{h} h {n} min").format(h=hours, n=rest) if rest else _("{h} h").format(h=hours)
    days = minutes // (24 * 60)
    return ngettext("{n} day", "{n} days", days).format(n=days)
