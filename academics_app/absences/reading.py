"""Reading planned absences, within the students that the actor may see."""

from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.absences import queries
from academics_app.absences.access import access_absence
from academics_app.absences.models import AbsenceStatus, PlannedAbsence
from academics_app.absences.rules import rights
from academics_app.absences.schemas import AbsenceRead
from academics_app.core import search
from academics_app.core.actor import Actor
from academics_app.core.clock import local_date, utc_now
from academics_app.core.pagination import Page, PageRequest
from academics_app.core.permissions import Permission, require
from academics_app.institute.current import current_settings
from academics_app.students.service import check_student


async def list_absences(
    session: AsyncSession,
    *,
    actor: Actor,
    page: PageRequest,
    status: AbsenceStatus | None = None,
    student_id: int | None = None,
    start_date: date | None = None,
    end_date: date | None = None,
    open_only: bool = False,
    but_withdrawn: bool = False,
    query: str = "",
) -> Page[AbsenceRead]:
    """Those of the students that the actor may see, what waits for an answer on top; two statements.

    `start_date` and `end_date` keep what touches these days. `open_only` leaves out what is over, refused or
    withdrawn. `query` finds students by name or code, with one statement more at most.
    """
    require(actor, Permission.ABSENCE_REQUEST)
    today = await today_of(session)
    statement = queries.narrowed(
        queries.absences(actor),
        status=status,
        student_id=student_id,
        start_date=start_date,
        end_date=end_date,
        open_on=today if open_only else None,
        but_withdrawn=but_withdrawn,
    )
    statement = await search.narrow(session, statement, queries.STUDENT_SEARCH_TEXT, query)
    listed = queries.in_order(queries.with_names(statement), coming_first=open_only)
    rows, total = await search.fetch_page(session, listed, page, query=query)
    items = [_read(row, actor=actor, today=today) for row in rows]
    return Page(items=items, total=total, skip=page.skip, limit=page.limit)


async def list_student_absences(
    session: AsyncSession, *, actor: Actor, student_id: int, page: PageRequest
) -> Page[AbsenceRead]:
    """All of one student; NotFound for a student whom the actor may not know of."""
    await check_student(session, student_id, actor=actor, to=Permission.ABSENCE_REQUEST)
    return await list_absences(session, actor=actor, page=page, student_id=student_id)


async def read_current_leave(session: AsyncSession, *, actor: Actor, student_id: int) -> AbsenceRead | None:
    """The approved absence that the student has today, if any."""
    today = await today_of(session)
    page = await list_absences(
        session,
        actor=actor,
        page=PageRequest(limit=1),
        status=AbsenceStatus.APPROVED,
        student_id=student_id,
        start_date=today,
        end_date=today,
    )
    return page.items[0] if page.items else None


async def read_absence(session: AsyncSession, *, actor: Actor, absence_id: int) -> AbsenceRead:
    await access_absence(session, absence_id, actor=actor, to=Permission.ABSENCE_REQUEST)
    return await reread(session, actor=actor, absence_id=absence_id)


async def reread(session: AsyncSession, *, actor: Actor, absence_id: int) -> AbsenceRead:
    """The absence, which the caller has reached or just made, with its names."""
    statement = queries.with_names(queries.absence(absence_id, actor))
    row = (await session.execute(statement.execution_options(populate_existing=True))).one()
    return _read(row, actor=actor, today=await today_of(session))


def _read(row: Any, *, actor: Actor, today: date) -> AbsenceRead:
    absence: PlannedAbsence = row[0]
    allowed = rights(actor, **standing(absence), today=today)
    return AbsenceRead(
        **absence.model_dump(include=set(AbsenceRead.model_fields)),
        student_name=row.student_name,
        student_code=row.student_code,
        requested_by=row.requested_by,
        decided_by=row.decided_by,
        may_change=allowed.change,
        may_withdraw=allowed.withdraw,
        may_decide=allowed.decide,
    )


async def today_of(session: AsyncSession) -> date:
    """The institute's date."""
    return local_date(utc_now(), (await current_settings(session)).zone)


def standing(absence: PlannedAbsence) -> dict[str, Any]:
    """What `rights` asks of an absence."""
    return {
        "status": absence.status,
        "requested_by_id": absence.requested_by_id,
        "ends_on": absence.ends_on,
    }
