"""Signing in and out: from credentials to tokens, and from a token back to the Actor.

Each sign-in is a row of `auth_session`; every token names its row and the row is looked up each time, so that a
logout, a password change or a disabled account takes effect at once on every tab, socket and worker.
"""

from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any
from uuid import UUID

from sqlalchemy import Row, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.accounts import throttle
from academics_app.accounts.audit import record
from academics_app.accounts.models import AuthSession, User, UserStatus
from academics_app.accounts.queries import LIVING_SIGN_IN, active_account, user_by_login
from academics_app.accounts.schemas import TokenPair
from academics_app.core import security
from academics_app.core.actor import Actor, Door, Role
from academics_app.core.clock import utc_now
from academics_app.core.config import get_settings
from academics_app.core.db import announce, reading
from academics_app.core.errors import Forbidden, NotSignedIn
from academics_app.core.security import Token, TokenHolder, TokenKind

SCREEN_COOKIE = "academics_session"

_WRONG = "The user name or the password is wrong."
_OVER = "This sign-in has ended. Please sign in again."


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in that has just been made."""

    user: User
    auth_session: AuthSession

    @property
    def holder(self) -> TokenHolder:
        """Whom its tokens are for."""
        return TokenHolder(self.auth_session.id, self.user.id, self.user.token_version)


@dataclass(frozen=True, slots=True)
class Device:
    """Where somebody signs in: through which door, from which address, with what."""

    door: Door
    ip_address: str = ""
    user_agent: str = ""


def live_topic(auth_session_id: UUID) -> str:
    """Published when the sign-in ends; every open page and socket of it watches."""
    return f"auth:{auth_session_id}"


async def sign_in(session: AsyncSession, *, username: str, password: str, device: Device) -> SignIn:
    """Check the credentials and open an `auth_session`.

    Raises TooManyTries while the name or address is held back, NotSignedIn for a wrong name or password (with the
    same words and in the same time), Forbidden for the right password of an account that is not active.
    """
    keys = throttle.keys_for(username, device.ip_address)
    await throttle.check(keys)
    async with reading() as lookup:  # hashing takes a while, and the throttle wants a connection of its own
        found = (await lookup.scalars(user_by_login(username))).all()
    exact = [user for user in found if user.username.lower() == username.strip().lower()]
    user = exact[0] if exact else found[0] if len(found) == 1 else None
    if not await security.verify_password(password, user.password_hash if user else None) or user is None:
        await throttle.count_failure(keys)
        raise NotSignedIn(_WRONG, code="wrong_credentials")
    await throttle.forget(keys)
    if user.status is UserStatus.PENDING:
        raise Forbidden("An admin has not approved this account yet.", code="account_pending")
    if user.status is not UserStatus.ACTIVE:
        raise Forbidden("This account is disabled.", code="account_disabled")
    return await open_sign_in(session, user=user, device=device)


async def open_sign_in(session: AsyncSession, *, user: User, device: Device) -> SignIn:
    """A new sign-in of a user whose identity the caller has just checked."""
    settings = get_settings()
    lifetime = (
        settings.screen_session_lifetime if device.door is Door.SCREEN else settings.refresh_token_lifetime
    )
    auth_session = AuthSession(
        user_id=user.id,
        door=device.door,
        expires_at=utc_now() + lifetime,
        ip_address=device.ip_address[:64],
        user_agent=device.user_agent[:300],
    )
    session.add(auth_session)
    await session.flush()  # the row must be there before a token names it
    record(
        session,
        actor=_as_actor(user, auth_session.id, device.door),
        action="user.sign_in",
        subject_kind="user",
        subject_id=user.id,
    )
    return SignIn(user, auth_session)


def issue_pair(signed_in: SignIn) -> TokenPair:
    """An access and a refresh token; only the newest refresh token of a sign-in is good."""
    refresh = security.issue_token(
        TokenKind.REFRESH, signed_in.holder, expires_at=signed_in.auth_session.expires_at
    )
    signed_in.auth_session.refresh_fingerprint = security.fingerprint(refresh)
    return _access_token(signed_in).model_copy(update={"refresh_token": refresh})


def issue_screen_cookie(signed_in: SignIn) -> str:
    """The value of the browser's cookie."""
    return security.issue_token(
        TokenKind.SCREEN, signed_in.holder, expires_at=signed_in.auth_session.expires_at
    )


async def refresh(session: AsyncSession, *, encoded: str) -> TokenPair:
    """A new pair for a refresh token; for an access token that is still good, a new access token.

    A refresh token that was already used ends the sign-in: one of its two holders is not its owner.
    """
    token = security.read_token(encoded, TokenKind.REFRESH, TokenKind.ACCESS)
    if token is None or await _sign_in_of(session, token) is None:
        raise NotSignedIn(_OVER)
    auth_session = await session.get_one(AuthSession, token.auth_session_id, with_for_update=True)
    user = await session.get_one(User, token.user_id)
    signed_in = SignIn(user, auth_session)
    if token.kind is TokenKind.ACCESS:
        return _access_token(signed_in)
    if auth_session.refresh_fingerprint != security.fingerprint(encoded):
        raise RefreshTokenReused(auth_session.id)
    return issue_pair(signed_in)


class RefreshTokenReused(NotSignedIn):
    """The door must end the sign-in in a transaction of its own, since this error rolls back the caller's."""

    code = "refresh_token_reused"

    def __init__(self, auth_session_id: UUID) -> None:
        super().__init__(
            "This refresh token was used before, so the sign-in was ended. Please sign in again."
        )
        self.auth_session_id = auth_session_id


async def end_reused_sign_in(session: AsyncSession, reuse: RefreshTokenReused) -> None:
    """End the sign-in whose refresh token came twice."""
    auth_session = await session.get_one(AuthSession, reuse.auth_session_id)
    await end_sign_ins(session, user_id=auth_session.user_id, only=auth_session.id)


async def actor_from_token(
    session: AsyncSession, encoded: str, *, door: Door, kind: TokenKind
) -> Actor | None:
    """The actor behind a token of the kind; None when it is bad, expired, revoked or its user may not sign in."""
    token = security.read_token(encoded, kind)
    if token is None:
        return None
    row = await _sign_in_of(session, token)
    if row is None:
        return None
    return Actor(
        user_id=row.user_id,
        role=Role(row.role),
        name=row.full_name,
        door=door,
        auth_session_id=token.auth_session_id,
        student_id=row.student_id,
        faculty_id=row.faculty_id,
        guardian_id=row.guardian_id,
        branch_ids=frozenset(row.branch_ids) if row.branch_ids else None,
    )


async def actor_from_cookie(session: AsyncSession, cookie_header: str, *, door: Door) -> Actor | None:
    """The actor behind a `Cookie` header."""
    value = cookie_value(cookie_header)
    return await actor_from_token(session, value, door=door, kind=TokenKind.SCREEN) if value else None


async def actor_of_account(session: AsyncSession, user_id: int, *, door: Door) -> Actor | None:
    """Whom an account acts as, for what runs on its owner's behalf without a sign-in; None unless it is active."""
    row = (await session.execute(active_account(user_id))).one_or_none()
    if row is None:
        return None
    return Actor(
        user_id=user_id,
        role=Role(row.role),
        name=row.full_name,
        door=door,
        student_id=row.student_id,
        faculty_id=row.faculty_id,
        guardian_id=row.guardian_id,
        branch_ids=frozenset(row.branch_ids) if row.branch_ids else None,
    )


def cookie_value(cookie_header: str) -> str | None:
    """The screen cookie's value in a `Cookie` header."""
    try:
        morsel = SimpleCookie(cookie_header).get(SCREEN_COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel else None


async def sign_out(session: AsyncSession, *, actor: Actor) -> None:
    """End the actor's own sign-in."""
    if actor.auth_session_id is not None:
        await end_sign_ins(session, user_id=actor.user_id, only=actor.auth_session_id)
        record(session, actor=actor, action="user.sign_out", subject_kind="user", subject_id=actor.user_id)


async def end_sign_ins(
    session: AsyncSession, *, user_id: int | None, only: UUID | None = None, except_for: UUID | None = None
) -> int:
    """End a user's sign-ins and tell their pages and sockets; how many ended. The caller has checked the right."""
    statement = (
        update(AuthSession)
        .where(col(AuthSession.user_id) == user_id, col(AuthSession.revoked_at).is_(None))
        .values(revoked_at=utc_now(), refresh_fingerprint=None)
        .returning(col(AuthSession.id))
    )
    if only is not None:
        statement = statement.where(col(AuthSession.id) == only)
    if except_for is not None:
        statement = statement.where(col(AuthSession.id) != except_for)
    ended = (await session.scalars(statement)).all()
    announce(session, *map(live_topic, ended))
    return len(ended)


async def _sign_in_of(session: AsyncSession, token: Token) -> Row[*tuple[Any, ...]] | None:
    return await LIVING_SIGN_IN.first(
        session, auth_session_id=token.auth_session_id, token_version=token.token_version
    )


def _access_token(signed_in: SignIn) -> TokenPair:
    lifetime = get_settings().access_token_lifetime
    access = security.issue_token(
        TokenKind.ACCESS,
        signed_in.holder,
        expires_at=min(utc_now() + lifetime, signed_in.auth_session.expires_at),
    )
    return TokenPair(access_token=access, expires_in=int(lifetime.total_seconds()))


def _as_actor(user: User, auth_session_id: UUID, door: Door) -> Actor:
    return Actor(
        user_id=user.id, role=Role(user.role), name=user.full_name, door=door, auth_session_id=auth_session_id
    )
