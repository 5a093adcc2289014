"""No screen has a violation that axe knows of: wide and narrow, light and dark."""

from collections.abc import Awaitable, Callable

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, Page

from tests.ui.screens.conftest import SignIn, settled

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

pytestmark = pytest.mark.timeout(600)

SCREENS = [
    ("admin", "/overview"),
    ("admin", "/users"),
    ("admin", "/account"),
    ("admin", "/students"),
    ("admin", "/batches"),
    ("admin", "/timetable"),
    ("admin", "/timetable?day=2026-11-24"),
    ("admin", "/terms"),
    ("admin", "/account/calendar"),
    ("admin", "/faculty"),
    ("admin", "/subjects"),
    ("admin", "/import"),
    ("admin", "/settings"),
    ("admin", "/attendance/checks"),
    ("admin", "/attendance/absenteeism"),
    ("admin", "/absences"),
    ("faculty", "/absences"),
    ("counselor", "/absences"),
    ("guardian", "/absences"),
    ("student", "/absences?new=1"),
    ("faculty", "/today"),
    ("faculty", "/timetable"),
    ("counselor", "/students"),
    ("student", "/home"),
    ("student", "/check-in"),
    ("admin", "/attendance/kiosks"),
    ("admin", "/attendance"),
    ("admin", "/attendance?days=365"),
    ("admin", "/attendance/corrections"),
    ("faculty", "/attendance"),
    ("faculty", "/attendance/corrections"),
    ("guardian", "/home"),
    ("guardian", "/timetable"),
    ("guardian", "/account/calendar"),
]


async def _violations(page: Page) -> list[str]:
    found = await Axe().run(page)
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found.response["violations"]]


async def _check_all_looks(page: Page) -> None:
    found: dict[str, list[str]] = {}
    for theme in ("light", "dark"):
        await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        await page.reload()
        await settled(page)
        for size_name, size in (("wide", DESKTOP), ("narrow", PHONE)):
            await page.set_viewport_size(size)  # pyright: ignore[reportArgumentType] - a TypedDict that is not exported
            found[f"{size_name} {theme}"] = await _violations(page)
    assert {look: violations for look, violations in found.items() if violations} == {}


@pytest.mark.parametrize(("role", "path"), SCREENS, ids=lambda value: value.strip("/"))
async def test_screen(sign_in: SignIn, role: str, path: str) -> None:
    page = await sign_in(role)
    await page.goto(path)

    await _check_all_looks(page)


@pytest.mark.parametrize("path", ["/login", "/register", "/invitation", "/kiosk", "/nothing/here"])
async def test_screen_without_sign_in(
    new_context: Callable[[], Awaitable[BrowserContext]], path: str
) -> None:
    page = await (await new_context()).new_page()
    await page.goto(path)

    await _check_all_looks(page)


async def test_palette_and_menu(sign_in: SignIn) -> None:
    page = await sign_in("admin")
    await page.get_by_role("button", name="Account").click()
    await page.get_by_role("link", name="My account").wait_for()
    assert await _violations(page) == []
    await page.keyboard.press("Escape")

    await page.keyboard.press("Control+k")
    await page.get_by_role("option", name="Overview").wait_for()

    assert await _violations(page) == []


async def test_form_with_errors(sign_in: SignIn) -> None:
    page = await sign_in("admin")
    await page.goto("/users")
    await page.get_by_role("button", name="Add user").click()
    await page.get_by_role("button", name="Add and invite").click()
    await page.get_by_text("Please fill this in.").first.wait_for()

    assert await _violations(page) == []
