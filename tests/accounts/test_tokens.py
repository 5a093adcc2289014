"""Signing in over REST: tokens that rotate, end at once, and tell an attacker nothing."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.accounts import authentication
from academics_app.accounts.models import User, UserStatus
from academics_app.core import clock, security
from academics_app.core.actor import Role
from academics_app.core.clock import utc_now
from tests import factories as make
from tests.accounts.conftest import PASSWORD

LOGIN = "/api/v1/auth/login"
ME = "/api/v1/auth/me"
LogIn = Callable[..., Awaitable[httpx.Response]]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def user(session: AsyncSession, password_hash: str) -> User:
    return await make.create_user(
        session, username="Ada", email="ada@example.org", password_hash=password_hash
    )


@pytest.fixture
def log_in(client: httpx.AsyncClient) -> LogIn:
    async def _log_in(username: str = "ada", password: str = PASSWORD) -> httpx.Response:
        return await client.post(LOGIN, data={"username": username, "password": password})

    return _log_in


async def test_a_good_password_gives_tokens(client: httpx.AsyncClient, user: User, log_in: LogIn) -> None:
    answer = await log_in()
    tokens = answer.json()

    assert answer.status_code == 200
    assert tokens["token_type"] == "bearer"
    assert tokens["expires_in"] == 15 * 60
    me = (await client.get(ME, headers=bearer(tokens["access_token"]))).json()
    assert (me["username"], me["role"]) == ("Ada", "admin")
    assert "password_hash" not in me


async def test_the_email_signs_in_too_unless_two_share_it(
    session: AsyncSession, user: User, log_in: LogIn, password_hash: str
) -> None:
    assert (await log_in("ADA@example.org")).status_code == 200

    await make.create_user(session, email="ada@example.org", password_hash=password_hash)
    assert (await log_in("ada@example.org")).status_code == 401
    assert (await log_in("ada")).status_code == 200


async def test_a_wrong_name_and_a_wrong_password_look_and_cost_the_same(
    user: User, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    real = security._passwords.verify

    def counting(password: str, password_hash: str) -> bool:
        verified.append(password_hash)
        return real(password, password_hash)

    monkeypatch.setattr(security._passwords, "verify", counting)
    wrong_password = await log_in(password="not the password")
    wrong_name = await log_in(username="nobody")

    assert wrong_password.status_code == wrong_name.status_code == 401
    assert wrong_password.json() == wrong_name.json()
    assert len(verified) == 2, "both hash once"
    assert {parameters.split("$")[3] for parameters in verified} == {"m=19456,t=2,p=1"}


async def test_an_account_without_a_password_cannot_sign_in(session: AsyncSession, log_in: LogIn) -> None:
    await make.create_user(session, username="imported")
    assert (await log_in("imported", "")).status_code in (401, 422)
    assert (await log_in("imported", "anything at all")).status_code == 401


@pytest.mark.parametrize(
    ("status", "code"), [(UserStatus.PENDING, "account_pending"), (UserStatus.DISABLED, "account_disabled")]
)
async def test_an_account_that_is_not_active_is_told_so_only_with_its_password(
    session: AsyncSession, user: User, log_in: LogIn, status: UserStatus, code: str
) -> None:
    user.status = status
    await session.flush()

    right = await log_in()
    assert (right.status_code, right.json()["error"]) == (403, code)
    assert (await log_in(password="wrong password")).json()["error"] == "wrong_credentials"


async def test_refreshing_rotates_and_reuse_ends_the_sign_in(
    client: httpx.AsyncClient, user: User, log_in: LogIn
) -> None:
    first = (await log_in()).json()
    refreshed = await client.post("/api/v1/auth/refresh", headers=bearer(first["refresh_token"]))
    second = refreshed.json()
    assert refreshed.status_code == 200
    assert second["refresh_token"] != first["refresh_token"]
    assert (await client.get(ME, headers=bearer(second["access_token"]))).status_code == 200

    reuse = await client.post("/api/v1/auth/refresh", headers=bearer(first["refresh_token"]))
    assert (reuse.status_code, reuse.json()["error"]) == (401, "refresh_token_reused")
    assert (await client.get(ME, headers=bearer(second["access_token"]))).status_code == 401
    assert (
        await client.post("/api/v1/auth/refresh", headers=bearer(second["refresh_token"]))
    ).status_code == 401


async def test_an_access_token_gets_another_but_is_no_refresh_token(
    client: httpx.AsyncClient, user: User, log_in: LogIn
) -> None:
    tokens = (await log_in()).json()
    renewed = (await client.post("/api/v1/auth/refresh", headers=bearer(tokens["access_token"]))).json()

    assert renewed["refresh_token"] is None
    assert (await client.get(ME, headers=bearer(renewed["access_token"]))).status_code == 200
    assert (await client.get(ME, headers=bearer(tokens["refresh_token"]))).status_code == 401


async def test_logging_out_ends_this_sign_in_and_no_other(
    client: httpx.AsyncClient, user: User, log_in: LogIn
) -> None:
    here, elsewhere = (await log_in()).json(), (await log_in()).json()

    assert (await client.post("/api/v1/auth/logout", headers=bearer(here["access_token"]))).status_code == 204
    assert (await client.get(ME, headers=bearer(here["access_token"]))).status_code == 401
    assert (
        await client.post("/api/v1/auth/refresh", headers=bearer(here["refresh_token"]))
    ).status_code == 401
    assert (await client.get(ME, headers=bearer(elsewhere["access_token"]))).status_code == 200


async def test_a_new_password_ends_the_other_sign_ins(
    client: httpx.AsyncClient, user: User, log_in: LogIn
) -> None:
    here, elsewhere = (await log_in()).json(), (await log_in()).json()
    change = {"current_password": "wrong", "new_password": "a brand new phrase"}

    wrong = await client.post("/api/v1/auth/password", json=change, headers=bearer(here["access_token"]))
    assert (wrong.status_code, wrong.json()["fields"]) == (422, {"current_password": "is wrong"})

    change["current_password"] = PASSWORD
    changed = await client.post("/api/v1/auth/password", json=change, headers=bearer(here["access_token"]))
    assert changed.status_code == 204
    assert (await client.get(ME, headers=bearer(here["access_token"]))).status_code == 200
    assert (await client.get(ME, headers=bearer(elsewhere["access_token"]))).status_code == 401
    assert (await log_in()).status_code == 401
    assert (await log_in(password="a brand new phrase")).status_code == 200


async def test_a_disabled_user_is_out_at_once(
    session: AsyncSession, client: httpx.AsyncClient, user: User, log_in: LogIn
) -> None:
    tokens = (await log_in()).json()
    user.status = UserStatus.DISABLED
    await session.flush()
    assert (await client.get(ME, headers=bearer(tokens["access_token"]))).status_code == 401


async def test_tokens_run_out(client: httpx.AsyncClient, user: User, log_in: LogIn) -> None:
    tokens = (await log_in()).json()
    with clock.frozen_at(utc_now() + timedelta(minutes=16)):
        assert (await client.get(ME, headers=bearer(tokens["access_token"]))).status_code == 401
        again = await client.post("/api/v1/auth/refresh", headers=bearer(tokens["refresh_token"]))
        assert again.status_code == 200


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é", "e30.e30.e30"])
async def test_a_bad_token_is_401(client: httpx.AsyncClient, token: str) -> None:
    answer = await client.get(ME, headers=[(b"Authorization", f"Bearer {token}".encode())])
    assert answer.status_code == 401
    assert answer.json()["error"] == "not_signed_in"
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_growing_delay_after_failures(committed: None, client: httpx.AsyncClient) -> None:
    """Counted over all processes, and kept although the request that failed is rolled back."""
    for _ in range(5):
        assert (await client.post(LOGIN, data={"username": "eve", "password": "guess"})).status_code == 401
    waits = []
    for _ in range(2):
        blocked = await client.post(LOGIN, data={"username": "EVE", "password": "guess"})
        assert (blocked.status_code, blocked.json()["error"]) == (429, "too_many_tries")
        wait = int(blocked.headers["retry-after"])
        waits.append(wait)
        with clock.frozen_at(utc_now() + timedelta(seconds=wait + 1)):
            assert (
                await client.post(LOGIN, data={"username": "eve", "password": "guess"})
            ).status_code == 401
    assert waits[1] > waits[0]
    other = await client.post(LOGIN, data={"username": "someone-else", "password": "guess"})
    assert other.status_code == 401


async def test_the_screen_cookie_is_no_bearer(
    session: AsyncSession, client: httpx.AsyncClient, user: User
) -> None:
    from academics_app.core.actor import Door

    signed_in = await authentication.open_sign_in(
        session, user=user, device=authentication.Device(Door.SCREEN)
    )
    cookie = authentication.issue_screen_cookie(signed_in)
    assert (await client.get(ME, headers=bearer(cookie))).status_code == 401
    assert (
        await client.get(ME, headers={"Cookie": f"{authentication.SCREEN_COOKIE}={cookie}"})
    ).status_code == 200
    assert Role(user.role) is Role.ADMIN
