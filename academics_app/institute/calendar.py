"""Holidays, which future sessions follow at once, and terms."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.accounts.audit import record
from academics_app.core.actor import Actor
from academics_app.core.db import announce
from academics_app.core.errors import InvalidInput, NotFound
from academics_app.core.pagination import Page, PageRequest
from academics_app.core.permissions import Permission, require
from academics_app.core.versions import refuse_stale
from academics_app.institute import queries
from academics_app.institute.models import Holiday, Term
from academics_app.institute.schemas import (
    HolidayCreate,
    HolidayRead,
    HolidayUpdate,
    TermCreate,
    TermRead,
    TermUpdate,
)
from academics_app.institute.service import access_branch, require_whole_institute
from academics_app.learning_sessions.generation import follow_calendar

_HOLIDAY_FACTS = {"name", "starts_on", "ends_on", "branch_id"}
_TERM_FACTS = {"name", "kind", "starts_on", "ends_on"}


async def list_holidays(session: AsyncSession, *, actor: Actor, page: PageRequest) -> Page[HolidayRead]:
    """The institute's holidays and those of the actor's branches, by first day."""
    require(actor, Permission.SESSION_READ)
    statement = queries.holidays().where(queries.visible_holidays(actor))
    total = await session.scalar(
        select(func.count()).select_from(Holiday).where(queries.visible_holidays(actor))
    )
    rows = await session.scalars(statement.offset(page.skip).limit(page.limit))
    items = [HolidayRead.model_validate(row) for row in rows]
    return Page(items=items, total=total or 0, skip=page.skip, limit=page.limit)


async def create_holiday(session: AsyncSession, *, actor: Actor, data: HolidayCreate) -> HolidayRead:
    """Add days without sessions: future sessions on them are taken away unless someone touched them."""
    require(actor, Permission.CALENDAR_MANAGE)
    await _require_branch(session, actor=actor, branch_id=data.branch_id)
    holiday = Holiday(**data.model_dump())
    session.add(holiday)
    await session.flush()  # the sessions that follow read it back
    record(
        session,
        actor=actor,
        action="holiday.create",
        subject_kind="holiday",
        subject_id=holiday.id,
        after=data.model_dump(),
    )
    await _follow(session, actor=actor)
    return HolidayRead.model_validate(holiday)


async def update_holiday(
    session: AsyncSession, *, actor: Actor, holiday_id: int, data: HolidayUpdate
) -> HolidayRead:
    """Change a holiday; the sessions follow both where it was and where it is now."""
    holiday = await access_holiday(session, holiday_id, actor=actor, to=Permission.CALENDAR_MANAGE)
    await _require_branch(session, actor=actor, branch_id=holiday.branch_id)
    before = holiday.model_dump(include=_HOLIDAY_FACTS)
    after = before | data.model_dump(exclude_unset=True)
    _refuse_reversed(after)
    await _require_branch(session, actor=actor, branch_id=after["branch_id"])
    for field, value in after.items():
        setattr(holiday, field, value)
    await session.flush()  # the sessions that follow read it back
    record(
        session,
        actor=actor,
        action="holiday.update",
        subject_kind="holiday",
        subject_id=holiday.id,
        before=before,
        after=after,
    )
    await _follow(session, actor=actor)
    return HolidayRead(id=holiday.id, **after)


async def delete_holiday(session: AsyncSession, *, actor: Actor, holiday_id: int) -> None:
    """Take a holiday away: the sessions that it kept out are made."""
    holiday = await access_holiday(session, holiday_id, actor=actor, to=Permission.CALENDAR_MANAGE)
    await _require_branch(session, actor=actor, branch_id=holiday.branch_id)
    before = holiday.model_dump(include=_HOLIDAY_FACTS)
    await session.delete(holiday)
    await session.flush()  # the sessions that follow must not see it
    record(
        session,
        actor=actor,
        action="holiday.delete",
        subject_kind="holiday",
        subject_id=holiday_id,
        before=before,
    )
    await _follow(session, actor=actor)


async def access_holiday(session: AsyncSession, holiday_id: int, *, actor: Actor, to: Permission) -> Holiday:
    """The holiday, if it concerns a branch of the actor's and the actor may do this."""
    statement = select(Holiday).where(col(Holiday.id) == holiday_id, queries.visible_holidays(actor))
    holiday = (await session.scalars(statement)).one_or_none()
    if holiday is None:
        raise NotFound("There is no such holiday.")
    require(actor, to)
    return holiday


async def list_terms(session: AsyncSession, *, actor: Actor, page: PageRequest) -> Page[TermRead]:
    """Terms by first day."""
    require(actor, Permission.SESSION_READ)
    total = await session.scalar(select(func.count()).select_from(Term))
    rows = await session.scalars(queries.terms().offset(page.skip).limit(page.limit))
    items = [TermRead.model_validate(row) for row in rows]
    return Page(items=items, total=total or 0, skip=page.skip, limit=page.limit)


async def create_term(session: AsyncSession, *, actor: Actor, data: TermCreate) -> TermRead:
    require(actor, Permission.CALENDAR_MANAGE)
    require_whole_institute(actor)
    term = Term(**data.model_dump())
    session.add(term)
    await session.flush()  # its id is part of the answer
    record(
        session,
        actor=actor,
        action="term.create",
        subject_kind="term",
        subject_id=term.id,
        after=data.model_dump(),
    )
    announce(session, "settings")
    return TermRead.model_validate(term)


async def update_term(session: AsyncSession, *, actor: Actor, term_id: int, data: TermUpdate) -> TermRead:
    term = await access_term(session, term_id, actor=actor, to=Permission.CALENDAR_MANAGE)
    require_whole_institute(actor)
    refuse_stale(term.version, data.version)
    before = term.model_dump(include=_TERM_FACTS)
    after = before | data.model_dump(exclude_unset=True, exclude={"version"})
    _refuse_reversed(after)
    for field, value in after.items():
        setattr(term, field, value)
    term.version += 1
    record(
        session,
        actor=actor,
        action="term.update",
        subject_kind="term",
        subject_id=term.id,
        before=before,
        after=after,
    )
    announce(session, "settings")
    return TermRead.model_validate(term)


async def delete_term(session: AsyncSession, *, actor: Actor, term_id: int) -> None:
    term = await access_term(session, term_id, actor=actor, to=Permission.CALENDAR_MANAGE)
    require_whole_institute(actor)
    record(
        session,
        actor=actor,
        action="term.delete",
        subject_kind="term",
        subject_id=term_id,
        before=term.model_dump(include=_TERM_FACTS),
    )
    await session.delete(term)
    announce(session, "settings")


async def access_term(session: AsyncSession, term_id: int, *, actor: Actor, to: Permission) -> Term:
    """The term; terms are the whole institute's, so every caller may know of them."""
    term = await session.get(Term, term_id)
    if term is None:
        raise NotFound("There is no such term.")
    require(actor, to)
    return term


async def _require_branch(session: AsyncSession, *, actor: Actor, branch_id: int | None) -> None:
    if branch_id is None:
        require_whole_institute(actor)
    else:
        await access_branch(session, branch_id, actor=actor, to=Permission.CALENDAR_MANAGE)


def _refuse_reversed(stretch: dict[str, object]) -> None:
    starts_on, ends_on = stretch["starts_on"], stretch["ends_on"]
    if ends_on < starts_on:  # pyright: ignore[reportOperatorIssue] - both are dates
        raise InvalidInput("The last day is before the first.", fields={"ends_on": "is before the first day"})


async def _follow(session: AsyncSession, *, actor: Actor) -> None:
    await follow_calendar(session, actor=actor)
    announce(session, "settings")
