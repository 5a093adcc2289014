"""How often one calendar link may be read: a count a minute, kept in the process."""

import time
from collections import OrderedDict

from academics_app.core.errors import TooManyTries

READS_A_MINUTE = 30
"""Programs ask every few minutes at most; several devices may share a link."""
_WINDOW = 60.0
_MOST_LINKS = 10_000


class ReadLimit:
    """Counts per key in windows of a minute; the oldest keys are forgotten first."""

    def __init__(self, most: int = READS_A_MINUTE) -> None:
        self._most = most
        self._windows: OrderedDict[int, tuple[float, int]] = OrderedDict()

    def count(self, feed_id: int) -> None:
        """Count a read; TooManyTries, with the seconds to wait, beyond the limit."""
        now = time.monotonic()
        began, reads = self._windows.pop(feed_id, (now, 0))
        if now - began >= _WINDOW:
            began, reads = now, 0
        self._windows[feed_id] = (began, reads + 1)
        if len(self._windows) > _MOST_LINKS:
            self._windows.popitem(last=False)
        if reads >= self._most:
            raise TooManyTries(
                "This calendar is read too often.", retry_after=int(_WINDOW - (now - began)) + 1
            )
