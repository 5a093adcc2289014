"""Planned absences over REST."""

from typing import Annotated

from fastapi import APIRouter, Query

from academics_app.absences import service
from academics_app.absences.schemas import (
    AbsenceCreate,
    AbsenceDecision,
    AbsenceRead,
    AbsenceStatus,
    AbsenceUpdate,
)
from academics_app.api.deps import LARGEST_ID, ActorDep, Id, PageDep, ReadSessionDep, SessionDep
from academics_app.core.fields import Date
from academics_app.core.pagination import Page

router = APIRouter(tags=["absences"])


@router.get("/absences/")
async def list_absences(
    session: ReadSessionDep,
    actor: ActorDep,
    page: PageDep,
    status: AbsenceStatus | None = None,
    student_id: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    start_date: Annotated[Date | None, Query(description="Absences that end on this day or later")] = None,
    end_date: Annotated[Date | None, Query(description="Absences that begin on this day or earlier")] = None,
) -> Page[AbsenceRead]:
    """Planned absences of the students that the caller may see; what waits for an answer comes first."""
    return await service.list_absences(
        session,
        actor=actor,
        page=page,
        status=status,
        student_id=student_id,
        start_date=start_date,
        end_date=end_date,
    )


@router.post("/absences/", status_code=201)
async def create_absence(session: SessionDep, actor: ActorDep, data: AbsenceCreate) -> AbsenceRead:
    """Plan an absence. From staff it is approved; a student or guardian asks for it, from today on."""
    return await service.create_absence(session, actor=actor, data=data)


@router.get("/absences/{absence_id}")
async def read_absence(session: ReadSessionDep, actor: ActorDep, absence_id: Id) -> AbsenceRead:
    """One planned absence."""
    return await service.read_absence(session, actor=actor, absence_id=absence_id)


@router.put("/absences/{absence_id}")
async def update_absence(
    session: SessionDep, actor: ActorDep, absence_id: Id, data: AbsenceUpdate
) -> AbsenceRead:
    """Change the fields that are sent: who asked, while it waits; staff, while it is open."""
    return await service.update_absence(session, actor=actor, absence_id=absence_id, data=data)


@router.post("/absences/{absence_id}/decision")
async def decide_absence(
    session: SessionDep, actor: ActorDep, absence_id: Id, data: AbsenceDecision
) -> AbsenceRead:
    """Approve or refuse a request; staff only."""
    return await service.decide_absence(session, actor=actor, absence_id=absence_id, data=data)


@router.post("/absences/{absence_id}/withdraw")
async def withdraw_absence(session: SessionDep, actor: ActorDep, absence_id: Id) -> AbsenceRead:
    """Take an absence back: who asked for it, or staff."""
    return await service.withdraw_absence(session, actor=actor, absence_id=absence_id)


@router.post("/absences/{absence_id}/reopen")
async def reopen_absence(session: SessionDep, actor: ActorDep, absence_id: Id) -> AbsenceRead:
    """Undo the last decision or withdrawal."""
    return await service.reopen_absence(session, actor=actor, absence_id=absence_id)


@router.get("/students/{student_id}/absences")
async def list_student_absences(
    session: ReadSessionDep, actor: ActorDep, page: PageDep, student_id: Id
) -> Page[AbsenceRead]:
    """All planned absences of a student."""
    return await service.list_student_absences(session, actor=actor, student_id=student_id, page=page)
