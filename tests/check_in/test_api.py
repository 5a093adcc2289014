"""The REST doors: the device's cookie, the kiosk's, and what neither gives."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.accounts.authentication import Device, issue_screen_cookie, open_sign_in
from academics_app.check_in.api.check_ins import DEVICE_COOKIE
from academics_app.check_in.api.desk import KIOSK_COOKIE
from academics_app.check_in.kiosks import revoke_kiosk
from academics_app.core import live
from academics_app.core.actor import Door
from academics_app.core.clock import frozen_at
from academics_app.core.security import fingerprint
from tests.check_in.conftest import JUST_BEFORE, Lesson, open_window, shown_code, stored
from tests.conftest import SignIn
from tests.permissions.rest_table import ROWS
from tests.permissions.test_rest import call
from tests.permissions.world import build_world

PATH = "/api/v1/check-in"
SCRIPT = {"X-Requested-With": "fetch", "Origin": "http://testserver"}


async def test_the_device_is_known_by_a_cookie_that_scripts_cannot_read(
    session: AsyncSession, client: httpx.AsyncClient, sign_in: SignIn, lesson: Lesson
) -> None:
    await open_window(session, lesson)
    body = {"code": await shown_code(session, lesson), "session_id": lesson.session.id}
    with frozen_at(JUST_BEFORE):
        first, second = await sign_in(lesson.users[0]), await sign_in(lesson.users[1])
        answer = await client.post(PATH, headers=first, json=body)
        assert answer.status_code == 200
        assert answer.json()["batch_name"] == "Physics B"
        cookie = answer.headers["set-cookie"]
        assert all(part in cookie for part in ("HttpOnly", "SameSite=strict", "Path=/api/v1/check-in"))
        row = await stored(session, lesson.session, lesson.students[0])
        assert row is not None
        assert row.device_hash == fingerprint(client.cookies[DEVICE_COOKIE])

        refused = await client.post(PATH, headers=second, json=body)
        assert (refused.status_code, refused.json()["error"]) == (409, "device_used")
        teacher = await sign_in(lesson.teacher_user)
        window = await client.get(f"{PATH}/session/{lesson.session.id}/window", headers=teacher)
        assert window.json()["refused"] == [lesson.students[1].full_name]

        client.cookies.clear()
        assert (await client.post(PATH, headers=second, json=body)).status_code == 200


async def test_another_sites_page_checks_nobody_in(
    session: AsyncSession, client: httpx.AsyncClient, lesson: Lesson
) -> None:
    await open_window(session, lesson)
    body = {"code": await shown_code(session, lesson)}
    with frozen_at(JUST_BEFORE):
        signed_in = await open_sign_in(session, user=lesson.users[0], device=Device(Door.SCREEN))
        await session.flush()
        cookie = {"Cookie": f"academics_session={issue_screen_cookie(signed_in)}"}
        for headers in ({}, {**SCRIPT, "Origin": "http://elsewhere.example"}):
            answer = await client.post(PATH, headers=cookie | headers, json=body)
            assert (answer.status_code, answer.json()["error"]) == (403, "cross_site_write")
        assert (await client.post(PATH, headers=cookie | SCRIPT, json=body)).status_code == 200


async def test_too_many_tries_say_when_to_come_back(
    session: AsyncSession, client: httpx.AsyncClient, sign_in: SignIn, lesson: Lesson
) -> None:
    with frozen_at(JUST_BEFORE):
        headers = await sign_in(lesson.users[0])
        for _try in range(10):
            assert (await client.post(PATH, headers=headers, json={"code": "A"})).status_code == 409
        answer = await client.post(PATH, headers=headers, json={"code": "A"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")


async def make_kiosk(client: httpx.AsyncClient, headers: dict[str, str], lesson: Lesson) -> dict[str, Any]:
    body = {"name": "Front door", "branch_id": lesson.branch.id}
    answer = await client.post(f"{PATH}/kiosks/", headers=headers, json=body)
    assert answer.status_code == 201
    return answer.json()


async def test_a_kiosks_life(
    session: AsyncSession, client: httpx.AsyncClient, sign_in: SignIn, lesson: Lesson
) -> None:
    with frozen_at(JUST_BEFORE):
        admin = await sign_in(lesson.admin_user)
        link = await make_kiosk(client, admin, lesson)
        token = {"token": link["url"].partition("#")[2]}
        answer = await client.post(f"{PATH}/kiosk/exchange", json=token)
        assert answer.status_code == 200
        assert link["token"] not in answer.text + answer.headers["set-cookie"]
        cookie = answer.headers["set-cookie"]
        assert all(part in cookie for part in ("HttpOnly", "SameSite=strict", "Path=/api/v1/check-in/kiosk;"))
        assert (await client.post(f"{PATH}/kiosk/exchange", json=token)).status_code == 401

        code = {"code": "431"}
        assert (await client.post(f"{PATH}/kiosk", json=code)).status_code == 403, "not from our own page"
        welcome = await client.post(f"{PATH}/kiosk", headers=SCRIPT, json=code)
        assert (welcome.status_code, welcome.json()["given_name"]) == (200, "Asha")
        assert lesson.students[0].family_name not in welcome.text
        undone = await client.post(f"{PATH}/kiosk/undo", headers=SCRIPT, json=code)
        assert undone.json() == {"undone": True}
        assert (await client.get(f"{PATH}/kiosk")).json()["name"] == "Front door"

        revoked = await client.delete(f"{PATH}/kiosks/{link['kiosk']['id']}", headers=admin)
        assert revoked.status_code == 204
        for answer in (
            await client.post(f"{PATH}/kiosk", headers=SCRIPT, json=code),
            await client.get(f"{PATH}/kiosk"),
        ):
            assert (answer.status_code, answer.json()["error"]) == (401, "kiosk_revoked")


async def test_a_waiting_kiosk_hears_at_once_that_it_was_revoked(
    session: AsyncSession, client: httpx.AsyncClient, sign_in: SignIn, lesson: Lesson
) -> None:
    link = await make_kiosk(client, await sign_in(lesson.admin_user), lesson)
    topic = f"kiosk:{link['kiosk']['id']}"
    waiting = asyncio.create_task(
        client.get(f"{PATH}/kiosk?wait=25", headers={"X-Kiosk-Token": link["token"]})
    )
    async with asyncio.timeout(10):
        while not live.bus().watcher_count(topic):  # noqa: ASYNC110 - the bus has no event for it
            await asyncio.sleep(0)
    await revoke_kiosk(session, actor=lesson.admin, kiosk_id=link["kiosk"]["id"])
    await session.flush()
    await live.publish(topic)
    async with asyncio.timeout(5):
        assert (await waiting).json()["error"] == "kiosk_revoked"


async def test_a_kiosks_token_opens_nothing_else(
    session: AsyncSession, client: httpx.AsyncClient, sign_in: SignIn, lesson: Lesson
) -> None:
    """Every route answers to it as to nobody, by whichever header it comes."""
    world = await build_world(session)
    link = await make_kiosk(client, await sign_in(lesson.admin_user), lesson)
    connection = await session.connection()
    ways = (
        {"X-Kiosk-Token": link["token"]},
        {"Cookie": f"{KIOSK_COOKIE}={link['token']}", **SCRIPT},
        {"Authorization": f"Bearer {link['token']}"},
        {"Cookie": f"academics_session={link['token']}", **SCRIPT},
    )
    for row, (expected, body) in ROWS.items():
        if "/check-in/kiosk" in row and "/kiosks" not in row:
            continue
        for headers in ways:
            await connection.exec_driver_sql("SAVEPOINT caller")
            answer = await call(client, row, body, world, "nobody", **headers)
            await connection.exec_driver_sql("ROLLBACK TO SAVEPOINT caller")
            assert str(answer.status_code) == expected.split()[0], (row, headers)


@pytest.mark.parametrize("path", ["", "/kiosk", "/kiosk/undo", "/kiosk/exchange", "/kiosks/"])
async def test_malformed_bodies_are_422(
    session: AsyncSession, client: httpx.AsyncClient, sign_in: SignIn, lesson: Lesson, path: str
) -> None:
    link = await make_kiosk(client, await sign_in(lesson.admin_user), lesson)
    user = lesson.users[0] if not path else lesson.admin_user
    headers = await sign_in(user) | {"X-Kiosk-Token": link["token"]}
    for body in ({}, {"code": ""}, {"code": "a\u0000b"}, {"code": "a" * 61}, {"code": 1}, {"more": 1}, []):
        answer = await client.post(PATH + path, headers=headers, json=body)
        assert (answer.status_code, answer.json()["error"]) == (422, "invalid_input"), body


async def test_the_code_changes_with_the_step(
    session: AsyncSession, client: httpx.AsyncClient, sign_in: SignIn, lesson: Lesson
) -> None:
    path = f"{PATH}/session/{lesson.session.id}/window"
    with frozen_at(JUST_BEFORE):
        headers = await sign_in(lesson.teacher_user)
        opened = (await client.post(path, headers=headers)).json()
    with frozen_at(JUST_BEFORE + timedelta(seconds=14.9)):
        assert (await client.get(path, headers=headers)).json() == opened
    with frozen_at(JUST_BEFORE + timedelta(seconds=15)):
        assert (await client.get(path, headers=headers)).json()["code"] != opened["code"]
        assert (await client.delete(path, headers=headers)).status_code == 204
        assert (await client.get(path, headers=headers)).json()["code"] is None
