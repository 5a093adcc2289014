"""The web server: granian serving the built app in production mode, as a process group of its own."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from academics_app.core.config import PROJECT_ROOT
from academics_app.launcher.errors import LaunchError

_APP = "academics_app.academics_app:app"
_HEALTH = "/api/v1/health"
_GRACE_SECONDS = 10

_SERVER_ENVIRONMENT = {
    # One heap for all threads of a worker: with more, memory that one has freed is lost to the others.
    "MALLOC_ARENA_MAX": "1",
    "REFLEX_ENV_MODE": "prod",
    # These two are Reflex's internal switches: without the underscores they are silently ignored.
    "__REFLEX_SKIP_COMPILE": "true",
    "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
    "REFLEX_TELEMETRY_ENABLED": "false",
    # How long a dead socket keeps its session: Reflex's 120 s would leave "who is here" wrong for two minutes.
    "REFLEX_SOCKET_TIMEOUT": "20",
}


@dataclass(slots=True)
class WebServer:
    """A server that has answered its health check."""

    process: subprocess.Popen[bytes]
    url: str

    def wait(self) -> int:
        """Wait until the server ends by itself; its exit code."""
        return self.process.wait()

    def stop(self) -> None:
        """End it: requests under way may finish, workers that don't end are killed."""
        if self.process.poll() is None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=_GRACE_SECONDS + 5)
        self.kill()

    def kill(self) -> None:
        """End every process of the group at once, as a crash would."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def __enter__(self) -> Self:
        """Use the server for a block."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Stop it."""
        self.stop()


def command(*, host: str, port: int, workers: int) -> list[str]:
    """The command line that serves the built app."""
    return [
        sys.executable, "-m", "granian", _APP, "--factory", "--interface", "asgi", "--loop", "uvloop",
        "--host", host, "--port", str(port), "--workers", str(workers),
        "--respawn-failed-workers", "--workers-kill-timeout", str(_GRACE_SECONDS),
        "--log-level", "error", "--no-access-log", "--working-dir", str(PROJECT_ROOT),
    ]  # fmt: skip


def environment(overrides: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with what the worker and Reflex need to serve a build, and the overrides."""
    return {**os.environ, **_SERVER_ENVIRONMENT, **overrides}


def start(
    *,
    port: int,
    host: str = "127.0.0.1",
    workers: int = 1,
    overrides: Mapping[str, str] | None = None,
    log_file: Path | None = None,
    patience: float = 60,
) -> WebServer:
    """Serve on the port, and return once the app answers its health check.

    Args:
        port: The port; the app's own address follows it unless the overrides set PUBLIC_URL.
        host: The interface to listen on.
        workers: Web processes; more than one needs REDIS_URL.
        overrides: Settings as environment variables, at least DATABASE_URL unless the environment has it.
        log_file: Where the server's output goes; without it, to this process's.
        patience: Seconds until a server that does not answer is given up.
    """
    variables = environment(
        {"HOST": host, "PORT": str(port), "WEB_WORKERS": str(workers), **(overrides or {})}
    )
    with log_file.open("ab") if log_file else nullcontext() as output:
        process = subprocess.Popen(
            command(host=host, port=port, workers=workers),
            cwd=PROJECT_ROOT,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            start_new_session=True,
        )
    server = WebServer(process, f"http://localhost:{port}")
    try:
        _await_health(server, host, port, patience)
    except BaseException:
        server.stop()
        raise
    return server


def require_free_port(host: str, port: int) -> None:
    """Refuse, in a sentence, a port that something else listens on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise LaunchError(
                f"Port {port} on {host} cannot be used: {(error.strerror or str(error)).lower()}. "
                f"Stop what uses it, or choose another one: PORT={port + 1} make run"
            ) from error


def _await_health(server: WebServer, host: str, port: int, patience: float) -> None:
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            raise LaunchError(
                f"The web server ended while starting, with exit code {server.process.returncode}"
            )
        connection = http.client.HTTPConnection(reachable, port, timeout=5)
        try:
            connection.request("GET", _HEALTH)
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.05)
    raise LaunchError(f"The web server did not answer {_HEALTH} within {patience:.0f} s")
