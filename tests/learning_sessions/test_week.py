from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from academics_app.learning_sessions.schemas import MeetingRead
from academics_app.learning_sessions.week import hours_of, monday_of, places, share_of_day
from academics_app.learning_sessions.wording import days_label, week_label

PARIS = ZoneInfo("Europe/Paris")
HOURS = (8, 18)


def span(start: float, end: float) -> tuple[datetime, datetime]:
    """Hours of 23 November in Paris, which is an hour ahead of UTC."""
    first, last = (datetime(2026, 11, 23, int(at) - 1, int(at % 1 * 60), tzinfo=UTC) for at in (start, end))
    return first, last


def test_monday() -> None:
    assert monday_of(date(2026, 11, 23)) == monday_of(date(2026, 11, 29)) == date(2026, 11, 23)


def test_a_lonely_meeting_has_the_whole_width() -> None:
    (place,) = places([span(9, 10)], HOURS, PARIS)
    assert (place.top, place.height, place.lane, place.lanes) == (10, 10, 0, 1)


def test_meetings_that_touch_do_not_overlap() -> None:
    assert [place.lanes for place in places([span(9, 10), span(10, 11)], HOURS, PARIS)] == [1, 1]


def test_those_that_overlap_share_the_width_and_a_freed_lane_is_used_again() -> None:
    stand = places([span(10, 11), span(9, 10), span(9, 11), span(14, 15)], HOURS, PARIS)
    assert [(place.lane, place.lanes) for place in stand] == [(0, 2), (0, 2), (1, 2), (0, 1)]


def test_the_hours_grow_with_the_meetings() -> None:
    assert hours_of([], PARIS) == (9, 17)
    assert hours_of([span(7.5, 8.5), span(18, 19.5)], PARIS) == (7, 20)
    over_midnight = (datetime(2026, 11, 23, 22, tzinfo=UTC), datetime(2026, 11, 24, 0, 30, tzinfo=UTC))
    assert hours_of([over_midnight], PARIS) == (9, 24)
    (place,) = places([over_midnight], (9, 24), PARIS)
    assert place.top + place.height == pytest.approx(100)


def test_share_of_day() -> None:
    assert share_of_day(time(13), HOURS) == 50
    assert share_of_day(time(7), HOURS) < 0


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (date(2026, 11, 23), date(2026, 11, 29), "23–29 Nov 2026"),
        (date(2026, 11, 30), date(2026, 12, 6), "30 Nov – 6 Dec 2026"),
        (date(2026, 12, 28), date(2027, 1, 3), "28 Dec 2026 – 3 Jan 2027"),
        (date(2026, 12, 28), date(2026, 12, 28), "28 Dec 2026"),
    ],
)
def test_days_in_words(first: date, last: date, expected: str) -> None:
    assert days_label(first, last) == expected


def test_a_week_in_words() -> None:
    meetings = [
        MeetingRead(
            id=at,
            weekday=day,
            starts_at=time(hour),
            ends_at=time(hour + 1),
            room_id=None,
            room_name=None,
            starts_on=None,
            ends_on=ends_on,
        )
        for at, (day, hour, ends_on) in enumerate(
            [(0, 10, None), (1, 8, date(2026, 11, 22)), (2, 10, date(2026, 11, 23)), (4, 9, None)]
        )
    ]
    assert week_label(meetings, since=date(2026, 11, 23)) == "Mon, Wed 10:00–11:00 · Fri 09:00–10:00"
