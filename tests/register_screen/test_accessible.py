"""axe finds nothing, in light and dark, at both widths; what is said is said by role and name."""

from collections.abc import Awaitable, Callable

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, Page, expect

from tests.register_screen.classroom import MakeClassroom
from tests.register_screen.screen import OpenRegister

NewContext = Callable[..., Awaitable[BrowserContext]]
LOOKS = pytest.mark.parametrize(
    ("phone", "dark"),
    [(False, False), (False, True), (True, False), (True, True)],
    ids=["1440", "1440-dark", "390", "390-dark"],
)


async def _violations(page: Page) -> list[str]:
    results = await Axe().run(page)
    return [
        f"{violation['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
        for violation in results.response["violations"]
        for node in violation["nodes"]
    ]


@LOOKS
async def test_a_register_in_all_its_states(
    classroom: MakeClassroom, open_register: OpenRegister, *, phone: bool, dark: bool
) -> None:
    room = await classroom(students=8)
    register = await open_register(room, phone=phone, dark=dark)
    assert await _violations(register.page) == []

    await register.choose(room.names[0], "Absent")
    await register.choose(room.names[1], "Late")
    await register.expect_stored(2)
    assert await _violations(register.page) == []

    await register.choose(room.names[2], "Excused")
    await register.page.get_by_role("checkbox", name=f"Select {room.names[3]}").check(force=True)
    assert await _violations(register.page) == []
    await register.press("Escape")

    await register.page.get_by_role("button", name="Add a student").click()
    await register.page.get_by_role("searchbox", name="Name or code").fill("Zz")
    await expect(register.page.get_by_text("Nobody is called")).to_be_visible()
    assert await _violations(register.page) == []
    await register.page.get_by_role("button", name="Close").click()

    await register.take_button.click()
    await register.expect_stored(8)
    assert await _violations(register.page) == []


@LOOKS
async def test_a_register_in_trouble(
    classroom: MakeClassroom, open_register: OpenRegister, *, phone: bool, dark: bool
) -> None:
    room = await classroom(students=4)
    theirs = await open_register(room, person=room.admin)
    mine = await open_register(room, phone=phone, dark=dark)
    await mine.page.context.set_offline(True)
    await mine.choose(room.names[0], "Absent")
    await expect(mine.row(room.names[0])).to_have_attribute("data-state", "waiting")
    assert await _violations(mine.page) == []
    await theirs.choose(room.names[0], "Late")
    await theirs.expect_stored(1)
    await mine.page.context.set_offline(False)
    await expect(mine.row(room.names[0])).to_have_attribute("data-state", "conflict", timeout=20000)
    await room.end_sign_ins(room.teacher)
    await mine.choose(room.names[1], "Absent")
    await expect(mine.page.get_by_text("Sign in again.")).to_be_visible()
    assert await _violations(mine.page) == []


@LOOKS
async def test_today(classroom: MakeClassroom, new_context: NewContext, *, phone: bool, dark: bool) -> None:
    room = await classroom(students=4)
    page = await (await new_context(room.teacher, phone=phone, dark=dark)).new_page()
    await page.goto("/today")
    await expect(page.locator("[data-session]")).to_have_count(1)
    assert await _violations(page) == []


async def test_rows_are_radio_groups_and_one_line_has_the_role_status(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=5)
    register = await open_register(room)
    assert await register.page.get_by_role("radiogroup").count() == 5
    for name in room.names:
        radios = register.group(name).get_by_role("radio")
        names = await radios.evaluate_all("(all) => all.map((radio) => radio.getAttribute('aria-label'))")
        assert names == ["Present", "Absent", "Late", "Excused"]
        assert await register.group(name).locator('[role="radio"][tabindex="0"]').count() == 1
    assert await register.page.get_by_role("status").count() == 1


async def test_touch_targets_are_big_enough_on_a_phone(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=5)
    register = await open_register(room, phone=True)
    await register.choose(room.names[0], "Late")
    small = await register.page.locator(".reg").evaluate(
        """(root) => [...root.querySelectorAll("button, input:not(.sr-only), label, a")].map((element) => {
             const { width, height } = element.getBoundingClientRect();
             return { what: element.getAttribute("aria-label") ?? element.textContent, width, height };
           }).filter(({ width, height }) => width && height && (width < 44 || height < 44))"""
    )
    assert small == []
    heights = await register.page.locator("[data-row]").evaluate_all(
        "(rows) => rows.map((row) => row.offsetHeight)"
    )
    assert min(heights) >= 48
    overflow = await register.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0


async def test_opening_a_panel_moves_no_other_row_on_a_wide_screen(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=6)
    register = await open_register(room)
    below = register.row(room.names[5])
    before = await below.bounding_box()
    for status in ("Late", "Excused"):
        await register.choose(room.names[1], status)
        assert await below.bounding_box() == before
    await register.focus(room.names[1])
    await register.press("n")
    assert await below.bounding_box() == before
