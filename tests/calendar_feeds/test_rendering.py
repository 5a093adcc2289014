"""What is written is what an independent parser reads."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st

from academics_app.calendar_feeds.rendering import Entry, render, uid
from academics_app.core.clock import instant_of

ENTRY = Entry(
    key="1 2026-09-01T00:00:00+00:00",
    starts_at=datetime(2026, 11, 23, 10, tzinfo=UTC),
    ends_at=datetime(2026, 11, 23, 11, tzinfo=UTC),
    changed_at=datetime(2026, 11, 20, 9, 30, 15, 123456, tzinfo=UTC),
    sequence=3,
    is_cancelled=False,
    summary="Physics B",
    description="Physics\nR. Iyer",
    location="Room 1",
    category="Physics",
    url="https://academics.example.org/timetable",
)
CLOCK_CHANGES = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
]
NAMES = [
    "O'Brien; Physics, B",
    "王小明",
    "one\ntwo\r\nthree\rfour",
    "back\\slash \\n and \\, literally",
    "x" * 200,
    "é" * 200,
    "王" * 200,
    'say "hi": a=b',
    "BEGIN:VEVENT\nEND:VCALENDAR",
]


def read(body: bytes) -> Any:
    return vobject.readOne(body.decode())


def name_of(calendar: Any) -> str:
    """The property NAME; the parser has an attribute of that name for something else."""
    return calendar.contents["name"][0].value


def test_each_property_is_read_back() -> None:
    calendar = read(render("Mine", [ENTRY]))
    assert (name_of(calendar), calendar.x_wr_calname.value) == ("Mine", "Mine")
    assert calendar.refresh_interval.value == calendar.x_published_ttl.value == "PT1H"
    assert calendar.refresh_interval.value_param == "DURATION"
    event = calendar.vevent
    assert event.uid.value == uid(ENTRY.key)
    assert (event.dtstart.value, event.dtend.value) == (ENTRY.starts_at, ENTRY.ends_at)
    assert event.last_modified.value == event.dtstamp.value == ENTRY.changed_at.replace(microsecond=0)
    assert (event.sequence.value, event.status.value, event.transp.value) == ("3", "CONFIRMED", "OPAQUE")
    assert (event.summary.value, event.description.value) == ("Physics B", "Physics\nR. Iyer")
    assert (event.location.value, event.categories.value) == ("Room 1", ["Physics"])
    assert event.url.value == ENTRY.url


def test_a_cancelled_one_stays_and_blocks_no_time() -> None:
    event = read(render("Mine", [replace(ENTRY, is_cancelled=True)])).vevent
    assert (event.status.value, event.transp.value) == ("CANCELLED", "TRANSPARENT")


@pytest.mark.parametrize("name", NAMES)
def test_odd_names_come_back(name: str) -> None:
    body = render(name, [replace(ENTRY, summary=name, description=name, location=name)])
    expected = name.replace("\r\n", "\n").replace("\r", "\n")
    calendar = read(body)
    event = calendar.vevent
    assert name_of(calendar) == expected
    assert [event.summary.value, event.description.value, event.location.value] == [expected] * 3
    assert len(calendar.vevent_list) == 1


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_comes_back_without_its_control_characters(text: str) -> None:
    body = render(text, [replace(ENTRY, summary=f"a{text}", description=text)])
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert b"\n" not in body.replace(b"\r\n", b"")
    body.decode()
    assert len(read(body).vevent_list) == 1


@pytest.mark.parametrize(("zone_name", "change"), CLOCK_CHANGES)
def test_instants_over_a_clock_change(zone_name: str, change: date) -> None:
    """08:30 each day of the fortnight around the change is 08:30 in the zone, and the same instant, when read back."""
    zone = ZoneInfo(zone_name)
    days = [change + timedelta(days=offset) for offset in range(-7, 8)]
    entries = [
        replace(
            ENTRY,
            key=day.isoformat(),
            starts_at=instant_of(day, time(8, 30), zone),
            ends_at=instant_of(day, time(10), zone),
        )
        for day in days
    ]
    found = read(render("Mine", entries)).vevent_list
    assert [event.dtstart.value for event in found] == [entry.starts_at for entry in entries]
    local = [event.dtstart.value.astimezone(zone) for event in found]
    assert [moment.date() for moment in local] == days
    assert {moment.time() for moment in local} == {time(8, 30)}
    assert {event.dtend.value.astimezone(zone).time() for event in found} == {time(10)}
    assert len({moment.utcoffset() for moment in local}) == 2


def test_the_same_input_gives_the_same_bytes_and_the_same_uid() -> None:
    assert render("Mine", [ENTRY]) == render("Mine", [ENTRY])
    moved = replace(ENTRY, starts_at=ENTRY.starts_at + timedelta(days=1), sequence=4)
    assert read(render("Mine", [moved])).vevent.uid.value == uid(ENTRY.key)
    assert uid("2") != uid(ENTRY.key)


def test_a_calendar_without_sessions_is_one() -> None:
    calendar = read(render("Mine", []))
    assert name_of(calendar) == "Mine"
    assert not hasattr(calendar, "vevent")
