from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.accounts.models import AuditEvent
from academics_app.core.actor import Role
from academics_app.students.models import StudentStatus
from academics_app.students.rules import student_search_text
from tests import factories
from tests.conftest import CountQueries, SignIn
from tests.students.people import ROLES, People, make_people

STUDENTS = "/api/v1/students/"
Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
async def people(session: AsyncSession) -> People:
    return await make_people(session)


@pytest.fixture
def ask(client: httpx.AsyncClient, sign_in: SignIn, people: People) -> Ask:
    """`ask("faculty", "GET", path, ...)` as somebody."""

    async def _ask(who: str, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {} if who == "nobody" else await sign_in(people.users[who])
        return await client.request(method, path, headers=headers, **request)

    return _ask


def by_role(**expected: int) -> Any:
    """Parametrize over everybody; those not named get `others`."""
    others = expected.pop("others")
    rows = [(who, expected.get(who, others)) for who in ROLES] + [("nobody", 401)]
    return pytest.mark.parametrize(("who", "status"), rows)


@by_role(admin=201, counselor=201, faculty=201, other_faculty=201, others=403)
async def test_staff_create_students(ask: Ask, who: str, status: int):
    answer = await ask(who, "POST", STUDENTS, json={"given_name": "Ada", "family_name": "Kovács"})
    assert answer.status_code == status
    if status == 201:
        read = await ask(who, "GET", f"{STUDENTS}{answer.json()['id']}")
        assert read.json() == answer.json()
        assert read.json()["full_name"] == "Ada Kovács"
        assert read.json()["code"].startswith("S-")


@by_role(admin=200, counselor=200, faculty=200, other_faculty=200, others=403)
async def test_staff_list_students(ask: Ask, who: str, status: int):
    answer = await ask(who, "GET", STUDENTS)
    assert answer.status_code == status


@by_role(admin=200, counselor=200, faculty=200, student=200, guardian=200, others=404)
async def test_a_student_is_read_by_those_who_may_see_them(ask: Ask, people: People, who: str, status: int):
    answer = await ask(who, "GET", f"{STUDENTS}{people.student.id}")
    assert answer.status_code == status
    assert ("mina@example.org" in answer.text) == (status == 200)


@by_role(admin=200, counselor=200, faculty=200, student=403, guardian=403, others=404)
async def test_staff_change_a_student(ask: Ask, people: People, who: str, status: int):
    answer = await ask(who, "PUT", f"{STUDENTS}{people.student.id}", json={"status": "on_hold"})
    assert answer.status_code == status
    stored = (await ask("admin", "GET", f"{STUDENTS}{people.student.id}")).json()
    assert stored["status"] == ("on_hold" if status == 200 else "active")


@pytest.mark.parametrize(
    ("who", "notes"), [("faculty", "Needs a quiet room."), ("student", None), ("guardian", None)]
)
async def test_notes_are_for_staff_alone(ask: Ask, people: People, who: str, notes: str | None):
    answer = await ask(who, "GET", f"{STUDENTS}{people.student.id}")
    assert answer.json()["notes"] == notes
    assert answer.json()["email"] == "mina@example.org"


async def test_a_faculty_member_lists_their_own_students(ask: Ask, people: People):
    assert [row["id"] for row in (await ask("faculty", "GET", STUDENTS)).json()["items"]] == [
        people.student.id
    ]
    assert (await ask("other_faculty", "GET", STUDENTS)).json()["total"] == 0


async def test_lists_have_pages_and_a_status(ask: Ask, people: People, session: AsyncSession):
    for number in range(5):
        await factories.create_student(
            session, branch=people.branch, given_name=f"Zoe {number}", status=StudentStatus.ON_HOLD
        )
    answer = await ask("admin", "GET", STUDENTS, params={"status": "on_hold", "skip": 1, "limit": 2})
    page = answer.json()
    assert [row["given_name"] for row in page["items"]] == ["Zoe 1", "Zoe 2"]
    assert (page["total"], page["skip"], page["limit"]) == (5, 1, 2)
    down = await ask("admin", "GET", STUDENTS, params={"status": "on_hold", "sort": "-name", "limit": 1})
    assert down.json()["items"][0]["given_name"] == "Zoe 4"


@pytest.mark.parametrize(
    "params",
    [
        {"skip": -1},
        {"limit": 0},
        {"limit": 1001},
        {"status": "asleep"},
        {"sort": "shoe_size"},
        {"skip": 2**31},
        {"branch_id": 2**63},
    ],
)
async def test_a_list_refuses_what_is_out_of_bounds(ask: Ask, params: dict[str, Any]):
    answer = await ask("admin", "GET", STUDENTS, params=params)
    assert answer.status_code == 422
    assert set(answer.json()["fields"]) == set(params)


@pytest.mark.parametrize("student_id", ["0", "-1", str(2**63), "abc"])
async def test_an_impossible_id_is_malformed(ask: Ask, student_id: str):
    assert (await ask("admin", "GET", f"{STUDENTS}{student_id}")).status_code == 422


@pytest.mark.parametrize(
    "name",
    [
        "O'Brien",
        "José",
        "王小明",
        "<script>alert(1)</script>",
        "N" * 200,
        "Robert'); DROP TABLE student;--",
        "100%_\\",
    ],
)
async def test_odd_names_are_kept_and_found(ask: Ask, name: str):
    created = await ask("admin", "POST", STUDENTS, json={"given_name": name})
    assert created.status_code == 201
    assert created.json()["full_name"] == name
    found = await ask("admin", "GET", STUDENTS, params={"q": name})
    assert created.json()["id"] in [row["id"] for row in found.json()["items"]]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "given_name"),
        ({"given_name": "   "}, "given_name"),
        ({"given_name": "x" * 201}, "given_name"),
        ({"given_name": "a\x00b"}, "given_name"),
        ({"given_name": None}, "given_name"),
        ({"given_name": "A", "email": "not an address"}, "email"),
        ({"given_name": "A", "phone": "call me"}, "phone"),
        ({"given_name": "A", "date_of_birth": "31.12.2010"}, "date_of_birth"),
        ({"given_name": "A", "date_of_birth": "2199-01-01"}, "date_of_birth"),
        ({"given_name": "A", "date_of_birth": "1066-10-14"}, "date_of_birth"),
        ({"given_name": "A", "status": "asleep"}, "status"),
        ({"given_name": "A", "notes": "x" * 4001}, "notes"),
        ({"given_name": "A", "branch_id": 10**15}, "branch_id"),
        ({"given_name": "A", "id": 5}, "id"),
        ({"given_name": "A", "search_text": "x"}, "search_text"),
    ],
)
async def test_malformed_students_are_refused_with_the_field(ask: Ask, body: dict[str, Any], field: str):
    answer = await ask("admin", "POST", STUDENTS, json=body)
    assert answer.status_code == 422
    assert field in answer.json()["fields"]


async def test_text_is_trimmed_and_blanks_are_nothing(ask: Ask):
    body = {"given_name": "  Ada \n", "family_name": " de  la  Cruz ", "email": "", "phone": " ", "code": ""}
    answer = (await ask("admin", "POST", STUDENTS, json=body)).json()
    assert (answer["full_name"], answer["email"], answer["phone"]) == ("Ada de la Cruz", None, None)


async def test_an_update_is_partial(ask: Ask, people: People):
    path = f"{STUDENTS}{people.student.id}"
    before = (await ask("admin", "GET", path)).json()
    after = (await ask("admin", "PUT", path, json={"family_name": "Parker", "email": None})).json()
    changed = {key for key in before.keys() - {"updated_at"} if before[key] != after[key]}
    assert changed == {"family_name", "full_name", "email", "version"}
    assert after["version"] == before["version"] + 1
    found = (await ask("admin", "GET", STUDENTS, params={"q": "mina parker"})).json()
    assert found["items"][0]["id"] == people.student.id


async def test_an_update_of_nothing_changes_nothing(ask: Ask, people: People, session: AsyncSession):
    path = f"{STUDENTS}{people.student.id}"
    before = (await ask("admin", "GET", path)).json()
    assert (await ask("admin", "PUT", path, json={"given_name": "Mina", "version": 1})).json() == before
    assert (
        await session.scalars(select(AuditEvent).where(col(AuditEvent.subject_kind) == "student"))
    ).all() == []


@pytest.mark.parametrize("field", ["given_name", "code", "status", "branch_id", "notes"])
async def test_what_must_have_a_value_cannot_be_nulled(ask: Ask, people: People, field: str):
    answer = await ask("admin", "PUT", f"{STUDENTS}{people.student.id}", json={field: None})
    assert answer.status_code == 422
    assert field in answer.json()["fields"]


async def test_a_stale_form_is_refused(ask: Ask, people: People):
    path = f"{STUDENTS}{people.student.id}"
    assert (await ask("admin", "PUT", path, json={"phone": "020 7946 0000", "version": 1})).status_code == 200
    stale = await ask("faculty", "PUT", path, json={"phone": "020 7946 1111", "version": 1})
    assert (stale.status_code, stale.json()["error"]) == (409, "stale_version")
    assert (await ask("admin", "GET", path)).json()["phone"] == "020 7946 0000"


async def test_a_code_is_given_once(ask: Ask, people: People):
    first = await ask("admin", "POST", STUDENTS, json={"given_name": "A", "code": "S-90431"})
    again = await ask("admin", "POST", STUDENTS, json={"given_name": "B", "code": "S-90431"})
    assert (first.status_code, again.status_code) == (201, 409)
    assert list(again.json()["fields"]) == ["code"]
    moved = await ask("admin", "PUT", f"{STUDENTS}{people.student.id}", json={"code": "S-90431"})
    assert (moved.status_code, list(moved.json()["fields"])) == (409, ["code"])
    following = await ask("admin", "POST", STUDENTS, json={"given_name": "C"})
    assert following.json()["code"] == "S-90432"


async def test_changes_are_audited_with_what_differs(ask: Ask, people: People, session: AsyncSession):
    await ask(
        "faculty", "PUT", f"{STUDENTS}{people.student.id}", json={"status": "withdrawn", "given_name": "Mina"}
    )
    event = (
        await session.scalars(select(AuditEvent).where(col(AuditEvent.action) == "student.update"))
    ).one()
    assert (event.before, event.after) == ({"status": "active"}, {"status": "withdrawn"})
    assert event.user_id == people.users["faculty"].id


@pytest.mark.parametrize(
    ("params", "most"), [({}, 2), ({"q": "mina"}, 3), ({"status": "active", "sort": "-code"}, 2)]
)
async def test_a_list_takes_few_queries(
    ask: Ask,
    people: People,
    session: AsyncSession,
    count_queries: CountQueries,
    params: dict[str, str],
    most: int,
):
    await ask("admin", "GET", STUDENTS)
    for _ in range(20):
        await factories.create_student(session, branch=people.branch)
    with count_queries() as statements:
        await ask("admin", "GET", STUDENTS, params=params)
    assert len([statement for statement in statements if " student" in statement.replace("\n", " ")]) <= most


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("smith john", "John Smith"),
        ("jonh smith", "John Smith"),
        ("john smiht", "John Smith"),
        ("jahn smit", "John Smith"),
        ("jose nunez", "José Núñez"),
        ("JOSÉ", "José Núñez"),
        ("obrien", "Siobhán O'Brien"),
        ("o’brien siobhan", "Siobhán O'Brien"),
        ("lukasz", "Łukasz Wójcik"),
        ("小明", "王小明"),
        ("chaterjee", "Ananya Chatterjee"),
        ("krishnamurty", "Kavya Krishnamurthy"),
        ("77-0431", "Kavya Krishnamurthy"),
        ("7946 0777", "John Smith"),
        ("john.smith@example.org", "John Smith"),
    ],
)
async def test_a_search_forgives(ask: Ask, people: People, session: AsyncSession, query: str, expected: str):
    roll = [
        ("John", "Smith", "X-1", "john.smith@example.org", "+44 (0)20 7946-0777"),
        ("José", "Núñez", "X-2", None, None),
        ("Siobhán", "O'Brien", "X-3", None, None),
        ("Łukasz", "Wójcik", "X-4", None, None),
        ("王小明", "", "X-5", None, None),
        ("Ananya", "Chatterjee", "X-6", None, None),
        ("Kavya", "Krishnamurthy", "77-0431", None, None),
        ("Joan", "Schmidt", "X-8", None, None),
        ("Johanna", "Zmith-Lopez", "X-9", None, None),
    ]
    for given_name, family_name, code, email, phone in roll:
        names: dict[str, Any] = {"given_name": given_name, "family_name": family_name, "code": code}
        found_by = student_search_text(**names, email=email, phone=phone)
        await factories.create_student(
            session, branch=people.branch, **names, email=email, phone=phone, search_text=found_by
        )
    answer = await ask("admin", "GET", STUDENTS, params={"q": query})
    assert answer.json()["items"][0]["full_name"] == expected


async def test_a_search_finds_no_strangers(ask: Ask, people: People):
    found = await ask("admin", "GET", STUDENTS, params={"q": "wojciechowski"})
    assert found.json() == {"items": [], "total": 0, "skip": 0, "limit": 100}
    assert (await ask("other_faculty", "GET", STUDENTS, params={"q": "mina"})).json()["total"] == 0


async def test_exact_hits_come_first_and_enough_of_them_alone(
    ask: Ask, people: People, session: AsyncSession
):
    for number in range(6):
        await factories.create_student(
            session, branch=people.branch, given_name="Carl", family_name=f"N{number}"
        )
    await factories.create_student(session, branch=people.branch, given_name="Karl", family_name="M")
    exact = (await ask("admin", "GET", STUDENTS, params={"q": "carl"})).json()
    assert exact["total"] == 6
    similar = (await ask("admin", "GET", STUDENTS, params={"q": "karl"})).json()
    assert (similar["total"], similar["items"][0]["given_name"]) == (7, "Karl")


async def test_a_student_goes_to_a_branch_of_the_callers(
    client: httpx.AsyncClient, sign_in: SignIn, session: AsyncSession, people: People
):
    elsewhere = await factories.create_branch(session)
    from academics_app.accounts.models import UserBranch

    counselor = await factories.create_user(session, role=Role.COUNSELOR)
    session.add(UserBranch(user_id=counselor.id, branch_id=elsewhere.id))
    await session.flush()
    headers = await sign_in(counselor)
    created = await client.post(STUDENTS, headers=headers, json={"given_name": "A"})
    assert created.json()["branch_id"] == elsewhere.id
    refused = await client.post(
        STUDENTS, headers=headers, json={"given_name": "A", "branch_id": people.branch.id}
    )
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["branch_id"])
    assert (await client.get(f"{STUDENTS}{people.student.id}", headers=headers)).status_code == 404
