"""What routes ask for by name: a session, the caller, a page, an id."""

from collections.abc import AsyncIterator
from contextlib import nullcontext
from typing import Annotated

from fastapi import Depends, Path, Query, Request
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.accounts.authentication import actor_from_cookie, actor_from_token
from academics_app.api.origin import check_same_origin_write
from academics_app.core.actor import Actor, Door
from academics_app.core.db import reading, transaction
from academics_app.core.errors import NotSignedIn
from academics_app.core.pagination import DEFAULT_LIMIT, MAX_LIMIT, PageRequest
from academics_app.core.security import TokenKind

LARGEST_ID = 2**63 - 1
EXPECTED_USER_HEADER = "x-academics-user"
"""Sent by the register's outbox with each mark: the id of the user who made it."""

_bearer = OAuth2PasswordBearer(
    tokenUrl="/api/v1/auth/login", refreshUrl="/api/v1/auth/refresh", auto_error=False
)


async def _transaction(request: Request) -> AsyncIterator[AsyncSession]:
    async with transaction() as session:
        request.state.session = session
        yield session


async def _reading(request: Request) -> AsyncIterator[AsyncSession]:
    async with reading() as session:
        request.state.session = session
        yield session


SessionDep = Annotated[AsyncSession, Depends(_transaction, scope="function")]
"""A transaction that is committed before the answer leaves: scope "function", since the default one answers first."""

ReadSessionDep = Annotated[AsyncSession, Depends(_reading, scope="function")]
"""A session for reads alone."""

BearerDep = Annotated[str | None, Depends(_bearer)]


async def current_actor(request: Request, bearer: BearerDep) -> Actor:
    """The caller, by bearer token or by the screen's cookie; a write by cookie must come from our own pages.

    Looked up on the route's own session where that is made first (`session` before `actor` in its parameters): a
    second connection for each request costs more than the lookup.
    """
    session = getattr(request.state, "session", None)
    async with nullcontext(session) if session is not None else reading() as session:
        if bearer is not None:
            actor = await actor_from_token(session, bearer, door=Door.REST, kind=TokenKind.ACCESS)
        elif cookie := request.headers.get("cookie"):
            actor = await actor_from_cookie(session, cookie, door=Door.SCREEN)
            if actor is not None:
                check_same_origin_write(request)
                _check_expected_user(request, actor)
        else:
            actor = None
    if actor is None:
        raise NotSignedIn("Sign in first: the token is missing, expired or revoked.")
    return actor


def _check_expected_user(request: Request, actor: Actor) -> None:
    """A page that was opened by somebody else must not write under the name of who signed in beside it since."""
    expected = request.headers.get(EXPECTED_USER_HEADER)
    if expected is not None and expected != str(actor.user_id):
        raise NotSignedIn("Somebody else has signed in on this device since.", code="other_user")


ActorDep = Annotated[Actor, Depends(current_actor)]

Id = Annotated[int, Path(ge=1, le=LARGEST_ID)]


def _page(
    skip: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
) -> PageRequest:
    return PageRequest(skip=skip, limit=limit)


PageDep = Annotated[PageRequest, Depends(_page)]
