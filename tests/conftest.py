"""The real PostgreSQL, one database for each process of a run; each test in a transaction that is rolled back."""

import atexit
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

_DATA_DIR = Path(tempfile.mkdtemp(prefix="academics-tests-"))
os.environ |= {"ENVIRONMENT": "test", "DATA_DIR": str(_DATA_DIR), "LOG_LEVEL": "warning", "DEMO": "false"}
for name in ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "SECRET_KEY"):
    os.environ.pop(name, None)

import httpx  # noqa: E402 - the settings above must be in place first
import pytest  # noqa: E402
from sqlalchemy import event, text  # noqa: E402
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession  # noqa: E402

from academics_app.accounts.authentication import Device, issue_pair, open_sign_in  # noqa: E402
from academics_app.accounts.models import User  # noqa: E402
from academics_app.core import db, embedded_postgres  # noqa: E402
from academics_app.core.actor import Door  # noqa: E402
from academics_app.core.logging import configure_logging  # noqa: E402
from academics_app.institute.service import forget_settings  # noqa: E402
from academics_app.launcher import migrations  # noqa: E402
from academics_app.models import metadata  # noqa: E402

configure_logging("warning")
atexit.register(shutil.rmtree, _DATA_DIR, ignore_errors=True)

SCREENS = ("chaos", "launcher", "register_screen", "ui/screens")
"""Folders whose tests start the whole product: one process runs them all, on one build, one server, one browser."""

Headers = dict[str, str]
SignIn = Callable[[User], Awaitable[Headers]]
CountQueries = Callable[[], AbstractContextManager[list[str]]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which tests stay together when `make test` shares them between two processes."""
    root = Path(__file__).parent
    for item in items:
        place = item.path.relative_to(root).as_posix()
        item.add_marker(pytest.mark.xdist_group("screens" if place.startswith(SCREENS) else place))


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """A migrated database on a server of this run's own."""
    server = embedded_postgres.start(_DATA_DIR / "postgres", fast=True)
    server.ensure_database("academics_test")
    url = server.url("academics_test")
    migrations.upgrade(url)
    yield url
    server.stop()
    shutil.rmtree(_DATA_DIR, ignore_errors=True)


@pytest.fixture(scope="session")
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """The process's engine, open for the run."""
    yield db.open_engine(database_url, pool_size=20)
    await db.close_engine()


@pytest.fixture
async def session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A session in a transaction that is rolled back; requests of `client` work in the same one."""
    forget_settings()
    async with engine.connect() as connection:
        outer = await connection.begin()
        with db.pinned_to(connection):
            async with db.transaction() as session:
                yield session
                await session.rollback()
        await outer.rollback()
    forget_settings()


@pytest.fixture
async def committed(engine: AsyncEngine) -> AsyncIterator[None]:
    """For tests that need real commits from several connections: every table is emptied afterwards."""
    forget_settings()
    yield
    tables = ", ".join(f'"{table.name}"' for table in metadata.tables.values())
    async with engine.begin() as connection:
        await connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
    forget_settings()


@pytest.fixture(scope="session")
def api() -> "object":
    """The API app without the screens."""
    from academics_app.api.app import create_api

    return create_api()


@pytest.fixture
async def client(api: object) -> AsyncIterator[httpx.AsyncClient]:
    """Requests to the API app in this process."""
    transport = httpx.ASGITransport(app=api, raise_app_exceptions=False)  # pyright: ignore[reportArgumentType]
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


@pytest.fixture
def sign_in(session: AsyncSession) -> SignIn:
    """Sign a user in; the headers of a bearer of an access token."""

    async def _sign_in(user: User) -> Headers:
        signed_in = await open_sign_in(session, user=user, device=Device(Door.REST))
        pair = issue_pair(signed_in)
        await session.flush()
        return {"Authorization": f"Bearer {pair.access_token}"}

    return _sign_in


@pytest.fixture
def count_queries(engine: AsyncEngine) -> CountQueries:
    """A context manager whose list collects what is sent to PostgreSQL, savepoints left out."""

    @contextmanager
    def _count() -> Iterator[list[str]]:
        statements: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK TO")):
                statements.append(statement)

        event.listen(engine.sync_engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            event.remove(engine.sync_engine, "before_cursor_execute", note)

    return _count
