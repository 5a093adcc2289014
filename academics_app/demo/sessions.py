"""Every meeting's sessions over the weeks, around the holidays: held, cancelled, taught by a substitute, to come."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from random import Random
from zoneinfo import ZoneInfo

from academics_app.demo.catalogue import CANCEL_REASONS
from academics_app.demo.size import WEEKS_AHEAD, Size
from academics_app.demo.teaching import DEMO_FACULTY_ID, Meeting, Teaching
from academics_app.demo.timetable import LESSON_MINUTES, Slot, Today, slots_of
from academics_app.faculty.models import Faculty, FacultyStatus
from academics_app.learning_sessions.models import SessionStatus


class Register(Enum):
    """What became of a session's register."""

    UNTOUCHED = 0
    PARTIAL = 1
    TAKEN = 2


@dataclass(slots=True)
class Session:
    """A row of learning_session, and what the registers' invention needs to know beside it."""

    id: int
    batch_id: int
    schedule_id: int
    branch_id: int
    faculty_id: int
    substitute_for_id: int | None
    room_id: int
    topic_id: int | None
    local_date: date
    occurs_on: date
    starts_at: datetime
    ends_at: datetime
    status: str
    cancel_reason: str | None
    register_taken_at: datetime | None
    register_taken_by_id: int | None
    register: Register
    slot: int
    version: int
    """Above 1 on the shifted day: as if somebody had moved each of its sessions, so that nothing moves them back."""


def invent_sessions(
    teaching: Teaching,
    faculty: list[Faculty],
    faculty_user_ids: dict[int, int],
    size: Size,
    today: Today,
    zone: ZoneInfo,
    seed: str,
) -> list[Session]:
    """All sessions in the order in which they begin."""
    maker = _Maker(teaching, faculty, faculty_user_ids, today, seed)
    by_weekday: dict[int, list[Meeting]] = {weekday: [] for weekday in range(7)}
    for meeting in sorted(teaching.meetings, key=lambda each: (each.slot, each.schedule.id)):
        by_weekday[meeting.weekday].append(meeting)
    first = today.day - timedelta(weeks=size.weeks)
    for offset in range((size.weeks + WEEKS_AHEAD) * 7):
        day = first + timedelta(days=offset)
        slots = today.slots if day == today.day else slots_of(day, zone)
        maker.add_day(day, by_weekday[day.weekday()], slots)
    return maker.sessions


class _Maker:
    def __init__(
        self, teaching: Teaching, faculty: list[Faculty], user_ids: dict[int, int], today: Today, seed: str
    ) -> None:
        self.sessions: list[Session] = []
        self._teaching = teaching
        self._user_ids = user_ids
        self._today = today
        self._rng = Random(f"{seed}:sessions")  # noqa: S311
        self._substitutes = _by_branch(teaching, faculty)
        self._plans = _topic_plans(teaching)
        self._lessons: dict[int, int] = {}

    def add_day(self, day: date, meetings: Iterable[Meeting], slots: tuple[Slot, ...]) -> None:
        closed = {
            holiday.branch_id
            for holiday in self._teaching.holidays
            if holiday.starts_on <= day <= holiday.ends_on
        }
        standing_in: set[tuple[int, int]] = set()
        for meeting in meetings:
            batch = meeting.batch
            if None in closed or batch.branch_id in closed:
                continue
            if day < batch.starts_on or (batch.ends_on is not None and day > batch.ends_on):
                continue
            self._add(meeting, day, slots[meeting.slot], standing_in)

    def _add(self, meeting: Meeting, day: date, when: Slot, standing_in: set[tuple[int, int]]) -> None:
        batch = meeting.batch
        teacher = batch.faculty_id or DEMO_FACULTY_ID
        session = Session(
            id=len(self.sessions) + 1,
            batch_id=batch.id,
            schedule_id=meeting.schedule.id,
            branch_id=batch.branch_id,
            faculty_id=teacher,
            substitute_for_id=None,
            room_id=meeting.room_id,
            topic_id=None,
            local_date=day,
            occurs_on=day,
            starts_at=when[0],
            ends_at=when[1],
            status=SessionStatus.SCHEDULED.value,
            cancel_reason=None,
            register_taken_at=None,
            register_taken_by_id=None,
            register=Register.UNTOUCHED,
            slot=meeting.slot,
            version=2 if day == self._today.day else 1,
        )
        self.sessions.append(session)
        chance = self._rng.random()
        if day == self._today.day:
            session.register = self._todays_register(session, chance)
        elif chance < 0.015:
            session.status = SessionStatus.CANCELLED.value
            session.cancel_reason = self._rng.choice(CANCEL_REASONS)
            return
        elif chance < 0.04:
            self._substitute(session, meeting, standing_in)
        if day < self._today.day:
            chance = self._rng.random()
            session.register = (
                Register.UNTOUCHED
                if chance < 0.015
                else Register.PARTIAL
                if chance < 0.02
                else Register.TAKEN
            )
        if day <= self._today.day:
            lesson = self._lessons[batch.id] = self._lessons.get(batch.id, -1) + 1
            plan = self._plans[batch.subject_id]
            session.topic_id = plan[min(lesson, len(plan) - 1)]
        if session.register is Register.TAKEN:
            session.status = SessionStatus.HELD.value
            session.register_taken_at = when[0] + timedelta(seconds=self._rng.randrange(90, 540))
            session.register_taken_by_id = self._user_ids[session.faculty_id]

    def _todays_register(self, session: Session, chance: float) -> Register:
        """The demo faculty member took the earlier registers, forgot the last one, and has one open."""
        behind = self._today.current - session.slot
        demo = session.faculty_id == DEMO_FACULTY_ID
        if behind < 0 or (demo and behind <= 1):
            return Register.UNTOUCHED
        if behind == 0:
            return Register.PARTIAL if chance < 0.5 else Register.UNTOUCHED
        if demo or chance < 0.8:
            return Register.TAKEN
        return Register.PARTIAL if chance < 0.88 else Register.UNTOUCHED

    def _substitute(self, session: Session, meeting: Meeting, standing_in: set[tuple[int, int]]) -> None:
        """Let somebody of the branch who is free in this slot stand in, if anybody is."""
        colleagues = self._substitutes[session.branch_id]
        candidate = colleagues[self._rng.randrange(len(colleagues))]
        taught = (meeting.weekday, meeting.slot, "faculty", candidate) in self._teaching.busy
        if taught or (meeting.slot, candidate) in standing_in:
            return
        standing_in.add((meeting.slot, candidate))
        session.substitute_for_id, session.faculty_id = session.faculty_id, candidate


def _by_branch(teaching: Teaching, faculty: list[Faculty]) -> dict[int, list[int]]:
    branches = teaching.branches
    at_work = [member for member in faculty if member.status is FacultyStatus.ACTIVE]
    return {
        branch.id: [member.id for member in at_work if (member.id - 1) % len(branches) == branch.id - 1]
        for branch in branches
    }


def _topic_plans(teaching: Teaching) -> dict[int, list[int]]:
    """Each subject's topics, each as often as it has hours of lessons."""
    plans: dict[int, list[int]] = {subject.id: [] for subject in teaching.subjects}
    for topic in teaching.topics:
        plans[topic.subject_id] += [topic.id] * (int(topic.planned_hours) * 60 // LESSON_MINUTES)
    return plans
