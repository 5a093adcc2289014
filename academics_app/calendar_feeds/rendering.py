"""Sessions as an iCalendar stream (RFC 5545, with RFC 7986's properties of a calendar). Pure.

Times are UTC instants, so no reader needs to know the zone's rules and both sides of a clock change are right. The
same input gives the same bytes: DTSTAMP is the last change, as RFC 5545 has it where there is no METHOD.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from icalendar import Calendar, Event, vDuration, vText

REFRESH = timedelta(hours=1)
"""How often a calendar program may well look again."""

_NAMESPACE = UUID("3f0c5d1e-9f0a-4f0e-8f57-6c5f7a3d2b11")
_CONTROLS = {code: " " for code in (*range(32), 127) if chr(code) not in "\n\t"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One session. `key` is what identifies it for good; the texts may be any."""

    key: str
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    sequence: int
    is_cancelled: bool
    summary: str
    description: str
    location: str
    category: str
    url: str


def render(name: str, entries: Sequence[Entry]) -> bytes:
    """The calendar of this name with its entries, in the order given."""
    calendar = Calendar()
    calendar.add("prodid", "-//Academics//Timetable//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    for property_name in ("name", "x-wr-calname"):
        calendar.add(property_name, vText(_clean(name)))
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))
    for entry in entries:
        calendar.add_component(_event(entry))
    return calendar.to_ical()


def uid(key: str) -> str:
    """The same for ever for the same session, and another institute's is another (RFC 7986: a UUID, no host name)."""
    return str(uuid5(_NAMESPACE, key))


def _event(entry: Entry) -> Event:
    event = Event()
    changed_at = entry.changed_at.astimezone(UTC).replace(microsecond=0)
    event.add("uid", uid(entry.key))
    event.add("dtstamp", changed_at)
    event.add("last-modified", changed_at)
    event.add("sequence", entry.sequence)
    event.add("dtstart", entry.starts_at.astimezone(UTC))
    event.add("dtend", entry.ends_at.astimezone(UTC))
    event.add("status", "CANCELLED" if entry.is_cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if entry.is_cancelled else "OPAQUE")
    for property_name, text in (
        ("summary", entry.summary),
        ("description", entry.description),
        ("location", entry.location),
    ):
        if text:
            event.add(property_name, vText(_clean(text)))
    if entry.category:
        event.add("categories", [_clean(entry.category)])
    if entry.url:
        event.add("url", entry.url)
    return event


def _clean(text: str) -> str:
    """Without the control characters that the format forbids; line breaks stay and are escaped."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS)
