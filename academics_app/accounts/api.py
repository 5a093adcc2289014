"""Tokens, registration and accounts over REST."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.security import OAuth2PasswordRequestForm

from academics_app.accounts import authentication, service
from academics_app.accounts.models import UserStatus
from academics_app.accounts.schemas import (
    AuditRead,
    Invitation,
    PasswordChange,
    Registration,
    SignInRead,
    TokenPair,
    UserApproval,
    UserCreate,
    UserRead,
    UserUpdate,
)
from academics_app.api.deps import ActorDep, BearerDep, Id, PageDep, ReadSessionDep, SessionDep
from academics_app.core.actor import Door, Role
from academics_app.core.db import transaction
from academics_app.core.errors import NotSignedIn
from academics_app.core.pagination import Page

router = APIRouter()


@router.post("/auth/login", tags=["auth"], summary="Sign in with user name and password")
async def login(
    request: Request, session: SessionDep, form: Annotated[OAuth2PasswordRequestForm, Depends()]
) -> TokenPair:
    signed_in = await authentication.sign_in(
        session,
        username=form.username,
        password=form.password,
        device=device_of(request, Door.REST),
    )
    return authentication.issue_pair(signed_in)


@router.post("/auth/register", tags=["auth"], status_code=201, summary="Sign up as a student")
async def register(session: SessionDep, data: Registration) -> UserRead:
    return await service.register_student(session, data=data, door=Door.REST)


@router.post("/auth/refresh", tags=["auth"], summary="A new access token for the bearer token")
async def refresh(bearer: BearerDep) -> TokenPair:
    """Send the refresh token as bearer: it is used up and a new one comes back. An access token that is still good
    gets a new access token alone."""
    if bearer is None:
        raise NotSignedIn("Send the refresh token as bearer token.")
    try:
        async with transaction() as session:
            return await authentication.refresh(session, encoded=bearer)
    except authentication.RefreshTokenReused as reuse:
        async with transaction() as session:
            await authentication.end_reused_sign_in(session, reuse)
        raise


@router.post("/auth/logout", tags=["auth"], status_code=204, summary="End this sign-in at once, everywhere")
async def logout(session: SessionDep, actor: ActorDep) -> Response:
    await authentication.sign_out(session, actor=actor)
    return Response(status_code=204)


@router.get("/auth/me", tags=["auth"], summary="Who am I?")
async def me(session: ReadSessionDep, actor: ActorDep) -> UserRead:
    return await service.own_account(session, actor=actor)


@router.post(
    "/auth/password", tags=["auth"], status_code=204, summary="Change the password; ends other sign-ins"
)
async def change_password(session: SessionDep, actor: ActorDep, data: PasswordChange) -> Response:
    await service.change_password(session, actor=actor, current=data.current_password, new=data.new_password)
    return Response(status_code=204)


@router.get("/auth/sign-ins", tags=["auth"], summary="Where am I signed in?")
async def sign_ins(session: ReadSessionDep, actor: ActorDep) -> list[SignInRead]:
    return await service.list_sign_ins(session, actor=actor)


@router.get("/users/", tags=["users"], summary="Accounts, those that wait for approval first")
async def list_users(
    session: ReadSessionDep,
    actor: ActorDep,
    page: PageDep,
    q: Annotated[str, Query(max_length=200)] = "",
    role: Role | None = None,
    status: UserStatus | None = None,
) -> Page[UserRead]:
    return await service.list_users(session, actor=actor, page=page, query=q, role=role, status=status)


@router.post("/users/", tags=["users"], status_code=201, summary="Make an account without a password")
async def create_user(session: SessionDep, actor: ActorDep, data: UserCreate) -> UserRead:
    return await service.create_user(session, actor=actor, data=data)


@router.put("/users/{user_id}", tags=["users"], summary="Change an account")
async def update_user(session: SessionDep, actor: ActorDep, user_id: Id, data: UserUpdate) -> UserRead:
    return await service.update_user(session, actor=actor, user_id=user_id, data=data)


@router.post("/users/{user_id}/approve", tags=["users"], summary="Let a registered student in")
async def approve_user(session: SessionDep, actor: ActorDep, user_id: Id, data: UserApproval) -> UserRead:
    return await service.approve_user(session, actor=actor, user_id=user_id, student_id=data.student_id)


@router.post(
    "/users/{user_id}/invitation",
    tags=["users"],
    status_code=201,
    summary="A one-time link to choose a password",
)
async def invite_user(session: SessionDep, actor: ActorDep, user_id: Id) -> Invitation:
    return await service.create_invitation(session, actor=actor, user_id=user_id)


@router.get("/audit/", tags=["operations"], summary="The audit log, newest first")
async def audit_log(
    session: ReadSessionDep,
    actor: ActorDep,
    page: PageDep,
    subject_kind: Annotated[str | None, Query(max_length=40)] = None,
    subject_id: Annotated[int | None, Query(ge=1)] = None,
) -> list[AuditRead]:
    return await service.list_audit_events(
        session, actor=actor, page=page, subject_kind=subject_kind, subject_id=subject_id
    )


def device_of(request: Request, door: Door) -> authentication.Device:
    """The caller's device; behind proxies the server resolves the address from the trusted hops."""
    return authentication.Device(
        door=door,
        ip_address=request.client.host if request.client else "",
        user_agent=request.headers.get("user-agent", ""),
    )
