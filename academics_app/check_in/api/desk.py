"""REST for the kiosk itself, known by its own cookie or token; a user's sign-in gives nothing here, nor it elsewhere."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.security import APIKeyCookie, APIKeyHeader

from academics_app.api.deps import SessionDep
from academics_app.api.origin import check_same_origin_write
from academics_app.check_in import desk as service
from academics_app.check_in.desk import KioskActor
from academics_app.check_in.kiosks import live_topic
from academics_app.check_in.schemas import (
    KioskCheckIn,
    KioskExchange,
    KioskState,
    KioskUndone,
    KioskWelcome,
)
from academics_app.core import live
from academics_app.core.config import get_settings
from academics_app.core.db import reading, transaction

router = APIRouter(prefix="/check-in/kiosk", tags=["check-in"])

KIOSK_COOKIE = "academics_kiosk"
_COOKIE_PATH = "/api/v1/check-in/kiosk"
_SOME_YEARS = 3 * 365 * 24 * 3600
LONGEST_WAIT = 25

_cookie = APIKeyCookie(name=KIOSK_COOKIE, auto_error=False, scheme_name="KioskCookie")
_header = APIKeyHeader(name="X-Kiosk-Token", auto_error=False, scheme_name="KioskToken")


async def _kiosk_token(
    request: Request,
    header: Annotated[str | None, Depends(_header)],
    cookie: Annotated[str | None, Depends(_cookie)],
) -> str | None:
    if header is None and cookie is not None:
        check_same_origin_write(request)
    return header or cookie


TokenDep = Annotated[str | None, Depends(_kiosk_token)]


async def _kiosk_actor(token: TokenDep) -> KioskActor:
    async with reading() as session:
        return await service.recognise_kiosk(session, token=token)


KioskDep = Annotated[KioskActor, Depends(_kiosk_actor)]


@router.post("", summary="Check in a student at this kiosk, by the student's code")
async def check_in(session: SessionDep, kiosk: KioskDep, data: KioskCheckIn) -> KioskWelcome:
    return await service.check_in_at_kiosk(session, actor=kiosk, data=data)


@router.post("/undo", summary="Take back what this kiosk has just stored")
async def undo(session: SessionDep, kiosk: KioskDep, data: KioskCheckIn) -> KioskUndone:
    return await service.undo_at_kiosk(session, actor=kiosk, data=data)


@router.get("", summary="What this kiosk is")
async def read_state(
    token: TokenDep, kiosk: KioskDep, wait: Annotated[int, Query(ge=0, le=LONGEST_WAIT)] = 0
) -> KioskState:
    """With `wait`, answer when the kiosk was changed or revoked, or after so many seconds."""
    if wait:
        async with live.bus().watch(live_topic(kiosk.kiosk_id)) as watch:
            await _kiosk_actor(token)  # what happened before the watch began, it does not hear of
            await watch.changed(wait)
    async with transaction() as session:
        return await service.read_kiosk_state(
            session, actor=await service.recognise_kiosk(session, token=token)
        )


@router.post("/exchange", summary="Make this device the kiosk of a link; the link works once")
async def exchange(session: SessionDep, response: Response, data: KioskExchange) -> KioskState:
    kiosk, kept = await service.exchange_token(session, token=data.token)
    response.set_cookie(
        KIOSK_COOKIE,
        kept,
        max_age=_SOME_YEARS,
        httponly=True,
        samesite="strict",
        secure=get_settings().cookies_are_secure,
        path=_COOKIE_PATH,
    )
    return await service.read_kiosk_state(session, actor=kiosk)
