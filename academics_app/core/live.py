"""The live bus: small topics such as `register:42`, published after commit, to whoever watches.

A topic says *that* something changed, never what: a watcher reloads what it shows under its own permissions. In
one process the bus is a dict of queues; with `REDIS_URL` each publish also crosses to the other processes. A
publish that fails is logged and never fails the change that was saved, so watchers refresh on a timer as well.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

REFRESH_SECONDS = 30.0
"""A watcher that has heard nothing for this long looks again, in case a message was lost."""

_CHANNEL = "academics:live"

K = TypeVar("K")
V = TypeVar("V")


class Watch:
    """One watcher's inbox. Any number of unread messages on its topics count as one."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._topics: set[str] = set()

    def notify(self, topic: str) -> None:
        self._topics.add(topic)
        self._event.set()

    async def changed(self, patience: float = REFRESH_SECONDS) -> set[str]:
        """Wait for a change; the topics that changed, empty when the time ran out."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._event.wait(), patience)
        self._event.clear()
        topics, self._topics = self._topics, set()
        return topics


@dataclass
class Bus:
    """The process's bus. Use the module functions; tests make their own."""

    redis: Redis | None = None
    _watches: defaultdict[str, set[Watch]] = field(default_factory=lambda: defaultdict(set))
    _pump: asyncio.Task[None] | None = None

    async def publish(self, topics: Iterable[str]) -> None:
        """Tell every watcher of each topic, here and in the other processes. Never raises."""
        told = list(topics)
        for topic in told:
            self._deliver(topic)
        if self.redis is None or not told:
            return
        try:
            async with self.redis.pipeline(transaction=False) as pipeline:
                for topic in told:
                    pipeline.publish(_CHANNEL, topic)
                await pipeline.execute()
        except (RedisError, OSError) as error:
            log.warning("live_publish_failed", topics=told, error=str(error))

    def _deliver(self, topic: str) -> None:
        for watch in tuple(self._watches.get(topic, ())):
            watch.notify(topic)

    @asynccontextmanager
    async def watch(self, *topics: str) -> AsyncIterator[Watch]:
        """Subscribe for the length of the block."""
        watch = Watch()
        for topic in topics:
            self._watches[topic].add(watch)
        try:
            yield watch
        finally:
            for topic in topics:
                self._watches[topic].discard(watch)
                if not self._watches[topic]:
                    del self._watches[topic]

    def watcher_count(self, topic: str | None = None) -> int:
        """How many watchers a topic has in this process, or all topics together."""
        if topic is not None:
            return len(self._watches.get(topic, ()))
        return sum(map(len, self._watches.values()))

    async def start(self) -> None:
        """Begin to receive what other processes publish; does nothing without Redis."""
        if self.redis is not None and self._pump is None:
            self._pump = asyncio.create_task(self._receive(self.redis), name="live-bus")

    async def stop(self) -> None:
        """Stop receiving and close the connection."""
        if self._pump is not None:
            self._pump.cancel()
            with suppress(asyncio.CancelledError):
                await self._pump
            self._pump = None
        if self.redis is not None:
            await self.redis.aclose()

    async def _receive(self, redis: Redis) -> None:
        while True:
            try:
                async with redis.pubsub() as subscription:
                    await subscription.subscribe(_CHANNEL)
                    async for message in subscription.listen():
                        if message["type"] == "message":
                            self._deliver(message["data"].decode())
            except (RedisError, OSError) as error:
                log.warning("live_receive_failed", error=str(error))
                await asyncio.sleep(1)


_bus = Bus()


def bus() -> Bus:
    """The process's bus."""
    return _bus


async def open_bus(redis_url: str) -> None:
    """Connect the process's bus to Redis when a URL is given."""
    _bus.redis = Redis.from_url(redis_url) if redis_url else None
    await _bus.start()


async def publish(*topics: str) -> None:
    """Publish on the process's bus. Services use `db.announce`, which publishes after the commit."""
    await _bus.publish(topics)


class SharedReads(Generic[K, V]):
    """One read for many watchers: those who ask while a read of the same key is being awaited share its answer.

    A read is forgotten the moment it starts, so whoever asks after a later change always gets a later read.
    """

    def __init__(self, read: Callable[[K], Awaitable[V]]) -> None:
        self._read = read
        self._waiting: dict[K, asyncio.Task[V]] = {}

    async def get(self, key: K) -> V:
        task = self._waiting.get(key)
        if task is None:
            task = asyncio.create_task(self._start(key))
            self._waiting[key] = task
        return await asyncio.shield(task)

    async def _start(self, key: K) -> V:
        await asyncio.sleep(0)
        del self._waiting[key]
        return await self._read(key)
