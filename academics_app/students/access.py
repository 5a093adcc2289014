"""The only way to a student or a guardian by id: not found unless visible, forbidden unless allowed."""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.core.actor import Actor
from academics_app.core.errors import NotFound
from academics_app.core.permissions import Permission, require
from academics_app.core.prepared import first_in_scope
from academics_app.students import queries
from academics_app.students.models import Guardian, Student, StudentGuardian


async def access_student(
    session: AsyncSession,
    student_id: int,
    *,
    actor: Actor,
    to: Permission = Permission.STUDENT_READ,
    for_update: bool = False,
) -> Student:
    """The student; `for_update` holds the row against another change until the transaction ends."""
    statement = queries.student(student_id, actor)
    if for_update:
        statement = statement.with_for_update(of=Student, key_share=True)
        statement = statement.execution_options(populate_existing=True)
    student = (await session.scalars(statement)).one_or_none()
    if student is None:
        raise NotFound("There is no such student.")
    require(actor, to)
    return student


async def check_student(session: AsyncSession, student_id: int, *, actor: Actor, to: Permission) -> None:
    """As `access_student`, for who needs only to know that the actor may."""
    if await first_in_scope(session, queries.student_id, student_id, actor=actor) is None:
        raise NotFound("There is no such student.")
    require(actor, to)


async def access_guardian(
    session: AsyncSession, guardian_id: int, *, actor: Actor, to: Permission
) -> Guardian:
    """The guardian, if one of their students is the actor's to see."""
    statement = queries.guardians(actor).where(col(Guardian.id) == guardian_id)
    guardian = (await session.scalars(statement)).one_or_none()
    if guardian is None:
        raise NotFound("There is no such guardian.")
    require(actor, to)
    return guardian


async def access_guardianship(
    session: AsyncSession, student: Student, guardian_id: int
) -> tuple[Guardian, StudentGuardian]:
    """A guardian of a student whom the caller has fetched for the change; held until the transaction ends."""
    statement = queries.guardians_of(student.id).where(col(Guardian.id) == guardian_id).with_for_update()
    found = (await session.execute(statement.execution_options(populate_existing=True))).one_or_none()
    if found is None:
        raise NotFound("The student has no such guardian.")
    guardian, link = found
    return guardian, link
