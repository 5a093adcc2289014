"""Wall-clock times across clock changes."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from academics_app.core import clock

PARIS, KOLKATA = ZoneInfo("Europe/Paris"), ZoneInfo("Asia/Kolkata")


def test_a_wall_clock_time_keeps_its_hour_over_both_changes() -> None:
    instants = [
        clock.instant_of(day, time(8, 30), PARIS)
        for day in (date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 24), date(2026, 10, 25))
    ]
    assert [instant.hour for instant in instants] == [7, 6, 6, 7]
    assert {instant.astimezone(PARIS).time() for instant in instants} == {time(8, 30)}


def test_a_skipped_and_a_doubled_time() -> None:
    skipped = clock.instant_of(date(2026, 3, 29), time(2, 30), PARIS)
    assert skipped.astimezone(PARIS).time() == time(3, 30)
    doubled = clock.instant_of(date(2026, 10, 25), time(2, 30), PARIS)
    assert doubled == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_day_has_23_24_or_25_hours() -> None:
    hours = []
    for day in (date(2026, 3, 29), date(2026, 6, 1), date(2026, 10, 25)):
        begin, end = clock.day_bounds(day, PARIS)
        hours.append((end - begin).total_seconds() / 3600)
    assert hours == [23, 24, 25]


def test_the_local_date_is_the_institutes() -> None:
    late_evening = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
    assert clock.local_date(late_evening, KOLKATA) == date(2026, 11, 23)
    with clock.frozen_at(late_evening):
        assert clock.utc_now() == late_evening
