"""Faculty members: staff may look them up, admins change them."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.accounts.audit import record
from academics_app.core import search
from academics_app.core.actor import Actor
from academics_app.core.codes import free_code
from academics_app.core.constraints import refusals
from academics_app.core.db import announce
from academics_app.core.errors import AppError, Conflict, NotFound
from academics_app.core.pagination import Page, PageRequest
from academics_app.core.permissions import Permission, require
from academics_app.core.versions import refuse_stale
from academics_app.faculty import queries, rules
from academics_app.faculty.models import Faculty, FacultyStatus
from academics_app.faculty.schemas import FacultyCreate, FacultyRead, FacultySort, FacultyUpdate

_AUDITED = {"code", "full_name", "email", "phone", "status"}
_REFUSALS: dict[str, AppError] = {
    "uq_faculty_code": Conflict(
        "Another faculty member has this code.",
        code="duplicate",
        fields={"code": "is taken by another faculty member"},
    ),
}


async def list_faculty(
    session: AsyncSession,
    *,
    actor: Actor,
    page: PageRequest,
    status: FacultyStatus | None = None,
    query: str = "",
    sort: FacultySort | None = None,
) -> Page[FacultyRead]:
    """Faculty members by filter and search; two statements, three for a search."""
    require(actor, Permission.FACULTY_READ)
    statement = queries.faculty_members(status=status)
    statement = await search.narrow(session, statement, col(Faculty.search_text), query)
    total = await session.scalar(statement.with_only_columns(func.count(), maintain_column_froms=True))
    ordered = statement.order_by(*queries.faculty_order(query, sort))
    rows = await session.scalars(ordered.offset(page.skip).limit(page.limit))
    items = [FacultyRead.model_validate(row) for row in rows]
    return Page(items=items, total=total or 0, skip=page.skip, limit=page.limit)


async def read_faculty(session: AsyncSession, *, actor: Actor, faculty_id: int) -> FacultyRead:
    return FacultyRead.model_validate(await access_faculty(session, faculty_id, actor=actor))


async def create_faculty(session: AsyncSession, *, actor: Actor, data: FacultyCreate) -> FacultyRead:
    """Add a faculty member, with the next free code if none is given."""
    require(actor, Permission.FACULTY_MANAGE)
    code = await free_code(
        session,
        col(Faculty.code),
        prefix=rules.CODE_PREFIX,
        width=rules.CODE_WIDTH,
        wanted=data.code,
    )
    member = Faculty(**data.model_dump(exclude={"code"}), code=code)
    member.search_text = _search_text(member)
    async with refusals(session, _REFUSALS):
        session.add(member)
    record(
        session,
        actor=actor,
        action="faculty.create",
        subject_kind="faculty",
        subject_id=member.id,
        after=member.model_dump(include=_AUDITED),
    )
    announce(session, f"faculty:{member.id}", "faculty")
    return await _reread(session, member.id)


async def update_faculty(
    session: AsyncSession, *, actor: Actor, faculty_id: int, data: FacultyUpdate
) -> FacultyRead:
    """Change what `data` sets; a change of nothing leaves no trace."""
    member = await access_faculty(
        session, faculty_id, actor=actor, to=Permission.FACULTY_MANAGE, for_update=True
    )
    refuse_stale(member.version, data.version)
    before = member.model_dump(include=_AUDITED)
    wanted = data.model_dump(exclude_unset=True, exclude={"version"})
    changes = {field: value for field, value in wanted.items() if before[field] != value}
    if changes:
        async with refusals(session, _REFUSALS):
            for field, value in changes.items():
                setattr(member, field, value)
            member.search_text = _search_text(member)
            member.version += 1
        record(
            session,
            actor=actor,
            action="faculty.update",
            subject_kind="faculty",
            subject_id=faculty_id,
            before=before,
            after=before | changes,
        )
        announce(session, f"faculty:{faculty_id}", "faculty", "timetable")
    return await _reread(session, faculty_id)


async def access_faculty(
    session: AsyncSession,
    faculty_id: int,
    *,
    actor: Actor,
    to: Permission = Permission.FACULTY_READ,
    for_update: bool = False,
) -> Faculty:
    """The faculty member; students and guardians are refused before they learn whether there is one."""
    require(actor, Permission.FACULTY_READ)
    statement = select(Faculty).where(col(Faculty.id) == faculty_id)
    if for_update:
        statement = statement.with_for_update(key_share=True).execution_options(populate_existing=True)
    member = (await session.scalars(statement)).one_or_none()
    if member is None:
        raise NotFound("There is no such faculty member.")
    require(actor, to)
    return member


async def _reread(session: AsyncSession, faculty_id: int) -> FacultyRead:
    """With the values that the database sets."""
    statement = select(Faculty).where(col(Faculty.id) == faculty_id)
    row = (await session.scalars(statement.execution_options(populate_existing=True))).one()
    return FacultyRead.model_validate(row)


def _search_text(member: Faculty) -> str:
    return rules.faculty_search_text(
        full_name=member.full_name, code=member.code, email=member.email, phone=member.phone
    )
