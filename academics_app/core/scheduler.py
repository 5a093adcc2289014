"""Periodic work: APScheduler in the process, run by exactly one process at a time.

The one that holds a PostgreSQL advisory lock runs the jobs; the others look every half minute whether it is free, so
that one of them takes over when its holder dies.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from academics_app.core import db
from academics_app.core.clock import utc_now

log = structlog.get_logger(__name__)

LOCK_KEY = 7_301_002
"""Key of the advisory lock whose holder runs the jobs."""
LOOK_SECONDS = 30.0
MISFIRE_GRACE_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Job:
    """A periodic job. `run` opens its own transactions and may run twice without harm."""

    name: str
    run: Callable[[], Awaitable[object]]
    trigger: BaseTrigger
    at_start: bool = False
    """Whether it also runs as soon as a process takes over the jobs: for machines that are off at night."""


class Scheduler:
    """Runs the jobs while this process holds the lock."""

    def __init__(self, jobs: Sequence[Job], *, look_seconds: float = LOOK_SECONDS) -> None:
        self._jobs = jobs
        self._look_seconds = look_seconds
        self._task: asyncio.Task[None] | None = None
        self.is_leader = False

    async def start(self) -> None:
        """Begin to stand for the lock; returns at once."""
        if self._task is None:
            self._task = asyncio.create_task(self._stand_for_lock(), name="scheduler")

    async def stop(self) -> None:
        """Stop the jobs and give the lock back."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _stand_for_lock(self) -> None:
        while True:
            try:
                async with db.engine().connect() as connection:
                    await connection.execution_options(isolation_level="AUTOCOMMIT")
                    if await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK_KEY}):
                        await self._lead(connection)
            except (SQLAlchemyError, OSError) as error:
                log.warning("scheduler_lock_lost", error=str(error))
            await asyncio.sleep(self._look_seconds)

    async def _lead(self, connection: AsyncConnection) -> None:
        """Run the jobs for as long as the connection that holds the lock lives."""
        scheduler = AsyncIOScheduler(timezone="UTC")
        for job in self._jobs:
            entry = scheduler.add_job(
                _run,
                job.trigger,
                args=[job],
                id=job.name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=MISFIRE_GRACE_SECONDS,
            )
            if job.at_start:
                entry.modify(next_run_time=utc_now())
        scheduler.start()
        self.is_leader = True
        log.info("scheduler_started", jobs=[job.name for job in self._jobs])
        try:
            while True:
                await asyncio.sleep(self._look_seconds)
                await connection.execute(text("SELECT 1"))
        finally:
            self.is_leader = False
            scheduler.shutdown(wait=False)
            with suppress(SQLAlchemyError, OSError):
                await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK_KEY})
            log.info("scheduler_stopped")


async def _run(job: Job) -> None:
    """Run once and log how it went; a failure waits for the next turn."""
    started = time.monotonic()
    try:
        outcome = await job.run()
    except Exception:
        log.exception("job_failed", job=job.name, seconds=round(time.monotonic() - started, 3))
    else:
        log.info("job_done", job=job.name, seconds=round(time.monotonic() - started, 3), outcome=str(outcome))
