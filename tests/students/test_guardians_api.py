from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.accounts.models import AuditEvent
from tests import factories
from tests.conftest import CountQueries, SignIn
from tests.students.people import ROLES, People, make_people

Ask = Callable[..., Awaitable[httpx.Response]]
NEW = {"full_name": "Hana Park", "relation": "mother", "phone": "+44 20 7946 0960"}


@pytest.fixture
async def people(session: AsyncSession) -> People:
    return await make_people(session)


@pytest.fixture
def ask(client: httpx.AsyncClient, sign_in: SignIn, people: People) -> Ask:
    async def _ask(who: str, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {} if who == "nobody" else await sign_in(people.users[who])
        return await client.request(method, f"/api/v1{path}", headers=headers, **request)

    return _ask


def by_role(**expected: int) -> Any:
    others = expected.pop("others")
    rows = [(who, expected.get(who, others)) for who in ROLES] + [("nobody", 401)]
    return pytest.mark.parametrize(("who", "status"), rows)


@by_role(admin=200, counselor=200, faculty=200, student=200, guardian=200, others=404)
async def test_guardians_are_listed(ask: Ask, people: People, who: str, status: int):
    answer = await ask(who, "GET", f"/students/{people.student.id}/guardians")
    assert answer.status_code == status
    assert ("Jun Park" in answer.text) == (status == 200)


@by_role(admin=201, counselor=201, faculty=201, student=403, guardian=403, others=404)
async def test_staff_add_a_guardian(ask: Ask, people: People, who: str, status: int):
    path = f"/students/{people.student.id}/guardians"
    answer = await ask(who, "POST", path, json=NEW)
    assert answer.status_code == status
    listed = (await ask("admin", "GET", path)).json()
    assert ("Hana Park" in [row["full_name"] for row in listed["items"]]) == (status == 201)


@by_role(admin=200, counselor=200, faculty=200, student=403, guardian=403, others=404)
async def test_staff_change_a_guardian(ask: Ask, people: People, who: str, status: int):
    path = f"/students/{people.student.id}/guardians/{people.guardian.id}"
    answer = await ask(who, "PUT", path, json={"relation": "uncle", "phone": "+44 20 7946 0999"})
    assert answer.status_code == status
    (stored,) = (await ask("admin", "GET", f"/students/{people.student.id}/guardians")).json()["items"]
    assert (stored["relation"] == "uncle") == (status == 200)


@by_role(admin=204, counselor=204, faculty=204, student=403, guardian=403, others=404)
async def test_staff_remove_a_guardian_and_link_them_again(ask: Ask, people: People, who: str, status: int):
    path = f"/students/{people.student.id}/guardians"
    answer = await ask(who, "DELETE", f"{path}/{people.guardian.id}")
    assert answer.status_code == status
    assert (await ask("admin", "GET", path)).json()["total"] == (0 if status == 204 else 1)
    if status == 204:
        again = await ask("admin", "POST", path, json={"guardian_id": people.guardian.id})
        assert (again.status_code, again.json()["full_name"]) == (201, "Jun Park")


@by_role(admin=200, counselor=200, faculty=200, other_faculty=200, others=403)
async def test_staff_search_guardians(ask: Ask, people: People, who: str, status: int):
    answer = await ask(who, "GET", "/guardians/", params={"q": "jun prak"})
    assert answer.status_code == status
    sees_them = who in {"admin", "counselor", "faculty"}
    assert ("Jun Park" in answer.text) == sees_them


async def test_one_guardian_has_several_students(ask: Ask, people: People):
    path = f"/students/{people.other_student.id}/guardians"
    linked = await ask("admin", "POST", path, json={"guardian_id": people.guardian.id, "relation": "father"})
    assert linked.status_code == 201
    assert {row["full_name"] for row in linked.json()["students"]} == {"Mina Park", "Jun Sato"}
    twice = await ask("admin", "POST", path, json={"guardian_id": people.guardian.id})
    assert (twice.status_code, twice.json()["error"]) == (409, "duplicate")
    changed = await ask("admin", "PUT", f"{path}/{people.guardian.id}", json={"full_name": "Jun-ho Park"})
    assert changed.json()["version"] == 2
    (stored,) = (await ask("admin", "GET", f"/students/{people.student.id}/guardians")).json()["items"]
    assert stored["full_name"] == "Jun-ho Park"
    assert (await ask("admin", "GET", "/guardians/", params={"q": "jun-ho"})).json()["total"] == 1
    (seen_by_teacher,) = (await ask("faculty", "GET", "/guardians/", params={"q": "jun-ho"})).json()["items"]
    assert [row["full_name"] for row in seen_by_teacher["students"]] == ["Mina Park"]


async def test_a_faculty_member_cannot_link_a_stranger(ask: Ask, people: People, session: AsyncSession):
    stranger = await factories.create_guardian(session, people.other_student)
    path = f"/students/{people.student.id}/guardians"
    assert (await ask("faculty", "POST", path, json={"guardian_id": stranger.id})).status_code == 404


async def test_one_guardian_is_called_first(ask: Ask, people: People):
    path = f"/students/{people.student.id}/guardians"
    first = (await ask("admin", "POST", path, json=NEW | {"is_primary": True})).json()
    await ask("admin", "PUT", f"{path}/{people.guardian.id}", json={"is_primary": True})
    rows = (await ask("admin", "GET", path)).json()["items"]
    assert [(row["id"], row["is_primary"]) for row in rows] == [
        (people.guardian.id, True),
        (first["id"], False),
    ]


async def test_the_first_guardian_is_called_first_unless_said_otherwise(ask: Ask, people: People):
    created = await ask("admin", "POST", "/students/", json={"given_name": "New"})
    path = f"/students/{created.json()['id']}/guardians"
    assert [(await ask("admin", "POST", path, json=NEW)).json()["is_primary"] for _ in range(2)] == [
        True,
        False,
    ]


async def test_a_guardian_does_not_see_how_to_reach_another(ask: Ask, people: People):
    path = f"/students/{people.student.id}/guardians"
    await ask("admin", "POST", path, json=NEW)
    phones = {row["full_name"]: row["phone"] for row in (await ask("guardian", "GET", path)).json()["items"]}
    assert phones == {"Jun Park": "+44 20 7946 0959", "Hana Park": None}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"relation": "aunt"},
        {"full_name": " "},
        {"guardian_id": 1, "full_name": "A"},
        NEW | {"relation": "x" * 41},
    ],
)
async def test_malformed_guardians_are_refused(ask: Ask, people: People, body: dict[str, Any]):
    assert (
        await ask("admin", "POST", f"/students/{people.student.id}/guardians", json=body)
    ).status_code == 422


async def test_a_guardian_of_another_student_is_not_found_here(
    ask: Ask, people: People, session: AsyncSession
):
    stranger = await factories.create_guardian(session, people.other_student)
    path = f"/students/{people.student.id}/guardians/{stranger.id}"
    assert (await ask("admin", "PUT", path, json={"relation": "x"})).status_code == 404
    assert (await ask("admin", "DELETE", path)).status_code == 404


async def test_a_stale_form_is_refused(ask: Ask, people: People):
    path = f"/students/{people.student.id}/guardians/{people.guardian.id}"
    assert (await ask("admin", "PUT", path, json={"relation": "aunt", "version": 1})).status_code == 200
    assert (await ask("admin", "PUT", path, json={"relation": "uncle", "version": 1})).status_code == 409


async def test_every_change_is_audited_under_the_student(ask: Ask, people: People, session: AsyncSession):
    path = f"/students/{people.student.id}/guardians"
    added = (await ask("admin", "POST", path, json=NEW)).json()
    await ask("admin", "PUT", f"{path}/{added['id']}", json={"relation": "aunt"})
    await ask("admin", "DELETE", f"{path}/{added['id']}")
    events = (
        select(AuditEvent).where(col(AuditEvent.subject_id) == people.student.id).order_by(col(AuditEvent.id))
    )
    assert [event.action for event in await session.scalars(events)] == [
        "student.guardian_add",
        "student.guardian_update",
        "student.guardian_remove",
    ]


async def test_the_list_takes_three_queries(
    ask: Ask, people: People, session: AsyncSession, count_queries: CountQueries
):
    for _ in range(5):
        await factories.create_guardian(session, people.student, people.other_student)
    await ask("admin", "GET", f"/students/{people.student.id}/guardians")
    with count_queries() as statements:
        await ask("admin", "GET", f"/students/{people.student.id}/guardians")
    assert len([statement for statement in statements if "student" in statement.split("FROM")[-1]]) <= 3
