from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.accounts.models import AuditEvent, User
from academics_app.core.actor import Role
from academics_app.faculty.models import Faculty
from tests import factories
from tests.conftest import CountQueries, SignIn

FACULTY = "/api/v1/faculty/"
Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
async def member(session: AsyncSession) -> Faculty:
    return await factories.create_faculty(session, full_name="Lena Novak", email="lena@example.org")


@pytest.fixture
def ask(client: httpx.AsyncClient, sign_in: SignIn, session: AsyncSession) -> Ask:
    """`ask("faculty", "GET", path, ...)` as somebody of a role."""
    users: dict[str, User] = {}

    async def _ask(who: str, method: str, path: str, **request: Any) -> httpx.Response:
        if who == "nobody":
            return await client.request(method, path, **request)
        if who not in users:
            users[who] = await factories.create_user(session, role=Role(who))
        return await client.request(method, path, headers=await sign_in(users[who]), **request)

    return _ask


def by_role(**expected: int) -> Any:
    others = expected.pop("others")
    rows = [(role.value, expected.get(role, others)) for role in Role] + [("nobody", 401)]
    return pytest.mark.parametrize(("who", "status"), rows)


@by_role(admin=200, counselor=200, faculty=200, others=403)
async def test_staff_list_faculty(ask: Ask, member: Faculty, who: str, status: int):
    answer = await ask(who, "GET", FACULTY, params={"q": "novak lena"})
    assert answer.status_code == status
    assert ("lena@example.org" in answer.text) == (status == 200)


@by_role(admin=200, counselor=200, faculty=200, others=403)
async def test_staff_read_faculty(ask: Ask, member: Faculty, who: str, status: int):
    assert (await ask(who, "GET", f"{FACULTY}{member.id}")).status_code == status
    missing = await ask(who, "GET", f"{FACULTY}{member.id + 10**6}")
    assert missing.status_code == (404 if status == 200 else status)


@by_role(admin=201, others=403)
async def test_admins_add_faculty(ask: Ask, who: str, status: int):
    answer = await ask(who, "POST", FACULTY, json={"full_name": "Ada Kovács", "email": ""})
    assert answer.status_code == status
    if status == 201:
        assert (await ask(who, "GET", f"{FACULTY}{answer.json()['id']}")).json() == answer.json()


@by_role(admin=200, others=403)
async def test_admins_change_faculty(ask: Ask, member: Faculty, who: str, status: int):
    answer = await ask(who, "PUT", f"{FACULTY}{member.id}", json={"status": "on_leave"})
    assert answer.status_code == status
    stored = (await ask("admin", "GET", f"{FACULTY}{member.id}")).json()
    assert stored["status"] == ("on_leave" if status == 200 else "active")


@pytest.mark.parametrize("name", ["O'Brien", "José", "王小明", "N" * 200, "<script>alert(1)</script>"])
async def test_odd_names_are_kept_and_found(ask: Ask, name: str):
    created = await ask("admin", "POST", FACULTY, json={"full_name": name})
    assert (created.status_code, created.json()["full_name"]) == (201, name)
    found = (await ask("admin", "GET", FACULTY, params={"q": name})).json()
    assert created.json()["id"] in [row["id"] for row in found["items"]]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "full_name"),
        ({"full_name": " "}, "full_name"),
        ({"full_name": "x" * 201}, "full_name"),
        ({"full_name": "A\x00"}, "full_name"),
        ({"full_name": "A", "email": "@"}, "email"),
        ({"full_name": "A", "status": "retired"}, "status"),
        ({"full_name": "A", "version": 3}, "version"),
    ],
)
async def test_malformed_faculty_is_refused_with_the_field(ask: Ask, body: dict[str, Any], field: str):
    answer = await ask("admin", "POST", FACULTY, json=body)
    assert (answer.status_code, field in answer.json()["fields"]) == (422, True)


async def test_an_update_is_partial_and_a_stale_one_refused(ask: Ask, member: Faculty, session: AsyncSession):
    path = f"{FACULTY}{member.id}"
    changed = (await ask("admin", "PUT", path, json={"full_name": "Lena Dvořák", "version": 1})).json()
    assert (changed["full_name"], changed["email"], changed["version"]) == (
        "Lena Dvořák",
        "lena@example.org",
        2,
    )
    assert (await ask("admin", "GET", FACULTY, params={"q": "dvorak"})).json()["total"] == 1
    stale = await ask("admin", "PUT", path, json={"full_name": "X", "version": 1})
    assert (stale.status_code, stale.json()["error"]) == (409, "stale_version")
    nulled = await ask("admin", "PUT", path, json={"full_name": None})
    assert nulled.status_code == 422
    (event,) = await session.scalars(select(AuditEvent).where(col(AuditEvent.action) == "faculty.update"))
    assert event.after == {"full_name": "Lena Dvořák"}


async def test_a_code_is_given_once(ask: Ask):
    first = await ask("admin", "POST", FACULTY, json={"full_name": "A", "code": "F-7001"})
    again = await ask("admin", "POST", FACULTY, json={"full_name": "B", "code": "F-7001"})
    assert (again.status_code, again.json()["fields"]) == (
        409,
        {"code": "is taken by another faculty member"},
    )
    following = await ask("admin", "POST", FACULTY, json={"full_name": "C"})
    assert (first.json()["code"], following.json()["code"]) == ("F-7001", "F-7002")


async def test_a_list_is_filtered_sorted_and_takes_two_queries(
    ask: Ask, session: AsyncSession, count_queries: CountQueries
):
    for number in range(4):
        await factories.create_faculty(session, full_name=f"Z {number}", status="on_leave")
    await ask("admin", "GET", FACULTY)
    with count_queries() as statements:
        answer = await ask(
            "admin", "GET", FACULTY, params={"status": "on_leave", "sort": "-name", "limit": 2}
        )
    assert [row["full_name"] for row in answer.json()["items"]] == ["Z 3", "Z 2"]
    assert answer.json()["total"] == 4
    assert len([statement for statement in statements if "FROM faculty" in statement]) == 2
