"""The screens that read much: statements and server time of each, for an admin of the large institute."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Any

import httpx
from sqlalchemy import text

from academics_app.api.app import create_api
from academics_app.core import db
from academics_app.core.db import transaction
from benchmarks.capture import trace
from benchmarks.scenarios import Request, issue_access_token

GOAL_MS = 150
MOST_STATEMENTS = 8
_ROUNDS = 15

_FACTS = """
SELECT max(local_date) AS last_day, min(local_date) AS first_day,
  (SELECT id FROM learning_session WHERE register_taken_at IS NOT NULL ORDER BY starts_at DESC LIMIT 1) AS session_id,
  (SELECT min(id) FROM user_account WHERE role = 'admin') AS admin_id
FROM learning_session WHERE register_taken_at IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One read."""

    name: str
    median_ms: float
    slowest_ms: float
    statements: int
    rows: int

    @property
    def is_good(self) -> bool:
        return self.median_ms <= GOAL_MS and self.statements <= MOST_STATEMENTS


@dataclass(frozen=True, slots=True)
class _Read:
    name: str
    path: str
    rows_of: Callable[[Any], int]


async def run(database_url: str) -> list[Line]:
    """Measure and print."""
    db.open_engine(database_url)
    try:
        async with transaction() as session:
            facts = (await session.execute(text(_FACTS))).one()
            token = await issue_access_token(session, facts.admin_id)
        print(
            f"\n{'Read by an admin':44}{'median ms':>11}{'slowest':>9}{'SQL':>5}{'rows':>7}   goal {GOAL_MS} ms"
        )
        return [await _measure(each, token) for each in _reads(facts.last_day, facts.session_id)]
    finally:
        await db.close_engine()


def _reads(last_day: date, session_id: int) -> list[_Read]:
    monday = last_day - timedelta(days=last_day.weekday())
    term = f"start_date={last_day - timedelta(days=83)}&end_date={last_day}"
    return [
        _Read(
            "Week timetable of the institute",
            f"/sessions/?start_date={monday}&end_date={monday + timedelta(days=6)}&limit=1000",
            lambda page: len(page["items"]),
        ),
        _Read("Absenteeism of a term", f"/attendance/analytics/absenteeism?{term}", _rows),
        _Read("Registers not taken, of a term", f"/attendance/registers/missing?{term}&limit=100", _rows),
        _Read("Registers by faculty, of a term", f"/attendance/registers/by-faculty?{term}", _rows),
        _Read(
            "A register as of a moment",
            f"/attendance/session/{session_id}/register/as-of?at={last_day}T23:59:59Z",
            lambda register: len(register["rows"]),
        ),
    ]


def _rows(answer: Any) -> int:
    """Of an answer that is a list, or that has one."""
    return len(answer if isinstance(answer, list) else next(v for v in answer.values() if isinstance(v, list)))


async def _measure(read: _Read, token: str) -> Line:
    api = create_api()
    request = Request("GET", f"/api/v1{read.path}", token)
    await trace(api, request)
    statements = sum(unit.count for unit in await trace(api, request))
    transport = httpx.ASGITransport(app=api)
    headers = {"Authorization": f"Bearer {token}"}
    times = []
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
        for _ in range(_ROUNDS):
            began = time.perf_counter()
            answer = await client.get(request.path)
            times.append((time.perf_counter() - began) * 1000)
    line = Line(read.name, median(times), max(times), statements, read.rows_of(answer.json()))
    print(
        f"{line.name:44}{line.median_ms:>11.1f}{line.slowest_ms:>9.1f}{line.statements:>5}{line.rows:>7}"
        f"{'' if line.is_good else '   below the goal'}",
        flush=True,
    )
    return line
