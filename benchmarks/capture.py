"""The statements that the app really sends for a request, with their parameters."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlalchemy import Connection, event
from starlette.types import ASGIApp

from academics_app.core import db
from benchmarks.scenarios import Request, stamped


@dataclass(slots=True)
class Unit:
    """Statements on one connection; a transaction begins with BEGIN and ends with COMMIT."""

    is_transaction: bool
    statements: list[tuple[str, Any]] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many statements reach PostgreSQL."""
        return len(self.statements) + 2 * self.is_transaction


async def trace(api: ASGIApp, request: Request) -> list[Unit]:
    """Send the request to the app in this process and note what it executes."""
    transport = httpx.ASGITransport(app=api)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        with _noted() as units:
            answer = await client.request(
                request.method,
                request.path,
                content=stamped(request.body.encode()) or None,
                headers={"Authorization": f"Bearer {request.token}", "Content-Type": "application/json"},
            )
    if answer.status_code != httpx.codes.OK:
        raise RuntimeError(f"{request.method} {request.path}: {answer.status_code} {answer.text}")
    return units


@contextmanager
def _noted() -> Iterator[list[Unit]]:
    units: list[Unit] = []
    owner: list[Connection] = []

    def note(
        connection: Connection, _cursor: object, statement: str, parameters: Any, *_rest: object
    ) -> None:
        if not owner or owner[-1] is not connection:
            owner.append(connection)
            level = connection.get_execution_options().get("isolation_level")
            units.append(Unit(is_transaction=level != "AUTOCOMMIT"))
        units[-1].statements.append((statement, parameters))

    engine = db.engine().sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield units
    finally:
        event.remove(engine, "before_cursor_execute", note)
