"""Attendance events become sessions, enrolments and marks.

Only exceptions are told of, so nothing is said of anybody else, unless the one who imports says what it means.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from academics_app.attendance.models import AttendanceStatus
from academics_app.core.clock import instant_of
from academics_app.transfer.edfi.choices import AttendanceChoices
from academics_app.transfer.edfi.reading import Interchange
from academics_app.transfer.edfi.records import Record, category_name
from academics_app.transfer.edfi.roster import (
    Roster,
    batch_key,
    enrollment_key,
    mark_key,
    session_key,
)
from academics_app.transfer.oneroster.bundle import Row
from academics_app.transfer.oneroster.draft import Draft
from academics_app.transfer.oneroster.plan import (
    Action,
    Category,
    Entity,
    Kind,
    Level,
    MarkWrite,
    Remember,
)
from academics_app.transfer.oneroster.snapshot import Values

SCHOOL_DAY_HOURS = (time(8), time(15))
"""Where the day of a school is put, since the files don't say."""
LESSON = timedelta(minutes=50)
DEFAULT_LESSON_START = time(9)
MAX_MINUTES = 600
_MAX_NOTE = 500

_MARK = ("status", "minutes_late", "note")


@dataclass(slots=True)
class _Meeting:
    """A batch on a day, and what the events say of whom."""

    key: str
    batch_key: str
    day: str
    entity: Entity
    row: Row
    told: dict[str, Row] = field(default_factory=dict)
    """The event that counts, by student."""
    mentioned: set[str] = field(default_factory=set)
    """Students of whom any event speaks, a refused one too."""


class Events:
    """One pass over the attendance events."""

    def __init__(
        self, draft: Draft, found: Interchange, roster: Roster, choices: AttendanceChoices, zone: ZoneInfo
    ) -> None:
        self.draft = draft
        self.found = found
        self.roster = roster
        self.choices = choices
        self.zone = zone
        self.batches: dict[str, Entity | None] = {}
        self.meetings: dict[str, _Meeting | None] = {}
        self.enrolled: dict[str, dict[str, Entity]] = {}
        """Students whom the events place in a batch, by its key."""
        self.starts: dict[str, time] = {}

    def tell_categories(self) -> None:
        """What each category of the files means, for the preview."""
        counted: Counter[str] = Counter()
        for record in (Record.SCHOOL_EVENT, Record.SECTION_EVENT):
            counted.update(
                category_name(row["AttendanceEventCategory"])[:200] for row in self.found.rows[record]
            )
        self.draft.plan.categories = [
            Category(name, number, status.value if (status := self.choices.status_of(name)) else None)
            for name, number in counted.most_common()
            if name
        ]

    def plan(self, record: Record) -> None:
        """Plan the events of whole days, or those of sections."""
        if record is Record.SECTION_EVENT:
            self._look_for_starts()
        for row in self.found.rows[record]:
            self._plan_event(record, row)

    def _plan_event(self, record: Record, row: Row) -> None:
        draft, student_id = self.draft, row["StudentUniqueId"]
        for column in ("StudentUniqueId", "EventDate", "AttendanceEventCategory"):
            if not row[column]:
                draft.refuse(row, Kind.MARK, column, f"The {column} is missing.")
                return
        try:
            day = draft.date_of(row, "EventDate")
        except ValueError as error:
            draft.refuse(row, Kind.MARK, "EventDate", str(error))
            return
        assert day is not None  # noqa: S101 - an empty cell was refused
        student = draft.entity(Kind.STUDENT, student_id)
        if student is None:
            why = f"The student {student_id[:60]} is neither in the files nor here, or was refused."
            draft.refuse(row, Kind.MARK, "StudentUniqueId", why)
            return
        batch = self._batch(record, row)
        if batch is None:
            if record is Record.SECTION_EVENT:
                reason = f"The section {row['SectionIdentifier'][:80]} is neither in the files nor here."
                draft.refuse(row, Kind.MARK, "SectionIdentifier", reason)
            else:
                reason = f"The school or its session {row['SessionName'][:80]!r} is not known."
                draft.refuse(row, Kind.MARK, "SessionName", reason)
            return
        here = draft.current(Kind.BATCH, batch)
        if not here["starts_on"] <= day.isoformat() <= (here["ends_on"] or "9999-12-31"):
            reason = f"The date is outside its term, {here['starts_on']} to {here['ends_on']}."
            draft.refuse(row, Kind.MARK, "EventDate", reason)
            return
        meeting = self._meeting(record, row, batch, day)
        if meeting is None:
            draft.refuse(
                row, Kind.MARK, "EventDate", "The session of that day was cancelled or deleted here."
            )
            return
        if (
            sentence := draft.snapshot.clashing.get(enrollment_key(student_id, meeting.batch_key))
        ) is not None:
            draft.refuse(row, Kind.MARK, "SectionIdentifier", sentence)
            return
        self._enroll(row, meeting, student_id, student, batch)
        self._plan_mark(row, meeting, student_id, student)

    def _batch(self, record: Record, row: Row) -> Entity | None:
        key = batch_key(record, row)
        if key not in self.batches:
            entity = self.draft.entity(Kind.BATCH, key)
            if record is Record.SCHOOL_EVENT and row["SchoolId"] and row["SessionName"]:
                known = self.roster.dates_of_term(row["SchoolId"], row["SessionName"]) is not None
                entity = self.roster.plan_school_day(row) if known else None
            self.batches[key] = entity
        return self.batches[key]

    def _look_for_starts(self) -> None:
        """When each section began on a day: the arrival of who was late, less the minutes."""
        for row in self.found.rows[Record.SECTION_EVENT]:
            minutes = _minutes(row)
            if minutes is None or not row["ArrivalTime"]:
                continue
            try:
                arrived = datetime.combine(date(2000, 1, 2), time.fromisoformat(row["ArrivalTime"]))
            except ValueError:
                continue
            begun = arrived - timedelta(minutes=minutes)
            key = session_key(batch_key(Record.SECTION_EVENT, row), row["EventDate"])
            if begun.date() == arrived.date():
                self.starts[key] = min(begun.time(), self.starts.get(key, begun.time()))

    def _meeting(self, record: Record, row: Row, batch: Entity, day: date) -> _Meeting | None:
        draft, of = self.draft, batch_key(record, row)
        key = session_key(of, day.isoformat())
        if key not in self.meetings:
            known = draft.record(Kind.SESSION, key)
            gone = known is not None and known.entity_id not in draft.snapshot.rows[Kind.SESSION]
            entity = None
            if not gone:
                entity = draft.settle(
                    row, Kind.SESSION, key, {}, on_create=lambda: self._new_session(record, key, batch, day)
                )
            cancelled = entity is not None and draft.current(Kind.SESSION, entity)["status"] == "cancelled"
            self.meetings[key] = (
                _Meeting(key, of, day.isoformat(), entity, row)
                if entity is not None and not cancelled
                else None
            )
        return self.meetings[key]

    def _new_session(self, record: Record, key: str, batch: Entity, day: date) -> Values:
        if record is Record.SCHOOL_EVENT:
            begin, end = (instant_of(day, at, self.zone) for at in SCHOOL_DAY_HOURS)
        else:
            begin = instant_of(day, self.starts.get(key, DEFAULT_LESSON_START), self.zone)
            end = begin + LESSON
        return {
            "batch_id": batch,
            "branch_id": self.draft.current(Kind.BATCH, batch)["branch_id"],
            "local_date": day.isoformat(),
            "starts_at": begin.isoformat(),
            "ends_at": end.isoformat(),
            "status": "held",
            "register_taken_at": None,
        }

    def _enroll(self, row: Row, meeting: _Meeting, student_id: str, student: Entity, batch: Entity) -> None:
        """An event says that its student belongs to the school or section for that term."""
        placed = self.enrolled.setdefault(meeting.batch_key, {})
        if student_id in placed:
            return
        placed[student_id] = student
        draft, key = self.draft, enrollment_key(student_id, meeting.batch_key)
        dates = draft.current(Kind.BATCH, batch)
        match = None
        if draft.record(Kind.ENROLLMENT, key) is None and isinstance(student, int) and isinstance(batch, int):
            match = next(iter(draft.snapshot.enrollments.get((student, batch), [])), None)
        draft.settle(
            row,
            Kind.ENROLLMENT,
            key,
            {"starts_on": dates["starts_on"], "ends_on": dates["ends_on"]},
            match=match,
            on_create=lambda: {"student_id": student, "batch_id": batch},
            fill_empty=False,
        )

    def _plan_mark(self, row: Row, meeting: _Meeting, student_id: str, student: Entity) -> None:
        draft = self.draft
        meeting.mentioned.add(student_id)
        category = category_name(row["AttendanceEventCategory"])
        status = self.choices.status_of(category)
        if status is None:
            reason = f"No status is chosen for the category {category[:80]!r}."
            draft.refuse(row, Kind.MARK, "AttendanceEventCategory", reason)
            return
        first = meeting.told.setdefault(student_id, row)
        if first is not row:
            before = category_name(first["AttendanceEventCategory"])
            if (before, first["AttendanceEventReason"]) == (category, row["AttendanceEventReason"]):
                draft.leave(row, Kind.MARK, "EventDate", f"The same event as in row {first.number}.")
            else:
                reason = (
                    f"Row {first.number} says {before} of this student on this day; one of them can count."
                )
                draft.refuse(row, Kind.MARK, "AttendanceEventCategory", reason)
            return
        minutes = _minutes(row) if status is AttendanceStatus.LATE else None
        if status is AttendanceStatus.LATE and minutes is None:
            draft.note(row, "Duration", "No minutes that can be read: late without minutes.")
        note = row["AttendanceEventReason"][:_MAX_NOTE]
        after = {"status": status.value, "minutes_late": minutes, "note": note}
        draft.count(row, Kind.MARK, self._settle_mark(row, meeting, student_id, student, after))

    def _settle_mark(
        self, row: Row, meeting: _Meeting, student_id: str, student: Entity, after: Values
    ) -> Action:
        """A mark is taken as a whole: a status with its minutes and its note."""
        draft, key = self.draft, mark_key(student_id, meeting.key)
        record = draft.record(Kind.MARK, key)
        here = self._stored(meeting, student)
        last = record.values if record else None
        if record is None or last != after:
            draft.plan.remembered.append(Remember(Kind.MARK, key, meeting.entity, after))
        standing = {name: here[name] for name in _MARK} if here else None
        if standing == after:
            return Action.UNCHANGED
        if standing != last:
            told = f"Kept {standing['status']}" if standing else "Kept without a mark"
            why = "edited here since" if record else "it was here before"
            draft.say(
                row, Level.KEPT, "AttendanceEventCategory", f"{told}: {why}. The file says {after['status']}."
            )
            return Action.UNCHANGED
        draft.plan.marks.append(MarkWrite(meeting.entity, student, here, after))
        return Action.CHANGED if here else Action.CREATED

    def _stored(self, meeting: _Meeting, student: Entity) -> Values | None:
        if not isinstance(meeting.entity, int) or not isinstance(student, int):
            return None
        return self.draft.snapshot.marks.get((meeting.entity, student))

    def fill(self) -> None:
        """Where the absence of an event means present: mark those students, and let the registers count as taken."""
        if not self.choices.unmentioned_present:
            return
        present: dict[str, Any] = {"status": AttendanceStatus.PRESENT.value, "minutes_late": None, "note": ""}
        for meeting in self.meetings.values():
            if meeting is None:
                continue
            for student_id, student in self.enrolled.get(meeting.batch_key, {}).items():
                if student_id in meeting.mentioned:
                    continue
                if self._stored(meeting, student) is None and not self._was_marked(student_id, meeting):
                    key = mark_key(student_id, meeting.key)
                    self.draft.plan.remembered.append(Remember(Kind.MARK, key, meeting.entity, present))
                    self.draft.plan.marks.append(MarkWrite(meeting.entity, student, None, present))
                    self.draft.count(meeting.row, Kind.PRESENCE, Action.CREATED)
                else:
                    self.draft.count(meeting.row, Kind.PRESENCE, Action.UNCHANGED)
            if self.draft.current(Kind.SESSION, meeting.entity)["register_taken_at"] is None:
                self.draft.plan.taken.append(meeting.entity)

    def _was_marked(self, student_id: str, meeting: _Meeting) -> bool:
        """By an earlier import, and cleared here since."""
        return self.draft.record(Kind.MARK, mark_key(student_id, meeting.key)) is not None


def _minutes(row: Row) -> int | None:
    text = row["Duration"]
    if not text.isascii() or not text.isdecimal():
        return None
    return int(text) if len(text) < 5 and int(text) <= MAX_MINUTES else None
