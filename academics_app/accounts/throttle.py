"""Growing delays after failed sign-ins, for the user name and for the address, over all processes.

Failures are counted in a transaction of their own: the one that they happen in is rolled back.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import case, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from academics_app.accounts.models import LoginThrottle
from academics_app.core.clock import utc_now
from academics_app.core.db import transaction
from academics_app.core.errors import TooManyTries

FREE_FAILURES = {"user": 5, "address": 30}
"""Failures before the first delay; an address may be a whole institute behind one router."""
LONGEST_DELAY = timedelta(minutes=15)
FORGET_AFTER = timedelta(hours=6)


def keys_for(username: str, ip_address: str) -> list[str]:
    """The throttle's keys of a try."""
    keys = [f"user:{username.casefold()[:150]}"]
    return [*keys, f"address:{ip_address}"] if ip_address else keys


async def check(keys: Sequence[str]) -> None:
    """Raise TooManyTries, with the seconds to wait, while one of the keys is blocked."""
    async with transaction() as session:
        blocked = await session.scalar(
            select(func.max(LoginThrottle.blocked_until)).where(col(LoginThrottle.key).in_(keys))
        )
    if blocked is not None and blocked > utc_now():
        seconds = int((blocked - utc_now()).total_seconds()) + 1
        raise TooManyTries(f"Too many failed tries. Try again in {seconds} seconds.", retry_after=seconds)


async def count_failure(keys: Sequence[str]) -> None:
    """Note a failure under each key; from the last free one on, the delay doubles each time."""
    now = utc_now()
    async with transaction() as session:
        for key in keys:
            failures = await session.scalar(
                insert(LoginThrottle)
                .values(key=key, failures=1, last_failure_at=now)
                .on_conflict_do_update(
                    index_elements=[col(LoginThrottle.key)],
                    set_={
                        "failures": case(
                            (col(LoginThrottle.last_failure_at) < now - FORGET_AFTER, 1),
                            else_=col(LoginThrottle.failures) + 1,
                        ),
                        "last_failure_at": now,
                    },
                )
                .returning(col(LoginThrottle.failures))
            )
            delay = _delay(key, failures or 0)
            if delay:
                row = await session.get_one(LoginThrottle, key)
                row.blocked_until = now + delay


async def forget(keys: Sequence[str]) -> None:
    """A sign-in went well: the user name's failures are over. The address's stay until they age out."""
    async with transaction() as session:
        await session.execute(
            delete(LoginThrottle).where(
                col(LoginThrottle.key).in_([key for key in keys if key.startswith("user:")])
            )
        )


def _delay(key: str, failures: int) -> timedelta | None:
    beyond = failures - FREE_FAILURES[key.partition(":")[0]]
    return min(timedelta(seconds=2 ** min(beyond, 12)), LONGEST_DELAY) if beyond >= 0 else None
