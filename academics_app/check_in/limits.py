"""How often one may try. Counted in the process, or in Redis where several processes serve.

Nothing here touches the database, so that a hundred tries a second cost little, and a caller holds no connection.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from academics_app.check_in.rules import KioskDelay
from academics_app.core import live
from academics_app.core.clock import utc_now
from academics_app.core.errors import TooManyTries

log = structlog.get_logger(__name__)

STUDENT_TRIES = 10
DEVICE_TRIES = 20
ADDRESS_TRIES = 600
"""A whole school may stand behind one address: ten a second, and only tries within the limits above count."""
KIOSK_TRIES = 60
PER = 60
"""Seconds in which so many tries are free."""

_KIOSK_DELAY = KioskDelay()
_FAILURES_FORGOTTEN_AFTER = 1800
_MOST_KEPT = 20_000
_PREFIX = "academics:tries:"


@dataclass
class Tries:
    """Counts and blocks by key, each for a while."""

    redis: Callable[[], Redis | None] = lambda: live.bus().redis
    _kept: dict[str, tuple[int, datetime]] = field(default_factory=dict)

    async def count(self, key: str, seconds: int) -> tuple[int, int]:
        """Count one more; how many there were since the first one, and in how many seconds they are forgotten."""
        if (redis := self.redis()) is not None:
            try:
                async with redis.pipeline() as pipeline:
                    pipeline.incr(_PREFIX + key)
                    pipeline.expire(_PREFIX + key, seconds, nx=True)
                    pipeline.ttl(_PREFIX + key)
                    number, _, left = await pipeline.execute()
            except (RedisError, OSError) as error:
                log.warning("tries_not_shared", error=str(error))
            else:
                return int(number), max(int(left), 1)
        now = utc_now()
        number, until = self._kept.get(key, (0, now))
        if until <= now:
            self._make_room(now)
            number, until = 0, now + timedelta(seconds=seconds)
        self._kept[key] = (number + 1, until)
        return number + 1, max(ceil((until - now).total_seconds()), 1)

    async def block(self, key: str, seconds: int) -> None:
        """Block the key for so long."""
        if (redis := self.redis()) is not None:
            try:
                await redis.set(_PREFIX + key, 1, ex=seconds)
            except (RedisError, OSError) as error:
                log.warning("tries_not_shared", error=str(error))
            else:
                return
        self._kept[key] = (1, utc_now() + timedelta(seconds=seconds))

    async def blocked_for(self, key: str) -> int:
        """Seconds that the key is still blocked; 0 when it is not."""
        if (redis := self.redis()) is not None:
            try:
                return max(int(await redis.ttl(_PREFIX + key)), 0)
            except (RedisError, OSError) as error:
                log.warning("tries_not_shared", error=str(error))
        kept = self._kept.get(key)
        return max(ceil((kept[1] - utc_now()).total_seconds()), 0) if kept else 0

    async def forget(self, *keys: str) -> None:
        """Start the keys anew."""
        for key in keys:
            self._kept.pop(key, None)
        if (redis := self.redis()) is not None:
            try:
                await redis.delete(*(_PREFIX + key for key in keys))
            except (RedisError, OSError) as error:
                log.warning("tries_not_shared", error=str(error))

    def clear(self) -> None:
        """Forget everything that this process counted."""
        self._kept.clear()

    def _make_room(self, now: datetime) -> None:
        if len(self._kept) >= _MOST_KEPT:
            self._kept = {key: kept for key, kept in self._kept.items() if kept[1] > now}
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()


tries = Tries()
"""The process's own."""


async def take_student_try(*, student_id: int, device_hash: str | None, address: str) -> None:
    """Count a student's try, or raise TooManyTries. Who is over their own limit takes nothing from the address's."""
    limits = [(f"student:{student_id}", STUDENT_TRIES)]
    if device_hash:
        limits.append((f"device:{device_hash}", DEVICE_TRIES))
    if address:
        limits.append((f"address:{address}", ADDRESS_TRIES))
    for key, most in limits:
        number, left = await tries.count(key, PER)
        if number > most:
            raise _too_many(left)


async def take_kiosk_try(kiosk_id: int) -> None:
    """Count a kiosk's try, or raise TooManyTries: over its limit, or held back after failures in a row."""
    if left := await tries.blocked_for(f"kiosk-blocked:{kiosk_id}"):
        raise _too_many(left)
    number, left = await tries.count(f"kiosk:{kiosk_id}", PER)
    if number > KIOSK_TRIES:
        raise _too_many(left)


async def note_kiosk_failure(kiosk_id: int) -> None:
    """Somebody got no welcome; from the tenth in a row on the kiosk waits, twice as long each time."""
    failures, _left = await tries.count(f"kiosk-failures:{kiosk_id}", _FAILURES_FORGOTTEN_AFTER)
    if seconds := _KIOSK_DELAY.seconds(failures):
        await tries.block(f"kiosk-blocked:{kiosk_id}", seconds)


async def note_kiosk_success(kiosk_id: int) -> None:
    """The row of failures is over."""
    await tries.forget(f"kiosk-failures:{kiosk_id}", f"kiosk-blocked:{kiosk_id}")


def _too_many(seconds: int) -> TooManyTries:
    return TooManyTries(f"Too many tries. Try again in {seconds} seconds.", retry_after=seconds)
