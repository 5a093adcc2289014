"""Today: the sentence first, each session with its register's state, live."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

from playwright.async_api import BrowserContext, expect

from tests.register_screen.classroom import MakeClassroom
from tests.register_screen.screen import OpenRegister

NewContext = Callable[..., Awaitable[BrowserContext]]


async def test_the_day_in_a_sentence_and_one_click_to_the_register(
    classroom: MakeClassroom, open_register: OpenRegister, new_context: NewContext
) -> None:
    room = await classroom(students=4, starts_in=timedelta(minutes=-2))
    page = await (await new_context(room.teacher)).new_page()
    await page.goto("/today")
    await expect(page.get_by_text("0 of 1 register taken.")).to_be_visible()
    row = page.locator(f'[data-session="{room.session_id}"]')
    await expect(row).to_contain_text("open · 4 expected")

    other = await open_register(room, person=room.admin)
    await other.choose(room.names[0], "Absent")
    await expect(row).to_contain_text("1 of 4")
    await row.get_by_role("link", name="Take register").click()
    await expect(page.get_by_role("radiogroup")).to_have_count(4)
    await page.get_by_role("button", name="Take register").click()
    await expect(page.get_by_text("Register taken by you").first).to_be_visible()
    await page.goto("/today")
    await expect(page.get_by_text("1 of 1 register taken.")).to_be_visible()
    await expect(row).to_contain_text("3 P · 1 A · by you")


async def test_an_overdue_register_is_named(classroom: MakeClassroom, new_context: NewContext) -> None:
    room = await classroom(students=4, starts_in=timedelta(minutes=-45))
    page = await (await new_context(room.teacher)).new_page()
    await page.goto("/today")
    await expect(page.get_by_text("Physics B is 45 min overdue.")).to_be_visible()


async def test_another_day_is_one_click_away_and_lives_in_the_address(
    classroom: MakeClassroom, new_context: NewContext
) -> None:
    room = await classroom(students=4)
    page = await (await new_context(room.teacher)).new_page()
    await page.goto("/today")
    await expect(page.locator("[data-session]")).to_have_count(1)
    await page.get_by_role("button", name="Day before").click()
    await expect(page.get_by_text("No sessions on this day.")).to_be_visible()
    await expect(page).to_have_url(re.compile(r"day=\d{4}-\d\d-\d\d"))
    await page.reload()
    await expect(page.get_by_text("No sessions on this day.")).to_be_visible()
    await page.get_by_role("button", name="Today", exact=True).click()
    await expect(page.locator("[data-session]")).to_have_count(1)


async def test_nothing_scrolls_sideways_on_a_phone(classroom: MakeClassroom, new_context: NewContext) -> None:
    room = await classroom(students=4, starts_in=timedelta(minutes=-45))
    page = await (await new_context(room.teacher, phone=True)).new_page()
    await page.goto("/today")
    await expect(page.locator("[data-session]")).to_have_count(1)
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
