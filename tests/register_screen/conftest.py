"""The real server on a database of its own, and a Chromium that has it open."""

import os
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from academics_app.launcher import migrations, server
from academics_app.launcher.frontend import Frontend
from tests.register_screen.classroom import Classroom, MakeClassroom, Person, make_classroom, sign_in_cookie
from tests.register_screen.screen import OpenRegister, Register

DATABASE = "academics_screens"
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@dataclass(frozen=True)
class Served:
    """The running product and its database."""

    url: str
    engine: AsyncEngine


def chromium() -> str | None:
    """Where Chromium is; None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def screens_url(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of the server and of its database."""
    if chromium() is None and not os.environ.get("CI"):
        pytest.skip("There is no Chromium on this machine")
    with psycopg.connect(migrations.libpq_url(database_url), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {DATABASE}")
    own_url = database_url.replace("/academics_test?", f"/{DATABASE}?")
    migrations.upgrade(own_url)
    Frontend().ensure_built()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log_file: Path = tmp_path_factory.mktemp("server") / "server.log"
    with server.start(port=port, overrides={"DATABASE_URL": own_url}, log_file=log_file) as web:
        yield web.url, own_url


@pytest.fixture(scope="session")
async def screens(screens_url: tuple[str, str]) -> AsyncIterator[Served]:
    engine = create_async_engine(screens_url[1])
    yield Served(url=screens_url[0], engine=engine)
    await engine.dispose()


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture
def classroom(screens: Served) -> MakeClassroom:
    """What makes a class whose session is open now."""

    async def make(**values: object) -> Classroom:
        return await make_classroom(screens.engine, **values)  # pyright: ignore[reportArgumentType]

    return make


@pytest.fixture
async def new_context(
    browser: Browser, screens: Served
) -> AsyncIterator[Callable[..., Awaitable[BrowserContext]]]:
    """A browser of its own, signed in as the person; a script error in it fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    async def make(
        person: Person | None = None, *, phone: bool = False, dark: bool = False
    ) -> BrowserContext:
        context = await browser.new_context(
            viewport=PHONE if phone else DESKTOP,  # pyright: ignore[reportArgumentType]
            has_touch=phone,
            is_mobile=phone,
            color_scheme="dark" if dark else "light",
            base_url=screens.url,
        )
        context.set_default_timeout(10000)
        contexts.append(context)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        if person is not None:
            cookie = await sign_in_cookie(screens.engine, person, screens.url)
            await context.add_cookies([cookie])  # pyright: ignore[reportArgumentType] - a TypedDict that is not exported
        return context

    yield make
    for context in contexts:
        await context.close()
    assert errors == []


@pytest.fixture
def open_register(new_context: Callable[..., Awaitable[BrowserContext]]) -> OpenRegister:
    """What opens a register as its teacher, in a browser of its own."""

    async def open_(
        room: Classroom,
        *,
        person: Person | None = None,
        page: Page | None = None,
        phone: bool = False,
        dark: bool = False,
    ) -> Register:
        if page is None:
            context = await new_context(person or room.teacher, phone=phone, dark=dark)
            page = await context.new_page()
        register = Register(page, room)
        await register.open()
        return register

    return open_
