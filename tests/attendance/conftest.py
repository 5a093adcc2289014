"""A register of three, its teacher, and everybody else who might try."""

from dataclasses import dataclass

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.accounts.models import User
from academics_app.core.actor import Actor, Role
from academics_app.learning_sessions.models import Batch, LearningSession
from academics_app.students.models import Student
from tests import factories as make


@dataclass
class Classroom:
    """One batch of three students with a session now."""

    batch: Batch
    session: LearningSession
    students: list[Student]
    teacher_user: User
    admin_user: User

    @property
    def teacher(self) -> Actor:
        return make.actor_of(self.teacher_user)

    @property
    def admin(self) -> Actor:
        return make.actor_of(self.admin_user)


async def build_classroom(session: AsyncSession, *, size: int = 3) -> Classroom:
    branch = await make.create_branch(session)
    teacher = await make.create_faculty(session, full_name="Ada Teacher")
    batch = await make.create_batch(session, faculty=teacher, branch=branch)
    students = [await make.create_student(session, branch=branch) for _ in range(size)]
    for student in students:
        await make.create_enrollment(session, student=student, batch=batch)
    return Classroom(
        batch=batch,
        session=await make.create_session(session, batch=batch),
        students=students,
        teacher_user=await make.create_user(
            session, role=Role.FACULTY, faculty_id=teacher.id, full_name="Ada Teacher"
        ),
        admin_user=await make.create_user(session),
    )


@pytest.fixture
async def classroom(session: AsyncSession) -> Classroom:
    return await build_classroom(session)
