"""Students: who they are, and who may find, see and change them. Guardians are in `guardians`."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.accounts.audit import record
from academics_app.core import search
from academics_app.core.actor import Actor
from academics_app.core.clock import local_date, utc_now
from academics_app.core.codes import free_code
from academics_app.core.constraints import refusals
from academics_app.core.db import announce
from academics_app.core.errors import AppError, Conflict, InvalidInput
from academics_app.core.pagination import Page, PageRequest
from academics_app.core.permissions import Permission, require
from academics_app.core.versions import refuse_stale
from academics_app.institute.current import current_settings
from academics_app.institute.names import branches_in_reach
from academics_app.students import names, queries, rules
from academics_app.students.access import access_student, check_student
from academics_app.students.guardianship import own_student_ids
from academics_app.students.models import Student, StudentStatus
from academics_app.students.schemas import (
    StudentBrief,
    StudentCreate,
    StudentRead,
    StudentSort,
    StudentUpdate,
)

__all__ = [
    "access_student",
    "check_student",
    "count_students",
    "create_student",
    "find_students",
    "list_own_students",
    "list_students",
    "read_student",
    "student_names",
    "update_student",
]

_AUDITED = {
    "code",
    "given_name",
    "family_name",
    "email",
    "phone",
    "date_of_birth",
    "status",
    "branch_id",
    "notes",
}
_REFUSALS: dict[str, AppError] = {
    "uq_student_code": Conflict(
        "Another student has this code.", code="duplicate", fields={"code": "is taken by another student"}
    ),
}


async def list_students(
    session: AsyncSession,
    *,
    actor: Actor,
    page: PageRequest,
    status: StudentStatus | None = None,
    branch_id: int | None = None,
    query: str = "",
    sort: StudentSort | None = None,
) -> Page[StudentRead]:
    """The actor's students by filter and search; two statements at most."""
    require(actor, Permission.STUDENT_LIST)
    statement = queries.students(actor, status=status, branch_id=branch_id)
    statement = await search.narrow(session, statement, col(Student.search_text), query)
    listed = queries.with_branch_name(statement.order_by(*queries.student_order(query, sort)))
    rows, total = await search.fetch_page(session, listed, page, query=query)
    items = [_read(student, branch_name, actor) for student, branch_name, *_ in rows]
    return Page(items=items, total=total, skip=page.skip, limit=page.limit)


async def count_students(session: AsyncSession, *, actor: Actor) -> dict[StudentStatus, int]:
    """How many of the actor's students have each status."""
    require(actor, Permission.STUDENT_LIST)
    rows = await session.execute(queries.counts_by_status(actor))
    counted = {row.status: row.students for row in rows}
    return {status: counted.get(status, 0) for status in StudentStatus}


async def list_own_students(session: AsyncSession, *, actor: Actor) -> list[StudentRead]:
    """The student that the actor is, or whose guardian they are."""
    require(actor, Permission.STUDENT_READ)
    own = select(Student).where(col(Student.id).in_(own_student_ids(actor)))
    return await _read_all(session, own.order_by(*queries.student_order("", None)), actor)


async def find_students(
    session: AsyncSession,
    *,
    actor: Actor,
    query: str,
    limit: int = 20,
    status: StudentStatus | None = None,
    beyond_own: bool = False,
) -> list[StudentBrief]:
    """The best matches, without contact data.

    `beyond_own` looks through all students of the actor's branches, taught by them or not. That the actor has a
    reason to (a walk-in in a register that they may mark) is the caller's to check.
    """
    require(actor, Permission.STUDENT_LIST)
    statement = queries.students_in_reach(actor) if beyond_own else queries.students(actor)
    if status is not None:
        statement = statement.where(col(Student.status) == status)
    statement = await search.narrow(session, statement, col(Student.search_text), query)
    found = await session.scalars(statement.order_by(*queries.student_order(query, None)).limit(limit))
    return [StudentBrief.model_validate(student) for student in found]


async def student_names(session: AsyncSession, student_ids: Collection[int]) -> dict[int, str]:
    """Full names by id, for rows that the caller has found to be the actor's to see."""
    if not student_ids:
        return {}
    rows = await session.execute(names.student_names(student_ids))
    return {row.id: row.full_name for row in rows}


async def read_student(session: AsyncSession, *, actor: Actor, student_id: int) -> StudentRead:
    student = await access_student(session, student_id, actor=actor)
    return (await _read_all(session, queries.student(student.id, actor), actor))[0]


async def create_student(session: AsyncSession, *, actor: Actor, data: StudentCreate) -> StudentRead:
    """Add a student. Without a code they get the next free one; without a branch, the actor's first."""
    require(actor, Permission.STUDENT_CREATE)
    await _check_date_of_birth(session, data)
    values = data.model_dump()
    values["branch_id"] = await _home_branch(session, actor, data.branch_id)
    values["code"] = await free_code(
        session,
        col(Student.code),
        prefix=rules.CODE_PREFIX,
        width=rules.CODE_WIDTH,
        wanted=data.code,
    )
    student = Student(**values, created_by_user_id=actor.user_id)
    student.search_text = _search_text(student)
    async with refusals(session, _REFUSALS):
        session.add(student)
    record(
        session,
        actor=actor,
        action="student.create",
        subject_kind="student",
        subject_id=student.id,
        after=student.model_dump(include=_AUDITED),
    )
    announce(session, f"student:{student.id}", "students")
    created = select(Student).where(col(Student.id) == student.id)
    return (await _read_all(session, created, actor))[0]


async def update_student(
    session: AsyncSession, *, actor: Actor, student_id: int, data: StudentUpdate
) -> StudentRead:
    """Change what `data` sets; a change of nothing leaves no trace."""
    student = await access_student(
        session, student_id, actor=actor, to=Permission.STUDENT_UPDATE, for_update=True
    )
    refuse_stale(student.version, data.version)
    await _check_date_of_birth(session, data)
    before = student.model_dump(include=_AUDITED)
    wanted = data.model_dump(exclude_unset=True, exclude={"version"})
    changes = {field: value for field, value in wanted.items() if before[field] != value}
    if "branch_id" in changes:
        await _home_branch(session, actor, changes["branch_id"])
    if changes:
        async with refusals(session, _REFUSALS):
            for field, value in changes.items():
                setattr(student, field, value)
            student.search_text = _search_text(student)
            student.version += 1
        record(
            session,
            actor=actor,
            action="student.update",
            subject_kind="student",
            subject_id=student_id,
            before=before,
            after=before | changes,
        )
        announce(session, f"student:{student_id}", "students")
    changed = select(Student).where(col(Student.id) == student_id)
    return (await _read_all(session, changed, actor))[0]


async def _home_branch(session: AsyncSession, actor: Actor, branch_id: int | None) -> int:
    reachable = list(await session.scalars(branches_in_reach(actor, branch_id)))
    if reachable:
        return reachable[0]
    if branch_id is None:
        raise InvalidInput("Add a branch first.", fields={"branch_id": "there is none yet"})
    reason = "is not a branch that you may act in"
    raise InvalidInput(f"This {reason}.", fields={"branch_id": reason})


async def _check_date_of_birth(session: AsyncSession, data: StudentCreate | StudentUpdate) -> None:
    if data.date_of_birth is not None:
        zone = (await current_settings(session)).zone
        rules.check_date_of_birth(data.date_of_birth, today=local_date(utc_now(), zone))


def _search_text(student: Student) -> str:
    return rules.student_search_text(
        given_name=student.given_name,
        family_name=student.family_name,
        code=student.code,
        email=student.email,
        phone=student.phone,
    )


async def _read_all(session: AsyncSession, statement: Select[Any], actor: Actor) -> list[StudentRead]:
    shown = queries.with_branch_name(statement).execution_options(populate_existing=True)
    return [_read(student, branch_name, actor) for student, branch_name in await session.execute(shown)]


def _read(student: Student, branch_name: str, actor: Actor) -> StudentRead:
    shown = student.model_dump(include=set(StudentRead.model_fields))
    return StudentRead(
        **shown | {"branch_name": branch_name, "notes": student.notes if actor.is_staff else None}
    )
