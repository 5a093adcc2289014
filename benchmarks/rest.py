"""The three requests beside their floor, in turn: floor, product, floor, product, so that drift hits both alike."""

import pickle
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil
from starlette.types import ASGIApp

from academics_app.core import db
from academics_app.launcher import migrations
from benchmarks import servers
from benchmarks.capture import Unit, trace
from benchmarks.load import Measured, measure
from benchmarks.scenarios import Request, Scenario, prepare

CLIENTS = (1, 8, 32)
GOAL = 0.5
_ROUNDS = 2
_WARM_UP_SECONDS = 0.6


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table."""

    scenario: Scenario
    clients: int
    product: Measured
    floor: Measured
    product_cpu_ms: float
    floor_cpu_ms: float
    statements: int

    @property
    def ratio(self) -> float:
        return self.product.per_second / self.floor.per_second

    @property
    def is_good(self) -> bool:
        return self.ratio >= GOAL and self.statements <= self.scenario.most_statements


async def run(database_url: str, directory: Path, *, seconds: float, screens: bool, only: str) -> list[Line]:
    """Measure and print every line."""
    db.open_engine(database_url)
    scenarios = [each for each in await prepare() if only in ("", each.key)]
    traces = {
        scenario.key: [await _traced(request) for request in scenario.requests] for scenario in scenarios
    }
    await db.close_engine()
    traces_file = directory / "traces.pickle"
    plain = {
        key: [[(unit.is_transaction, unit.statements) for unit in units] for units in each]
        for key, each in traces.items()
    }
    traces_file.write_bytes(pickle.dumps(plain))
    _print_statements(traces)
    lines: list[Line] = []
    with (
        servers.product(database_url, directory / "product.log", screens=screens) as product,
        servers.floor(migrations.libpq_url(database_url), traces_file, directory / "floor.log") as floor,
    ):
        _print_heading()
        for scenario in scenarios:
            statements = max(sum(unit.count for unit in units) for units in traces[scenario.key])
            for clients in CLIENTS:
                line = await _compare(scenario, clients, product, floor, statements, seconds)
                _print_line(line)
                lines.append(line)
    return lines


def _print_statements(traces: dict[str, list[list[Unit]]]) -> None:
    """What one request of each kind executes."""
    for key, units in ((key, each[0]) for key, each in traces.items()):
        print(f"\n{key}: {sum(unit.count for unit in units)} statements")
        for unit in units:
            shown = [" ".join(statement.split())[:110] for statement, _ in unit.statements]
            for line in ["BEGIN", *shown, "COMMIT"] if unit.is_transaction else shown:
                print(f"    {line}")


_api: list[ASGIApp] = []


async def _traced(request: Request) -> list[Unit]:
    """The first one is sent twice, so that what the process reads once and keeps is not counted."""
    from academics_app.api.app import create_api

    if not _api:
        _api.append(create_api())
        await trace(_api[0], request)
    return await trace(_api[0], request)


async def _compare(
    scenario: Scenario,
    clients: int,
    product: tuple[int, int],
    floor: tuple[int, int],
    statements: int,
    seconds: float,
) -> Line:
    real = [request.encoded("localhost") for request in scenario.requests]
    bare = [
        Request("GET", f"/{scenario.key}/{number}", "").encoded("localhost")
        for number in range(len(scenario.requests))
    ]
    measured = {True: Measured([], 0), False: Measured([], 0)}
    cpu = {True: 0.0, False: 0.0}
    for (port, _), requests in ((floor, bare), (product, real)):
        await measure(port, requests, clients=clients, seconds=_WARM_UP_SECONDS)
    for _ in range(_ROUNDS):
        for is_product, (port, process_id), requests in ((False, floor, bare), (True, product, real)):
            before = _cpu_seconds(process_id)
            measured[is_product] += await measure(port, requests, clients=clients, seconds=seconds / _ROUNDS)
            cpu[is_product] += _cpu_seconds(process_id) - before
    per_request = {which: cpu[which] * 1000 / len(measured[which].latencies) for which in (True, False)}
    return Line(
        scenario, clients, measured[True], measured[False], per_request[True], per_request[False], statements
    )


def _cpu_seconds(process_id: int) -> float:
    processes = [psutil.Process(process_id), *psutil.Process(process_id).children(recursive=True)]
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def _print_heading() -> None:
    print(
        f"\n{'':34}{'clients':>8}{'req/s':>9}{'floor':>9}{'ratio':>7}{'median ms':>11}{'p95 ms':>8}"
        f"{'floor ms':>10}{'CPU ms':>8}{'floor':>7}{'SQL':>5}"
    )


def _print_line(line: Line) -> None:
    name = line.scenario.name if line.clients == CLIENTS[0] else ""
    print(
        f"{name:34}{line.clients:>8}{line.product.per_second:>9.0f}{line.floor.per_second:>9.0f}"
        f"{line.ratio:>7.2f}{line.product.median_ms:>11.1f}{line.product.p95_ms:>8.1f}"
        f"{line.floor.median_ms:>10.1f}{line.product_cpu_ms:>8.2f}{line.floor_cpu_ms:>7.2f}"
        f"{line.statements:>5}{'' if line.is_good else '   below the goal'}",
        flush=True,
    )
    sys.stdout.flush()
