"""`python -m academics_app run` as a person has it: started, stopped, started again, killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import psycopg
import pytest

from academics_app.core import embedded_postgres
from academics_app.core.config import PROJECT_ROOT
from academics_app.launcher.frontend import Frontend
from academics_app.launcher.server import require_free_port
from tests.launcher.ports import free_port


@dataclass
class Launched:
    """A launcher, and what it has said so far. A file takes that: the web server would keep a pipe open."""

    process: subprocess.Popen[bytes]
    output: Path

    def said(self) -> str:
        return self.output.read_text()


Launch = Callable[[], Launched]


def _heed_interrupts() -> None:
    """As in a terminal; whoever was started in the background ignores them, and its children with it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture(scope="module", autouse=True)
def build() -> None:
    Frontend().ensure_built()


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def launch(tmp_path: Path, port: int) -> Iterator[Launch]:
    """Starts the launcher on a data folder of the test's own and waits until it says where it serves."""
    launched: list[Launched] = []
    settings = {
        "DATA_DIR": str(tmp_path),
        "PORT": str(port),
        "DATABASE_URL": "",
        "PUBLIC_URL": "",
        "DEMO": "false",
    }

    def start() -> Launched:
        output = tmp_path / f"output{len(launched)}"
        with output.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "academics_app", "run"],
                cwd=PROJECT_ROOT,
                env={**os.environ, **settings},
                stdout=file,
                stderr=subprocess.STDOUT,
                preexec_fn=_heed_interrupts,  # noqa: PLW1509 - it does nothing that a thread could hold
            )
        started = Launched(process, output)
        launched.append(started)
        while "Academics runs at" not in started.said():
            assert process.poll() is None, started.said()
            time.sleep(0.05)
        return started

    yield start
    for each in launched:
        each.process.terminate()
        each.process.wait(30)


def has_ended(tmp_path: Path, port: int) -> bool:
    require_free_port("127.0.0.1", port)
    return not embedded_postgres.is_running(tmp_path / "postgres")


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_and_stops_without_a_trace_but_the_data(
    launch: Launch, tmp_path: Path, port: int, way: signal.Signals
) -> None:
    launched = launch()
    for path in ("/api/v1/health", "/"):
        with urlopen(f"http://localhost:{port}{path}", timeout=10) as answer:
            assert answer.status == 200

    before = launched.said()
    launched.process.send_signal(way)
    assert launched.process.wait(30) == 0
    assert launched.said() == before
    assert has_ended(tmp_path, port)

    with embedded_postgres.start(tmp_path / "postgres") as server:
        url = server.url("academics").replace("+psycopg", "")
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)


def test_a_killed_launcher_does_not_stand_in_the_way_of_the_next(
    launch: Launch, tmp_path: Path, port: int
) -> None:
    killed = launch().process
    left = json.loads((tmp_path / "running.json").read_text())["server_pid"]
    killed.kill()
    killed.wait()

    launch()
    assert json.loads((tmp_path / "running.json").read_text())["server_pid"] != left
    with urlopen(f"http://localhost:{port}/api/v1/health", timeout=10) as answer:
        assert answer.status == 200


def test_a_second_launcher_on_the_same_data_says_so(launch: Launch, tmp_path: Path, port: int) -> None:
    launch()
    second = subprocess.run(
        [sys.executable, "-m", "academics_app", "run"],
        cwd=PROJECT_ROOT,
        env={**os.environ, "DATA_DIR": str(tmp_path), "PORT": str(free_port()), "DATABASE_URL": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert second.stderr == f"Error: Academics already runs on {tmp_path}: http://localhost:{port}\n"


def test_a_web_server_that_dies_ends_the_launcher(launch: Launch, tmp_path: Path, port: int) -> None:
    launched = launch()
    os.kill(json.loads((tmp_path / "running.json").read_text())["server_pid"], signal.SIGTERM)
    assert launched.process.wait(30) == 1
    assert "ended by itself" in launched.said()
    assert has_ended(tmp_path, port)
