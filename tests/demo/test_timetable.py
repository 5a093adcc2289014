"""Today's slots around any moment of a day."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from academics_app.core.clock import local_date
from academics_app.demo.timetable import SLOT_COUNT, slots_of, todays_slots

OPENS = timedelta(minutes=15)
OVERDUE = timedelta(minutes=10)
ZONES = ("UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Auckland")
ANY_DAY = datetime(2026, 11, 23, tzinfo=UTC)
MOMENTS = [ANY_DAY + timedelta(minutes=minutes) for minutes in range(0, 1440, 7)]


@pytest.mark.parametrize("zone_name", ZONES)
def test_slots_follow_one_another_within_the_day(zone_name: str) -> None:
    zone = ZoneInfo(zone_name)
    for now in MOMENTS:
        today = todays_slots(now, zone)
        assert len(today.slots) == SLOT_COUNT
        assert today.day == local_date(now, zone)
        edges = [edge for slot in today.slots for edge in slot]
        assert edges == sorted(edges), now
        assert all(start < end for start, end in today.slots), now
        assert {local_date(edge, zone) for edge in edges} == {today.day}, now


@pytest.mark.parametrize("zone_name", ZONES)
def test_one_slot_is_open_and_those_before_it_are_overdue(zone_name: str) -> None:
    for now in MOMENTS:
        today = todays_slots(now, ZoneInfo(zone_name))
        starts = [start for start, _ in today.slots]
        current = today.current
        assert starts[current] - OPENS <= now < starts[current] + OVERDUE, now
        assert all(start + OVERDUE <= now for start in starts[:current]), now
        assert all(now < start - OPENS for start in starts[current + 1 :]), now


@pytest.mark.parametrize("zone_name", ZONES)
def test_a_waking_hour_has_lessons_over_and_lessons_to_come(zone_name: str) -> None:
    zone = ZoneInfo(zone_name)
    for now in MOMENTS:
        if 2 <= now.astimezone(zone).hour < 22:
            today = todays_slots(now, zone)
            assert today.slots[today.current - 2][1] <= now
            assert 2 <= today.current <= SLOT_COUNT - 2


def test_the_first_and_the_last_minutes_of_a_day_have_nothing_before_and_nothing_after() -> None:
    first = todays_slots(ANY_DAY + timedelta(minutes=3), ZoneInfo("UTC"))
    last = todays_slots(ANY_DAY + timedelta(hours=23, minutes=51), ZoneInfo("UTC"))
    assert first.current == 0
    assert last.current == SLOT_COUNT - 1


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_a_clock_change_moves_no_lesson_out_of_its_day(day: date) -> None:
    zone = ZoneInfo("Europe/Berlin")
    for hour in range(24):
        now = datetime(day.year, day.month, day.day, hour, 20, tzinfo=zone)
        today = todays_slots(now, zone)
        assert {local_date(edge, zone) for slot in today.slots for edge in slot} == {day}
    assert [start.astimezone(zone).hour for start, _ in slots_of(day, zone)] == [
        8,
        9,
        10,
        11,
        13,
        14,
        16,
        17,
        18,
    ]
