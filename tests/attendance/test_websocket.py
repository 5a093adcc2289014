"""`/ws/attendance/{session_id}` against a real server: what comes in is stored, what changes goes out."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from academics_app.accounts.authentication import Device, issue_pair, open_sign_in
from academics_app.core import db, live
from academics_app.core.actor import Door, Role
from tests import factories as make
from tests.attendance.conftest import Classroom, build_classroom

PATIENCE = 5


@dataclass
class World:
    """A committed classroom, a server, and a token for each kind of caller."""

    classroom: Classroom
    url: str
    tokens: dict[str, str]
    topic_id: int

    def address(self, token: str, session_id: int | None = None) -> str:
        target = session_id or self.classroom.session.id
        return f"ws{self.url.removeprefix('http')}/api/v1/ws/attendance/{target}?token={token}"

    @asynccontextmanager
    async def socket(self, who: str) -> AsyncIterator[ClientConnection]:
        async with connect(self.address(self.tokens[who])) as socket:
            await until(lambda: live.bus().watcher_count(f"register:{self.classroom.session.id}") > 0)
            yield socket


async def until(condition: Any) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - what is waited for is in another task's hands
            await asyncio.sleep(0.01)


async def receive(socket: ClientConnection) -> dict[str, Any]:
    return json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))


@pytest.fixture
async def world(committed: None, api: Any) -> AsyncIterator[World]:
    async with db.transaction() as session:
        classroom = await build_classroom(session)
        guardian = await make.create_guardian(session, classroom.students[0])
        topic = await make.create_topic(session, subject=await _subject_of(session, classroom))
        users = {
            "teacher": classroom.teacher_user,
            "admin": classroom.admin_user,
            "student": await make.create_user(
                session, role=Role.STUDENT, student_id=classroom.students[0].id
            ),
            "guardian": await make.create_user(session, role=Role.GUARDIAN, guardian_id=guardian.id),
            "other student": await make.create_user(session, role=Role.STUDENT),
            "other faculty": await make.create_user(session, role=Role.FACULTY),
            "counselor": await make.create_user(session, role=Role.COUNSELOR),
        }
        tokens = {
            name: issue_pair(await open_sign_in(session, user=user, device=Device(Door.REST))).access_token
            for name, user in users.items()
        }
    server = uvicorn.Server(
        uvicorn.Config(api, port=0, log_level="error", ws="websockets-sansio", lifespan="off")
    )
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield World(classroom, f"http://127.0.0.1:{port}", tokens, topic.id)
    server.should_exit = True
    await serving


async def _subject_of(session: Any, classroom: Classroom) -> Any:
    from academics_app.subjects.models import Subject

    return await session.get(Subject, classroom.batch.subject_id)


async def rest_mark(world: World, who: str, **body: Any) -> httpx.Response:
    async with httpx.AsyncClient(base_url=world.url) as client:
        return await client.post(
            f"/api/v1/attendance/session/{world.classroom.session.id}",
            json={"student_id": world.classroom.students[0].id, "status": "absent"} | body,
            headers={"Authorization": f"Bearer {world.tokens[who]}"},
        )


async def test_a_mark_reaches_every_client_whichever_door_it_came_through(world: World) -> None:
    student_id = world.classroom.students[0].id
    async with world.socket("teacher") as teacher, world.socket("admin") as admin:
        await teacher.send(
            json.dumps({"type": "attendance_marked", "student_id": student_id, "status": "late"})
        )
        for socket in (teacher, admin):
            update = await receive(socket)
            assert (update["type"], update["student_id"], update["status"]) == (
                "attendance_update",
                student_id,
                "late",
            )
            assert update["timestamp"]
        stored = await rest_mark(world, "teacher", base_version=update["version"])
        assert stored.status_code == 200
        for socket in (teacher, admin):
            assert (await receive(socket))["status"] == "absent"


async def test_topic_progress_reaches_every_client(world: World) -> None:
    student_id = world.classroom.students[1].id
    async with world.socket("teacher") as teacher, world.socket("admin") as admin:
        message = {
            "type": "topic_completed",
            "student_id": student_id,
            "topic_id": world.topic_id,
            "progress": 100,
        }
        await teacher.send(json.dumps(message))
        for socket in (teacher, admin):
            assert await receive(socket) == message | {"type": "progress_update"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("not json", "JSON"),
        (b"\x00\x01", "must be text"),
        ("[]", "message"),
        ('{"type": "unknown"}', "type"),
        ('{"type": "attendance_marked", "student_id": 1}', "status"),
        ('{"type": "attendance_marked", "student_id": "x", "status": "absent"}', "student_id"),
        ('{"type": "attendance_marked", "student_id": 999999, "status": "absent"}', "not in this session"),
        ('{"type": "topic_completed", "student_id": 1, "topic_id": 1, "progress": 101}', "progress"),
        ('{"type": "attendance_marked", "note": "' + "x" * 20_000 + '"}', "too long"),
    ],
)
async def test_a_bad_message_is_answered_and_the_socket_stays(
    world: World, text: str | bytes, says: str
) -> None:
    async with world.socket("teacher") as teacher:
        await teacher.send(text)
        answer = await receive(teacher)
        assert answer["type"] == "error"
        assert says in answer["detail"]
        student_id = world.classroom.students[0].id
        await teacher.send(
            json.dumps({"type": "attendance_marked", "student_id": student_id, "status": "absent"})
        )
        assert (await receive(teacher))["type"] == "attendance_update"


async def test_a_conflict_is_answered_with_what_stands(world: World) -> None:
    await rest_mark(world, "admin", status="late")
    async with world.socket("teacher") as teacher:
        student_id = world.classroom.students[0].id
        await teacher.send(
            json.dumps({"type": "attendance_marked", "student_id": student_id, "status": "absent"})
        )
        answer = await receive(teacher)
        assert (answer["error"], answer["current"]["status"]) == ("mark_conflict", "late")


async def test_the_same_mark_twice_is_one(world: World) -> None:
    message = {
        "type": "attendance_marked",
        "student_id": world.classroom.students[0].id,
        "status": "absent",
        "mark_id": str(uuid4()),
        "base_version": 0,
    }
    async with world.socket("teacher") as teacher:
        for _ in range(2):
            await teacher.send(json.dumps(message))
        first = await receive(teacher)
        assert first["type"] == "attendance_update"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(teacher.recv(), 0.3)


@pytest.mark.parametrize(
    ("token", "session_id", "code"),
    [
        ("", None, 4401),
        ("nonsense", None, 4401),
        ("other student", None, 4403),
        ("other faculty", None, 4403),
        ("counselor", None, 4403),
        ("teacher", 10**9, 4403),
    ],
)
async def test_who_may_not_follow(world: World, token: str, session_id: int | None, code: int) -> None:
    with pytest.raises(ConnectionClosed) as closed:
        async with connect(world.address(world.tokens.get(token, token), session_id)) as socket:
            await asyncio.wait_for(socket.recv(), PATIENCE)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code


@pytest.mark.parametrize("who", ["student", "guardian"])
async def test_the_family_sees_its_own_rows_and_marks_nothing(world: World, who: str) -> None:
    own, other = (student.id for student in world.classroom.students[:2])
    async with world.socket(who) as socket:
        await rest_mark(world, "teacher", student_id=other)
        await rest_mark(world, "teacher", student_id=own)
        assert (await receive(socket))["student_id"] == own
        await socket.send(json.dumps({"type": "attendance_marked", "student_id": own, "status": "present"}))
        assert (await receive(socket))["error"] == "forbidden"


async def test_logging_out_closes_the_socket_at_once(world: World) -> None:
    async with world.socket("teacher") as teacher:
        async with httpx.AsyncClient(base_url=world.url) as client:
            headers = {"Authorization": f"Bearer {world.tokens['teacher']}"}
            assert (await client.post("/api/v1/auth/logout", headers=headers)).status_code == 204
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(teacher.recv(), PATIENCE)
        assert teacher.close_code == 4401


async def test_no_watcher_is_left_behind(world: World) -> None:
    topic = f"register:{world.classroom.session.id}"
    for _ in range(5):
        async with world.socket("teacher"):
            pass
    await until(lambda: live.bus().watcher_count(topic) == 0)
