import asyncio
from collections.abc import Callable

import pytest
from apscheduler.triggers.interval import IntervalTrigger

from academics_app.core.scheduler import Job, Scheduler


async def _wait_for(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is awaited is a plain attribute
            await asyncio.sleep(0.01)


@pytest.mark.usefixtures("engine")
async def test_one_of_two_processes_runs_the_jobs_and_the_other_takes_over() -> None:
    runs: dict[str, int] = {"first": 0, "second": 0}

    def scheduler(name: str) -> Scheduler:
        async def run() -> None:
            runs[name] += 1

        return Scheduler([Job("count", run, IntervalTrigger(hours=1), at_start=True)], look_seconds=0.05)

    first, second = scheduler("first"), scheduler("second")
    await first.start()
    await _wait_for(lambda: runs["first"] == 1)
    await second.start()
    await asyncio.sleep(0.2)
    assert (first.is_leader, second.is_leader, runs["second"]) == (True, False, 0)

    await first.stop()
    await _wait_for(lambda: runs["second"] == 1)
    assert second.is_leader
    await second.stop()
    assert not second.is_leader


@pytest.mark.usefixtures("engine")
async def test_a_job_that_fails_is_tried_again_at_its_next_turn() -> None:
    runs = []

    async def run() -> None:
        runs.append(len(runs))
        if len(runs) == 1:
            raise ValueError

    scheduler = Scheduler([Job("fails", run, IntervalTrigger(seconds=1))], look_seconds=0.05)
    await scheduler.start()
    await _wait_for(lambda: len(runs) >= 2)
    await scheduler.stop()
