"""Advisory locks on files, which the kernel releases when their holder dies."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Self


class FileLock:
    """A `flock` on a file beside what it guards. Two handles exclude each other even within one process.

    The file is never deleted: another process may be waiting on it.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def acquire(self, *, shared: bool = False) -> Self:
        """Take the lock, waiting for it. A handle that has it shared gives that up while it waits."""
        fcntl.flock(self._descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        return self

    def try_acquire(self) -> bool:
        """Take the lock exclusively if nobody else has it; on failure this handle holds nothing."""
        with suppress(BlockingIOError):
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False

    def release(self) -> None:
        """Give the lock up and close the handle; harmless when done twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        """Hold the lock exclusively for the block."""
        return self.acquire()

    def __exit__(self, *_exception: object) -> None:
        """Release it."""
        self.release()
