"""What chaos needs: a database of its own, and a server that can be killed and started again."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from playwright.async_api import Browser, async_playwright
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from academics_app.core.config import PROJECT_ROOT
from academics_app.launcher import migrations, server
from academics_app.launcher.frontend import Frontend
from tests.chaos.network import Network
from tests.launcher.ports import free_port
from tests.register_screen.conftest import chromium

_DATABASE = "academics_chaos"
_AWAKE = (
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
)


@dataclass(slots=True)
class MortalServer:
    """The product's server; `kill()` is SIGKILL to the whole process group."""

    database_url: str
    network: Network
    log_file: Path
    kills: int = 0
    _running: server.WebServer | None = None

    async def start(self) -> None:
        """Start it on the port that the network leads to."""
        overrides = {
            "DATABASE_URL": self.database_url,
            "PUBLIC_URL": f"http://localhost:{self.network.port}",
        }
        self._running = await asyncio.to_thread(
            server.start, port=self.network.upstream, overrides=overrides, log_file=self.log_file
        )

    async def kill(self) -> None:
        """End it as a crash would, whatever it is doing."""
        if self._running is not None:
            await asyncio.to_thread(self._running.kill)
            self._running = None
            self.kills += 1

    async def stop(self) -> None:
        """End it in order."""
        if self._running is not None:
            await asyncio.to_thread(self._running.stop)


@pytest.fixture
async def chaos_engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """A database of its own, since a server in another process works on it."""
    if chromium() is None and not os.environ.get("CI"):
        pytest.skip("There is no Chromium on this machine")
    with psycopg.connect(migrations.libpq_url(database_url), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {_DATABASE} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {_DATABASE}")
    own_url = database_url.replace("/academics_test?", f"/{_DATABASE}?")
    migrations.upgrade(own_url)
    engine = create_async_engine(own_url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    """The network, good until the test makes it bad."""
    network = Network(files=PROJECT_ROOT / "assets", upstream=free_port())
    await network.start()
    yield network
    await network.stop()


@pytest.fixture
async def mortal_server(
    chaos_engine: AsyncEngine, network: Network, tmp_path: Path
) -> AsyncIterator[MortalServer]:
    """The real server, running."""
    Frontend().ensure_built()
    url = chaos_engine.url.render_as_string(hide_password=False)
    mortal = MortalServer(url, network, tmp_path / "server.log")
    await mortal.start()
    yield mortal
    await mortal.stop()


@pytest.fixture
async def chaos_browser() -> AsyncIterator[Browser]:
    """A Chromium whose many windows are all awake."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", *_AWAKE])
        yield browser
        await browser.close()
