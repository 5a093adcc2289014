"""One product for each data folder, also after a launcher was killed."""

import subprocess
import sys
from pathlib import Path

import pytest

from academics_app.launcher.errors import LaunchError
from academics_app.launcher.instance import Instance


@pytest.fixture
def sleeper():
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def test_a_second_launcher_is_told_where_the_first_one_serves(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    first = Instance(tmp_path)
    first.claim()
    with pytest.raises(LaunchError, match="already runs"):
        Instance(tmp_path).claim()

    first.note(url="http://localhost:8123", server_pid=sleeper.pid)
    with pytest.raises(LaunchError, match="http://localhost:8123"):
        Instance(tmp_path).claim()

    first.release()
    Instance(tmp_path).claim()
    assert sleeper.poll() is None


def test_the_server_of_a_killed_launcher_is_ended(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    killed = Instance(tmp_path)
    killed.claim()
    killed.note(url="http://localhost:8123", server_pid=sleeper.pid)
    note = (tmp_path / "running.json").read_text()
    killed.release()
    (tmp_path / "running.json").write_text(note)

    Instance(tmp_path).claim()
    assert sleeper.wait(5) != 0


def test_another_process_with_the_same_number_is_left_alone(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    (tmp_path / "running.json").write_text(f'{{"server_pid": {sleeper.pid}, "started": 1.5}}')
    Instance(tmp_path).claim()
    assert sleeper.poll() is None


@pytest.mark.parametrize("note", ["", "{", '{"server_pid": 4194304, "started": 1.5}'])
def test_a_broken_or_outdated_note_is_no_obstacle(tmp_path: Path, note: str) -> None:
    (tmp_path / "running.json").write_text(note)
    Instance(tmp_path).claim()
