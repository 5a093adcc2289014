"""REST: settings, branches, rooms, holidays and terms."""

from typing import Annotated

from fastapi import APIRouter, Query

from academics_app.api.deps import LARGEST_ID, ActorDep, Id, PageDep, ReadSessionDep, SessionDep
from academics_app.core.pagination import Page
from academics_app.institute import calendar, service
from academics_app.institute.schemas import (
    BranchCreate,
    BranchRead,
    BranchUpdate,
    HolidayCreate,
    HolidayRead,
    HolidayUpdate,
    RoomCreate,
    RoomRead,
    RoomUpdate,
    SettingsRead,
    SettingsUpdate,
    TermCreate,
    TermRead,
    TermUpdate,
)

router = APIRouter(tags=["institute"])


@router.get("/settings")
async def read_settings(session: ReadSessionDep, actor: ActorDep) -> SettingsRead:
    return await service.read_settings(session, actor=actor)


@router.put("/settings")
async def update_settings(session: SessionDep, actor: ActorDep, data: SettingsUpdate) -> SettingsRead:
    return await service.update_settings(session, actor=actor, data=data)


@router.get("/branches/")
async def list_branches(session: ReadSessionDep, actor: ActorDep, page: PageDep) -> Page[BranchRead]:
    return await service.list_branches(session, actor=actor, page=page)


@router.post("/branches/", status_code=201)
async def create_branch(session: SessionDep, actor: ActorDep, data: BranchCreate) -> BranchRead:
    return await service.create_branch(session, actor=actor, data=data)


@router.put("/branches/{branch_id}")
async def update_branch(
    session: SessionDep, actor: ActorDep, branch_id: Id, data: BranchUpdate
) -> BranchRead:
    return await service.update_branch(session, actor=actor, branch_id=branch_id, data=data)


@router.get("/rooms/")
async def list_rooms(
    session: ReadSessionDep,
    actor: ActorDep,
    page: PageDep,
    branch_id: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
) -> Page[RoomRead]:
    return await service.list_rooms(session, actor=actor, page=page, branch_id=branch_id)


@router.post("/rooms/", status_code=201)
async def create_room(session: SessionDep, actor: ActorDep, data: RoomCreate) -> RoomRead:
    return await service.create_room(session, actor=actor, data=data)


@router.put("/rooms/{room_id}")
async def update_room(session: SessionDep, actor: ActorDep, room_id: Id, data: RoomUpdate) -> RoomRead:
    return await service.update_room(session, actor=actor, room_id=room_id, data=data)


@router.delete("/rooms/{room_id}", status_code=204)
async def delete_room(session: SessionDep, actor: ActorDep, room_id: Id) -> None:
    await service.delete_room(session, actor=actor, room_id=room_id)


@router.get("/holidays/")
async def list_holidays(session: ReadSessionDep, actor: ActorDep, page: PageDep) -> Page[HolidayRead]:
    return await calendar.list_holidays(session, actor=actor, page=page)


@router.post("/holidays/", status_code=201)
async def create_holiday(session: SessionDep, actor: ActorDep, data: HolidayCreate) -> HolidayRead:
    return await calendar.create_holiday(session, actor=actor, data=data)


@router.put("/holidays/{holiday_id}")
async def update_holiday(
    session: SessionDep, actor: ActorDep, holiday_id: Id, data: HolidayUpdate
) -> HolidayRead:
    return await calendar.update_holiday(session, actor=actor, holiday_id=holiday_id, data=data)


@router.delete("/holidays/{holiday_id}", status_code=204)
async def delete_holiday(session: SessionDep, actor: ActorDep, holiday_id: Id) -> None:
    await calendar.delete_holiday(session, actor=actor, holiday_id=holiday_id)


@router.get("/terms/")
async def list_terms(session: ReadSessionDep, actor: ActorDep, page: PageDep) -> Page[TermRead]:
    return await calendar.list_terms(session, actor=actor, page=page)


@router.post("/terms/", status_code=201)
async def create_term(session: SessionDep, actor: ActorDep, data: TermCreate) -> TermRead:
    return await calendar.create_term(session, actor=actor, data=data)


@router.put("/terms/{term_id}")
async def update_term(session: SessionDep, actor: ActorDep, term_id: Id, data: TermUpdate) -> TermRead:
    return await calendar.update_term(session, actor=actor, term_id=term_id, data=data)


@router.delete("/terms/{term_id}", status_code=204)
async def delete_term(session: SessionDep, actor: ActorDep, term_id: Id) -> None:
    await calendar.delete_term(session, actor=actor, term_id=term_id)
