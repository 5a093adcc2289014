"""Who else is here: the people who have the same register open, over all processes.

Kept apart from the database, since it is true only as long as a page is open. With Redis each member is a member of
a sorted set scored by the time it was last seen; without, a dict.
"""

import asyncio
import json
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass

import structlog
from redis.exceptions import RedisError

from academics_app.core import live

log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS = 20.0
_GONE_AFTER_SECONDS = 50.0
_SETTLE_SECONDS = 0.5
"""Comings and goings within this time are announced once, so that a full house arriving is one message."""


@dataclass(frozen=True, slots=True)
class Member:
    user_id: int
    name: str


_here: defaultdict[str, Counter[Member]] = defaultdict(Counter)
_announcing: dict[str, asyncio.Task[None]] = {}


def live_topic(place: str) -> str:
    """Published when somebody came to the place or left it."""
    return f"presence:{place}"


@asynccontextmanager
async def present(place: str, member: Member) -> AsyncIterator[None]:
    """The member is in the place for the length of the block."""
    _here[place][member] += 1
    heartbeat = asyncio.create_task(_keep_seen(place, member)) if live.bus().redis else None
    _announce(place)
    try:
        yield
    finally:
        _here[place][member] -= 1
        if _here[place][member] <= 0:
            del _here[place][member]
            if heartbeat is not None:
                heartbeat.cancel()
            await _forget(place, member)
        if not _here[place]:
            del _here[place]
        _announce(place)


async def members(place: str) -> list[Member]:
    """Who is in the place, each once, by name."""
    found = set(_here.get(place, ()))
    redis = live.bus().redis
    if redis is not None:
        with suppress(RedisError, OSError):
            seen = await redis.zrangebyscore(_key(place), time.time() - _GONE_AFTER_SECONDS, "+inf")
            found |= {Member(**json.loads(entry)) for entry in seen}
    return sorted(found, key=lambda member: (member.name, member.user_id))


def _key(place: str) -> str:
    return f"academics:presence:{place}"


async def _keep_seen(place: str, member: Member) -> None:
    redis = live.bus().redis
    while redis is not None:
        try:
            await redis.zadd(_key(place), {json.dumps(asdict(member)): time.time()})
            await redis.expire(_key(place), int(_GONE_AFTER_SECONDS * 2))
        except (RedisError, OSError) as error:
            log.warning("presence_failed", error=str(error))
        await asyncio.sleep(HEARTBEAT_SECONDS)


async def _forget(place: str, member: Member) -> None:
    redis = live.bus().redis
    if redis is not None:
        with suppress(RedisError, OSError):
            await redis.zrem(_key(place), json.dumps(asdict(member)))


def _announce(place: str) -> None:
    if place not in _announcing:
        _announcing[place] = asyncio.create_task(_announce_soon(place))


async def _announce_soon(place: str) -> None:
    await asyncio.sleep(_SETTLE_SECONDS)
    del _announcing[place]
    await live.publish(live_topic(place))
