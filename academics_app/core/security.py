"""Passwords (Argon2id) and signed tokens (JWT). Who they belong to is decided in `accounts`."""

import asyncio
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

import jwt
from passlib.context import CryptContext

from academics_app.core.clock import utc_now
from academics_app.core.config import get_settings

_ALGORITHM = "HS256"
_ISSUER = "academics"
_LONGEST_TOKEN = 2000
"""In characters; ours have about 400."""
_passwords = CryptContext(
    schemes=["argon2"],
    argon2__type="ID",
    argon2__memory_cost=19456,
    argon2__time_cost=2,
    argon2__parallelism=1,
)
"""OWASP's Argon2id setting for 2024: 19 MiB, two passes, one lane."""
_NOBODYS_HASH = _passwords.hash(secrets.token_urlsafe(16))


class TokenKind(StrEnum):
    ACCESS = "access"
    REFRESH = "refresh"
    SCREEN = "screen"
    """The browser's cookie: good for screens and for same-origin REST calls, never sent to JavaScript."""
    INVITATION = "invitation"
    """A one-time link with which an invited person chooses a password."""


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """Whom a token is for. Raising the user's version makes all earlier tokens void."""

    auth_session_id: UUID
    user_id: int
    token_version: int


@dataclass(frozen=True, slots=True)
class Token:
    """A verified token: what it is for, and which sign-in it belongs to."""

    kind: TokenKind
    auth_session_id: UUID
    user_id: int
    token_version: int
    token_id: str
    expires_at: float


async def hash_password(password: str) -> str:
    """Argon2id hash of a password; about 30 ms of a worker thread."""
    return await asyncio.to_thread(_passwords.hash, password)


async def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether the password fits. Without a hash the same work is done in vain, so that time tells nothing."""
    fits = await asyncio.to_thread(_passwords.verify, password, password_hash or _NOBODYS_HASH)
    return fits and password_hash is not None


def issue_token(kind: TokenKind, holder: TokenHolder, *, expires_at: datetime) -> str:
    """A signed token, different each time."""
    claims = {
        "iss": _ISSUER,
        "typ": kind.value,
        "sub": str(holder.user_id),
        "sid": str(holder.auth_session_id),
        "ver": holder.token_version,
        "jti": secrets.token_urlsafe(12),
        "iat": int(utc_now().timestamp()),
        "exp": int(expires_at.timestamp()),
    }
    return jwt.encode(claims, get_settings().signing_key(), algorithm=_ALGORITHM)


def read_token(encoded: str, *kinds: TokenKind) -> Token | None:
    """The token's content when its signature, issuer, expiry and kind are right; otherwise None."""
    if len(encoded) > _LONGEST_TOKEN:
        return None
    token = _verified(encoded, get_settings().signing_key())
    if token is None or token.kind not in kinds or token.expires_at <= utc_now().timestamp():
        return None
    return token


@lru_cache(maxsize=4096)
def _verified(encoded: str, key: str) -> Token | None:
    """The content of a well-signed token. Remembered, since one sign-in sends the same token again and again."""
    try:
        claims: dict[str, Any] = jwt.decode(
            encoded,
            key,
            algorithms=[_ALGORITHM],
            issuer=_ISSUER,
            options={
                "require": ["exp", "sub", "sid", "jti", "typ"],
                "verify_iat": False,
                "verify_exp": False,
            },
        )
        return Token(
            kind=TokenKind(claims["typ"]),
            auth_session_id=UUID(claims["sid"]),
            user_id=int(claims["sub"]),
            token_version=int(claims["ver"]),
            token_id=str(claims["jti"]),
            expires_at=float(claims["exp"]),
        )
    except (jwt.InvalidTokenError, ValueError, TypeError, KeyError):
        return None


def fingerprint(secret: str) -> str:
    """SHA-256 of a high-entropy secret, for storing what must be recognised but not readable."""
    return hashlib.sha256(secret.encode()).hexdigest()
