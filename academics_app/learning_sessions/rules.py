"""When a batch meets: weekly meetings in wall-clock time, laid out as instants around holidays. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

from academics_app.core.clock import instant_of


@dataclass(frozen=True, slots=True)
class Meeting:
    """One weekly meeting. `weekday` 0 is Monday; times are the institute's wall-clock times.

    Its first and last day are included; None leaves that side open.
    """

    schedule_id: int
    weekday: int
    starts_at: time
    ends_at: time
    room_id: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None

    def is_in_force(self, day: date) -> bool:
        """Whether the day is from its first to its last."""
        return (self.starts_on or day) <= day <= (self.ends_on or day)


@dataclass(frozen=True, slots=True)
class DaysOff:
    """Days without sessions, first and last included; in one branch or, without one, in all."""

    starts_on: date
    ends_on: date
    branch_id: int | None = None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One meeting on one day, as instants."""

    schedule_id: int
    local_date: date
    starts_at: datetime
    ends_at: datetime
    room_id: int | None


@dataclass(frozen=True, slots=True)
class Stored:
    """A generated session as it stands, with what regeneration may rewrite."""

    session_id: int
    schedule_id: int
    occurs_on: date
    """The day of the schedule that it is for, wherever somebody moved it."""
    starts_at: datetime
    ends_at: datetime
    room_id: int | None
    faculty_id: int | None
    branch_id: int
    is_touched: bool
    """Whether a person has changed, cancelled or marked it, or it has begun: such a session is left alone."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A session as it would be: asked whether anything is in its way. `session_id` is that of a stored one."""

    batch_id: int
    local_date: date
    starts_at: datetime
    ends_at: datetime
    room_id: int | None
    faculty_id: int | None
    session_id: int | None = None


@dataclass(frozen=True, slots=True)
class WantedEnrollment:
    """An enrolment as it would be; `ends_on` None leaves it open."""

    student_id: int
    batch_id: int
    starts_on: date
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What makes the stored sessions agree with the schedule."""

    add: tuple[Occurrence, ...]
    move: Mapping[int, Occurrence]
    remove: tuple[int, ...]
    left_alone: tuple[Stored, ...] = ()
    """Touched sessions that are not as the schedule has them."""


def occurrences(
    meetings: Iterable[Meeting],
    start: date,
    end: date,
    holidays: Collection[DaysOff],
    zone: ZoneInfo,
) -> Iterator[Occurrence]:
    """Every meeting from `start` to `end`, both included, that no holiday covers, day by day.

    The wall-clock times hold on either side of a clock change. A meeting that begins in the hour that a change
    skips begins after it, with its usual length.
    """
    by_weekday: dict[int, list[Meeting]] = {}
    for meeting in sorted(meetings, key=lambda meeting: (meeting.starts_at, meeting.schedule_id)):
        by_weekday.setdefault(meeting.weekday, []).append(meeting)
    for offset in range((end - start).days + 1):
        day = start + timedelta(days=offset)
        todays = by_weekday.get(day.weekday(), ())
        if not todays or any(off.starts_on <= day <= off.ends_on for off in holidays):
            continue
        for meeting in todays:
            if not meeting.is_in_force(day):
                continue
            starts_at, ends_at = bounds(day, meeting.starts_at, meeting.ends_at, zone)
            yield Occurrence(meeting.schedule_id, day, starts_at, ends_at, meeting.room_id)


def bounds(day: date, starts_at: time, ends_at: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants of a meeting's wall-clock times; the end is after the start even where a clock change skips it."""
    begin, end = instant_of(day, starts_at, zone), instant_of(day, ends_at, zone)
    if end <= begin:
        end = begin + (datetime.combine(day, ends_at) - datetime.combine(day, starts_at))
    return begin, end


def days_off(holidays: Iterable[DaysOff], branch_id: int) -> list[DaysOff]:
    """Those that concern the branch."""
    return [holiday for holiday in holidays if holiday.branch_id in {None, branch_id}]


def plan(
    wanted: Iterable[Occurrence],
    stored: Iterable[Stored],
    *,
    faculty_id: int | None,
    branch_id: int,
    now: datetime,
    until: date,
) -> Plan:
    """Compare the schedule with what is stored.

    A session that is missing is added up to `until` unless it would be over already. Stored ones that nobody has
    touched are moved to what the schedule says now, or removed when it no longer has them.
    """
    by_key = {(session.schedule_id, session.occurs_on): session for session in stored}
    add: list[Occurrence] = []
    move: dict[int, Occurrence] = {}
    left: list[Stored] = []
    for occurrence in wanted:
        session = by_key.pop((occurrence.schedule_id, occurrence.local_date), None)
        if session is None:
            if occurrence.local_date <= until and occurrence.ends_at > now:
                add.append(occurrence)
        elif not _differs(session, occurrence, faculty_id, branch_id):
            continue
        elif session.is_touched:
            left.append(session)
        else:
            move[session.session_id] = occurrence
    left += (session for session in by_key.values() if session.is_touched)
    remove = tuple(session.session_id for session in by_key.values() if not session.is_touched)
    return Plan(tuple(add), move, remove, tuple(left))


def overlap(meetings: Iterable[Meeting]) -> bool:
    """Whether two of the weekly meetings are ever at the same time."""
    return any(
        one.weekday == other.weekday
        and one.starts_at < other.ends_at
        and other.starts_at < one.ends_at
        and (one.starts_on or date.min) <= (other.ends_on or date.max)
        and (other.starts_on or date.min) <= (one.ends_on or date.max)
        for one, other in combinations(meetings, 2)
    )


def _differs(session: Stored, occurrence: Occurrence, faculty_id: int | None, branch_id: int) -> bool:
    as_stored = (session.starts_at, session.ends_at, session.room_id, session.faculty_id, session.branch_id)
    return as_stored != (
        occurrence.starts_at, occurrence.ends_at, occurrence.room_id, faculty_id, branch_id
    )  # fmt: skip
