"""The screens that read much: statements and server time of each, for an admin of the large institute."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any

import httpx
from sqlalchemy import text

from academics_app.api.app import create_api
from academics_app.core import db
from academics_app.core.db import reading, transaction
from benchmarks.capture import trace
from benchmarks.scenarios import Request, issue_access_token

GOAL_MS = 150
CHECKS_GOAL_MS = 1000
"""Six statements over every mark of a year."""
MOST_STATEMENTS = 8
_ROUNDS = 15

_FACTS = """
SELECT max(local_date) AS last_day, (SELECT min(id) FROM user_account WHERE role = 'admin') AS admin_id
FROM learning_session WHERE register_taken_at IS NOT NULL
"""
_MUCH_CHANGED = """
SELECT session_id, max(at) AS at FROM attendance_event
GROUP BY session_id ORDER BY count(*) DESC, session_id LIMIT 1
"""
"""The register with the longest ledger, when it was complete."""


@dataclass(frozen=True, slots=True)
class Line:
    """One read."""

    name: str
    median_ms: float
    slowest_ms: float
    python_ms: float
    """Processor time of this process: the rest of the median is PostgreSQL, and waiting."""
    statements: int
    rows: int
    goal_ms: int

    @property
    def is_good(self) -> bool:
        return self.median_ms <= self.goal_ms and self.statements <= MOST_STATEMENTS


@dataclass(frozen=True, slots=True)
class _Read:
    name: str
    path: str
    rows_of: Callable[[Any], int]
    goal_ms: int = GOAL_MS


async def run(database_url: str) -> list[Line]:
    """Measure and print."""
    db.open_engine(database_url)
    try:
        async with reading() as session:
            # a fresh copy would be vacuumed by the server while it is measured
            await session.execute(text("VACUUM ANALYZE"))
        async with transaction() as session:
            facts = (await session.execute(text(_FACTS))).one()
            changed = (await session.execute(text(_MUCH_CHANGED))).one()
            token = await issue_access_token(session, facts.admin_id)
        heads = f"{'median ms':>11}{'slowest':>9}{'python':>8}{'SQL':>5}{'rows':>7}{'goal ms':>9}"
        print(f"\n{'Read by an admin':36}{heads}")
        reads = _reads(facts.last_day, changed.session_id, changed.at)
        return [await _measure(each, token) for each in reads]
    finally:
        await db.close_engine()


def _reads(last_day: date, session_id: int, at: datetime) -> list[_Read]:
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
            f"/attendance/session/{session_id}/register/as-of?at={at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            lambda register: len(register["rows"]),
        ),
        _Read("Meetings that found no place", "/timetable/unplaced?limit=100", lambda page: page["total"]),
        _Read("The integrity checks, of a year", "/attendance/checks", _rows, goal_ms=CHECKS_GOAL_MS),
    ]


def _rows(answer: Any) -> int:
    """Of an answer that is a list, or that has one."""
    return len(
        answer if isinstance(answer, list) else next(v for v in answer.values() if isinstance(v, list))
    )


async def _measure(read: _Read, token: str) -> Line:
    api = create_api()
    request = Request("GET", f"/api/v1{read.path}", token)
    await trace(api, request)
    statements = sum(unit.count for unit in await trace(api, request))
    transport = httpx.ASGITransport(app=api)
    headers = {"Authorization": f"Bearer {token}"}
    times: list[float] = []
    processor: list[float] = []
    rows = 0
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
        for _ in range(_ROUNDS):
            began, used = time.perf_counter(), time.process_time()
            answer = await client.get(request.path)
            times.append((time.perf_counter() - began) * 1000)
            processor.append((time.process_time() - used) * 1000)
            rows = read.rows_of(answer.json())
    line = Line(
        read.name,
        median(times),
        max(times),
        median(processor),
        statements,
        rows,
        read.goal_ms,
    )
    print(
        f"{line.name:36}{line.median_ms:>11.1f}{line.slowest_ms:>9.1f}{line.python_ms:>8.1f}{line.statements:>5}"
        f"{line.rows:>7}{line.goal_ms:>9}{'' if line.is_good else '   MISSED'}",
        flush=True,
    )
    return line
