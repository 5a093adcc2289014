"""What the browser's own forms post to: they set or clear the HttpOnly cookie and send the browser on.

Native forms and real page loads, since the websocket keeps the cookie of its handshake.
"""

from typing import Annotated
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from academics_app.accounts import authentication, service
from academics_app.accounts.api import device_of
from academics_app.accounts.schemas import FirstAdmin, Registration
from academics_app.api.origin import check_same_origin_form
from academics_app.core.actor import Door
from academics_app.core.config import get_settings
from academics_app.core.db import transaction
from academics_app.core.errors import AppError

router = APIRouter(
    prefix="/auth/screen", include_in_schema=False, dependencies=[Depends(check_same_origin_form)]
)

INVITATION_COOKIE = "academics_invitation"
Field = Annotated[str, Form(max_length=1000)]


@router.post("/login")
async def login(
    request: Request,
    username: Field = "",
    password: Field = "",
    next: Field = "/",  # noqa: A002 - the field's name in the form
) -> RedirectResponse:
    try:
        async with transaction() as session:
            signed_in = await authentication.sign_in(
                session, username=username, password=password, device=device_of(request, Door.SCREEN)
            )
    except AppError as error:
        return _back("/login", error=error.code, next=next, username=username[:100], wait=error.retry_after)
    return _with_cookie(_to(_local_path(next)), signed_in)


@router.post("/logout")
async def logout(request: Request) -> RedirectResponse:
    async with transaction() as session:
        actor = await authentication.actor_from_cookie(
            session, request.headers.get("cookie", ""), door=Door.SCREEN
        )
        if actor is not None:
            await authentication.sign_out(session, actor=actor)
    answer = _to("/login")
    answer.delete_cookie(authentication.SCREEN_COOKIE, path="/")
    return answer


@router.post("/register")
async def register(
    username: Field = "", email: Field = "", full_name: Field = "", password: Field = ""
) -> RedirectResponse:
    typed = {"username": username, "email": email, "full_name": full_name}
    try:
        data = Registration(**typed, password=password)
        async with transaction() as session:
            user = await service.register_student(session, data=data, door=Door.SCREEN)
    except (AppError, ValidationError) as error:
        return _back("/register", **_reasons(error), **typed)
    return _back("/login", notice="registered" if user.status == "active" else "pending")


@router.post("/setup")
async def setup(
    request: Request,
    username: Field = "",
    email: Field = "",
    full_name: Field = "",
    password: Field = "",
    institute_name: Field = "",
    time_zone: Field = "UTC",
) -> RedirectResponse:
    typed = {
        "username": username,
        "email": email,
        "full_name": full_name,
        "institute_name": institute_name,
        "time_zone": time_zone,
    }
    try:
        data = FirstAdmin(**typed, password=password)
        async with transaction() as session:
            user = await service.create_first_admin(session, data=data, door=Door.SCREEN)
            signed_in = await authentication.open_sign_in(
                session, user=user, device=device_of(request, Door.SCREEN)
            )
    except (AppError, ValidationError) as error:
        return _back("/setup", **_reasons(error), **typed)
    return _with_cookie(_to("/"), signed_in)


@router.get("/invitation")
async def open_invitation(token: Annotated[str, Query(max_length=2000)] = "") -> RedirectResponse:
    """Keep the link's token in an HttpOnly cookie, out of reach of the page and of its address."""
    answer = _to("/invitation")
    answer.set_cookie(
        INVITATION_COOKIE,
        token,
        max_age=3600,
        httponly=True,
        samesite="lax",
        secure=get_settings().cookies_are_secure,
    )
    return answer


@router.post("/invitation")
async def accept_invitation(request: Request, password: Field = "") -> RedirectResponse:
    if not 10 <= len(password) <= 256:
        return _back("/invitation", error="invalid_input", field="password")
    try:
        async with transaction() as session:
            user = await service.accept_invitation(
                session, token=request.cookies.get(INVITATION_COOKIE, ""), password=password
            )
            signed_in = await authentication.open_sign_in(
                session, user=user, device=device_of(request, Door.SCREEN)
            )
    except AppError as error:
        return _back("/invitation", error=error.code)
    answer = _with_cookie(_to("/"), signed_in)
    answer.delete_cookie(INVITATION_COOKIE, path="/")
    return answer


def _with_cookie(answer: RedirectResponse, signed_in: authentication.SignIn) -> RedirectResponse:
    settings = get_settings()
    answer.set_cookie(
        authentication.SCREEN_COOKIE,
        authentication.issue_screen_cookie(signed_in),
        max_age=int(settings.screen_session_lifetime.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=settings.cookies_are_secure,
        path="/",
    )
    return answer


def _to(path: str) -> RedirectResponse:
    return RedirectResponse(path, status_code=303)


def _back(path: str, **query: object) -> RedirectResponse:
    """To a form again, with a code that the page turns into words and what was typed, but no password."""
    kept = {key: str(value) for key, value in query.items() if value not in (None, "")}
    return _to(f"{path}?{urlencode(kept)}" if kept else path)


def _reasons(error: AppError | ValidationError) -> dict[str, object]:
    if isinstance(error, AppError):
        return {"error": error.code, "field": next(iter(error.fields or {}), None)}
    return {"error": "invalid_input", "field": str(error.errors()[0]["loc"][0])}


def _local_path(target: str) -> str:
    """The path to go on to; anything that could lead to another site becomes the home page."""
    parts = urlsplit(target)
    is_local = (
        not parts.scheme
        and not parts.netloc
        and target.startswith("/")
        and not target.startswith(("//", "/\\"))
    )
    return target if is_local and "\n" not in target and "\r" not in target else "/"
