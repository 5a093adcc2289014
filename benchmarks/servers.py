"""The two servers that are compared: the product as its launcher starts it, and the floor; both granian, one worker."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from academics_app.core.config import PROJECT_ROOT
from academics_app.launcher import server
from academics_app.launcher.frontend import Frontend

_HOST = "127.0.0.1"


def free_port() -> int:
    """A port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return probe.getsockname()[1]


@contextmanager
def product(database_url: str, log_file: Path, *, screens: bool) -> Iterator[tuple[int, int]]:
    """The product's port and process id; without screens, its API alone."""
    port = free_port()
    overrides = {"DATABASE_URL": database_url, "HOST": _HOST, "PORT": str(port)}
    if not screens:
        with granian("benchmarks.servers:api_only", port, overrides, log_file) as process_id:
            yield port, process_id
        return
    Frontend().ensure_built()
    with server.start(port=port, host=_HOST, overrides=overrides, log_file=log_file) as running:
        yield port, running.process.pid


@contextmanager
def floor(database: str, traces: Path, log_file: Path) -> Iterator[tuple[int, int]]:
    """The floor's port and process id."""
    port = free_port()
    overrides = {"FLOOR_DATABASE": database, "FLOOR_TRACES": str(traces)}
    with granian("benchmarks.floor:app", port, overrides, log_file) as process_id:
        yield port, process_id


def api_only() -> object:
    """For granian: the API without the screens, for when no front end is built."""
    from academics_app.api.app import create_api
    from academics_app.core import db
    from academics_app.core.config import get_settings
    from academics_app.core.logging import configure_logging

    configure_logging(get_settings().log_level)
    db.open_engine(get_settings().database_url, pool_size=get_settings().database_pool_size)
    return create_api()


@contextmanager
def granian(target: str, port: int, overrides: Mapping[str, str], log_file: Path) -> Iterator[int]:
    """Serve an app factory with one worker; the process id."""
    command = [
        sys.executable, "-m", "granian", target, "--factory", "--interface", "asgi", "--loop", "uvloop",
        "--host", _HOST, "--port", str(port), "--workers", "1", "--log-level", "error", "--no-access-log",
        "--working-dir", str(PROJECT_ROOT),
    ]  # fmt: skip
    with log_file.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=PROJECT_ROOT,
            env={**os.environ, **overrides},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _await_port(port, process)
        yield process.pid
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _await_port(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with exit code {process.returncode}")
        with suppress(OSError), socket.create_connection((_HOST, port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError("the server did not listen within a minute")
