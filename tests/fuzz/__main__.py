"""`make fuzz`: schemathesis over the whole REST API, as nobody and signed in as each role.

    make fuzz ARGS="--seed 7 --caller admin"

Nothing is left out: a caller whose account a request has closed is put back and signed in again before the next one.
Every caller meets the same new institute, in a database of its own.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from tests.fuzz.server import CALLERS, TOKEN_PATH, Server, serving

_HERE = Path(__file__).parent
LEAST_CASES = 3000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one caller's run."""

    caller: str
    operations: int
    cases: int
    requests: int
    failures: int
    seconds: float
    is_cut: bool
    """Whether the time ran out before every random case was made."""
    told: str


def fuzz(server: Server, caller: str, *, seed: int, examples: int, seconds: int, only: str = "") -> Outcome:
    """One caller's run."""
    server.become(caller)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        started = time.monotonic()
        command = [
            str(Path(sys.executable).with_name("st")),
            f"--config-file={_HERE / 'schemathesis.toml'}",
            "run",
            f"{server.url}/api/openapi.json",
            f"--seed={seed}",
            f"--max-examples={examples}",
            f"--max-time={seconds}",
            f"--report-json-path={report}",
            "--generation-database=none",
            "--suppress-health-check=all",
            "--warnings=off",
            "--no-shrink",
            "--no-color",
            "--continue-on-failure",
            *([f"--include-path-regex={only}"] if only else []),
        ]
        environment = os.environ | {
            "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks",
            "FUZZ_CALLER": caller,
            "FUZZ_TOKENS": server.url + TOKEN_PATH,
            "PYTHONPATH": str(_HERE.parents[1]),
        }
        done = subprocess.run(
            command, cwd=_HERE.parents[1], env=environment, capture_output=True, text=True, check=False
        )
        took = time.monotonic() - started
        if not report.exists():
            raise click.ClickException(f"schemathesis did not run:\n{done.stdout}{done.stderr}")
        found: dict[str, Any] = json.loads(report.read_text())
    return Outcome(
        caller=caller,
        operations=found["operations"]["tested"],
        cases=found["test_cases"]["generated"],
        requests=server.requests,
        failures=found["test_cases"]["unique_failures"] + len(found["errors"]),
        seconds=took,
        is_cut=found["stop_reason"] == "max_time",
        told=done.stdout + done.stderr,
    )


def table(outcomes: list[Outcome]) -> str:
    """A line for each caller, and their sum."""
    lines = [f"{'caller':<12}{'operations':>12}{'cases':>8}{'requests':>10}{'failures':>10}{'seconds':>9}"]
    for each in outcomes:
        cut = "  (out of time)" if each.is_cut else ""
        lines.append(
            f"{each.caller:<12}{each.operations:>12}{each.cases:>8,}{each.requests:>10,}{each.failures:>10}"
            f"{each.seconds:>9.0f}{cut}"
        )
    cases, requests = sum(each.cases for each in outcomes), sum(each.requests for each in outcomes)
    failures, seconds = sum(each.failures for each in outcomes), sum(each.seconds for each in outcomes)
    lines.append(f"{'together':<24}{cases:>8,}{requests:>10,}{failures:>10}{seconds:>9.0f}")
    return "\n".join(lines)


@click.command()
@click.option("--seed", default=20261123, show_default=True)
@click.option("--examples", default=4, show_default=True, help="Random cases for each operation and caller.")
@click.option("--seconds", default=90, show_default=True, help="At most so long for each caller.")
@click.option("--caller", "callers", multiple=True, type=click.Choice(CALLERS), help="Only these.")
@click.option("--only", default="", help="Only paths that match this regular expression.")
def main(*, seed: int, examples: int, seconds: int, callers: tuple[str, ...], only: str) -> None:
    """Fuzz the REST API as each role; ends with 1 when anything was found."""
    click.echo(f"seed {seed}")
    outcomes: list[Outcome] = []
    with serving() as server:
        for caller in callers or CALLERS:
            click.echo(f"  {caller} …", err=True)
            outcome = fuzz(server, caller, seed=seed, examples=examples, seconds=seconds, only=only)
            outcomes.append(outcome)
            if outcome.failures:
                click.echo(f"\n{caller}\n{outcome.told}")
    click.echo(table(outcomes))
    is_whole = not callers and not only
    if is_whole and sum(each.cases for each in outcomes) < LEAST_CASES:
        raise click.ClickException(f"Fewer than {LEAST_CASES:,} cases were made.")
    sys.exit(any(each.failures for each in outcomes))


if __name__ == "__main__":
    main()
