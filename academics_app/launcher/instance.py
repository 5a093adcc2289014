"""One running product for each data folder."""

import json
import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from academics_app.core.file_lock import FileLock
from academics_app.launcher.errors import LaunchError


class Instance:
    """The claim on a data folder; what runs there is noted beside the lock, for whoever comes next."""

    def __init__(self, data_dir: Path) -> None:
        self._note = data_dir / "running.json"
        self._lock = FileLock(data_dir / "running.lock")

    def claim(self) -> None:
        """Take the folder, and end the web server of a launcher that was killed before it could.

        Raises:
            LaunchError: Another launcher has it.
        """
        if not self._lock.try_acquire():
            where = self._noted().get("url", "starting")
            raise LaunchError(f"Academics already runs on {self._note.parent}: {where}")
        self._end_leftover()

    def note(self, *, url: str, server_pid: int) -> None:
        """Say what runs, once the server has started."""
        started = psutil.Process(server_pid).create_time()
        self._note.write_text(json.dumps({"url": url, "server_pid": server_pid, "started": started}))

    def release(self) -> None:
        """Give the folder back, everything being stopped."""
        self._note.unlink(missing_ok=True)
        self._lock.release()

    def _end_leftover(self) -> None:
        noted = self._noted()
        with suppress(KeyError, psutil.NoSuchProcess, ProcessLookupError):
            server = psutil.Process(noted["server_pid"])
            if server.create_time() == noted["started"]:
                os.killpg(server.pid, signal.SIGTERM)
                deadline = time.monotonic() + 15
                while server.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
                    time.sleep(0.05)
                os.killpg(server.pid, signal.SIGKILL)

    def _noted(self) -> dict[str, Any]:
        with suppress(FileNotFoundError, json.JSONDecodeError):
            return json.loads(self._note.read_text())
        return {}
