"""Every WebSocket, opened by every kind of caller."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIWebSocketRoute
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.api.app import PREFIX, ROUTERS
from tests.permissions.world import CALLERS, build_world

SOCKETS = {
    "/ws/attendance/{session_id}": "4401 open 4403 open open 4403 4403 open",
}
"""Path → what each of CALLERS gets: an open socket, or the code it is closed with."""


def test_every_socket_has_a_row() -> None:
    """A new socket without a row fails here."""
    paths = {
        route.path for router in ROUTERS for route in router.routes if isinstance(route, APIWebSocketRoute)
    }
    assert paths == set(SOCKETS)


@pytest.mark.parametrize("path", SOCKETS)
async def test_each_caller_gets_what_the_table_says(api: FastAPI, session: AsyncSession, path: str) -> None:
    world = await build_world(session)
    outcomes = {
        caller: await outcome(api, PREFIX + path.format(**world.ids), world.tokens.get(caller, ""))
        for caller in CALLERS
    }
    assert outcomes == dict(zip(CALLERS, SOCKETS[path].split(), strict=True))


@pytest.mark.parametrize("path", SOCKETS)
async def test_other_kinds_of_token_open_nothing(api: FastAPI, session: AsyncSession, path: str) -> None:
    world = await build_world(session)
    assert await outcome(api, PREFIX + path.format(**world.ids), world.cookies["admin"]) == "4401"


async def outcome(api: FastAPI, path: str, token: str) -> str:
    """Connect, and hang up as soon as the socket is open."""
    incoming = iter([{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000}])
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return next(incoming)

    async def send(message: Any) -> None:
        sent.append(dict(message))

    scope = {
        "type": "websocket",
        "path": path,
        "raw_path": path.encode(),
        "query_string": f"token={token}".encode(),
        "headers": [],
        "subprotocols": [],
        "scheme": "ws",
        "server": ("testserver", 80),
        "client": ("127.0.0.1", 1),
        "root_path": "",
        "extensions": {},
    }
    await api(scope, receive, send)
    closed = [message for message in sent if message["type"] == "websocket.close"]
    return str(closed[0]["code"]) if closed else "open" if sent else "nothing"
