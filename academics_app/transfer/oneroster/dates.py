"""Dates as exporters write them: ISO with or without a time, or with slashes where the order can be told."""

import re
from collections.abc import Iterable
from datetime import date
from enum import Enum

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
_SLASHED = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?: .*)?")
_MONTHS = 12
_EARLIEST, _LATEST = date(1900, 1, 1), date(2200, 1, 1)


class Order(Enum):
    """Which comes first in a column's slashed dates."""

    DAY_FIRST = "day"
    MONTH_FIRST = "month"
    UNKNOWN = "unknown"


class BadDateError(ValueError):
    """The text is no date that can be told; its message is for the person who imports."""


def order_of(values: Iterable[str]) -> Order:
    """What a column's slashed dates, taken together, say about their order."""
    day_first = month_first = False
    for value in values:
        if match := _SLASHED.fullmatch(value):
            day_first |= int(match[1]) > _MONTHS
            month_first |= int(match[2]) > _MONTHS
    if day_first == month_first:
        return Order.UNKNOWN
    return Order.DAY_FIRST if day_first else Order.MONTH_FIRST


def parse_date(value: str, order: Order = Order.UNKNOWN) -> date | None:
    """The date, None for an empty cell; a BadDateError says what is wrong."""
    if not value:
        return None
    if match := _ISO.fullmatch(value):
        return _date(value, int(match[1]), int(match[2]), int(match[3]))
    if match := _SLASHED.fullmatch(value):
        first, second, year = int(match[1]), int(match[2]), int(match[3])
        if second > _MONTHS or first == second or (order is Order.MONTH_FIRST and first <= _MONTHS):
            return _date(value, year, first, second)
        if first > _MONTHS or order is Order.DAY_FIRST:
            return _date(value, year, second, first)
        raise BadDateError(
            f"{value} can't be told for sure: day or month first? Write {year}-{second:02}-{first:02} or "
            f"{year}-{first:02}-{second:02}."
        )
    raise BadDateError(f"{value[:40]!r} isn't a date like 2026-11-23.")


def _date(value: str, year: int, month: int, day: int) -> date:
    try:
        parsed = date(year, month, day)
    except ValueError as error:
        raise BadDateError(f"{value[:40]!r} isn't a day of the calendar.") from error
    if not _EARLIEST <= parsed <= _LATEST:
        raise BadDateError(f"{value[:40]!r} is too far from today to be meant.")
    return parsed
