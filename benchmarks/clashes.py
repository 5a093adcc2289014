"""The timetable's speed in the large institute, with 50,000 sessions stored and more."""

import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import time as wall_clock
from datetime import timedelta
from typing import Any

from sqlalchemy import event, func, select, text
from sqlmodel import col

from academics_app.core import db
from academics_app.core.actor import Door, system_actor
from academics_app.core.clock import local_date, utc_now
from academics_app.core.errors import Conflict
from academics_app.core.pagination import MAX_LIMIT, PageRequest
from academics_app.institute.service import current_settings
from academics_app.learning_sessions import service
from academics_app.learning_sessions.clash_schemas import ClashQuery
from academics_app.learning_sessions.models import Batch, LearningSession
from academics_app.learning_sessions.schemas import SessionCreate

STORED_SESSIONS = 50_000
CLASH_GOAL_MS = 20.0
WEEK_GOAL_MS = 150.0
MOST_QUERIES = 8
_ADMIN = system_actor(Door.REST)
_REPEATS = 40
_SPAN_WEEKS = 61
"""Longer than the demo's timetable: copies that far apart are in nobody's way."""

Work = Callable[[int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Line:
    """What was measured: milliseconds of the median and of the 95th percentile, and the queries of one call."""

    name: str
    median_ms: float
    p95_ms: float
    goal_ms: float
    queries: int
    most_queries: int | None = None

    @property
    def is_good(self) -> bool:
        within = self.most_queries is None or self.queries <= self.most_queries
        return self.median_ms <= self.goal_ms and within


async def run(url: str) -> list[Line]:
    """Fill the timetable and measure; prints a line for each."""
    db.open_engine(url)
    try:
        stored = await _fill()
        print(f"\nTimetable with {stored:,} sessions   median      p95     goal  queries")
        lines = [await _measure(*each) for each in await _works()]
    finally:
        await db.close_engine()
    for line in lines:
        print(
            f"{line.name:<36}{line.median_ms:7.1f}  {line.p95_ms:7.1f}  {line.goal_ms:5.0f} ms  {line.queries:5}"
            + ("" if line.is_good else "   MISSED")
        )
    return lines


async def _fill() -> int:
    """Copy the demo's sessions into later years until there are enough of them."""
    async with db.transaction() as session:
        count = select(func.count()).select_from(LearningSession)
        original = await session.scalar(count) or 0
        for copy in range(1, STORED_SESSIONS // original + 1):
            await session.execute(
                text(
                    "INSERT INTO learning_session (batch_id, branch_id, faculty_id, room_id, local_date, starts_at,"
                    " ends_at, status) SELECT batch_id, branch_id, faculty_id, room_id, local_date + :days,"
                    " starts_at + :shift, ends_at + :shift, 'scheduled' FROM learning_session"
                    " WHERE id <= :last AND status <> 'cancelled'"
                ),
                {
                    "days": copy * _SPAN_WEEKS * 7,
                    "shift": timedelta(weeks=copy * _SPAN_WEEKS),
                    "last": original,
                },
            )
        stored = await session.scalar(count) or 0
    async with db.reading() as session:
        await session.execute(text("ANALYZE learning_session, seat"))
    return stored


async def _works() -> list[tuple[str, float, int | None, Work]]:
    async with db.reading() as session:
        today = local_date(utc_now(), (await current_settings(session)).zone)
        batch = (await session.scalars(select(Batch).where(col(Batch.room_id).is_not(None)).limit(1))).one()
        taken = (
            await session.scalars(
                select(LearningSession)
                .where(col(LearningSession.batch_id) != batch.id, col(LearningSession.local_date) > today)
                .where(col(LearningSession.status) == "scheduled")
                .limit(1)
            )
        ).one()
    zone_times: dict[str, Any] = {"starts_at": wall_clock(22), "ends_at": wall_clock(23)}

    def data(number: int) -> SessionCreate:
        return SessionCreate(
            batch_id=batch.id, local_date=today + timedelta(days=30 + number), room_id=None, **zone_times
        )

    clash = {
        "batch_id": batch.id,
        "local_date": taken.local_date,
        "starts_at": taken.starts_at.time(),
        "ends_at": taken.ends_at.time(),
        "faculty_id": taken.faculty_id,
    }

    async def create(number: int) -> None:
        async with db.transaction() as session:
            await service.create_session(session, actor=_ADMIN, data=data(number))

    async def refuse(_number: int) -> None:
        code = ""
        try:
            async with db.transaction() as session:
                await service.create_session(session, actor=_ADMIN, data=SessionCreate(**clash))
        except Conflict as refusal:
            code = refusal.code
        _expect(is_so=code == "clash")

    async def preview(_number: int) -> None:
        async with db.reading() as session:
            found = await service.find_clashes(session, actor=_ADMIN, data=ClashQuery(**clash))
            _expect(is_so=found.total > 0)

    monday = today - timedelta(days=today.weekday())

    async def week(_number: int) -> None:
        async with db.reading() as session:
            await service.list_sessions(
                session,
                actor=_ADMIN,
                start_date=monday,
                end_date=monday + timedelta(days=6),
                page=PageRequest(limit=MAX_LIMIT),
            )

    return [
        ("Create a session", CLASH_GOAL_MS, None, create),
        ("Refuse one that clashes, by name", CLASH_GOAL_MS, None, refuse),
        ("Ask beforehand what clashes", CLASH_GOAL_MS, MOST_QUERIES, preview),
        ("The institute's week", WEEK_GOAL_MS, MOST_QUERIES, week),
    ]


def _expect(*, is_so: bool) -> None:
    if not is_so:
        raise AssertionError("the session should clash: this would measure nothing")


async def _measure(name: str, goal_ms: float, most_queries: int | None, work: Work) -> Line:
    """The first call warms up; its queries are counted."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(db.engine().sync_engine, "before_cursor_execute", note)
    await work(0)
    event.remove(db.engine().sync_engine, "before_cursor_execute", note)
    taken: list[float] = []
    for number in range(1, _REPEATS + 1):
        started = time.perf_counter()
        await work(number)
        taken.append((time.perf_counter() - started) * 1000)
    p95 = statistics.quantiles(taken, n=20)[-1]
    return Line(name, statistics.median(taken), p95, goal_ms, len(sent), most_queries)
