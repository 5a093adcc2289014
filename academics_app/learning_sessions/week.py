"""A week as it is drawn: hours from the first to the last meeting, and meetings side by side where they overlap. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FIRST_HOUR, LAST_HOUR = 9, 17
"""What is always drawn, so that a thin week does not look like a full one."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a meeting stands in its day's column, in percent; `lanes` share the width."""

    top: float
    height: float
    lane: int
    lanes: int


def monday_of(day: date) -> date:
    """The first day of the week that the day is in."""
    return day - timedelta(days=day.weekday())


def hours_of(spans: Sequence[tuple[datetime, datetime]], zone: ZoneInfo) -> tuple[int, int]:
    """First and last full hour of the day that the week needs; wall-clock hours in `zone`."""
    first, last = FIRST_HOUR, LAST_HOUR
    for begin, end in spans:
        local_begin, local_end = begin.astimezone(zone), end.astimezone(zone)
        first = min(first, local_begin.hour)
        runs_over = local_end.date() > local_begin.date()
        last = max(last, 24 if runs_over else local_end.hour + (local_end.minute > 0))
    return first, last


def places(spans: Sequence[tuple[datetime, datetime]], hours: tuple[int, int], zone: ZoneInfo) -> list[Place]:
    """Where each of one day's meetings stands, in the order given.

    Meetings that overlap, directly or through others, share the width evenly.
    """
    lanes: dict[int, int] = {}
    widths: dict[int, int] = {}
    cluster: list[int] = []
    lane_ends: list[datetime] = []
    for at in sorted(range(len(spans)), key=lambda at: spans[at]):
        begin, end = spans[at]
        if lane_ends and begin >= max(lane_ends):
            widths.update(dict.fromkeys(cluster, len(lane_ends)))
            cluster, lane_ends = [], []
        free = next((lane for lane, lane_end in enumerate(lane_ends) if lane_end <= begin), len(lane_ends))
        lane_ends[free : free + 1] = [end]
        lanes[at] = free
        cluster.append(at)
    widths.update(dict.fromkeys(cluster, len(lane_ends)))
    return [
        Place(*_stretch(spans[at], hours, zone), lane=lanes[at], lanes=widths[at]) for at in range(len(spans))
    ]


def share_of_day(at: time, hours: tuple[int, int]) -> float:
    """How far down the column a wall-clock time is, in percent; outside of 0 to 100 where the hours don't show it."""
    first, last = hours
    return ((at.hour - first) * 60 + at.minute) / ((last - first) * 60) * 100


def _stretch(span: tuple[datetime, datetime], hours: tuple[int, int], zone: ZoneInfo) -> tuple[float, float]:
    begin, end = (instant.astimezone(zone) for instant in span)
    top = share_of_day(begin.time(), hours)
    bottom = share_of_day(end.time(), hours) if end.date() == begin.date() else 100.0
    return top, bottom - top
