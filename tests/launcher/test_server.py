"""The web server's command, its port, and a start that fails."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from academics_app.launcher import server
from academics_app.launcher.errors import LaunchError
from tests.launcher.ports import free_port


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_taken_port_is_refused_with_the_way_out(taken_port: int) -> None:
    with pytest.raises(LaunchError, match=rf"Port {taken_port} .* in use\..* PORT={taken_port + 1} make run"):
        server.require_free_port("127.0.0.1", taken_port)


def test_a_free_port_is_not(taken_port: int) -> None:
    server.require_free_port("127.0.0.1", free_port())


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(LaunchError, match=r"192\.0\.2\.1"):
        server.require_free_port("192.0.2.1", free_port())


def test_the_server_serves_the_build_and_needs_no_node() -> None:
    variables = server.environment({"DATABASE_URL": "postgresql://db/academics"})
    assert variables["__REFLEX_SKIP_COMPILE"] == "true"
    assert variables["__REFLEX_MOUNT_FRONTEND_COMPILED_APP"] == "true"
    assert variables["DATABASE_URL"] == "postgresql://db/academics"


def test_a_server_that_ends_while_starting_is_reported_soon(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="ended while starting"):
        server.start(
            port=free_port(),
            overrides={"ENVIRONMENT": "moonlight"},
            log_file=tmp_path / "server.log",
            patience=30,
        )
    assert "moonlight" in (tmp_path / "server.log").read_text()


def test_a_server_that_never_answers_is_given_up_and_ended(tmp_path: Path) -> None:
    port = free_port()
    with pytest.raises(LaunchError, match="did not answer"):
        server.start(port=port, log_file=tmp_path / "server.log", patience=0.2)
    server.require_free_port("127.0.0.1", port)
