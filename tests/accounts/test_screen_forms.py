"""The browser's own forms: the cookie that JavaScript cannot read, and writes that other sites cannot make."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.accounts.authentication import SCREEN_COOKIE
from academics_app.accounts.models import User, UserStatus
from academics_app.accounts.service import create_invitation
from academics_app.core.actor import Role
from tests import factories as make
from tests.accounts.conftest import PASSWORD

FORM = "/api/v1/auth/screen"


@pytest.fixture
async def user(session: AsyncSession, password_hash: str) -> User:
    return await make.create_user(session, username="ada", password_hash=password_hash)


async def sign_in(client: httpx.AsyncClient, **fields: str) -> httpx.Response:
    return await client.post(f"{FORM}/login", data={"username": "ada", "password": PASSWORD} | fields)


async def test_signing_in_sets_a_cookie_that_scripts_cannot_read(
    client: httpx.AsyncClient, user: User
) -> None:
    answer = await sign_in(client, next="/timetable")

    assert (answer.status_code, answer.headers["location"]) == (303, "/timetable")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{SCREEN_COOKIE}=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert (await client.get("/api/v1/auth/me")).json()["username"] == "ada"


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/ok\r\nX: y", ""],
)
async def test_signing_in_leads_to_this_site_only(client: httpx.AsyncClient, user: User, target: str) -> None:
    answer = await sign_in(client, next=target)
    assert answer.headers["location"] == "/"


async def test_a_wrong_password_comes_back_with_a_code_and_without_it(
    client: httpx.AsyncClient, user: User
) -> None:
    answer = await sign_in(client, password="a wrong password")
    parts = urlsplit(answer.headers["location"])

    assert parts.path == "/login"
    assert parse_qs(parts.query)["error"] == ["wrong_credentials"]
    assert "a+wrong+password" not in answer.headers["location"]
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}],
)
async def test_another_site_cannot_sign_anybody_in(
    client: httpx.AsyncClient, user: User, headers: dict
) -> None:
    answer = await client.post(
        f"{FORM}/login", data={"username": "ada", "password": PASSWORD}, headers=headers
    )
    assert (answer.status_code, answer.json()["error"]) == (403, "cross_site_form")


async def test_writes_by_cookie_need_our_own_script(client: httpx.AsyncClient, user: User) -> None:
    await sign_in(client)
    body = {"current_password": PASSWORD, "new_password": "another long phrase"}
    refused = [
        await client.post("/api/v1/auth/password", json=body),
        await client.post(
            "/api/v1/auth/password",
            json=body,
            headers={"X-Requested-With": "academics", "Origin": "https://evil.example"},
        ),
    ]
    assert [(answer.status_code, answer.json()["error"]) for answer in refused] == [
        (403, "cross_site_write")
    ] * 2

    allowed = await client.post("/api/v1/auth/password", json=body, headers={"X-Requested-With": "academics"})
    assert allowed.status_code == 204


async def test_a_page_of_somebody_else_does_not_write_under_this_name(
    client: httpx.AsyncClient, user: User
) -> None:
    await sign_in(client)
    body = {"current_password": PASSWORD, "new_password": "another long phrase"}
    headers = {"X-Requested-With": "academics", "X-Academics-User": str(user.id + 1)}
    refused = await client.post("/api/v1/auth/password", json=body, headers=headers)
    assert (refused.status_code, refused.json()["error"]) == (401, "other_user")
    headers["X-Academics-User"] = str(user.id)
    assert (await client.post("/api/v1/auth/password", json=body, headers=headers)).status_code == 204


async def test_signing_out_clears_the_cookie_and_ends_the_sign_in(
    client: httpx.AsyncClient, user: User
) -> None:
    await sign_in(client)
    stolen = dict(client.cookies)
    answer = await client.post(f"{FORM}/logout")

    assert answer.headers["location"] == "/login"
    assert SCREEN_COOKIE not in client.cookies
    client.cookies.update(stolen)
    assert (await client.get("/api/v1/auth/me")).status_code == 401


async def test_registering_waits_for_an_admin(session: AsyncSession, client: httpx.AsyncClient) -> None:
    form = {"username": "mina", "email": "mina@example.org", "full_name": "Mina Park", "password": PASSWORD}
    answer = await client.post(f"{FORM}/register", data=form)
    assert answer.headers["location"] == "/login?notice=pending"
    waiting = await sign_in(client, username="mina")
    assert "error=account_pending" in waiting.headers["location"]

    again = await client.post(f"{FORM}/register", data=form | {"username": "MINA"})
    query = parse_qs(urlsplit(again.headers["location"]).query)
    assert (query["error"], query["field"], query["full_name"]) == (["conflict"], ["username"], ["Mina Park"])
    assert "password" not in query


async def test_an_invitation_is_good_once(session: AsyncSession, client: httpx.AsyncClient) -> None:
    admin = await make.create_user(session)
    invited = await make.create_user(session, role=Role.COUNSELOR, username="carol")
    await make.create_branch(session)
    link = (await create_invitation(session, actor=make.actor_of(admin), user_id=invited.id)).url
    await session.flush()

    opened = await client.get(urlsplit(link).path, params=urlsplit(link).query)
    assert opened.headers["location"] == "/invitation", "the token is in no address that the page can read"
    assert "HttpOnly" in opened.headers["set-cookie"]
    token = dict(client.cookies)
    chosen = await client.post(f"{FORM}/invitation", data={"password": PASSWORD})
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/")
    assert (await client.get("/api/v1/auth/me")).json()["username"] == "carol"

    client.cookies.clear()
    client.cookies.update(token)
    again = await client.post(f"{FORM}/invitation", data={"password": "something else"})
    assert again.headers["location"] == "/invitation?error=invitation_void"


async def test_the_first_admin_is_made_once(session: AsyncSession, client: httpx.AsyncClient) -> None:
    form = {
        "username": "root",
        "email": "root@example.org",
        "full_name": "Rosa Root",
        "password": PASSWORD,
        "institute_name": "Institute",
        "time_zone": "Europe/Paris",
    }
    first = await client.post(f"{FORM}/setup", data=form)
    assert first.headers["location"] == "/"
    assert (await client.get("/api/v1/auth/me")).json()["role"] == "admin"

    client.cookies.clear()
    second = await client.post(f"{FORM}/setup", data=form | {"username": "second"})
    assert "error=already_set_up" in second.headers["location"]
    assert (await client.get("/api/v1/auth/me")).status_code == 401


async def test_a_disabled_account_cannot_use_its_cookie(
    session: AsyncSession, client: httpx.AsyncClient, user: User
) -> None:
    await sign_in(client)
    user.status = UserStatus.DISABLED
    await session.flush()
    assert (await client.get("/api/v1/auth/me")).status_code == 401
