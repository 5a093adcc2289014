"""REST: a session's rotating code, a student's check-in, and the kiosks for their admin."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Cookie, Request, Response

from academics_app.api.deps import ActorDep, Id, PageDep, ReadSessionDep, SessionDep
from academics_app.check_in import kiosks, service, windows
from academics_app.check_in.schemas import (
    CheckInCreate,
    CheckInRead,
    KioskCreate,
    KioskLink,
    KioskRead,
    KioskUpdate,
    OwnSessions,
    WindowRead,
)
from academics_app.core.config import get_settings
from academics_app.core.db import transaction
from academics_app.core.pagination import Page
from academics_app.core.security import fingerprint

router = APIRouter(prefix="/check-in", tags=["check-in"])

DEVICE_COOKIE = "academics_device"
_DEVICE_COOKIE_PATH = "/api/v1/check-in"
_A_YEAR = 365 * 24 * 3600


@router.post("", summary="Check in as a student, by the code on the wall")
async def check_in(
    request: Request,
    response: Response,
    actor: ActorDep,
    data: CheckInCreate,
    device: Annotated[
        str | None, Cookie(alias=DEVICE_COOKIE, max_length=200, include_in_schema=False)
    ] = None,
) -> CheckInRead:
    device = device or secrets.token_urlsafe(24)
    address = request.client.host if request.client else ""
    async with transaction() as session:
        outcome = await service.check_in(
            session, actor=actor, data=data, device=service.Device(fingerprint(device), address)
        )
    answer = outcome.check_in_or_raise()
    _keep_device(response, device)
    return answer


@router.get("", summary="The student's sessions that can be checked in to about now")
async def list_own_sessions(session: ReadSessionDep, actor: ActorDep) -> OwnSessions:
    return await service.list_own_sessions(session, actor=actor)


@router.post("/session/{session_id}/window", status_code=201, summary="Open a session's check-in")
async def open_window(session: SessionDep, actor: ActorDep, session_id: Id) -> WindowRead:
    return await windows.open_window(session, actor=actor, session_id=session_id)


@router.get("/session/{session_id}/window", summary="A session's check-in, with the code of the moment")
async def read_window(session: ReadSessionDep, actor: ActorDep, session_id: Id) -> WindowRead:
    return await windows.read_window(session, actor=actor, session_id=session_id)


@router.delete("/session/{session_id}/window", status_code=204, summary="Close a session's check-in")
async def close_window(session: SessionDep, actor: ActorDep, session_id: Id) -> None:
    await windows.close_window(session, actor=actor, session_id=session_id)


@router.get("/kiosks/")
async def list_kiosks(session: ReadSessionDep, actor: ActorDep, page: PageDep) -> Page[KioskRead]:
    return await kiosks.list_kiosks(session, actor=actor, page=page)


@router.post("/kiosks/", status_code=201, summary="Add a kiosk; its token is in this answer alone")
async def create_kiosk(session: SessionDep, actor: ActorDep, data: KioskCreate) -> KioskLink:
    return await kiosks.create_kiosk(session, actor=actor, data=data)


@router.put("/kiosks/{kiosk_id}")
async def update_kiosk(session: SessionDep, actor: ActorDep, kiosk_id: Id, data: KioskUpdate) -> KioskRead:
    return await kiosks.update_kiosk(session, actor=actor, kiosk_id=kiosk_id, data=data)


@router.post("/kiosks/{kiosk_id}/link", summary="A new link; the device of the earlier one stops")
async def renew_kiosk(session: SessionDep, actor: ActorDep, kiosk_id: Id) -> KioskLink:
    return await kiosks.renew_kiosk(session, actor=actor, kiosk_id=kiosk_id)


@router.delete("/kiosks/{kiosk_id}", status_code=204, summary="Revoke a kiosk")
async def revoke_kiosk(session: SessionDep, actor: ActorDep, kiosk_id: Id) -> None:
    await kiosks.revoke_kiosk(session, actor=actor, kiosk_id=kiosk_id)


def _keep_device(response: Response, device: str) -> None:
    response.set_cookie(
        DEVICE_COOKIE,
        device,
        max_age=_A_YEAR,
        httponly=True,
        samesite="strict",
        secure=get_settings().cookies_are_secure,
        path=_DEVICE_COOKIE_PATH,
    )
