"""The register as it stood: rebuilt from the ledgers, for any moment, beside a plain model of what was done."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.attendance.history import register_as_of, register_history
from academics_app.attendance.models import AttendanceStatus, RegisterAction
from academics_app.attendance.register import read_register
from academics_app.attendance.schemas.register import BulkMark, MarkCommand, TakeRegister
from academics_app.attendance.service import mark_many, mark_student, undo_take
from academics_app.attendance.walk_ins import add_walk_in
from academics_app.core import clock
from academics_app.core.actor import Door, Role
from academics_app.core.errors import Forbidden, InvalidInput, NotFound
from academics_app.learning_sessions.models import LearningSession
from tests import factories as make
from tests.attendance.conftest import Classroom
from tests.attendance.registers import NOW, session_at, take
from tests.conftest import CountQueries, SignIn

PRESENT, ABSENT, LATE, EXCUSED = AttendanceStatus
MINUTE = timedelta(minutes=1)
Mark = tuple[AttendanceStatus, int | None, str]
"""Status, minutes, note."""


@pytest.fixture
async def lesson(session: AsyncSession, classroom: Classroom) -> LearningSession:
    """The first was absent, and turned out to be late an hour later."""
    lesson = await session_at(session, classroom, days_ago=1)
    await take(session, classroom, lesson, s0=ABSENT)
    with clock.frozen_at(lesson.starts_at + 60 * MINUTE):
        await mark_many(
            session,
            actor=classroom.admin,
            data=BulkMark(
                session_id=lesson.id,
                marks=[
                    MarkCommand(
                        student_id=classroom.students[0].id,
                        status=LATE,
                        minutes_late=9,
                        base_version=await _version(session, lesson, classroom),
                    )
                ],
            ),
        )
    return lesson


async def _version(session: AsyncSession, lesson: LearningSession, classroom: Classroom) -> int:
    register = await read_register(session, actor=classroom.admin, session_id=lesson.id)
    return next(row.version for row in register.rows if row.student_id == classroom.students[0].id)


async def test_a_register_as_it_stood(
    session: AsyncSession, classroom: Classroom, lesson: LearningSession
) -> None:
    def ask(minutes: int, **until: datetime):
        at = lesson.starts_at + minutes * MINUTE
        return register_as_of(session, actor=classroom.teacher, session_id=lesson.id, at=at, **until)

    with clock.frozen_at(NOW):
        before, taken, after = await ask(4), await ask(5), await ask(60)
        between = await ask(4, until=lesson.starts_at + 5 * MINUTE)
        with pytest.raises(InvalidInput, match="before the earlier"):
            await ask(9, until=lesson.starts_at)

    assert (before.stored, before.expected, before.taken_at, before.changed) == (0, 3, None, 3)
    assert before.is_taken_later
    assert (taken.stored, taken.taken_by, taken.changed) == (3, "Ada Teacher", 1)
    assert taken.taken_at == lesson.starts_at + 5 * MINUTE
    [changed] = [row for row in taken.rows if row.is_changed]
    assert (changed.status, changed.later.status, changed.later.minutes_late) == (ABSENT, LATE, 9)
    assert changed.marked_by == "Ada Teacher"
    assert after.changed == 0
    assert (between.changed, between.until) == (3, lesson.starts_at + 5 * MINUTE)


async def test_the_history_says_who_what_and_through_which_door(
    session: AsyncSession, classroom: Classroom, lesson: LearningSession
) -> None:
    history = await register_history(session, actor=classroom.teacher, session_id=lesson.id)
    assert [(change.by, change.action) for change in history.register_changes] == [
        ("Ada Teacher", RegisterAction.TAKEN)
    ]
    last = history.marks[-1]
    assert (last.before.status, last.after.status, last.after.minutes_late) == (ABSENT, LATE, 9)
    assert (last.by, last.door, last.student_name) == (
        classroom.admin.name,
        Door.REST,
        classroom.students[0].full_name,
    )
    assert len(history.marks) == 4


async def test_a_confirmation_without_an_event_still_shows(
    session: AsyncSession, classroom: Classroom
) -> None:
    """Imported registers carry when they were taken, and no event of it."""
    lesson = await session_at(session, classroom, days_ago=2, register_taken_at=NOW - timedelta(days=1))
    with clock.frozen_at(NOW):
        early = await register_as_of(
            session, actor=classroom.admin, session_id=lesson.id, at=NOW - timedelta(days=1, minutes=1)
        )
        now = await register_as_of(session, actor=classroom.admin, session_id=lesson.id, at=NOW)
    assert (early.taken_at, now.taken_at) == (None, NOW - timedelta(days=1))


async def test_a_walk_in_is_there_from_then_on(
    session: AsyncSession, classroom: Classroom, lesson: LearningSession
) -> None:
    guest = await make.create_student(session, branch_id=classroom.batch.branch_id)
    await add_walk_in(session, actor=classroom.teacher, session_id=lesson.id, student_id=guest.id)
    added = clock.utc_now() + timedelta(days=1)
    early = await register_as_of(
        session, actor=classroom.teacher, session_id=lesson.id, at=added - timedelta(days=3), until=added
    )
    with clock.frozen_at(added):
        now = await register_as_of(session, actor=classroom.teacher, session_id=lesson.id, at=added)
    assert (early.expected, now.expected) == (3, 4)


async def test_who_may_look_back(
    session: AsyncSession, classroom: Classroom, lesson: LearningSession
) -> None:
    stranger = await make.create_user(session, role=Role.FACULTY)
    student = await make.create_user(session, role=Role.STUDENT, student_id=classroom.students[0].id)
    for user, error in ((stranger, NotFound), (student, Forbidden)):
        with pytest.raises(error):
            await register_history(session, actor=make.actor_of(user), session_id=lesson.id)
        with pytest.raises(error):
            await register_as_of(session, actor=make.actor_of(user), session_id=lesson.id, at=NOW)


async def test_over_rest(
    session: AsyncSession,
    classroom: Classroom,
    lesson: LearningSession,
    client: httpx.AsyncClient,
    sign_in: SignIn,
    count_queries: CountQueries,
) -> None:
    path = f"/api/v1/attendance/session/{lesson.id}"
    at = (lesson.starts_at + 5 * MINUTE).isoformat().replace("+00:00", "Z")
    with clock.frozen_at(NOW):
        headers = await sign_in(classroom.teacher_user)
        with count_queries() as statements:
            answer = await client.get(f"{path}/register/as-of?at={at}", headers=headers)
        assert len(statements) <= 6
        assert (answer.json()["stored"], answer.json()["changed"]) == (3, 1)
        assert len((await client.get(f"{path}/history", headers=headers)).json()["marks"]) == 4
        for wrong in ("2027-03-30T10:00:00", "yesterday", ""):
            refused = await client.get(f"{path}/register/as-of?at={wrong}", headers=headers)
            assert (refused.status_code, set(refused.json()["fields"])) == (422, {"at"})
        for extreme in ("0001-01-01T00:00:00%2B14:00", "1900-01-01T00:00:00-14:00"):
            assert (await client.get(f"{path}/register/as-of?at={extreme}", headers=headers)).json()[
                "stored"
            ] == 0


@dataclass
class _Model:
    """What a reader of the story would write down."""

    marks: dict[int, Mark] = field(default_factory=dict)
    is_taken: bool = False


@dataclass
class _World:
    loop: asyncio.AbstractEventLoop
    session: AsyncSession
    classroom: Classroom
    lessons: int = 0


class _Histories(RuleBasedStateMachine):
    """Random marks, clearings, confirmations and their undoing, each some seconds after the last."""

    world: _World

    @initialize()
    def begin(self) -> None:
        self.world.lessons += 1
        self.lesson = self._run(
            session_at(self.world.session, self.world.classroom, days_ago=self.world.lessons)
        )
        self.now = self.lesson.starts_at
        self.model = _Model()
        self.commands: list[UUID] = [uuid4()]
        self.story: list[tuple[datetime, dict[int, Mark], bool]] = []
        self.versions: dict[int, int] = {}

    @rule(
        student=st.integers(0, 2),
        status=st.sampled_from([None, *AttendanceStatus]),
        minutes=st.integers(0, 600),
        note=st.sampled_from(["", "bus"]),
        by_admin=st.booleans(),
        wait=st.integers(0, 90),
    )
    def mark(
        self,
        *,
        student: int,
        status: AttendanceStatus | None,
        minutes: int,
        note: str,
        by_admin: bool,
        wait: int,
    ) -> None:
        student_id = self.world.classroom.students[student].id
        late = minutes if status is LATE else None
        command = MarkCommand(
            student_id=student_id,
            status=status,
            minutes_late=late,
            note=note,
            base_version=self.versions.get(student_id, 0),
        )
        actor = self.world.classroom.admin if by_admin else self.world.classroom.teacher
        result = self._do(
            wait, mark_student(self.world.session, actor=actor, session_id=self.lesson.id, command=command)
        )
        self._set(student_id, None if status is None else (status, late, note), result.mark.version)

    @rule(students=st.lists(st.integers(0, 2), unique=True), take=st.booleans(), wait=st.integers(0, 90))
    def bulk(self, *, students: list[int], take: bool, wait: int) -> None:
        if not students and not take:
            return
        people = [student.id for student in self.world.classroom.students]
        confirmation = TakeRegister(student_ids=people) if take else None
        data = BulkMark(
            session_id=self.lesson.id,
            marks=[
                MarkCommand(
                    student_id=people[each], status=EXCUSED, base_version=self.versions.get(people[each], 0)
                )
                for each in students
            ],
            take_register=confirmation,
        )
        result = self._do(wait, mark_many(self.world.session, actor=self.world.classroom.teacher, data=data))
        versions = {mark.student_id: mark.version for mark in result.marks}
        for each in students:
            self._set(people[each], (EXCUSED, None, ""), versions[people[each]])
        if confirmation:
            self.commands.append(confirmation.command_id)
            for student_id in people:
                if student_id not in self.model.marks:
                    self._set(student_id, (PRESENT, None, ""), versions[student_id])
            self.model.is_taken = True
        self._write_down()

    @rule(wait=st.integers(0, 90))
    def undo(self, wait: int) -> None:
        """The last confirmation is taken back, with what it filled in and nobody touched since."""
        before = self.model.marks.copy()
        result = self._do(
            wait,
            undo_take(
                self.world.session,
                actor=self.world.classroom.teacher,
                session_id=self.lesson.id,
                command_id=self.commands[-1],
            ),
        )
        cleared = {mark.student_id for mark in result.marks}
        assert all(before[each] == (PRESENT, None, "") for each in cleared)
        for each in cleared:
            self._set(each, None, 0)
        self.model.is_taken = False
        self._write_down()

    @rule(data=st.data())
    def look_back(self, data: st.DataObject) -> None:
        """At any second from before the first mark until after the last, the ledger agrees with the story."""
        span = int((self.now - self.lesson.starts_at).total_seconds())
        at = self.lesson.starts_at + timedelta(seconds=data.draw(st.integers(-60, span + 60)))
        with clock.frozen_at(self.now + timedelta(seconds=90)):
            read = self._run(
                register_as_of(
                    self.world.session, actor=self.world.classroom.admin, session_id=self.lesson.id, at=at
                )
            )
        known = [(marks, is_taken) for told_at, marks, is_taken in self.story if told_at <= at]
        marks, is_taken = known[-1] if known else ({}, False)
        now = self.story[-1][1] if self.story else {}
        assert _marks(read.rows) == marks
        assert (read.taken_at is not None) is is_taken
        assert read.stored == len(marks)
        assert {row.student_id for row in read.rows if row.is_changed} == {
            student.id
            for student in self.world.classroom.students
            if marks.get(student.id) != now.get(student.id)
        }

    def teardown(self) -> None:
        """As of now, it is the register itself."""
        if not hasattr(self, "lesson"):
            return
        with clock.frozen_at(self.now):
            past = self._run(
                register_as_of(
                    self.world.session,
                    actor=self.world.classroom.admin,
                    session_id=self.lesson.id,
                    at=self.now,
                )
            )
            present = self._run(
                read_register(self.world.session, actor=self.world.classroom.admin, session_id=self.lesson.id)
            )
        assert {row.student_id: (row.version, row.marked_by) for row in past.rows} == {
            row.student_id: (row.version, row.marked_by) for row in present.rows
        }
        assert (past.taken_at, past.taken_by) == (present.taken_at, present.taken_by)

    def _do(self, wait: int, work):  # noqa: ANN001
        self.now += timedelta(seconds=wait)
        with clock.frozen_at(self.now):
            return self._run(work)

    def _run(self, work):  # noqa: ANN001
        return asyncio.run_coroutine_threadsafe(work, self.world.loop).result(timeout=30)

    def _set(self, student_id: int, mark: Mark | None, version: int) -> None:
        if mark is None:
            self.model.marks.pop(student_id, None)
            self.versions.pop(student_id, None)
        else:
            self.model.marks[student_id] = mark
            self.versions[student_id] = version
        self._write_down()

    def _write_down(self) -> None:
        self.story.append((self.now, self.model.marks.copy(), self.model.is_taken))


def _marks(rows) -> dict[int, Mark]:  # noqa: ANN001
    return {
        row.student_id: (row.status, row.minutes_late, row.note) for row in rows if row.status is not None
    }


async def test_as_of_agrees_with_a_plain_model(session: AsyncSession, classroom: Classroom) -> None:
    """The machine is synchronous: it runs in a thread and hands each step, with its time, to the test's loop."""
    _Histories.world = _World(asyncio.get_running_loop(), session, classroom)
    bounds = settings(
        max_examples=25,
        stateful_step_count=20,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    await asyncio.to_thread(run_state_machine_as_test, _Histories, settings=bounds)
    assert _Histories.world.lessons >= 25
