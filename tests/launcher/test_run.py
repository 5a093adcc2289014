"""`python -m academics_app run` as a person has it: started, stopped, started again, killed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import psycopg
import pytest

from academics_app.core import embedded_postgres
from academics_app.core.config import PROJECT_ROOT
from academics_app.launcher.frontend import Frontend
from academics_app.launcher.server import require_free_port
from tests.launcher.ports import free_port

Launch = Callable[[], subprocess.Popen[str]]


@pytest.fixture(scope="module", autouse=True)
def build() -> None:
    Frontend().ensure_built()


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def launch(tmp_path: Path, port: int) -> Iterator[Launch]:
    """Starts the launcher on a data folder of the test's own and waits until it says where it serves."""
    launched: list[subprocess.Popen[str]] = []
    settings = {"DATA_DIR": str(tmp_path), "PORT": str(port), "DATABASE_URL": "", "PUBLIC_URL": "", "DEMO": "false"}

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "academics_app", "run"],
            cwd=PROJECT_ROOT,
            env={**os.environ, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        launched.append(process)
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if "Academics runs at" in line:
                return process
        pytest.fail(f"It did not start:\n{said}")

    yield start
    for process in launched:
        process.terminate()
        process.communicate(timeout=30)


def has_ended(tmp_path: Path, port: int) -> bool:
    require_free_port("127.0.0.1", port)
    return not embedded_postgres.is_running(tmp_path / "postgres")


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_and_stops_without_a_trace_but_the_data(
    launch: Launch, tmp_path: Path, port: int, way: signal.Signals
) -> None:
    process = launch()
    for path in ("/api/v1/health", "/"):
        with urlopen(f"http://localhost:{port}{path}", timeout=10) as answer:
            assert answer.status == 200

    process.send_signal(way)
    rest, _ = process.communicate(timeout=30)
    assert (process.returncode, rest.strip()) == (0, "")
    assert has_ended(tmp_path, port)

    with embedded_postgres.start(tmp_path / "postgres") as server:
        url = server.url("academics").replace("+psycopg", "")
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)


def test_a_killed_launcher_does_not_stand_in_the_way_of_the_next(
    launch: Launch, tmp_path: Path, port: int
) -> None:
    killed = launch()
    left = json.loads((tmp_path / "running.json").read_text())["server_pid"]
    killed.kill()
    killed.communicate()

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
    process = launch()
    os.kill(json.loads((tmp_path / "running.json").read_text())["server_pid"], signal.SIGTERM)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "ended by itself" in output
    assert has_ended(tmp_path, port)
