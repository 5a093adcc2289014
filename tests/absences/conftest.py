"""A student with a guardian, who asks; a teacher, who answers; and a day to be away on."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.accounts.models import User
from academics_app.core.actor import Actor, Role
from academics_app.learning_sessions.models import LearningSession
from academics_app.students.models import Student
from tests import factories as make
from tests.attendance.conftest import build_classroom


@dataclass
class Family:
    """The first student of a class that meets today."""

    student: Student
    session: LearningSession
    users: dict[str, User]

    @property
    def today(self) -> date:
        return self.session.local_date

    def day(self, offset: int) -> date:
        return self.today + timedelta(days=offset)

    def __getitem__(self, who: str) -> Actor:
        return make.actor_of(self.users[who])


@pytest.fixture
async def family(session: AsyncSession) -> Family:
    classroom = await build_classroom(session)
    student = classroom.students[0]
    guardian = await make.create_guardian(session, student)
    users = {
        "guardian": await make.create_user(session, role=Role.GUARDIAN, guardian_id=guardian.id),
        "student": await make.create_user(session, role=Role.STUDENT, student_id=student.id),
        "stranger": await make.create_user(session, role=Role.GUARDIAN),
        "teacher": classroom.teacher_user,
        "other teacher": await make.create_user(session, role=Role.FACULTY),
        "counselor": await make.create_user(session, role=Role.COUNSELOR),
        "admin": classroom.admin_user,
    }
    return Family(student, classroom.session, users)
