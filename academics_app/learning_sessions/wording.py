"""Batches and sessions in words."""

from collections.abc import Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from academics_app.learning_sessions.schemas import MeetingRead
from academics_app.ui.i18n import _

WEEKDAYS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
LONG_WEEKDAYS = (
    _("Monday"),
    _("Tuesday"),
    _("Wednesday"),
    _("Thursday"),
    _("Friday"),
    _("Saturday"),
    _("Sunday"),
)
MONTHS = (
    _("Jan"), _("Feb"), _("Mar"), _("Apr"), _("May"), _("Jun"),
    _("Jul"), _("Aug"), _("Sep"), _("Oct"), _("Nov"), _("Dec"),
)  # fmt: skip


def day_label(day: date, *, with_year: bool = False) -> str:
    """As "Mon 23 Nov", with the year when asked."""
    text = _("{weekday} {day} {month} {year}") if with_year else _("{weekday} {day} {month}")
    return text.format(
        weekday=WEEKDAYS[day.weekday()], day=day.day, month=MONTHS[day.month - 1], year=day.year
    )


def date_label(day: date | None) -> str:
    """As "23 Nov 2026"; empty without a date."""
    if day is None:
        return ""
    return _("{day} {month} {year}").format(day=day.day, month=MONTHS[day.month - 1], year=day.year)


def days_label(first: date, last: date) -> str:
    """As "23–29 Nov 2026", with what differs said twice."""
    if first == last:
        return date_label(first)
    if (first.year, first.month) == (last.year, last.month):
        return _("{first}–{last} {month} {year}").format(
            first=first.day, last=last.day, month=MONTHS[last.month - 1], year=last.year
        )
    if first.year == last.year:
        return _("{first} {first_month} – {last} {month} {year}").format(
            first=first.day,
            first_month=MONTHS[first.month - 1],
            last=last.day,
            month=MONTHS[last.month - 1],
            year=last.year,
        )
    return _("{first} – {last}").format(first=date_label(first), last=date_label(last))


def time_label(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> str:
    """As "10:00–11:00" in the zone."""
    return clock_label(starts_at.astimezone(zone).time(), ends_at.astimezone(zone).time())


def clock_label(starts_at: time, ends_at: time) -> str:
    """As "10:00–11:00"."""
    return _("{start}–{end}").format(start=f"{starts_at:%H:%M}", end=f"{ends_at:%H:%M}")


def week_label(meetings: Sequence[MeetingRead], *, since: date) -> str:
    """As "Mon, Wed 10:00–11:00 · Fri 09:00–10:00": the week in one line, without meetings that ended before."""
    by_time: dict[tuple[time, time], list[int]] = {}
    for meeting in meetings:
        if meeting.ends_on is not None and meeting.ends_on < since:
            continue
        by_time.setdefault((meeting.starts_at, meeting.ends_at), []).append(meeting.weekday)
    return " · ".join(
        _("{days} {time}").format(days=", ".join(WEEKDAYS[day] for day in days), time=clock_label(*span))
        for span, days in by_time.items()
    )
