"""Who asks, in the tests of students: one institute with somebody of each role and their relation to a student."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.accounts.models import User
from academics_app.core.actor import Role
from academics_app.institute.models import Branch
from academics_app.students.models import Guardian, Student
from tests import factories


@dataclass(frozen=True)
class People:
    branch: Branch
    student: Student
    other_student: Student
    guardian: Guardian
    users: dict[str, User]


ROLES = (
    "admin",
    "counselor",
    "faculty",
    "other_faculty",
    "student",
    "other_student",
    "guardian",
    "other_guardian",
)


async def make_people(session: AsyncSession) -> People:
    """A student with a guardian, taught by "faculty"; everyone "other" has nothing to do with them."""
    branch = await factories.create_branch(session)
    student = await factories.create_student(
        session,
        branch=branch,
        given_name="Mina",
        family_name="Park",
        email="mina@example.org",
        phone="+44 20 7946 0958",
        notes="Needs a quiet room.",
    )
    other_student = await factories.create_student(
        session, branch=branch, given_name="Jun", family_name="Sato"
    )
    guardian = await factories.create_guardian(
        session, student, full_name="Jun Park", phone="+44 20 7946 0959"
    )
    other_guardian = await factories.create_guardian(session, other_student)
    teacher = await factories.create_faculty(session)
    batch = await factories.create_batch(session, faculty=teacher, branch=branch)
    await factories.create_enrollment(session, student=student, batch=batch)
    users = {
        "admin": await factories.create_user(session, role=Role.ADMIN),
        "counselor": await factories.create_user(session, role=Role.COUNSELOR),
        "faculty": await factories.create_user(session, role=Role.FACULTY, faculty_id=teacher.id),
        "other_faculty": await factories.create_user(session, role=Role.FACULTY),
        "student": await factories.create_user(session, role=Role.STUDENT, student_id=student.id),
        "other_student": await factories.create_user(session, role=Role.STUDENT, student_id=other_student.id),
        "guardian": await factories.create_user(session, role=Role.GUARDIAN, guardian_id=guardian.id),
        "other_guardian": await factories.create_user(
            session, role=Role.GUARDIAN, guardian_id=other_guardian.id
        ),
    }
    return People(branch=branch, student=student, other_student=other_student, guardian=guardian, users=users)
