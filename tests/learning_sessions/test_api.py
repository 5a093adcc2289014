from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.core.actor import Role
from academics_app.core.clock import frozen_at
from tests import factories

if TYPE_CHECKING:
    from tests.conftest import CountQueries, SignIn

V1 = "/api/v1"


async def test_from_a_batch_to_a_cancelled_session(
    session: AsyncSession, client: httpx.AsyncClient, sign_in: "SignIn", count_queries: "CountQueries"
) -> None:
    admin = await sign_in(await factories.create_user(session))
    subject, branch = await factories.create_subject(session), await factories.create_branch(session)
    students = [await factories.create_student(session, branch=branch) for _ in range(3)]
    with frozen_at(datetime(2026, 11, 23, 6, tzinfo=UTC)):
        admin = await sign_in(await factories.create_user(session))
        body = {
            "code": "C-1", "name": "Chemistry", "subject_id": subject.id, "branch_id": branch.id, "starts_on": "2026-09-01",
            "meetings": [{"weekday": 0, "starts_at": "10:00", "ends_at": "11:00"}],
        }  # fmt: skip
        made = await client.post(f"{V1}/batches/", headers=admin, json=body)
        assert made.status_code == 201, made.text
        batch = made.json()
        assert (await client.post(f"{V1}/batches/", headers=admin, json=body)).json()["fields"] == {
            "code": "is taken"
        }
        enrolled = await client.post(
            f"{V1}/batches/{batch['id']}/enrollments",
            headers=admin,
            json={"student_ids": [each.id for each in students], "starts_on": "2026-09-01"},
        )
        assert (enrolled.status_code, len(enrolled.json())) == (201, 3)
        week = {"start_date": "2026-11-23", "end_date": "2026-11-29"}
        with count_queries() as statements:
            listed = await client.get(f"{V1}/sessions/", headers=admin, params=week)
        assert sum("SAVEPOINT" not in each for each in statements) <= 4, statements
        lesson = listed.json()["items"][0]
        assert (listed.json()["total"], lesson["expected_count"], lesson["local_date"]) == (
            1,
            3,
            "2026-11-23",
        )

        path = f"{V1}/sessions/{lesson['id']}"
        assert (await client.post(f"{path}/cancel", headers=admin, json={"reason": " "})).status_code == 422
        assert (await client.post(f"{path}/cancel", headers=admin, json={"reason": "Flood"})).json()[
            "status"
        ] == "cancelled"
        assert (
            await client.post(f"{path}/cancel", headers=admin, json={"reason": "Flood"})
        ).status_code == 409
        assert (await client.post(f"{path}/reinstate", headers=admin)).json()["status"] == "scheduled"
        moved = await client.put(path, headers=admin, json={"starts_at": "12:00", "ends_at": "13:00"})
        assert moved.json()["starts_at"] == "2026-11-23T12:00:00Z"
        ended = await client.put(
            f"{V1}/enrollments/{enrolled.json()[0]['id']}", headers=admin, json={"ends_on": "2026-11-01"}
        )
        assert ended.json()["ends_on"] == "2026-11-01"
        schedule = await client.put(
            f"{V1}/batches/{batch['id']}/schedule", headers=admin, json={"meetings": []}
        )
        assert schedule.json() == []


async def test_malformed_input_names_the_field(
    session: AsyncSession, client: httpx.AsyncClient, sign_in: "SignIn"
) -> None:
    admin = await sign_in(await factories.create_user(session))
    batch = await factories.create_batch(session)
    meeting = {"weekday": 0, "starts_at": "10:00", "ends_at": "11:00"}
    for wrong in (
        {"weekday": 7}, {"starts_at": "11:00"}, {"starts_at": "10:00Z"}, {"starts_at": "x"}, {"room_id": 0}, {"id": 2**63},
    ):  # fmt: skip
        answer = await client.put(
            f"{V1}/batches/{batch.id}/schedule", headers=admin, json={"meetings": [meeting | wrong]}
        )
        assert answer.status_code == 422, (wrong, answer.text)
        assert set(answer.json()) == {"error", "detail", "fields"}
    for wrong in (
        {"name": None},
        {"name": "a\x00"},
        {"code": " "},
        {"starts_on": "0001-01-01"},
        {"status": "gone"},
        {"id": 3},
    ):
        answer = await client.put(f"{V1}/batches/{batch.id}", headers=admin, json=wrong)
        assert answer.status_code == 422, (wrong, answer.text)
    for params in (
        {},
        {"start_date": "2026-11-23"},
        {"start_date": "9999-12-31", "end_date": "9999-12-31"},
        {"start_date": "2026-02-30", "end_date": "2026-03-01"},
    ):
        assert (await client.get(f"{V1}/sessions/", headers=admin, params=params)).status_code == 422, params
    for path in ("batches/0", f"batches/{2**63}", "sessions/x"):
        assert (await client.get(f"{V1}/{path}", headers=admin)).status_code == 422
    assert (await client.get(f"{V1}/batches/{2**63 - 1}", headers=admin)).status_code == 404


async def test_nobody_and_strangers(
    session: AsyncSession, client: httpx.AsyncClient, sign_in: "SignIn"
) -> None:
    batch = await factories.create_batch(session)
    lesson = await factories.create_session(session, batch=batch)
    student = await sign_in(await factories.create_user(session, role=Role.STUDENT))
    paths = (
        f"batches/{batch.id}",
        f"batches/{batch.id}/schedule",
        f"batches/{batch.id}/enrollments",
        f"sessions/{lesson.id}",
    )
    for path in paths:
        assert (await client.get(f"{V1}/{path}")).status_code == 401
        assert (await client.get(f"{V1}/{path}", headers=student)).status_code == 404
    assert (
        await client.post(f"{V1}/sessions/{lesson.id}/cancel", headers=student, json={"reason": "x"})
    ).status_code == 404
    assert (await client.post(f"{V1}/batches/", headers=student, json={})).status_code in {403, 422}
