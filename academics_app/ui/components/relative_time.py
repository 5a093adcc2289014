"""Times as people say them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import reflex as rx

from academics_app.ui.i18n import _


class RelativeTime(rx.Component):
    """<time> that keeps its text true."""

    library = "$/public/components/relative_time.jsx"
    tag = "RelativeTime"

    instant: rx.Var[str]
    exact: rx.Var[str]


def relative_time(instant: str | rx.Var[str], exact: str | rx.Var[str]) -> rx.Component:
    """Say "in 12 min", the exact time on hover. The row holds `instant` (ISO 8601, UTC) and `exact` (made with `exact_time`)."""
    return RelativeTime.create(instant=instant, exact=exact)


def exact_time(instant: datetime, zone: ZoneInfo) -> str:
    """Say "Mon 23 Nov 2026, 10:00" in the institute's zone, for a view row."""
    return f"{instant.astimezone(zone):%a} {instant.astimezone(zone).day} {instant.astimezone(zone):%b %Y, %H:%M}"


def clock_time(instant: datetime, zone: ZoneInfo) -> str:
    """Say "10:00" in the institute's zone."""
    return f"{instant.astimezone(zone):%H:%M}"


def short_date(instant: datetime, zone: ZoneInfo) -> str:
    """Say "Mon 23 Nov" in the institute's zone."""
    return short_day(instant.astimezone(zone).date())


def short_day(day: date) -> str:
    """Say "Mon 23 Nov"."""
    return _("{weekday} {day} {month}").format(weekday=f"{day:%a}", day=day.day, month=f"{day:%b}")
