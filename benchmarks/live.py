"""Live: two hundred tabs on one register, a mark by REST, and when the last of them has it; memory and leaks."""

import asyncio
import http.client
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

import httpx
import psutil
from sqlalchemy import text

from academics_app.accounts.authentication import (
    SCREEN_COOKIE,
    Device,
    issue_pair,
    issue_screen_cookie,
    open_sign_in,
)
from academics_app.accounts.models import User
from academics_app.core import db
from academics_app.core.actor import Door
from academics_app.launcher import server
from academics_app.launcher.frontend import Frontend
from benchmarks import servers
from benchmarks.wire import Tab, open_tab

WATCHERS = 200
ROUNDS = 20
CONNECTS = 1_000
GOAL_MS = 150.0
GOAL_MB = 0.3
_WARM_UP_TABS = 20
_AT_ONCE = 25
_MEGABYTE = 1024 * 1024
_TASKS_OF_AN_EMPTY_SERVER = 10
_LOADED = b"student_id"
"""In the register's JSON only: a tab that received it shows the register."""

_REGISTER = """
SELECT s.id, u.id AS user_id, min(a.student_id) AS student_id
FROM learning_session s
JOIN attendance a ON a.session_id = s.id
JOIN user_account u ON u.faculty_id = s.faculty_id
WHERE s.register_taken_at IS NOT NULL AND s.substitute_for_id IS NULL
GROUP BY s.id, u.id HAVING count(*) = 30 ORDER BY s.starts_at DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Watched:
    """The register that is watched, and who watches it."""

    session_id: int
    student_id: int
    token: str
    cookie: str

    @property
    def path(self) -> str:
        return f"/sessions/{self.session_id}/register"


@dataclass(frozen=True, slots=True)
class Live:
    """What came out."""

    last_ms: list[float]
    middle_ms: list[float]
    connect_seconds: float
    megabytes_each: float
    leaked_watchers: int
    leaked_tasks: int
    kilobytes_each_reconnect: float
    kilobytes_each_new_tab: float

    @property
    def is_good(self) -> bool:
        return (
            median(self.last_ms) <= GOAL_MS and self.megabytes_each <= GOAL_MB and self.leaked_watchers <= 0
        )


async def run(database_url: str, directory: Path) -> Live:
    """Measure and print."""
    db.open_engine(database_url)
    watched = await _sign_in()
    await db.close_engine()
    Frontend().ensure_built()
    with _observed_server(database_url, directory / "live.log") as (port, process_id):
        found = await _measure(watched, port, process_id)
    _print(found)
    return found


def observed() -> Any:
    """For granian: the product, with one more address that tells what its process holds."""
    import gc

    from academics_app.academics_app import app
    from academics_app.core import live

    product = app()

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != "/benchmark":
            await product(scope, receive, send)
            return
        gc.collect()
        held = {"watchers": live.bus().watcher_count(), "tasks": len(asyncio.all_tasks())}
        body = json.dumps(held).encode()
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return asgi


async def _measure(watched: Watched, port: int, process_id: int) -> Live:
    worker = _worker(process_id)
    warm = await _open(watched, port, _WARM_UP_TABS)
    await _settled(warm)
    await asyncio.gather(*(tab.close() for tab in warm))
    baseline = await _at_rest(port, tasks=_TASKS_OF_AN_EMPTY_SERVER, patience=60)

    before = worker.memory_info().rss
    began = time.perf_counter()
    tabs = await _open(watched, port, WATCHERS)
    connect_seconds = time.perf_counter() - began
    await _settled(tabs)
    megabytes_each = (worker.memory_info().rss - before) / WATCHERS / _MEGABYTE
    last_ms, middle_ms = await _mark_and_watch(watched, port, tabs)
    await asyncio.gather(*(tab.close() for tab in tabs))
    await _at_rest(port)

    tokens = [str(uuid4()) for _ in range(_AT_ONCE)]
    await _come_and_go(watched, port, tokens * 4)
    before = worker.memory_info().rss
    await _come_and_go(watched, port, tokens * (CONNECTS // _AT_ONCE))
    reconnect = (worker.memory_info().rss - before) / CONNECTS / 1024
    before = worker.memory_info().rss
    await _come_and_go(watched, port, [str(uuid4()) for _ in range(WATCHERS)])
    new_tab = (worker.memory_info().rss - before) / WATCHERS / 1024
    rest = await _at_rest(port, tasks=baseline["tasks"], patience=60)
    return Live(
        last_ms,
        middle_ms,
        connect_seconds,
        megabytes_each,
        rest["watchers"] - baseline["watchers"],
        rest["tasks"] - baseline["tasks"],
        reconnect,
        new_tab,
    )


async def _mark_and_watch(watched: Watched, port: int, tabs: list[Tab]) -> tuple[list[float], list[float]]:
    """Milliseconds from the request to the last and to the middle tab, for each mark."""
    last: list[float] = []
    middle: list[float] = []
    url = f"http://127.0.0.1:{port}/api/v1/attendance/session/{watched.session_id}"
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {watched.token}"}) as client:
        for number in range(ROUNDS + 2):
            note = f"live-{uuid4().hex[:8]}"
            seen = [tab.expect(note.encode()) for tab in tabs]
            mark = {
                "student_id": watched.student_id,
                "status": "absent" if number % 2 else "present",
                "note": note,
            }
            began = time.perf_counter()
            answer = await client.post(url, json=mark)
            answer.raise_for_status()
            async with asyncio.timeout(30):
                moments = sorted(await asyncio.gather(*seen))
            if number >= 2:
                last.append((moments[-1] - began) * 1000)
                middle.append((moments[len(moments) // 2] - began) * 1000)
            await _settled(tabs, quiet=0.2)
    return last, middle


async def _open(watched: Watched, port: int, count: int, tokens: list[str] | None = None) -> list[Tab]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int) -> Tab:
        async with gate:
            return await open_tab(
                port,
                watched.path,
                {"session_id": str(watched.session_id)},
                watched.cookie,
                token=tokens[number] if tokens else None,
                awaited=_LOADED,
            )

    return await asyncio.gather(*map(one, range(count)))


async def _come_and_go(watched: Watched, port: int, tokens: list[str]) -> None:
    """Each token once: open, wait for the register, leave; never the same token twice at a time."""
    for start in range(0, len(tokens), _AT_ONCE):
        some = tokens[start : start + _AT_ONCE]
        tabs = await _open(watched, port, len(some), some)
        await asyncio.gather(*(tab.close() for tab in tabs))
        await _at_rest(port, patience=5)


async def _settled(tabs: list[Tab], quiet: float = 1.0) -> None:
    """Until no tab has heard anything for a while."""
    deadline = time.perf_counter() + 60
    while time.perf_counter() < deadline:
        silence = time.perf_counter() - max(tab.last_heard for tab in tabs)
        if silence >= quiet:
            return
        await asyncio.sleep(quiet - silence + 0.01)


async def _at_rest(port: int, patience: float = 20, tasks: int | None = None) -> dict[str, int]:
    """What the server holds once no tab is watched for any more, or when patience ends.

    With `tasks`, also once no more of them are left: engine.io's own ones sleep through half a minute.
    """
    deadline = time.monotonic() + patience
    while True:
        held = await asyncio.to_thread(_held, port)
        is_at_rest = held["watchers"] == 0 and (tasks is None or held["tasks"] <= tasks)
        if is_at_rest or time.monotonic() > deadline:
            return held
        await asyncio.sleep(0.1 if tasks is None else 1)


def _held(port: int) -> dict[str, int]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/benchmark")
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


async def _sign_in() -> Watched:
    async with db.transaction() as session:
        row = (await session.execute(text(_REGISTER))).one()
        user = await session.get_one(User, row.user_id)
        token = issue_pair(await open_sign_in(session, user=user, device=Device(Door.REST))).access_token
        cookie = issue_screen_cookie(await open_sign_in(session, user=user, device=Device(Door.SCREEN)))
    return Watched(row.id, row.student_id, token, f"{SCREEN_COOKIE}={cookie}")


def _worker(process_id: int) -> psutil.Process:
    """The process that serves, which granian's own one has started."""
    master = psutil.Process(process_id)
    return max([master, *master.children(recursive=True)], key=lambda process: process.memory_info().rss)


@contextmanager
def _observed_server(database_url: str, log_file: Path) -> Iterator[tuple[int, int]]:
    port = servers.free_port()
    variables = server.environment({"DATABASE_URL": database_url, "HOST": "127.0.0.1", "PORT": str(port)})
    with servers.granian("benchmarks.live:observed", port, variables, log_file) as process_id:
        yield port, process_id


def _print(found: Live) -> None:
    last = sorted(found.last_ms)
    print(f"\n{WATCHERS} tabs on one register, one mark by REST, {ROUNDS} times")
    print(
        f"  last tab updated after     median {median(last):6.1f} ms   slowest {last[-1]:6.1f} ms   goal {GOAL_MS:.0f} ms"
    )
    print(f"  middle tab updated after   median {median(found.middle_ms):6.1f} ms")
    print(f"  all connected in           {found.connect_seconds:.1f} s")
    print(f"  memory for each            {found.megabytes_each:.2f} MB   goal {GOAL_MB} MB")
    print(
        f"  after {CONNECTS:,} connects      {found.leaked_watchers} watchers and {found.leaked_tasks} tasks too many"
    )
    print(
        f"  memory kept                {found.kilobytes_each_reconnect:.1f} kB for each return of a known tab, "
        f"{found.kilobytes_each_new_tab:.0f} kB for each new one until its state expires"
    )
