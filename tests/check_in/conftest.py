"""A session at ten o'clock with three students who have accounts, and nothing counted yet."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.accounts.models import User
from academics_app.check_in import limits, rules, service, windows
from academics_app.check_in.models import CheckIn, CheckInWindow
from academics_app.check_in.schemas import CheckInCreate, CheckInRead
from academics_app.core.actor import Actor, Role
from academics_app.core.clock import frozen_at
from academics_app.institute.models import Branch, Room
from academics_app.learning_sessions.models import Batch, LearningSession
from academics_app.students.models import Student
from tests import factories as make

TEN = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
"""The session's start; a time step begins with it."""
JUST_BEFORE = TEN - timedelta(minutes=2)


@dataclass
class Lesson:
    """What the tests act on."""

    branch: Branch
    room: Room
    batch: Batch
    session: LearningSession
    students: list[Student]
    users: list[User]
    teacher_user: User
    admin_user: User

    @property
    def teacher(self) -> Actor:
        return make.actor_of(self.teacher_user)

    @property
    def admin(self) -> Actor:
        return make.actor_of(self.admin_user)

    def student(self, number: int = 0) -> Actor:
        return make.actor_of(self.users[number])


@pytest.fixture
async def lesson(session: AsyncSession) -> Lesson:
    return await build_lesson(session)


async def build_lesson(session: AsyncSession) -> Lesson:
    branch = await make.create_branch(session)
    room = await make.create_room(session, branch=branch, name="Room 1")
    faculty = await make.create_faculty(session)
    batch = await make.create_batch(session, faculty=faculty, branch=branch, name="Physics B")
    students = [
        await make.create_student(session, branch=branch, given_name=name, code=f"S-{number:05d}")
        for number, name in enumerate(("Asha", "Ben", "Cleo"), 431)
    ]
    for student in students:
        await make.create_enrollment(session, student=student, batch=batch)
    return Lesson(
        branch=branch,
        room=room,
        batch=batch,
        session=await make.create_session(session, batch=batch, starts_at=TEN, room_id=room.id),
        students=students,
        users=[
            await make.create_user(session, role=Role.STUDENT, student_id=student.id) for student in students
        ],
        teacher_user=await make.create_user(session, role=Role.FACULTY, faculty_id=faculty.id),
        admin_user=await make.create_user(session),
    )


@pytest.fixture(autouse=True)
def _nothing_counted() -> Iterator[None]:
    limits.tries.clear()
    yield
    limits.tries.clear()


async def open_window(session: AsyncSession, lesson: Lesson, *, at: datetime = JUST_BEFORE) -> None:
    with frozen_at(at):
        await windows.open_window(session, actor=lesson.teacher, session_id=lesson.session.id)


async def shown_code(session: AsyncSession, lesson: Lesson, *, at: datetime = JUST_BEFORE) -> str:
    """The code on the wall at that time."""
    with frozen_at(at):
        window = await windows.read_window(session, actor=lesson.teacher, session_id=lesson.session.id)
    assert window.code is not None
    return window.code


async def other_code(session: AsyncSession, lesson_session: LearningSession, *, at: datetime) -> str:
    """The code of any session's window, by its secret."""
    window = await session.get_one(CheckInWindow, lesson_session.id)
    return rules.code_for(window.secret, lesson_session.id, rules.step_at(at))


async def try_code(
    session: AsyncSession,
    actor: Actor,
    code: str,
    *,
    at: datetime = JUST_BEFORE,
    session_id: int | None = None,
    device: str | None = None,
    address: str = "10.0.0.1",
) -> CheckInRead:
    """One try; every try comes from a phone of its own unless one is named."""
    with frozen_at(at):
        outcome = await service.check_in(
            session,
            actor=actor,
            data=CheckInCreate(code=code, session_id=session_id),
            device=service.Device(device or f"phone of {actor.user_id}", address),
        )
    await session.flush()
    return outcome.check_in_or_raise()


async def stored(session: AsyncSession, lesson_session: LearningSession, student: Student) -> CheckIn | None:
    return await session.get(CheckIn, (lesson_session.id, student.id), populate_existing=True)
