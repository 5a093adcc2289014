"""The command line: what it offers, and how it refuses."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from academics_app.cli import main
from academics_app.core import embedded_postgres
from academics_app.core.config import PROJECT_ROOT, get_settings

COMMANDS = [
    ["run"], ["serve"], ["build"], ["migrate"], ["makemigration"], ["demo"], ["import"], ["import", "oneroster"],
    ["create-admin"], ["reset"], ["version"],
]  # fmt: skip


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    directory = tmp_path / "data"
    monkeypatch.setenv("DATA_DIR", str(directory))
    monkeypatch.setenv("DATABASE_URL", "")
    get_settings.cache_clear()
    yield directory
    get_settings.cache_clear()


def test_the_help_names_every_command() -> None:
    listed = CliRunner().invoke(main, ["--help"]).output
    assert [name for name, *_ in COMMANDS if name not in listed] == []


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_each_command_explains_itself(command: list[str]) -> None:
    result = CliRunner().invoke(main, [*command, "--help"])
    assert result.exit_code == 0
    explanation = result.output.splitlines()[2].strip()
    assert explanation[:1].isupper()


def test_the_version_is_printed() -> None:
    assert CliRunner().invoke(main, ["version"]).output.startswith("academics ")


def test_a_wrong_setting_is_a_sentence(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    monkeypatch.setenv("PORT", "eighty")
    result = CliRunner().invoke(main, ["reset", "--yes"])
    assert result.exit_code == 1
    assert result.output.startswith("Error: PORT ")
    assert "Traceback" not in result.output


def test_a_wrong_combination_of_settings_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    monkeypatch.setenv("WEB_WORKERS", "2")
    monkeypatch.setenv("REDIS_URL", "")
    result = CliRunner().invoke(main, ["reset", "--yes"])
    assert result.output.startswith("Error: WEB_WORKERS above 1 needs REDIS_URL")


def test_the_supervising_process_stays_small() -> None:
    """Reflex, pandas, SQLAlchemy and Alembic would cost every start seconds and 100 MB."""
    script = (
        "import sys, academics_app.cli, academics_app.launcher.supervisor\n"
        "print(sorted({'reflex', 'pandas', 'sqlalchemy', 'alembic', 'fastapi'} & set(sys.modules)))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    assert loaded.stdout == "[]\n"


def test_migrate_works_on_the_embedded_database_and_stops_it(data_dir: Path) -> None:
    result = CliRunner().invoke(main, ["migrate"])
    assert result.exit_code == 0, result.output
    assert "brought up to date" in result.output
    assert not embedded_postgres.is_running(data_dir / "postgres")
    assert "brought" not in CliRunner().invoke(main, ["migrate"]).output


def test_reset_deletes_our_data_after_a_yes(data_dir: Path) -> None:
    embedded_postgres.start(data_dir / "postgres", fast=True).stop()

    refused = CliRunner().invoke(main, ["reset"], input="n\n")
    assert refused.exit_code == 1
    assert (data_dir / "postgres").exists()

    assert CliRunner().invoke(main, ["reset"], input="y\n").exit_code == 0
    assert not data_dir.exists()


def test_reset_leaves_a_folder_of_something_else(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "thesis.txt").write_text("years of work")
    result = CliRunner().invoke(main, ["reset", "--yes"])
    assert result.exit_code == 1
    assert "nothing was deleted" in result.output
    assert (data_dir / "thesis.txt").exists()


@pytest.mark.parametrize("directory", [PROJECT_ROOT, PROJECT_ROOT.parent, Path.home()])
def test_reset_never_deletes_more_than_data(
    directory: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(directory))
    result = CliRunner().invoke(main, ["reset", "--yes"])
    assert result.exit_code == 1
    assert directory.exists()


def test_reset_does_not_pull_the_database_from_under_a_command(data_dir: Path) -> None:
    with embedded_postgres.start(data_dir / "postgres", fast=True):
        result = CliRunner().invoke(main, ["reset", "--yes"])
        assert result.exit_code == 1
        assert "Another command" in result.output
        assert embedded_postgres.is_running(data_dir / "postgres")


def test_serving_without_a_build_says_how_to_make_one(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("academics_app.launcher.frontend.Frontend.is_current", lambda _frontend: False)
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/academics")
    result = CliRunner().invoke(main, ["serve"])
    assert result.exit_code == 1
    assert "python -m academics_app build" in result.output


def test_a_database_that_cannot_be_reached_is_a_sentence(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/academics")
    result = CliRunner().invoke(main, ["migrate"])
    assert result.exit_code == 1
    assert result.output.startswith("Error: The database cannot be reached")
