"""When lessons are: nine slots a day, and today's nine laid around the present moment.

Every meeting takes one slot, and two meetings in different slots of a day never overlap. So whoever holds at most one
meeting in each slot never clashes, on ordinary days and on the shifted one alike.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from academics_app.core.clock import day_bounds, instant_of, local_date

SLOT_STARTS = (
    time(8), time(9, 15), time(10, 30), time(11, 45), time(13, 30), time(14, 45), time(16), time(17, 15), time(18, 30),
)  # fmt: skip
SLOT_COUNT = len(SLOT_STARTS)
LESSON_MINUTES = 60
_PITCH_MINUTES = 75
_SHORTEST_MINUTES = 30

Slot = tuple[datetime, datetime]


def end_of(start: time) -> time:
    """When a lesson that begins at `start` ends, by the clock on the wall."""
    minutes = start.hour * 60 + start.minute + LESSON_MINUTES
    return time(minutes // 60, minutes % 60)


@lru_cache(maxsize=4)
def slots_of(day: date, zone: ZoneInfo) -> tuple[Slot, ...]:
    """The instants at which an ordinary day's slots begin and end."""
    return tuple(
        (instant_of(day, start, zone), instant_of(day, end_of(start), zone)) for start in SLOT_STARTS
    )


@dataclass(frozen=True, slots=True)
class Today:
    """Today's slots. `current` is the one whose register is open now; those before it have begun long enough ago to
    be overdue unless taken, and all but the last of them are over; those after it are still to come."""

    day: date
    slots: tuple[Slot, ...]
    current: int


def todays_slots(now: datetime, zone: ZoneInfo) -> Today:
    """Lay today's slots around `now`, none of them outside today.

    Lessons become shorter where midnight is near, down to half an hour. In the first hour of a day too little of it
    has passed for a lesson to be over, and in its last hour too little is left for one to come: there are none then.
    """
    now = now.astimezone(UTC)  # arithmetic in another zone would ignore its clock changes
    day = local_date(now, zone)
    midnight, next_midnight = day_bounds(day, zone)
    closing = next_midnight - timedelta(minutes=1)
    opening = _rounded_up(now, 15)
    if opening + timedelta(minutes=15) > closing:
        opening = now - timedelta(
            minutes=now.minute % 5 + 5, seconds=now.second, microseconds=now.microsecond
        )
    opening_end = min(opening + timedelta(minutes=LESSON_MINUTES), closing)
    before = _minutes(opening - midnight)
    after = _minutes(closing - opening_end)

    nearest = min(range(SLOT_COUNT), key=lambda slot: abs(instant_of(day, SLOT_STARTS[slot], zone) - opening))
    current = min(max(nearest, 3), SLOT_COUNT - 4)
    current = max(min(current, before // _SHORTEST_MINUTES), SLOT_COUNT - 1 - after // _SHORTEST_MINUTES)

    slots: list[Slot] = []
    for slot in range(SLOT_COUNT):
        if slot < current:
            pitch = _pitch(before, current)
            start = opening - timedelta(minutes=pitch * (current - slot))
            slots.append((start, start + timedelta(minutes=min(LESSON_MINUTES, pitch))))
        elif slot == current:
            slots.append((opening, opening_end))
        else:
            pitch = _pitch(after, SLOT_COUNT - 1 - current)
            end = opening_end + timedelta(minutes=pitch * (slot - current))
            slots.append((end - timedelta(minutes=min(LESSON_MINUTES, pitch)), end))
    return Today(day, tuple(slots), current)


def _pitch(minutes: int, lessons: int) -> int:
    """From one lesson's start to the next one's, in steps of five minutes."""
    return min(_PITCH_MINUTES, minutes // lessons // 5 * 5)


def _rounded_up(instant: datetime, minutes: int) -> datetime:
    past = timedelta(
        minutes=instant.minute % minutes, seconds=instant.second, microseconds=instant.microsecond
    )
    return instant + timedelta(minutes=minutes) - past if past else instant


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
