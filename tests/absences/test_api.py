"""Planned absences over REST: the whole way of a request, and what is malformed."""

from typing import Any

import httpx
import pytest

from tests.absences.conftest import Family
from tests.conftest import SignIn

URL = "/api/v1/absences/"


async def test_from_the_request_to_the_answer(
    client: httpx.AsyncClient, family: Family, sign_in: SignIn
) -> None:
    guardian = await sign_in(family.users["guardian"])
    teacher = await sign_in(family.users["teacher"])
    body = {
        "student_id": family.student.id,
        "starts_on": family.day(2).isoformat(),
        "starts_at": "10:00",
        "ends_at": "11:30",
        "kind": "appointment",
        "reason": "Dentist",
    }
    made = await client.post(URL, json=body, headers=guardian)
    assert made.status_code == 201
    asked = made.json()
    assert asked["status"] == "requested"
    assert (asked["starts_at"], asked["ends_at"]) == ("10:00:00", "11:30:00")
    assert asked["student_name"] == family.student.full_name

    mine = f"{URL}{asked['id']}"
    moved = await client.put(mine, json={"ends_at": "12:00", "version": 1}, headers=guardian)
    assert (moved.status_code, moved.json()["ends_at"]) == (200, "12:00:00")
    waiting = await client.get(URL, params={"status": "requested"}, headers=teacher)
    assert [item["id"] for item in waiting.json()["items"]] == [asked["id"]]
    answer = {"decision": "approved", "note": "Fine", "version": 2}
    decided = await client.post(f"{mine}/decision", json=answer, headers=teacher)
    assert (decided.status_code, decided.json()["status"]) == (200, "approved")
    seen = await client.get(f"/api/v1/students/{family.student.id}/absences", headers=guardian)
    assert [item["decision_note"] for item in seen.json()["items"]] == ["Fine"]
    clash = await client.post(URL, json=body, headers=teacher)
    assert (clash.status_code, clash.json()["error"]) == (409, "overlapping_absence")
    gone = await client.post(f"{mine}/withdraw", headers=guardian)
    assert gone.json()["status"] == "withdrawn"
    back = await client.post(f"{mine}/reopen", headers=guardian)
    assert back.json()["status"] == "approved"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"ends_on": "2020-01-01"}, "ends_on"),
        ({"starts_at": "10:00"}, "ends_at"),
        ({"starts_at": "10:00Z", "ends_at": "11:00Z"}, "starts_at"),
        ({"starts_at": "10:00+02:00", "ends_at": "11:00"}, "starts_at"),
        ({"starts_at": "10:00-05:00", "ends_at": "11:00"}, "starts_at"),
        ({"starts_at": 36000, "ends_at": "11:00"}, "starts_at"),
        ({"reason": "x" * 501}, "reason"),
        ({"reason": "\x00"}, "reason"),
        ({"kind": "holiday"}, "kind"),
        ({"status": "approved"}, "status"),
        ({"starts_on": "9999-12-31"}, "starts_on"),
    ],
)
async def test_malformed_input_names_the_field(
    client: httpx.AsyncClient, family: Family, sign_in: SignIn, values: dict[str, Any], field: str
) -> None:
    body = {"student_id": family.student.id, "starts_on": family.day(1).isoformat()} | values
    answer = await client.post(URL, json=body, headers=await sign_in(family.users["admin"]))
    assert answer.status_code == 422, answer.text
    assert field in answer.json()["fields"]


@pytest.mark.parametrize("body", [{}, {"version": 1}, {"starts_on": None}, {"student_id": 1}])
async def test_a_change_of_nothing_is_malformed(
    client: httpx.AsyncClient, family: Family, sign_in: SignIn, body: dict[str, Any]
) -> None:
    admin = await sign_in(family.users["admin"])
    made = {"student_id": family.student.id, "starts_on": family.day(1).isoformat()}
    absence = (await client.post(URL, json=made, headers=admin)).json()
    answer = await client.put(f"{URL}{absence['id']}", json=body, headers=admin)
    assert answer.status_code == 422
