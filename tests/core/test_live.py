"""The bus: in one process, over Redis between two, and without harm when Redis is away."""

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from academics_app.core import db, live, presence
from academics_app.core.live import Bus, SharedReads


async def test_a_watcher_hears_its_topics_only_and_many_messages_once() -> None:
    bus = Bus()
    async with bus.watch("register:1", "user:7") as watch:
        await bus.publish(["register:2"])
        await bus.publish(["register:1", "register:1"])
        await bus.publish(["user:7"])
        assert await watch.changed(1) == {"register:1", "user:7"}
        assert await watch.changed(0.01) == set()
    assert bus.watcher_count() == 0


async def test_topics_are_published_after_the_commit_and_never_without(engine: AsyncEngine) -> None:
    async with live.bus().watch("test:topic") as watch:
        async with db.transaction() as session:
            db.announce(session, "test:topic")
            assert await watch.changed(0.01) == set()
        assert await watch.changed(1) == {"test:topic"}
        with pytest.raises(RuntimeError, match="on purpose"):
            await _announce_and_fail("test:topic")
        assert await watch.changed(0.01) == set()


async def _announce_and_fail(topic: str) -> None:
    async with db.transaction() as session:
        db.announce(session, topic)
        raise RuntimeError("on purpose")


async def test_shared_reads_are_shared_but_never_old() -> None:
    started, release = 0, asyncio.Event()

    async def read(key: int) -> int:
        nonlocal started
        started += 1
        mine = started
        await release.wait()
        return mine

    reads: SharedReads[int, int] = SharedReads(read)
    early = [asyncio.create_task(reads.get(1)) for _ in range(10)]
    await asyncio.sleep(0.01)
    late = asyncio.create_task(reads.get(1))
    await asyncio.sleep(0.01)
    release.set()
    assert await asyncio.gather(*early) == [1] * 10
    assert await late == 2, "whoever asks after a read has begun gets a later one"


async def test_a_failed_shared_read_fails_for_its_askers_only() -> None:
    failures = 1

    async def read(_key: int) -> str:
        nonlocal failures
        if failures:
            failures -= 1
            raise ConnectionError("gone")
        return "fine"

    reads: SharedReads[int, str] = SharedReads(read)
    with pytest.raises(ConnectionError):
        await reads.get(1)
    assert await reads.get(1) == "fine"


@pytest.fixture(scope="module")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    program = shutil.which("redis-server")
    assert program, "these tests need Debian's redis-server: apt install redis-server"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder: Path = tmp_path_factory.mktemp("redis")
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 10
    while not _listens(port):
        assert time.monotonic() < deadline, "redis-server did not start"
        time.sleep(0.02)
    yield port
    process.terminate()
    process.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
async def two_processes(redis_port: int) -> AsyncIterator[tuple[Bus, Bus]]:
    """Two buses on one Redis, as two web processes have them."""
    buses = (
        Bus(Redis.from_url(f"redis://127.0.0.1:{redis_port}")),
        Bus(Redis.from_url(f"redis://127.0.0.1:{redis_port}")),
    )
    for bus in buses:
        await bus.start()
    await until_subscribed(buses[0], 2)
    yield buses
    for bus in buses:
        await bus.stop()


async def until_subscribed(bus: Bus, number: int) -> None:
    assert bus.redis is not None
    async with asyncio.timeout(10):
        while True:
            [(_, subscribers)] = await bus.redis.pubsub_numsub("academics:live")
            if subscribers == number:
                return
            await asyncio.sleep(0.02)


async def test_a_change_in_one_process_reaches_the_other(two_processes: tuple[Bus, Bus]) -> None:
    here, there = two_processes
    async with there.watch("register:1") as watch:
        await here.publish(["register:1"])
        assert await watch.changed(5) == {"register:1"}


async def test_a_lost_redis_harms_no_save() -> None:
    """The change is kept, watchers of the same process hear of it, and nothing is raised."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = probe.getsockname()[1]
    bus = Bus(Redis.from_url(f"redis://127.0.0.1:{nobody}"))
    async with bus.watch("register:1") as watch:
        await bus.publish(["register:1"])
        assert await watch.changed(1) == {"register:1"}
    await bus.stop()


async def test_presence_over_processes(redis_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = presence.Member(1, "Ada"), presence.Member(2, "Béla")
    bus = Bus(Redis.from_url(f"redis://127.0.0.1:{redis_port}"))
    monkeypatch.setattr(live, "_bus", bus)
    async with presence.present("register:1", here):
        await asyncio.sleep(0.1)
        assert bus.redis is not None
        assert [member.name for member in await presence.members("register:1")] == ["Ada"]
        async with presence.present("register:1", there):
            await asyncio.sleep(0.1)
            monkeypatch.setattr(presence, "_here", {})
            assert [member.name for member in await presence.members("register:1")] == ["Ada", "Béla"]
            monkeypatch.undo()
            monkeypatch.setattr(live, "_bus", bus)
        assert [member.name for member in await presence.members("register:1")] == ["Ada"]
    assert await presence.members("register:1") == []
    await asyncio.sleep(0.6)
    await bus.stop()
