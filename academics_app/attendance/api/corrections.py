"""Corrections over REST."""

from typing import Annotated

from fastapi import APIRouter, Query

from academics_app.api.deps import LARGEST_ID, ActorDep, Id, PageDep, ReadSessionDep, SessionDep
from academics_app.attendance import corrections as service
from academics_app.attendance.models import CorrectionStatus
from academics_app.attendance.schemas.corrections import (
    CorrectionApproval,
    CorrectionCreate,
    CorrectionRead,
    CorrectionRefusal,
)
from academics_app.core.pagination import Page

router = APIRouter(prefix="/attendance/corrections", tags=["attendance"])

SessionFilter = Annotated[int | None, Query(ge=1, le=LARGEST_ID)]


@router.post("", status_code=201, summary="Ask for another mark once the edit window has passed")
async def request_correction(session: SessionDep, actor: ActorDep, data: CorrectionCreate) -> CorrectionRead:
    return await service.request_correction(session, actor=actor, data=data)


@router.get("", summary="Corrections, those that wait first")
async def list_corrections(
    session: ReadSessionDep,
    actor: ActorDep,
    page: PageDep,
    status: CorrectionStatus | None = None,
    session_id: SessionFilter = None,
    own: bool = False,  # noqa: FBT001, FBT002 - a query parameter
) -> Page[CorrectionRead]:
    return await service.list_corrections(
        session, actor=actor, page=page, status=status, session_id=session_id, is_own=own
    )


@router.get("/{correction_id}", summary="One correction")
async def read_correction(session: ReadSessionDep, actor: ActorDep, correction_id: Id) -> CorrectionRead:
    return await service.read_correction(session, actor=actor, correction_id=correction_id)


@router.post("/{correction_id}/approve", summary="Apply the wanted mark")
async def approve_correction(
    session: SessionDep, actor: ActorDep, correction_id: Id, data: CorrectionApproval
) -> CorrectionRead:
    return await service.approve_correction(session, actor=actor, correction_id=correction_id, data=data)


@router.post("/{correction_id}/refuse", summary="Leave the mark as it stands")
async def refuse_correction(
    session: SessionDep, actor: ActorDep, correction_id: Id, data: CorrectionRefusal
) -> CorrectionRead:
    return await service.refuse_correction(session, actor=actor, correction_id=correction_id, data=data)


@router.post("/{correction_id}/withdraw", summary="Take back one's own request")
async def withdraw_correction(session: SessionDep, actor: ActorDep, correction_id: Id) -> CorrectionRead:
    return await service.withdraw_correction(session, actor=actor, correction_id=correction_id)
