"""The process behind `make run`: database, front end, web server; it ends when they do, and they when it does."""

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import NoReturn

import psutil

from academics_app.core.config import Settings
from academics_app.launcher import demo_logins, server
from academics_app.launcher.console import Console
from academics_app.launcher.database import Database
from academics_app.launcher.errors import LaunchError
from academics_app.launcher.frontend import Frontend
from academics_app.launcher.instance import Instance
from academics_app.launcher.server import WebServer


def supervise(settings: Settings, console: Console, *, build: bool) -> None:
    """Serve until Ctrl-C or SIGTERM, then stop everything: the web server first, the database last.

    Raises:
        LaunchError: Something could not start, or the web server ended by itself.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), ExitStack() as running:
        try:
            web = _start_all(settings, console, running, build=build)
            raise LaunchError(f"The web server ended by itself, with exit code {web.wait()}")
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)


def become_server(settings: Settings) -> NoReturn:
    """Replace this process by the web server, for a process manager to watch; the database is not ours."""
    _require_build()
    command = server.command(host=settings.host, port=settings.port, workers=settings.web_workers)
    os.execve(sys.executable, command, server.environment({}))  # noqa: S606 - our own interpreter


def _start_all(settings: Settings, console: Console, running: ExitStack, *, build: bool) -> WebServer:
    instance = Instance(settings.data_dir)
    instance.claim()
    running.callback(instance.release)
    server.require_free_port(settings.host, settings.port)

    with console.step("Database") as step:
        database = Database(settings)
        running.callback(database.close)
        step.outcome = "started" if database.is_embedded else "the one in DATABASE_URL"
        step.timed = database.is_embedded
    beside = running.enter_context(ThreadPoolExecutor(1))
    running.callback(_end_helpers)
    prepared = beside.submit(database.prepare, console)
    if build:
        build_frontend(console)
    else:
        _require_build()
    prepared.result()

    overrides = {"DATABASE_URL": database.url}
    if build and "log_level" not in settings.model_fields_set:
        overrides["LOG_LEVEL"] = "warning"  # a terminal with a person in front of it is not for request logs
    with console.step("Web server") as step:
        web = server.start(
            host=settings.host, port=settings.port, workers=settings.web_workers, overrides=overrides
        )
        running.callback(web.stop)
        step.outcome = "ready"
    instance.note(url=settings.base_url, server_pid=web.process.pid)

    console.say(f"\n  Academics runs at {settings.base_url}\n")
    if database.is_embedded:
        for line in demo_logins.lines(settings.data_dir):
            console.say(f"  {line}")
    return web


def build_frontend(console: Console) -> None:
    """Build the front end if it needs it, and say so."""
    with console.step("Front end") as step:
        step.timed = Frontend().ensure_built()
        step.outcome = "built" if step.timed else "unchanged"


def _require_build() -> None:
    if not Frontend().is_current():
        raise LaunchError("The front end is not built from these sources: python -m academics_app build")


def _end_helpers() -> None:
    """End a build or a demo load that is still under way, so that nobody waits for it."""
    for helper in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            helper.terminate()
