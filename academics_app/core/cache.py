"""A value that is read often and changes seldom, kept in the process for a short while."""

import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Cached(Generic[T]):
    """Keeps one loaded value for `seconds`; `forget()` at once after a change.

    Other processes see a change when theirs runs out, so it is for what may be stale that long.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._value: T | None = None
        self._good_until = 0.0

    async def get(self, load: Callable[[], Awaitable[T]]) -> T:
        """The kept value, or a newly loaded one."""
        if self._value is None or time.monotonic() >= self._good_until:
            self._value = await load()
            self._good_until = time.monotonic() + self._seconds
        return self._value

    def forget(self) -> None:
        """Load anew at the next `get`."""
        self._value = None
