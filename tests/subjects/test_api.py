from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.accounts.models import AuditEvent, User
from academics_app.core.actor import Role
from academics_app.progress.models import ProgressStatus, TopicProgress
from academics_app.subjects.models import Subject
from tests import factories
from tests.conftest import CountQueries, SignIn

SUBJECTS = "/api/v1/subjects/"
Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
async def subject(session: AsyncSession) -> Subject:
    """Physics, with the topics a, b and c of an hour each."""
    subject = await factories.create_subject(session, name="Physics B", code="PHY-B")
    for position, title in enumerate("abc", start=1):
        await factories.create_topic(session, subject=subject, position=position, title=title)
    return subject


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


async def titles(ask: Ask, subject: Subject) -> list[str]:
    """As they are stored, after checking that the positions have no gaps."""
    items = (await ask("admin", "GET", f"{SUBJECTS}{subject.id}/topics")).json()["items"]
    assert [item["position"] for item in items] == list(range(1, len(items) + 1))
    return [item["title"] for item in items]


async def topic_ids(ask: Ask, subject: Subject) -> dict[str, int]:
    items = (await ask("admin", "GET", f"{SUBJECTS}{subject.id}/topics")).json()["items"]
    return {item["title"]: item["id"] for item in items}


@by_role(others=200)
async def test_everyone_reads_subjects_and_topics(ask: Ask, subject: Subject, who: str, status: int):
    for path in (SUBJECTS, f"{SUBJECTS}{subject.id}", f"{SUBJECTS}{subject.id}/topics"):
        assert (await ask(who, "GET", path)).status_code == status


@by_role(admin=201, others=403)
async def test_admins_add_subjects(ask: Ask, who: str, status: int):
    answer = await ask(who, "POST", SUBJECTS, json={"name": "Chemistry"})
    assert answer.status_code == status
    if status == 201:
        assert (await ask(who, "GET", f"{SUBJECTS}{answer.json()['id']}")).json() == answer.json()
        assert (answer.json()["topic_count"], answer.json()["planned_hours"]) == (0, 0)


@by_role(admin=200, others=403)
async def test_admins_change_subjects(ask: Ask, subject: Subject, who: str, status: int):
    answer = await ask(who, "PUT", f"{SUBJECTS}{subject.id}", json={"is_active": False})
    assert answer.status_code == status
    assert (await ask("admin", "GET", f"{SUBJECTS}{subject.id}")).json()["is_active"] == (status != 200)


@by_role(admin=201, others=403)
async def test_admins_add_topics(ask: Ask, subject: Subject, who: str, status: int):
    answer = await ask(
        who, "POST", f"{SUBJECTS}{subject.id}/topics", json={"title": "d", "planned_hours": 2.5}
    )
    assert answer.status_code == status
    assert await titles(ask, subject) == (["a", "b", "c", "d"] if status == 201 else ["a", "b", "c"])


@by_role(admin=200, others=403)
async def test_admins_change_topics(ask: Ask, subject: Subject, who: str, status: int):
    ids = await topic_ids(ask, subject)
    answer = await ask(who, "PUT", f"{SUBJECTS}{subject.id}/topics/{ids['b']}", json={"title": "B"})
    assert answer.status_code == status
    assert (await titles(ask, subject))[1] == ("B" if status == 200 else "b")


@by_role(admin=200, others=403)
async def test_admins_order_topics(ask: Ask, subject: Subject, who: str, status: int):
    ids = await topic_ids(ask, subject)
    body = {"topic_ids": [ids["c"], ids["a"], ids["b"]]}
    answer = await ask(who, "PUT", f"{SUBJECTS}{subject.id}/topic-order", json=body)
    assert answer.status_code == status
    assert await titles(ask, subject) == (["c", "a", "b"] if status == 200 else ["a", "b", "c"])


@by_role(admin=204, others=403)
async def test_admins_delete_topics(ask: Ask, subject: Subject, who: str, status: int):
    ids = await topic_ids(ask, subject)
    answer = await ask(who, "DELETE", f"{SUBJECTS}{subject.id}/topics/{ids['a']}")
    assert answer.status_code == status
    assert await titles(ask, subject) == (["b", "c"] if status == 204 else ["a", "b", "c"])


@pytest.mark.parametrize(
    ("moved", "position", "expected"),
    [("a", 3, "bca"), ("c", 1, "cab"), ("b", 2, "abc"), ("a", 2, "bac"), ("a", 900, "bca")],
)
async def test_a_topic_moves(
    ask: Ask, subject: Subject, session: AsyncSession, moved: str, position: int, expected: str
):
    ids = await topic_ids(ask, subject)
    await ask("admin", "PUT", f"{SUBJECTS}{subject.id}/topics/{ids[moved]}", json={"position": position})
    assert await titles(ask, subject) == list(expected)
    await session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


@pytest.mark.parametrize(("position", "expected"), [(1, "xabc"), (2, "axbc"), (4, "abcx"), (99, "abcx")])
async def test_a_topic_is_added_in_between(
    ask: Ask, subject: Subject, session: AsyncSession, position: int, expected: str
):
    await ask("admin", "POST", f"{SUBJECTS}{subject.id}/topics", json={"title": "x", "position": position})
    assert await titles(ask, subject) == list(expected)
    await session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


@pytest.mark.parametrize("wanted", ["ab", "abca", "aab", "abx"])
async def test_an_order_of_other_topics_is_refused(ask: Ask, subject: Subject, wanted: str):
    ids = await topic_ids(ask, subject) | {"x": 10**12}
    body = {"topic_ids": [ids[title] for title in wanted]}
    answer = await ask("admin", "PUT", f"{SUBJECTS}{subject.id}/topic-order", json=body)
    assert answer.status_code == 409
    assert await titles(ask, subject) == ["a", "b", "c"]


async def test_a_used_topic_stays(ask: Ask, subject: Subject, session: AsyncSession):
    ids = await topic_ids(ask, subject)
    batch = await factories.create_batch(session, subject=subject)
    student = await factories.create_student(session)
    for _ in range(2):
        await factories.create_session(session, batch=batch, topic_id=ids["a"])
    session.add(
        TopicProgress(
            student_id=student.id,
            topic_id=ids["a"],
            status=ProgressStatus.COMPLETED,
            evidence_on=date(2026, 9, 1),
        )
    )
    await session.flush()
    answer = await ask("admin", "DELETE", f"{SUBJECTS}{subject.id}/topics/{ids['a']}")
    assert (answer.status_code, answer.json()["error"]) == (409, "in_use")
    assert answer.json()["uses"] == {"learning_session": 2, "topic_progress": 1}
    assert "1 progress record" in answer.json()["detail"]
    assert "2 sessions" in answer.json()["detail"]
    assert await titles(ask, subject) == ["a", "b", "c"]


async def test_a_topic_of_another_subject_is_not_found_here(
    ask: Ask, subject: Subject, session: AsyncSession
):
    stranger = await factories.create_topic(session)
    path = f"{SUBJECTS}{subject.id}/topics/{stranger.id}"
    assert (await ask("admin", "PUT", path, json={"title": "x"})).status_code == 404
    assert (await ask("admin", "DELETE", path)).status_code == 404


@pytest.mark.parametrize("name", ["O'Brien's law", "Física", "物理", "N" * 200, "<script>alert(1)</script>"])
async def test_odd_names_are_kept_and_found(ask: Ask, name: str):
    created = await ask("admin", "POST", SUBJECTS, json={"name": name})
    assert (created.status_code, created.json()["name"]) == (201, name)
    found = (await ask("student", "GET", SUBJECTS, params={"q": name})).json()
    assert created.json()["id"] in [row["id"] for row in found["items"]]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "x\x00"}, "name"),
        ({"name": "x", "description": "y" * 4001}, "description"),
        ({"name": "x", "topics": []}, "topics"),
    ],
)
async def test_malformed_subjects_are_refused_with_the_field(ask: Ask, body: dict[str, Any], field: str):
    answer = await ask("admin", "POST", SUBJECTS, json=body)
    assert (answer.status_code, field in answer.json()["fields"]) == (422, True)


@pytest.mark.parametrize("hours", [-1, 10_000, 1.234, "a lot", None])
async def test_malformed_hours_are_refused(ask: Ask, subject: Subject, hours: Any):
    body = {"title": "x", "planned_hours": hours}
    answer = await ask("admin", "POST", f"{SUBJECTS}{subject.id}/topics", json=body)
    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["planned_hours"])


async def test_an_update_is_partial_and_a_stale_one_refused(
    ask: Ask, subject: Subject, session: AsyncSession
):
    path = f"{SUBJECTS}{subject.id}"
    changed = (await ask("admin", "PUT", path, json={"name": "Fysik", "version": 1})).json()
    assert (changed["name"], changed["code"], changed["version"]) == ("Fysik", "PHY-B", 2)
    stale = await ask("admin", "PUT", path, json={"name": "X", "version": 1})
    assert (stale.status_code, stale.json()["error"]) == (409, "stale_version")
    (event,) = await session.scalars(select(AuditEvent).where(col(AuditEvent.action) == "subject.update"))
    assert (event.before, event.after) == ({"name": "Physics B"}, {"name": "Fysik"})


async def test_a_code_is_given_once(ask: Ask, subject: Subject):
    again = await ask("admin", "POST", SUBJECTS, json={"name": "B", "code": "PHY-B"})
    assert (again.status_code, again.json()["fields"]) == (409, {"code": "is taken by another subject"})


async def test_a_list_has_totals_and_takes_two_queries(
    ask: Ask, subject: Subject, session: AsyncSession, count_queries: CountQueries
):
    for _ in range(4):
        await factories.create_subject(session, is_active=False)
    await ask("admin", "GET", SUBJECTS)
    with count_queries() as statements:
        answer = await ask("admin", "GET", SUBJECTS, params={"is_active": True})
    (row,) = answer.json()["items"]
    assert (row["topic_count"], row["planned_hours"]) == (3, 3.0)
    assert len([statement for statement in statements if "FROM subject" in statement]) == 2
