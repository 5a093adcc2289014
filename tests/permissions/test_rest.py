"""Every REST route, called by every kind of caller."""

import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from tests.permissions.rest_table import PERIOD, ROWS
from tests.permissions.world import CALLERS, World, build_world

PREFIX = "/api/v1"


def fill(value: Any, ids: dict[str, Any]) -> Any:
    """The value with each `"{name}"` replaced by the world's id of that name."""
    match value:
        case dict():
            return {key: fill(item, ids) for key, item in value.items()}
        case list():
            return [fill(item, ids) for item in value]
        case str() if value.startswith("{"):
            return ids[value[1:-1]]
        case _:
            return value


async def call(
    client: httpx.AsyncClient, row: str, body: Any, world: World, caller: str, **headers: str
) -> httpx.Response:
    method, _, path = row.partition(" ")
    form = {"username": "nobody", "password": "wrong"} if path == "/auth/login" else None
    upload = {"file": ("roster.zip", body, "application/zip")} if isinstance(body, bytes) else None
    return await client.request(
        method,
        PREFIX + path.format(**world.ids),
        headers=world.headers(caller) | headers,
        json=None if form or upload else fill(body, world.ids),
        data=form,
        files=upload,
    )


async def each_caller(session: AsyncSession, world: World, ask) -> list[str]:  # noqa: ANN001
    """The answers' statuses; what a caller changed is undone before the next one tries."""
    connection = await session.connection()
    statuses = []
    for caller in CALLERS:
        await connection.exec_driver_sql("SAVEPOINT caller")
        statuses.append(str((await ask(world, caller)).status_code))
        await connection.exec_driver_sql("ROLLBACK TO SAVEPOINT caller")
    return statuses


@pytest.mark.parametrize("row", ROWS)
async def test_each_caller_gets_what_the_table_says(
    session: AsyncSession, client: httpx.AsyncClient, row: str
) -> None:
    expected, body = ROWS[row]
    world = await build_world(session)
    statuses = await each_caller(session, world, lambda world, caller: call(client, row, body, world, caller))
    assert dict(zip(CALLERS, statuses, strict=True)) == dict(zip(CALLERS, expected.split(), strict=True))


def test_every_route_has_a_row(api: FastAPI) -> None:
    """A new route without a row fails here."""
    in_table = {_pattern(row.partition("?")[0]) for row in ROWS}
    in_app = {
        _pattern(f"{method.upper()} {path.removeprefix(PREFIX)}")
        for path, operations in api.openapi()["paths"].items()
        for method in operations
    }
    assert in_app - in_table == set(), "routes that the table does not know"
    assert in_table - in_app == set(), "rows for routes that are gone"


def test_the_contract_is_listed(api: FastAPI) -> None:
    """Rows 1–8 and 10–14 of the contract, with their parameters and bounds."""
    paths = api.openapi()["paths"]
    contract = [
        "POST /auth/login",
        "POST /auth/register",
        "POST /auth/refresh",
        "POST /auth/logout",
        "POST /students/",
        "GET /students/",
        "GET /students/{student_id}",
        "PUT /students/{student_id}",
        "GET /students/{student_id}/attendance",
        "POST /attendance/session/{session_id}",
        "POST /attendance/bulk",
        "GET /attendance/student/{student_id}",
        "GET /attendance/faculty/{faculty_id}/today",
    ]
    for entry in contract:
        method, _, path = entry.partition(" ")
        assert method.lower() in paths[PREFIX + path], entry
    listing = {item["name"]: item["schema"] for item in paths[f"{PREFIX}/students/"]["get"]["parameters"]}
    assert listing["skip"] | {"title": ""} == {
        "type": "integer",
        "minimum": 0,
        "maximum": 2**31 - 1,
        "default": 0,
        "title": "",
    }
    assert {key: listing["limit"][key] for key in ("minimum", "maximum", "default")} == {
        "minimum": 1,
        "maximum": 1000,
        "default": 100,
    }
    for path in (
        f"{PREFIX}/students/{{student_id}}/attendance",
        f"{PREFIX}/attendance/student/{{student_id}}",
    ):
        required = {item["name"] for item in paths[path]["get"]["parameters"] if item["required"]}
        assert {"start_date", "end_date"} <= required


async def test_lists_hold_nothing_that_the_detail_would_hide(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    """A list and its search go by the same scope as the detail page."""
    world = await build_world(session)
    hidden = {
        "student": {"other_student_id"},
        "guardian": {"other_student_id"},
        "faculty": {"other_student_id"},
        "other faculty": {"student_id", "other_student_id", "guest_id"},
        "other student": {"student_id", "guest_id"},
    }
    for caller, unseen in hidden.items():
        for path in ("/students/", "/students/?q=Student", f"/batches/{world.ids['batch_id']}/enrollments"):
            answer = await client.get(PREFIX + path, headers=world.headers(caller))
            if answer.status_code != 200:
                assert answer.status_code in (403, 404)
                continue
            found = {item.get("student_id", item["id"]) for item in answer.json()["items"]}
            assert found.isdisjoint(world.ids[name] for name in unseen), (caller, path)
        for path in ("/batches/", f"/sessions/?{PERIOD}"):
            items = (await client.get(PREFIX + path, headers=world.headers(caller))).json()["items"]
            if caller.startswith("other"):
                assert items == [], (caller, path)


async def test_a_student_sees_no_classmates(session: AsyncSession, client: httpx.AsyncClient) -> None:
    world = await build_world(session)
    for caller in ("student", "guardian"):
        answer = await client.get(
            f"{PREFIX}/batches/{world.ids['batch_id']}/enrollments", headers=world.headers(caller)
        )
        assert {item["student_id"] for item in answer.json()["items"]} == {world.ids["student_id"]}


@pytest.mark.parametrize("path", ["/nowhere", "/students/x/y/z", "/attendance/unknown/1/2"])
async def test_an_unknown_address_is_a_404_in_the_usual_body(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(PREFIX + path)
    assert answer.status_code == 404
    assert answer.json()["error"] == "not_found"


async def test_ids_out_of_range_are_malformed_not_a_crash(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    world = await build_world(session)
    for value in ("0", "-1", str(2**63), "9" * 40, "x", "1.5", "%00"):
        answer = await client.get(f"{PREFIX}/students/{value}", headers=world.headers("admin"))
        assert (answer.status_code, answer.json()["error"]) == (422, "invalid_input"), value
        assert "student_id" in answer.json()["fields"]


def _pattern(row: str) -> str:
    return re.sub(r"\{\w+\}", "{}", row)
