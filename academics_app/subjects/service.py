"""Subjects: everyone reads them, admins change them. Topics are in `topics`."""

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.accounts.audit import record
from academics_app.core import search
from academics_app.core.actor import Actor
from academics_app.core.codes import free_code
from academics_app.core.constraints import refusals
from academics_app.core.db import announce
from academics_app.core.errors import AppError, Conflict
from academics_app.core.pagination import Page, PageRequest
from academics_app.core.permissions import Permission, require
from academics_app.core.versions import refuse_stale
from academics_app.subjects import queries, rules
from academics_app.subjects.access import access_subject
from academics_app.subjects.models import Subject
from academics_app.subjects.schemas import SubjectCreate, SubjectRead, SubjectUpdate

__all__ = ["access_subject", "create_subject", "list_subjects", "read_subject", "update_subject"]

_AUDITED = {"code", "name", "description", "is_active"}
_REFUSALS: dict[str, AppError] = {
    "uq_subject_code": Conflict(
        "Another subject has this code.", code="duplicate", fields={"code": "is taken by another subject"}
    ),
}


async def list_subjects(
    session: AsyncSession,
    *,
    actor: Actor,
    page: PageRequest,
    is_active: bool | None = None,
    query: str = "",
) -> Page[SubjectRead]:
    """Subjects by filter and search; two statements, three for a search."""
    require(actor, Permission.SUBJECT_READ)
    statement = queries.subjects(is_active=is_active)
    statement = await search.narrow(session, statement, col(Subject.search_text), query)
    total = await session.scalar(statement.with_only_columns(func.count(), maintain_column_froms=True))
    ordered = statement.order_by(*queries.subject_order(query))
    items = await _read_all(session, ordered.offset(page.skip).limit(page.limit))
    return Page(items=items, total=total or 0, skip=page.skip, limit=page.limit)


async def read_subject(session: AsyncSession, *, actor: Actor, subject_id: int) -> SubjectRead:
    subject = await access_subject(session, subject_id, actor=actor)
    return await _read(session, subject.id)


async def create_subject(session: AsyncSession, *, actor: Actor, data: SubjectCreate) -> SubjectRead:
    """Add a subject, with the next free code if none is given."""
    require(actor, Permission.SUBJECT_MANAGE)
    code = await free_code(
        session,
        col(Subject.code),
        prefix=rules.CODE_PREFIX,
        width=rules.CODE_WIDTH,
        wanted=data.code,
    )
    subject = Subject(**data.model_dump(exclude={"code"}), code=code)
    subject.search_text = rules.subject_search_text(name=subject.name, code=code)
    async with refusals(session, _REFUSALS):
        session.add(subject)
    record(
        session,
        actor=actor,
        action="subject.create",
        subject_kind="subject",
        subject_id=subject.id,
        after=subject.model_dump(include=_AUDITED),
    )
    announce(session, f"subject:{subject.id}", "subjects")
    return await _read(session, subject.id)


async def update_subject(
    session: AsyncSession, *, actor: Actor, subject_id: int, data: SubjectUpdate
) -> SubjectRead:
    """Change what `data` sets; a change of nothing leaves no trace."""
    subject = await access_subject(
        session, subject_id, actor=actor, to=Permission.SUBJECT_MANAGE, for_update=True
    )
    refuse_stale(subject.version, data.version)
    before = subject.model_dump(include=_AUDITED)
    wanted = data.model_dump(exclude_unset=True, exclude={"version"})
    changes = {field: value for field, value in wanted.items() if before[field] != value}
    if changes:
        async with refusals(session, _REFUSALS):
            for field, value in changes.items():
                setattr(subject, field, value)
            subject.search_text = rules.subject_search_text(name=subject.name, code=subject.code)
            subject.version += 1
        record(
            session,
            actor=actor,
            action="subject.update",
            subject_kind="subject",
            subject_id=subject_id,
            before=before,
            after=before | changes,
        )
        announce(session, f"subject:{subject_id}", "subjects", "timetable")
    return await _read(session, subject_id)


async def _read(session: AsyncSession, subject_id: int) -> SubjectRead:
    return (await _read_all(session, select(Subject).where(col(Subject.id) == subject_id)))[0]


async def _read_all(session: AsyncSession, statement: Select[Subject]) -> list[SubjectRead]:
    shown = queries.with_totals(statement).execution_options(populate_existing=True)
    return [
        SubjectRead(
            **row.Subject.model_dump(include=set(SubjectRead.model_fields)),
            topic_count=row.topic_count,
            planned_hours=row.planned_hours,
        )
        for row in await session.execute(shown)
    ]
