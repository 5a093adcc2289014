"""What the terminal shows."""

import io

import pytest

from academics_app.launcher.console import Console


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_finished_step_is_one_line() -> None:
    output = io.StringIO()
    console = Console(output)
    with console.step("Front end") as step:
        step.outcome = "built"
    with console.step("Database") as step:
        step.outcome, step.timed = "unchanged", False
    assert output.getvalue() == "  Front end         built in 0.0 s\n  Database          unchanged\n"


def test_a_step_that_failed_claims_nothing() -> None:
    output = io.StringIO()
    with pytest.raises(ValueError, match="broken"), Console(output).step("Front end"):
        raise ValueError("broken")
    assert output.getvalue() == ""


def test_a_terminal_shows_what_is_under_way_until_it_is_done() -> None:
    output = Terminal()
    console = Console(output)
    with console.step("Tables"):
        with console.step("Front end"):
            pass
        assert output.getvalue().endswith("\r\x1b[K  … tables")
    assert output.getvalue().splitlines()[-1].endswith("Tables            done in 0.0 s")
