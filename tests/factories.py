"""Rows for tests: each function adds one with sensible values and flushes it."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.accounts.models import User, UserStatus
from academics_app.core import search
from academics_app.core.actor import Actor, Door, Role
from academics_app.faculty.models import Faculty
from academics_app.institute.models import Branch, Room
from academics_app.learning_sessions.models import Batch, Enrollment, LearningSession
from academics_app.students.models import Guardian, Student, StudentGuardian
from academics_app.subjects.models import Subject, Topic

_number = count(1)
TERM_START = date(2026, 9, 1)


async def create_branch(session: AsyncSession, **overrides: Any) -> Branch:
    number = next(_number)
    values: dict[str, Any] = {"code": f"BR-{number}", "name": f"Branch {number}"} | overrides
    return await _add(session, Branch(**values))


async def create_room(session: AsyncSession, *, branch: Branch | None = None, **overrides: Any) -> Room:
    branch = branch or await create_branch(session)
    return await _add(session, Room(**{"branch_id": branch.id, "name": f"Room {next(_number)}"} | overrides))


async def create_student(session: AsyncSession, *, branch: Branch | None = None, **overrides: Any) -> Student:
    number = next(_number)
    values: dict[str, Any] = {
        "code": f"S-{number}",
        "given_name": f"Student{number}",
        "family_name": "Test",
    } | overrides
    if "branch_id" not in values:
        values["branch_id"] = (branch or await create_branch(session)).id
    values.setdefault(
        "search_text", search.normalise(values["given_name"], values["family_name"], values["code"])
    )
    student = await _add(session, Student(**values))
    await session.refresh(student, ["full_name"])
    return student


async def create_guardian(session: AsyncSession, *students: Student, **overrides: Any) -> Guardian:
    name = overrides.pop("full_name", f"Guardian {next(_number)}")
    guardian = await _add(
        session, Guardian(**{"full_name": name, "search_text": search.normalise(name)} | overrides)
    )
    for student in students:
        session.add(StudentGuardian(student_id=student.id, guardian_id=guardian.id))
    await session.flush()
    return guardian


async def create_faculty(session: AsyncSession, **overrides: Any) -> Faculty:
    number = next(_number)
    values: dict[str, Any] = {"code": f"F-{number}", "full_name": f"Faculty {number}"} | overrides
    values.setdefault("search_text", search.normalise(str(values["full_name"]), str(values["code"])))
    return await _add(session, Faculty(**values))


async def create_subject(session: AsyncSession, **overrides: Any) -> Subject:
    number = next(_number)
    values: dict[str, Any] = {"code": f"SUB-{number}", "name": f"Subject {number}"} | overrides
    values.setdefault("search_text", search.normalise(str(values["name"]), str(values["code"])))
    return await _add(session, Subject(**values))


async def create_topic(session: AsyncSession, *, subject: Subject | None = None, **overrides: Any) -> Topic:
    subject = subject or await create_subject(session)
    number = next(_number)
    return await _add(
        session,
        Topic(**{"subject_id": subject.id, "position": number, "title": f"Topic {number}"} | overrides),
    )


async def create_batch(
    session: AsyncSession,
    *,
    subject: Subject | None = None,
    faculty: Faculty | None = None,
    branch: Branch | None = None,
    **overrides: Any,
) -> Batch:
    number = next(_number)
    values: dict[str, Any] = {
        "code": f"B-{number}",
        "name": f"Batch {number}",
        "starts_on": TERM_START,
        "faculty_id": faculty.id if faculty else None,
    } | overrides
    if "subject_id" not in values:
        values["subject_id"] = (subject or await create_subject(session)).id
    if "branch_id" not in values:
        values["branch_id"] = (branch or await create_branch(session)).id
    values.setdefault("search_text", search.normalise(values["name"], values["code"]))
    return await _add(session, Batch(**values))


async def create_enrollment(
    session: AsyncSession, *, student: Student, batch: Batch, **overrides: Any
) -> Enrollment:
    values: dict[str, Any] = {
        "student_id": student.id,
        "batch_id": batch.id,
        "starts_on": TERM_START,
    } | overrides
    return await _add(session, Enrollment(**values))


async def create_session(
    session: AsyncSession, *, batch: Batch, starts_at: datetime | None = None, **overrides: Any
) -> LearningSession:
    """One hour, now by default, taught by the batch's faculty member."""
    starts_at = starts_at or datetime.now(UTC).replace(second=0, microsecond=0)
    values: dict[str, Any] = {
        "batch_id": batch.id,
        "branch_id": batch.branch_id,
        "faculty_id": batch.faculty_id,
        "local_date": starts_at.date(),
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=1),
    } | overrides
    return await _add(session, LearningSession(**values))


async def create_user(session: AsyncSession, *, role: Role = Role.ADMIN, **overrides: Any) -> User:
    """An active account; for a faculty member, student or guardian with a person behind it."""
    number = next(_number)
    values: dict[str, Any] = {
        "username": f"{role}{number}",
        "full_name": f"{role.capitalize()} {number}",
        "role": role,
        "status": UserStatus.ACTIVE,
    } | overrides
    if role is Role.FACULTY and "faculty_id" not in values:
        values["faculty_id"] = (await create_faculty(session)).id
    if role is Role.STUDENT and "student_id" not in values:
        values["student_id"] = (await create_student(session)).id
    if role is Role.GUARDIAN and "guardian_id" not in values:
        values["guardian_id"] = (await create_guardian(session, await create_student(session))).id
    values.setdefault("search_text", search.normalise(values["full_name"], values["username"]))
    return await _add(session, User(**values))


def actor_of(user: User, *, door: Door = Door.REST, branch_ids: frozenset[int] | None = None) -> Actor:
    """The actor that the user's sign-in would lead to."""
    return Actor(
        user_id=user.id,
        role=user.role,
        name=user.full_name,
        door=door,
        student_id=user.student_id,
        faculty_id=user.faculty_id,
        guardian_id=user.guardian_id,
        branch_ids=branch_ids,
    )


async def _add(session: AsyncSession, row: Any) -> Any:
    session.add(row)
    await session.flush()
    return row
