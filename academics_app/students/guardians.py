"""A student's guardians: one guardian may have several students, and a student several guardians."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.accounts.audit import record
from academics_app.core import search
from academics_app.core.actor import Actor, Role
from academics_app.core.constraints import refusals
from academics_app.core.db import announce
from academics_app.core.errors import AppError, Conflict
from academics_app.core.pagination import Page, PageRequest
from academics_app.core.permissions import Permission, require
from academics_app.core.versions import refuse_stale
from academics_app.students import queries
from academics_app.students.access import access_guardian, access_guardianship, access_student
from academics_app.students.models import Guardian, Student, StudentGuardian
from academics_app.students.rules import guardian_search_text
from academics_app.students.schemas import (
    GuardianAdd,
    GuardianRead,
    GuardianUpdate,
    StudentBrief,
    StudentGuardianRead,
)

_OF_THE_PERSON = {"full_name", "email", "phone"}
_OF_THE_LINK = {"relation", "is_primary"}
_REFUSALS: dict[str, AppError] = {
    "pk_student_guardian": Conflict(
        "This guardian is the student's already.",
        code="duplicate",
        fields={"guardian_id": "is linked already"},
    ),
}


async def find_guardians(
    session: AsyncSession, *, actor: Actor, page: PageRequest, query: str = ""
) -> Page[GuardianRead]:
    """Guardians whom the actor may see and link, best match first, each with their students."""
    require(actor, Permission.STUDENT_UPDATE)
    statement = queries.guardians(actor)
    statement = await search.narrow(session, statement, col(Guardian.search_text), query)
    if query.strip():
        statement = statement.order_by(search.relevance(col(Guardian.search_text), query).desc())
    statement = statement.order_by(col(Guardian.search_text), col(Guardian.id))
    rows, total = await search.fetch_page(session, statement, page, query=query)
    found: list[Guardian] = [row.Guardian for row in rows]
    wards = await _wards(session, actor, found)
    items = [GuardianRead(**_person(guardian), students=wards[guardian.id]) for guardian in found]
    return Page(items=items, total=total, skip=page.skip, limit=page.limit)


async def list_guardians(
    session: AsyncSession, *, actor: Actor, student_id: int
) -> Page[StudentGuardianRead]:
    """A student's guardians, whom to call first on top."""
    student = await access_student(session, student_id, actor=actor)
    rows = (await session.execute(queries.guardians_of(student.id))).all()
    wards = await _wards(session, actor, [guardian for guardian, _ in rows])
    items = [_read(guardian, link, wards[guardian.id], actor) for guardian, link in rows]
    return Page(items=items, total=len(items), skip=0, limit=max(len(items), 1))


async def add_guardian(
    session: AsyncSession, *, actor: Actor, student_id: int, data: GuardianAdd
) -> StudentGuardianRead:
    """Link an existing guardian to the student, or add a new one."""
    student = await access_student(
        session, student_id, actor=actor, to=Permission.STUDENT_UPDATE, for_update=True
    )
    if data.guardian_id is None:
        guardian = Guardian(**data.model_dump(include=_OF_THE_PERSON))
        guardian.search_text = _search_text(guardian)
        session.add(guardian)
        await session.flush()  # the link needs the guardian's id
    else:
        guardian = await access_guardian(session, data.guardian_id, actor=actor, to=Permission.STUDENT_UPDATE)
    is_first = (await session.execute(queries.guardians_of(student.id).limit(1))).first() is None
    link = StudentGuardian(
        student_id=student.id,
        guardian_id=guardian.id,
        relation=data.relation,
        is_primary=is_first if data.is_primary is None else data.is_primary,
    )
    async with refusals(session, _REFUSALS):
        session.add(link)
    if link.is_primary:
        await _demote_others(session, link)
    _log(session, actor, "student.guardian_add", student, after=_shown(guardian, link))
    wards = await _wards(session, actor, [guardian])
    return _read(guardian, link, wards[guardian.id], actor)


async def update_guardian(
    session: AsyncSession, *, actor: Actor, student_id: int, guardian_id: int, data: GuardianUpdate
) -> StudentGuardianRead:
    """Change the guardian, whose name and contact data are the same for all of their students, or the link."""
    student = await access_student(session, student_id, actor=actor, to=Permission.STUDENT_UPDATE)
    guardian, link = await access_guardianship(session, student, guardian_id)
    refuse_stale(guardian.version, data.version)
    before = _shown(guardian, link)
    wanted = data.model_dump(exclude_unset=True, exclude={"version"})
    changes = {field: value for field, value in wanted.items() if before[field] != value}
    for field in changes.keys() & _OF_THE_PERSON:
        setattr(guardian, field, changes[field])
    for field in changes.keys() & _OF_THE_LINK:
        setattr(link, field, changes[field])
    if changes:
        guardian.search_text = _search_text(guardian)
        guardian.version += 1
        await session.flush()  # before the others' links are changed by a statement
        if changes.get("is_primary"):
            await _demote_others(session, link)
        _log(session, actor, "student.guardian_update", student, before=before, after=_shown(guardian, link))
    wards = await _wards(session, actor, [guardian])
    announce(session, *(f"student:{ward.id}" for ward in wards[guardian.id]))
    return _read(guardian, link, wards[guardian.id], actor)


async def remove_guardian(session: AsyncSession, *, actor: Actor, student_id: int, guardian_id: int) -> None:
    """Unlink the guardian from the student. The guardian stays, so that the link can be made again."""
    student = await access_student(session, student_id, actor=actor, to=Permission.STUDENT_UPDATE)
    guardian, link = await access_guardianship(session, student, guardian_id)
    before = _shown(guardian, link)
    await session.delete(link)
    _log(session, actor, "student.guardian_remove", student, before=before)


async def _demote_others(session: AsyncSession, primary: StudentGuardian) -> None:
    await session.execute(
        update(StudentGuardian)
        .where(
            col(StudentGuardian.student_id) == primary.student_id,
            col(StudentGuardian.guardian_id) != primary.guardian_id,
        )
        .values(is_primary=False)
    )


async def _wards(
    session: AsyncSession, actor: Actor, guardians: Iterable[Guardian]
) -> dict[int, list[StudentBrief]]:
    wards: defaultdict[int, list[StudentBrief]] = defaultdict(list)
    ids = [guardian.id for guardian in guardians]
    if ids:
        for guardian_id, student in await session.execute(queries.wards_of(ids, actor)):
            wards[guardian_id].append(StudentBrief.model_validate(student))
    return wards


def _read(
    guardian: Guardian, link: StudentGuardian, wards: list[StudentBrief], actor: Actor
) -> StudentGuardianRead:
    shown = _person(guardian) | {"relation": link.relation, "is_primary": link.is_primary}
    if actor.role is Role.GUARDIAN and guardian.id != actor.guardian_id:
        shown |= {"email": None, "phone": None}
    return StudentGuardianRead(**shown, students=wards)


def _person(guardian: Guardian) -> dict[str, Any]:
    return guardian.model_dump(include={"id", "version", *_OF_THE_PERSON})


def _shown(guardian: Guardian, link: StudentGuardian) -> dict[str, Any]:
    return (
        {"guardian_id": guardian.id}
        | guardian.model_dump(include=_OF_THE_PERSON)
        | link.model_dump(include=_OF_THE_LINK)
    )


def _search_text(guardian: Guardian) -> str:
    return guardian_search_text(full_name=guardian.full_name, email=guardian.email, phone=guardian.phone)


def _log(
    session: AsyncSession,
    actor: Actor,
    action: str,
    student: Student,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    record(
        session,
        actor=actor,
        action=action,
        subject_kind="student",
        subject_id=student.id,
        before=before,
        after=after,
    )
    announce(session, f"student:{student.id}")
