"""The ledger of marks: who was present, absent, late or excused, with the patterns that a real institute shows."""

import heapq
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from academics_app.attendance.models import AttendanceStatus, MarkSource
from academics_app.core.actor import Door
from academics_app.demo.catalogue import (
    ABSENT_NOTES,
    CORRECTION_REASONS,
    EXCUSED_REASONS,
    LATE_REASONS,
    WALK_IN_NOTE,
)
from academics_app.demo.sessions import Register, Session
from academics_app.learning_sessions.models import Enrollment, WalkIn
from academics_app.students.models import Student

EVENT_COLUMNS = (
    "id", "mark_id", "session_id", "student_id", "at", "client_at", "user_id", "door", "source",
    "before_status", "before_minutes", "before_note", "after_status", "after_minutes", "after_note",
)  # fmt: skip

_PRESENT, _ABSENT = AttendanceStatus.PRESENT.value, AttendanceStatus.ABSENT.value
_LATE, _EXCUSED = AttendanceStatus.LATE.value, AttendanceStatus.EXCUSED.value
_NULL = "\\N"
_DOOR = Door.SCREEN.value
_MONDAY_DIP = 1.8
_MINUTES_LATE = (2, 3, 5, 5, 5, 7, 8, 10, 10, 10, 12, 15, 15, 20, 25, 35)

Mark = tuple[str, int | None, str]
"""Status, minutes late, note."""


@dataclass(slots=True)
class Habit:
    """How a student attends: chances for one lesson, and an illness from one day to another."""

    absent: float
    late: float
    ill_from: date | None = None
    ill_until: date | None = None
    reason: str = ""


class Ledger:
    """Writes the events of every register, in the order in which they happened."""

    def __init__(
        self,
        enrollments: list[Enrollment],
        students: list[Student],
        user_ids: dict[int, int],
        now: datetime,
        seed: str,
    ) -> None:
        self.last_event_id = 0
        self.walk_ins: list[WalkIn] = []
        self._rng = Random(f"{seed}:registers")  # noqa: S311
        self._now = now
        self._user_ids = user_ids
        self._classes: dict[int, list[Enrollment]] = defaultdict(list)
        for enrollment in enrollments:
            self._classes[enrollment.batch_id].append(enrollment)
        self._habits = {student.id: self._habit(now.date()) for student in students}
        self._corrections: list[tuple[datetime, int, int, int, int, str]] = []
        self._guests = [
            student.id for student in students if student.id not in {e.student_id for e in enrollments}
        ]

    def lines(self, sessions: list[Session]) -> Iterator[str]:
        """COPY text for attendance_event, one register at a time; fills `walk_ins` on the way."""
        for session in sessions:
            yield from self._due_corrections(min(session.starts_at, self._now))
            if session.register is not Register.UNTOUCHED:
                yield self._register(session)
        yield from self._due_corrections(self._now)

    def _register(self, session: Session) -> str:
        rng = self._rng
        day = session.local_date
        user_id = self._user_ids[session.faculty_id]
        taken_at = session.register_taken_at
        touched_at = session.starts_at + timedelta(seconds=rng.randrange(40, 85))
        touched_at = min(touched_at, self._now - timedelta(seconds=20))
        here = [
            enrollment.student_id
            for enrollment in self._classes[session.batch_id]
            if enrollment.starts_on <= day and (enrollment.ends_on is None or day <= enrollment.ends_on)
        ]
        if taken_at is None:
            here = here[: len(here) // 2]
        touched: list[str] = []
        filled: list[str] = []
        taken_text = _text(taken_at) if taken_at else ""
        for student_id in here:
            mark = self._mark(student_id, session)
            if taken_at is not None and mark[0] == _PRESENT:
                filled.append(
                    self._line(
                        session.id,
                        student_id,
                        taken_text,
                        user_id,
                        MarkSource.TAKE_REGISTER.value,
                        None,
                        mark,
                    )
                )
                continue
            touched_at += timedelta(milliseconds=900)
            touched.append(
                self._line(
                    session.id, student_id, _text(touched_at), user_id, MarkSource.PERSON.value, None, mark
                )
            )
            if mark[0] == _ABSENT and taken_at is not None and rng.random() < 0.02:
                later = taken_at + timedelta(hours=rng.randrange(3, 40))
                entry = (later, self.last_event_id, session.id, student_id, user_id, mark[2])
                heapq.heappush(self._corrections, entry)
        if taken_at is not None and self._guests and rng.random() < 0.01:
            touched.append(self._walk_in(session, touched_at, user_id))
        return "".join(touched + filled)

    def _mark(self, student_id: int, session: Session) -> Mark:
        rng = self._rng
        habit = self._habits[student_id]
        if habit.ill_from and habit.ill_until and habit.ill_from <= session.local_date <= habit.ill_until:
            return _EXCUSED, None, habit.reason
        chance = rng.random()
        absent = habit.absent * _MONDAY_DIP if session.local_date.weekday() == 0 else habit.absent
        if chance < absent:
            return _ABSENT, None, rng.choice(ABSENT_NOTES) if rng.random() < 0.05 else ""
        late = habit.late * 2 if session.slot == 0 else habit.late
        if chance < absent + late:
            return _LATE, rng.choice(_MINUTES_LATE), rng.choice(LATE_REASONS) if rng.random() < 0.3 else ""
        if chance > 0.993:
            return _EXCUSED, None, rng.choice(EXCUSED_REASONS)
        return _PRESENT, None, ""

    def _habit(self, today: date) -> Habit:
        """Most come nearly always; one in ten is irregular, one in twenty-five absent every third time."""
        rng = self._rng
        chance = rng.random()
        absent = 0.34 if chance < 0.04 else 0.11 if chance < 0.14 else rng.uniform(0.015, 0.055)
        habit = Habit(absent, late=0.16 if rng.random() < 0.06 else rng.uniform(0.005, 0.035))
        if rng.random() < 0.15:
            habit.ill_from = today - timedelta(days=rng.randrange(2, 84))
            habit.ill_until = habit.ill_from + timedelta(days=rng.randrange(2, 11))
            habit.reason = rng.choice(("Ill, certificate shown", "Operation", "Travelling with the family"))
        return habit

    def _walk_in(self, session: Session, at: datetime, user_id: int) -> str:
        """A guest without any enrolment, so that nobody is in two places at once; each comes once."""
        guest = self._guests.pop()
        self.walk_ins.append(
            WalkIn(session_id=session.id, student_id=guest, added_by_id=user_id, added_at=at)
        )
        mark = (_PRESENT, None, WALK_IN_NOTE)
        return self._line(session.id, guest, _text(at), user_id, MarkSource.PERSON.value, None, mark)

    def _due_corrections(self, until: datetime) -> Iterator[str]:
        while self._corrections and self._corrections[0][0] <= until:
            at, _, session_id, student_id, user_id, note = heapq.heappop(self._corrections)
            excused: Mark = (_EXCUSED, None, self._rng.choice(CORRECTION_REASONS))
            yield self._line(
                session_id,
                student_id,
                _text(at),
                user_id,
                MarkSource.PERSON.value,
                (_ABSENT, None, note),
                excused,
            )

    def _line(
        self,
        session_id: int,
        student_id: int,
        at: str,
        user_id: int,
        source: str,
        before: Mark | None,
        after: Mark,
    ) -> str:
        self.last_event_id += 1
        mark_id = f"{self._rng.getrandbits(128):032x}"
        was = f"{before[0]}\t{_NULL}\t{before[2]}" if before else f"{_NULL}\t{_NULL}\t"
        minutes = _NULL if after[1] is None else after[1]
        return (
            f"{self.last_event_id}\t{mark_id}\t{session_id}\t{student_id}\t{at}\t{at}\t{user_id}\t{_DOOR}\t{source}"
            f"\t{was}\t{after[0]}\t{minutes}\t{after[2]}\n"
        )


def _text(instant: datetime) -> str:
    return instant.isoformat(" ", "milliseconds")
