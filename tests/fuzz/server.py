"""The API on a port and a database of its own, with a way for the fuzzer to be signed in before each request."""

import asyncio
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import tests.conftest  # noqa: F401 - sets the environment, which everything below reads

import uvicorn  # isort: skip
from sqlalchemy import text  # isort: skip
from starlette.requests import Request  # isort: skip
from starlette.responses import PlainTextResponse  # isort: skip
from starlette.types import Receive, Scope, Send  # isort: skip

from academics_app.accounts.authentication import Device, issue_pair, open_sign_in
from academics_app.accounts.models import User
from academics_app.api.app import create_api
from academics_app.core import db, embedded_postgres
from academics_app.core.actor import Door
from academics_app.core.config import get_settings
from academics_app.core.logging import configure_logging
from academics_app.institute.service import forget_settings
from academics_app.launcher import migrations
from academics_app.models import metadata
from tests.permissions.world import build_world

TOKEN_PATH = "/fuzz/token"
CALLERS = ("nobody", "student", "guardian", "counselor", "faculty", "admin")
"""One of each role; the one that may destroy most comes last."""

_KEPT = ("role", "status", "student_id", "faculty_id", "guardian_id", "token_version")


class Server:
    """The API, and beside it one address that gives the caller of the moment a fresh token.

    Before it does, it puts the caller's account back as it was: a request may have closed it, given it another role
    or ended its sign-ins, and the next one shall be made by the same role all the same.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.caller = "nobody"
        self.requests = 0
        self._api = create_api()
        self._loop = asyncio.new_event_loop()
        self._accounts: dict[str, dict[str, Any]] = {}
        self._good_token: str | None = None
        config = uvicorn.Config(self, port=port, log_level="error", lifespan="off", ws="none")
        self._uvicorn = uvicorn.Server(config)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == TOKEN_PATH:
            answer = PlainTextResponse(await self._token(Request(scope).query_params["caller"]))
            await answer(scope, receive, send)
            return
        self.requests += 1
        if scope.get("method") not in ("GET", "HEAD"):
            self._good_token = None  # it may have changed the account
        await self._api(scope, receive, send)

    def run(self) -> None:
        """Serve, in a thread of its own, until `stop`."""
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._uvicorn.serve())
        self._loop.run_until_complete(db.close_engine())

    def stop(self) -> None:
        self._uvicorn.should_exit = True

    def become(self, caller: str) -> None:
        """Make the institute anew and let requests count for this caller."""
        asyncio.run_coroutine_threadsafe(self._start_over(), self._loop).result(timeout=60)
        self.caller, self.requests = caller, 0

    async def _start_over(self) -> None:
        tables = ", ".join(f'"{table.name}"' for table in metadata.tables.values())
        async with db.engine().begin() as connection:
            await connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
        forget_settings()
        self._good_token = None
        async with db.transaction() as session:
            world = await build_world(session)
            self._accounts = {
                name: {"id": user.id, **{column: getattr(user, column) for column in _KEPT}}
                for name, user in world.users.items()
            }

    async def _token(self, caller: str) -> str:
        if self._good_token is not None:
            return self._good_token
        kept = self._accounts[caller]
        changes = ", ".join(f"{name} = :{name}" for name in _KEPT)
        async with db.transaction() as session:
            await session.execute(
                text(f"UPDATE user_account SET {changes} WHERE id = :id"),
                kept,
            )
            user = await session.get_one(User, kept["id"])
            signed_in = await open_sign_in(session, user=user, device=Device(Door.REST))
            self._good_token = issue_pair(signed_in).access_token
        return self._good_token


@contextmanager
def serving() -> Iterator[Server]:
    """The server, running on a free port over a new database."""
    settings = get_settings()
    configure_logging("error")
    postgres = embedded_postgres.start(settings.data_dir / "postgres", fast=True)
    try:
        postgres.ensure_database("fuzz")
        migrations.upgrade(postgres.url("fuzz"))
        db.open_engine(postgres.url("fuzz"))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = Server(port)
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            yield server
        finally:
            server.stop()
            thread.join(timeout=30)
    finally:
        postgres.stop()
        shutil.rmtree(settings.data_dir, ignore_errors=True)
