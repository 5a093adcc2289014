"""The embedded server, for real: started, joined, left running by a killed process, and stopped."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from academics_app.core import embedded_postgres
from academics_app.core.config import PROJECT_ROOT
from academics_app.core.embedded_postgres import EmbeddedPostgresError, EmbeddedServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    with embedded_postgres.start(tmp_path_factory.mktemp("cluster") / "postgres") as running:
        yield running


def ask(server: EmbeddedServer, query: str, database: str = "postgres") -> object:
    url = server.url(database).replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def postmaster(directory: Path) -> psutil.Process:
    return psutil.Process(int((directory / "postmaster.pid").read_text().split()[0]))


async def test_sqlalchemy_reaches_it_asynchronously(server: EmbeddedServer) -> None:
    engine = create_async_engine(server.url("postgres"))
    async with engine.connect() as connection:
        version = await connection.scalar(text("SHOW server_version_num"))
    await engine.dispose()
    assert int(version) >= 150_000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fsync", "on"), ("synchronous_commit", "on"), ("full_page_writes", "on"), ("jit", "off"),
        ("TimeZone", "UTC"), ("max_connections", "200"), ("shared_buffers", "256MB"), ("listen_addresses", ""),
    ],
)  # fmt: skip
def test_it_runs_with_our_settings(server: EmbeddedServer, name: str, value: str) -> None:
    assert ask(server, f"SHOW {name}") == value


@pytest.mark.parametrize("extension", ["pg_trgm", "unaccent", "btree_gist", "citext"])
def test_the_extensions_are_there(server: EmbeddedServer, extension: str) -> None:
    ask(server, f"CREATE EXTENSION IF NOT EXISTS {extension}")
    assert ask(server, f"SELECT extname FROM pg_extension WHERE extname = '{extension}'") == extension


def test_a_database_is_created_once_under_any_name(server: EmbeddedServer) -> None:
    assert server.ensure_database('odd "name" %')
    assert not server.ensure_database('odd "name" %')
    assert ask(server, "SELECT current_database()", 'odd "name" %') == 'odd "name" %'


def test_nobody_else_on_the_machine_gets_in(server: EmbeddedServer) -> None:
    directory = Path(str(ask(server, "SHOW data_directory")))
    assert directory.stat().st_mode & 0o077 == 0
    assert Path(str(ask(server, "SHOW unix_socket_directories"))) == directory


def test_data_survive_a_stop_and_a_start(tmp_path: Path) -> None:
    directory = tmp_path / "postgres"
    with embedded_postgres.start(directory, fast=True) as first:
        ask(first, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert not embedded_postgres.is_running(directory)

    with embedded_postgres.start(directory, fast=True) as second:
        assert ask(second, "SELECT answer FROM kept") == 42
        assert ask(second, "SHOW fsync") == "off"


def test_the_last_one_to_leave_stops_it(tmp_path: Path) -> None:
    directory = tmp_path / "postgres"
    one = embedded_postgres.start(directory, fast=True)
    other = embedded_postgres.start(directory, fast=True)

    one.stop()
    assert ask(other, "SELECT 1") == 1
    other.stop()
    assert not embedded_postgres.is_running(directory)


def test_a_server_that_a_killed_process_left_running_is_joined(tmp_path: Path) -> None:
    directory = tmp_path / "postgres"
    script = (
        "import os, pathlib, signal\n"
        "from academics_app.core import embedded_postgres\n"
        f"embedded_postgres.start(pathlib.Path({str(directory)!r}), fast=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=PROJECT_ROOT, check=False)
    left = postmaster(directory)

    with embedded_postgres.start(directory, fast=True) as server:
        assert postmaster(directory) == left
        assert ask(server, "SELECT 1") == 1
    assert not embedded_postgres.is_running(directory)


def test_a_killed_server_recovers(tmp_path: Path) -> None:
    directory = tmp_path / "postgres"
    with embedded_postgres.start(directory) as server:
        ask(server, "CREATE TABLE kept AS SELECT 42 AS answer")
        killed = postmaster(directory)
        killed.kill()
        while killed.is_running() and killed.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        with embedded_postgres.start(directory) as again:
            assert ask(again, "SELECT answer FROM kept") == 42


def test_a_crash_of_the_machine_leaves_no_obstacle(tmp_path: Path) -> None:
    directory = tmp_path / "postgres"
    embedded_postgres.start(directory, fast=True).stop()
    # After the crash another program has the number that the server had.
    (directory / "postmaster.pid").write_text(
        f"{os.getpid()}\n{directory}\n0\n5432\n{directory}\n\n0 0\nready\n"
    )

    with embedded_postgres.start(directory, fast=True) as server:
        assert ask(server, "SELECT 1") == 1


def test_a_first_start_that_was_interrupted_begins_again(tmp_path: Path) -> None:
    half_made = tmp_path / "postgres.new"
    half_made.mkdir()
    (half_made / "PG_VERSION").write_text("18\n")

    with embedded_postgres.start(tmp_path / "postgres", fast=True) as server:
        assert ask(server, "SELECT 1") == 1


def test_a_path_too_long_for_a_socket_works(tmp_path: Path) -> None:
    directory = tmp_path / ("long" * 25) / "postgres"
    with embedded_postgres.start(directory, fast=True) as server:
        sockets = Path(str(ask(server, "SHOW unix_socket_directories")))
        assert sockets != directory
        assert sockets.stat().st_mode & 0o077 == 0
    sockets.rmdir()


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "thesis.txt").write_text("years of work")

    with pytest.raises(EmbeddedPostgresError, match="not PostgreSQL"):
        embedded_postgres.start(tmp_path / "postgres", fast=True)

    assert (tmp_path / "postgres" / "thesis.txt").read_text() == "years of work"


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    directory = tmp_path / "postgres"
    embedded_postgres.start(directory, fast=True).stop()
    with (directory / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_setting = 1\n")

    with pytest.raises(EmbeddedPostgresError, match="no_such_setting"):
        embedded_postgres.start(directory, fast=True)
