"""The product with its demo institute, served for real, and a Chromium to look at it."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import psycopg
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from academics_app.demo import DEMO_PASSWORD
from academics_app.launcher import migrations, server
from academics_app.launcher.frontend import Frontend

DATABASE = "academics_demo_screens"
CHROMIUM_ARGUMENTS = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"]

SignIn = Callable[..., Awaitable[Page]]


def chromium() -> str | None:
    """Where Chromium is; None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def demo_url(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with the demo institute."""
    if chromium() is None and not os.environ.get("CI"):
        pytest.skip("There is no Chromium on this machine")
    with psycopg.connect(migrations.libpq_url(database_url), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {DATABASE}")
    own_url = database_url.replace("/academics_test?", f"/{DATABASE}?")
    migrations.upgrade(own_url)
    data_dir = str(tmp_path_factory.mktemp("demo"))
    environment = {**os.environ, "DATABASE_URL": own_url, "DATA_DIR": data_dir}
    subprocess.run(
        [sys.executable, "-m", "academics_app", "demo"], env=environment, check=True, capture_output=True
    )
    Frontend().ensure_built()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log_file = tmp_path_factory.mktemp("server") / "server.log"
    with server.start(
        port=port, overrides={"DATABASE_URL": own_url, "DATA_DIR": data_dir}, log_file=log_file
    ) as web:
        yield web.url


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def new_context(
    browser: Browser, demo_url: str
) -> AsyncIterator[Callable[[], Awaitable[BrowserContext]]]:
    """A browser of its own; a script error in it fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    async def make() -> BrowserContext:
        context = await browser.new_context(viewport={"width": 1440, "height": 900}, base_url=demo_url)
        context.set_default_timeout(15000)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        await context.close()
    assert errors == []


@pytest.fixture
def sign_in(new_context: Callable[[], Awaitable[BrowserContext]]) -> SignIn:
    """Sign in through the form as one of the demo's people; the page that it leads to."""

    async def _sign_in(username: str, password: str = DEMO_PASSWORD, *, page: Page | None = None) -> Page:
        if page is None:
            page = await (await new_context()).new_page()
        await page.goto("/login")
        await page.get_by_label("User name or e-mail").fill(username)
        await page.get_by_label("Password").fill(password)
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_role("button", name="Account").wait_for()
        return page

    return _sign_in


async def settled(page: Page) -> None:
    """Wait until the page shows what it loads."""
    await page.wait_for_function(
        "() => document.querySelector('main h1') && !document.querySelector('main .skeleton, main [aria-busy=true]')"
    )
