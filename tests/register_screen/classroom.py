"""A class to take the register of, committed to the server's database."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col

from academics_app.accounts.authentication import SCREEN_COOKIE, Device, issue_screen_cookie, open_sign_in
from academics_app.accounts.models import AuthSession, User
from academics_app.attendance.models import Attendance, AttendanceEvent
from academics_app.core.actor import Door, Role
from academics_app.learning_sessions.models import LearningSession
from tests.factories import (
    create_batch,
    create_branch,
    create_enrollment,
    create_faculty,
    create_room,
    create_session,
    create_student,
    create_user,
)

_GIVEN = ("Amara", "Bela", "Chen", "Dalia", "Emeka", "Farah", "Goran", "Hana", "Ivo", "Jaya")
_FAMILY = ("Quill", "Rowan", "Sable", "Thorn", "Umber", "Vale", "Wren", "Yarrow", "Zephyr", "Alder")


@dataclass(frozen=True)
class Person:
    """Somebody with an account."""

    user_id: int
    name: str


@dataclass(frozen=True)
class Classroom:
    """A session with its class and the people around it."""

    engine: AsyncEngine
    session_id: int
    student_ids: dict[str, int]
    teacher: Person
    admin: Person
    branch_id: int
    batch_id: int
    faculty_id: int

    @property
    def names(self) -> list[str]:
        """The students in the order of the register."""
        return list(self.student_ids)

    async def marks(self) -> dict[str, tuple[str, int | None, str]]:
        """Status, minutes and note by student's name, as stored."""
        statement = select(Attendance).where(col(Attendance.session_id) == self.session_id)
        async with AsyncSession(self.engine) as session:
            rows = (await session.scalars(statement)).all()
        names = {student_id: name for name, student_id in self.student_ids.items()}
        return {
            names.get(row.student_id, str(row.student_id)): (row.status.value, row.minutes_late, row.note)
            for row in rows
        }

    async def statuses(self) -> dict[str, str]:
        """Status by student's name, as stored."""
        return {name: status for name, (status, _minutes, _note) in (await self.marks()).items()}

    async def events(self) -> list[AttendanceEvent]:
        """The ledger of the session."""
        statement = (
            select(AttendanceEvent)
            .where(col(AttendanceEvent.session_id) == self.session_id)
            .order_by(col(AttendanceEvent.id))
        )
        async with AsyncSession(self.engine) as session:
            return list((await session.scalars(statement)).all())

    async def taken_by(self) -> int | None:
        """The user who took the register."""
        async with AsyncSession(self.engine) as session:
            return (await session.get_one(LearningSession, self.session_id)).register_taken_by_id

    async def end_sign_ins(self, person: Person) -> None:
        """As if an admin had ended them a while ago: no page is told."""
        statement = update(AuthSession).where(col(AuthSession.user_id) == person.user_id)
        async with AsyncSession(self.engine) as session:
            await session.execute(statement.values(revoked_at=datetime.now(UTC)))
            await session.commit()


MakeClassroom = Callable[..., Awaitable[Classroom]]


async def make_classroom(
    engine: AsyncEngine,
    *,
    students: int = 30,
    starts_in: timedelta = timedelta(minutes=-5),
    **session_values: Any,
) -> Classroom:
    """A class whose session began a moment ago."""
    async with AsyncSession(engine, expire_on_commit=False, autoflush=False) as session:
        await session.execute(text("SET TIME ZONE 'UTC'"))
        branch = await create_branch(session)
        room = await create_room(session, branch=branch)
        faculty = await create_faculty(session, full_name="Ms Rao")
        batch = await create_batch(session, faculty=faculty, branch=branch, name="Physics B")
        people = {}
        for number in range(students):
            given, family = _GIVEN[number % 10], _FAMILY[(number // 10 + number) % 10]
            student = await create_student(
                session, branch=branch, given_name=given, family_name=f"{family} {number:03}"
            )
            people[student.full_name] = student.id
            await create_enrollment(session, student=student, batch=batch)
        starts_at = datetime.now(UTC).replace(microsecond=0) + starts_in
        learning_session = await create_session(
            session, batch=batch, starts_at=starts_at, room_id=room.id, **session_values
        )
        teacher = await create_user(session, role=Role.FACULTY, faculty_id=faculty.id, full_name="Ms Rao")
        admin = await create_user(session, role=Role.ADMIN, full_name="Mr Osei")
        await session.commit()
    return Classroom(
        engine=engine,
        session_id=learning_session.id,
        student_ids=dict(sorted(people.items())),
        teacher=Person(teacher.id, teacher.full_name),
        admin=Person(admin.id, admin.full_name),
        branch_id=branch.id,
        batch_id=batch.id,
        faculty_id=faculty.id,
    )


async def sign_in_cookie(engine: AsyncEngine, person: Person, url: str) -> dict[str, Any]:
    """The browser's cookie of a new sign-in."""
    async with AsyncSession(engine, expire_on_commit=False, autoflush=False) as session:
        user = await session.get_one(User, person.user_id)
        signed_in = await open_sign_in(session, user=user, device=Device(Door.SCREEN))
        value = issue_screen_cookie(signed_in)
        await session.commit()
    return {"name": SCREEN_COOKIE, "value": value, "url": url, "httpOnly": True, "sameSite": "Lax"}
