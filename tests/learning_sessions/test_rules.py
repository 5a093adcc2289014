from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from academics_app.learning_sessions.rules import (
    DaysOff,
    Meeting,
    Occurrence,
    Stored,
    bounds,
    days_off,
    occurrences,
    overlap,
    plan,
)

PARIS = ZoneInfo("Europe/Paris")
KOLKATA = ZoneInfo("Asia/Kolkata")
MONDAY = Meeting(1, 0, time(10), time(11))


def days(found: object) -> list[str]:
    return [each.local_date.isoformat() for each in found]  # type: ignore[attr-defined]


def test_weekly_meetings_come_in_order_of_time() -> None:
    meetings = [Meeting(3, 0, time(14), time(15)), MONDAY, Meeting(2, 2, time(9), time(10), room_id=7)]
    found = list(occurrences(meetings, date(2026, 11, 23), date(2026, 11, 30), [], PARIS))
    assert [(each.schedule_id, each.local_date.day) for each in found] == [
        (1, 23),
        (3, 23),
        (2, 25),
        (1, 30),
        (3, 30),
    ]
    assert found[2].room_id == 7


def test_holidays_leave_their_days_out_first_and_last_included() -> None:
    off = [DaysOff(date(2026, 11, 30), date(2026, 12, 7))]
    found = occurrences([MONDAY], date(2026, 11, 23), date(2026, 12, 14), off, PARIS)
    assert days(found) == ["2026-11-23", "2026-12-14"]


def test_a_holiday_concerns_its_branch_or_all() -> None:
    everywhere = DaysOff(date(2026, 1, 1), date(2026, 1, 1))
    north = DaysOff(date(2026, 1, 2), date(2026, 1, 2), branch_id=1)
    assert days_off([everywhere, north], 1) == [everywhere, north]
    assert days_off([everywhere, north], 2) == [everywhere]


@pytest.mark.parametrize(
    ("zone", "start", "expected_hours_utc"),
    [
        (PARIS, date(2026, 3, 16), [9, 9, 8, 8]),  # summer time begins on 29 March 2026
        (PARIS, date(2026, 10, 12), [8, 8, 9, 9]),  # and ends on 25 October
        (KOLKATA, date(2026, 3, 16), [4, 4, 4, 4]),
    ],
)
def test_the_wall_clock_holds_on_both_sides_of_a_clock_change(
    zone: ZoneInfo, start: date, expected_hours_utc: list[int]
) -> None:
    found = list(occurrences([MONDAY], start, start + timedelta(weeks=3), [], zone))
    assert [each.starts_at.astimezone(UTC).hour for each in found] == expected_hours_utc
    assert {each.starts_at.astimezone(zone).time() for each in found} == {time(10)}
    assert {each.ends_at.astimezone(zone).time() for each in found} == {time(11)}


@pytest.mark.parametrize(
    ("day", "starts_at", "ends_at", "shown", "minutes"),
    [
        (date(2026, 3, 29), time(2, 30), time(2, 50), time(3, 30), 20),  # both in the hour that is skipped
        (date(2026, 3, 29), time(2, 30), time(3, 30), time(3, 30), 60),  # the start alone
        (date(2026, 3, 29), time(2, 30), time(3, 0), time(3, 30), 30),
        (date(2026, 3, 29), time(1, 30), time(3, 30), time(1, 30), 60),  # over it: the wall clock holds
        (
            date(2026, 10, 25),
            time(2, 30),
            time(2, 45),
            time(2, 30),
            15,
        ),  # in the hour that comes twice: the first
        (date(2026, 10, 25), time(2, 30), time(3, 30), time(2, 30), 120),
    ],
)
def test_meetings_in_the_very_hour_of_a_clock_change(
    day: date, starts_at: time, ends_at: time, shown: time, minutes: int
) -> None:
    begin, end = bounds(day, starts_at, ends_at, PARIS)
    assert begin.astimezone(PARIS).time() == shown
    assert end - begin == timedelta(minutes=minutes)


@given(
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.sampled_from(["Europe/Paris", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]),
)
def test_an_end_is_always_after_its_start(day: date, one: time, other: time, zone: str) -> None:
    if one != other:
        begin, end = bounds(day, min(one, other), max(one, other), ZoneInfo(zone))
        assert begin < end


NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def stored(day: date, *, is_touched: bool = False, schedule_id: int = 1, hour: int = 9) -> Stored:
    starts_at = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    return Stored(
        day.toordinal(), schedule_id, day, starts_at, starts_at + timedelta(hours=1), None, 5, 1, is_touched
    )


def planned(*sessions: Stored, until: date = date(2026, 12, 7), last: date = date(2026, 12, 7)):
    wanted = occurrences([MONDAY], date(2026, 11, 23), last, [], PARIS)
    return plan(wanted, sessions, faculty_id=5, branch_id=1, now=NOW, until=until)


def test_a_plan_adds_what_is_missing_and_nothing_twice() -> None:
    first = planned()
    assert days(first.add) == ["2026-11-23", "2026-11-30", "2026-12-07"]
    again = planned(*(stored(each.local_date) for each in first.add))
    assert (again.add, again.move, again.remove) == ((), {}, ())


def test_a_session_that_would_be_over_is_not_added() -> None:
    wanted = list(occurrences([MONDAY], date(2026, 11, 23), date(2026, 11, 23), [], PARIS))
    over = plan(wanted, [], faculty_id=5, branch_id=1, now=wanted[0].ends_at, until=date(2026, 12, 7))
    assert over.add == ()


def test_a_plan_moves_and_removes_only_what_nobody_touched() -> None:
    moved, kept = stored(date(2026, 11, 30), hour=12), stored(date(2026, 12, 7), hour=12, is_touched=True)
    gone, gone_but_kept = stored(date(2026, 12, 1)), stored(date(2026, 12, 2), is_touched=True)
    made = planned(moved, kept, gone, gone_but_kept)
    assert list(made.move) == [moved.session_id]
    assert made.remove == (gone.session_id,)
    assert days(made.add) == ["2026-11-23"]


def test_sessions_beyond_the_look_ahead_move_but_none_are_added() -> None:
    far = stored(date(2026, 12, 14), hour=12)
    made = planned(far, until=date(2026, 11, 23), last=date(2026, 12, 14))
    assert list(made.move) == [far.session_id]
    assert days(made.add) == ["2026-11-23"]


WEEKDAY_TIMES = st.tuples(
    st.integers(0, 6),
    st.tuples(st.integers(0, 47), st.integers(0, 47)).filter(lambda pair: pair[0] != pair[1]).map(sorted),
)
DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))
OPEN_DAYS = st.tuples(st.none() | DAYS, st.none() | DAYS).filter(
    lambda pair: pair[0] is None or pair[1] is None or pair[0] <= pair[1]
)


@st.composite
def meetings(draw: st.DrawFn) -> list[Meeting]:
    """Weekly meetings on the half hour, each with a first and a last day of its own or without."""
    found = []
    for schedule_id in range(1, draw(st.integers(0, 5)) + 1):
        weekday, (begin, end) = draw(WEEKDAY_TIMES)
        first, last = draw(OPEN_DAYS)
        begin_at, end_at = (time(half // 2, half % 2 * 30) for half in (begin, end))
        found.append(Meeting(schedule_id, weekday, begin_at, end_at, None, first, last))
    return found


@given(meetings(), DAYS, st.integers(0, 60), st.sampled_from([PARIS, KOLKATA, ZoneInfo("America/New_York")]))
def test_each_meeting_comes_once_on_each_of_its_days(
    weekly: list[Meeting], start: date, length: int, zone: ZoneInfo
) -> None:
    end = start + timedelta(days=length)
    found = list(occurrences(weekly, start, end, [], zone))
    expected = {
        (meeting.schedule_id, day)
        for meeting in weekly
        for day in (start + timedelta(days=offset) for offset in range(length + 1))
        if day.weekday() == meeting.weekday
        and (meeting.starts_on is None or meeting.starts_on <= day)
        and (meeting.ends_on is None or day <= meeting.ends_on)
    }
    assert {(each.schedule_id, each.local_date) for each in found} == expected
    assert len(found) == len(expected)
    assert [each.starts_at for each in found] == sorted(each.starts_at for each in found)
    assert all(each.starts_at < each.ends_at for each in found)


@given(meetings(), meetings(), DAYS, st.data())
def test_a_plan_that_was_carried_out_leaves_nothing_to_do(
    old: list[Meeting], new: list[Meeting], start: date, data: st.DataObject
) -> None:
    """Whatever the schedule was: what nobody touched becomes what it is, what somebody touched stays, none is double."""
    end = start + timedelta(weeks=3)
    now = datetime(start.year, start.month, start.day, tzinfo=UTC) - timedelta(days=1)

    def carried_out(weekly: list[Meeting], sessions: list[Stored]) -> list[Stored]:
        wanted = occurrences(weekly, start, end, [], UTC_ZONE)
        made = plan(wanted, sessions, faculty_id=5, branch_id=1, now=now, until=end)
        after = [
            _as_stored(each.session_id, made.move[each.session_id]) if each.session_id in made.move else each
            for each in sessions
            if each.session_id not in made.remove
        ]
        fresh = max((each.session_id for each in sessions), default=0)
        return after + [_as_stored(fresh + number, each) for number, each in enumerate(made.add, 1)]

    stored_before = carried_out(old, [])
    touched = {
        each.session_id
        for each in stored_before
        if data.draw(st.booleans(), label=f"touch {each.session_id}")
    }
    stored_before = [
        replace(
            each, is_touched=each.session_id in touched, room_id=9 if each.session_id in touched else None
        )
        for each in stored_before
    ]
    after = carried_out(new, stored_before)
    assert {each for each in after if each.session_id in touched} == {
        each for each in stored_before if each.session_id in touched
    }
    keys = [(each.schedule_id, each.occurs_on) for each in after]
    assert len(keys) == len(set(keys))
    wanted = {
        (each.schedule_id, each.local_date): each for each in occurrences(new, start, end, [], UTC_ZONE)
    }
    assert wanted.keys() <= set(keys)
    for each in after:
        if each.session_id not in touched:
            assert each.starts_at == wanted[each.schedule_id, each.occurs_on].starts_at
    again = plan(wanted.values(), after, faculty_id=5, branch_id=1, now=now, until=end)
    assert (again.add, again.move, again.remove) == ((), {}, ())


UTC_ZONE = ZoneInfo("UTC")


def _as_stored(session_id: int, at: Occurrence) -> Stored:
    return Stored(
        session_id,
        at.schedule_id,
        at.local_date,
        at.starts_at,
        at.ends_at,
        at.room_id,
        5,
        1,
        is_touched=False,
    )


@given(meetings())
def test_meetings_overlap_when_two_of_their_days_do(weekly: list[Meeting]) -> None:
    """Against the calendar of two years, in which every one of the drawn stretches lies."""
    days = occurrences(weekly, date(2025, 12, 1), date(2028, 1, 31), [], UTC_ZONE)
    by_day: dict[date, list[tuple[datetime, datetime]]] = {}
    for each in days:
        by_day.setdefault(each.local_date, []).append((each.starts_at, each.ends_at))
    meet = any(
        one[0] < other[1] and other[0] < one[1]
        for todays in by_day.values()
        for one, other in combinations(todays, 2)
    )
    if meet:
        assert overlap(weekly)
    # the other way round, stretches may share days without sharing the weekday
    elif overlap(weekly):
        assert any(meeting.starts_on or meeting.ends_on for meeting in weekly)


@pytest.mark.parametrize(
    ("zone", "before", "after"),
    [
        ("Europe/Berlin", date(2026, 3, 23), date(2026, 3, 30)),
        ("Europe/Berlin", date(2026, 10, 19), date(2026, 10, 26)),
        ("America/New_York", date(2026, 3, 2), date(2026, 3, 9)),
        ("America/New_York", date(2026, 10, 26), date(2026, 11, 2)),
    ],
)
def test_half_past_eight_stays_half_past_eight(zone: str, before: date, after: date) -> None:
    at = ZoneInfo(zone)
    daily = [Meeting(day, day, time(8, 30), time(9, 30)) for day in range(7)]
    found = list(occurrences(daily, before, after, [], at))
    assert len(found) == 8
    assert {(each.starts_at.astimezone(at).time(), each.ends_at.astimezone(at).time()) for each in found} == {
        (time(8, 30), time(9, 30))
    }
    assert len({each.starts_at.time() for each in found}) == 2
    assert {each.ends_at - each.starts_at for each in found} == {timedelta(hours=1)}


def test_what_somebody_touched_is_told_when_it_differs() -> None:
    same, other = (
        stored(date(2026, 11, 30), is_touched=True),
        stored(date(2026, 12, 7), hour=12, is_touched=True),
    )
    gone = stored(date(2026, 12, 1), is_touched=True)
    assert planned(same, other, gone).left_alone == (other, gone)
