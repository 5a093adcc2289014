"""The counts over several processes, and when Redis is away."""

import asyncio

import pytest
from redis.asyncio import Redis

from academics_app.check_in.limits import Tries
from tests.core.test_live import redis_port

__all__ = ["redis_port"]


async def test_two_processes_count_together(redis_port: int) -> None:
    clients = [Redis.from_url(f"redis://127.0.0.1:{redis_port}") for _process in range(2)]
    one, two = (Tries(lambda client=client: client) for client in clients)
    await asyncio.gather(*(tries.count("k", 60) for tries in (one, two) for _try in range(20)))
    assert await two.count("k", 60) == (41, 60)
    await one.block("b", 8)
    assert await two.blocked_for("b") == 8
    await two.forget("k", "b")
    assert await one.blocked_for("b") == 0
    assert (await one.count("k", 60))[0] == 1
    for client in clients:
        await client.aclose()


async def test_without_redis_each_process_counts_alone() -> None:
    client = Redis.from_url("redis://127.0.0.1:9")
    tries = Tries(lambda: client)
    assert [(await tries.count("k", 60))[0] for _try in range(3)] == [1, 2, 3]
    await tries.block("b", 8)
    assert await tries.blocked_for("b") == 8
    await tries.forget("k", "b")
    assert await tries.blocked_for("b") == 0
    await client.aclose()


async def test_memory_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("academics_app.check_in.limits._MOST_KEPT", 100)
    tries = Tries(lambda: None)
    for number in range(1000):
        await tries.count(f"k{number}", 60)
    assert len(tries._kept) <= 100
