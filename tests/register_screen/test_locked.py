"""A register whose edit window has passed: looked at, corrected by request, looked back on, printed."""

from datetime import UTC, datetime, timedelta

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.register_screen.classroom import MakeClassroom
from tests.register_screen.screen import OpenRegister

TEN_DAYS = timedelta(days=10)


async def violations(page: Page) -> dict[str, list[str]]:
    """What axe finds, in both themes and on both widths."""
    found: dict[str, list[str]] = {}
    for theme in ("light", "dark"):
        await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        for width, height in ((390, 844), (1440, 900)):
            await page.set_viewport_size({"width": width, "height": height})
            answer = (await Axe().run(page)).response
            if answer["violations"]:
                found[f"{width} {theme}"] = [
                    f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in answer["violations"]
                ]
    return found


async def test_a_locked_register_is_corrected_by_request(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    taken_at = datetime.now(UTC) - TEN_DAYS
    room = await classroom(students=3, starts_in=-TEN_DAYS, register_taken_at=taken_at)
    name = room.names[1]
    register = await open_register(room)
    page = register.page
    await expect(page.get_by_text("This register could be changed until")).to_be_visible()
    await expect(register.take_button).to_have_count(0)
    await register.radio(name, "Absent").click(force=True)
    assert await room.events() == []
    assert await violations(page) == {}

    await page.get_by_role("link", name=f"Ask for a correction of {name}").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text(name)).to_be_visible(timeout=15000)
    await dialog.get_by_role("button", name="Send request").click()
    await expect(dialog.get_by_text("Please fill this in.").first).to_be_visible()
    assert await violations(page) == {}
    await dialog.get_by_label("Should be", exact=True).select_option("late")
    await dialog.get_by_label("Minutes late").fill("12")
    await dialog.get_by_label("Reason").fill("The train was late.")
    await dialog.get_by_role("button", name="Send request").click()
    await expect(page.get_by_role("table", name="Corrections").get_by_text("Late 12 min")).to_be_visible()
    await expect(page.get_by_role("button", name="Approve", exact=True)).to_have_count(0)

    admins = await open_register(room, person=room.admin)
    await expect(admins.page.get_by_text("This register could be changed until")).to_have_count(0)
    await admins.page.goto("/attendance/corrections")
    waiting = admins.page.get_by_role("row").filter(has_text=name)
    assert await violations(admins.page) == {}
    await waiting.get_by_role("button", name="Approve", exact=True).click()
    await expect(waiting.get_by_text("Approved")).to_be_visible()
    await expect(page.get_by_role("row").filter(has_text=name).get_by_text("Approved")).to_be_visible()
    assert await room.marks() == {name: ("late", 12, "")}


async def test_a_register_is_looked_back_on_and_printed(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=40)
    register = await open_register(room)
    page = register.page
    await register.choose(room.names[0], "Absent")
    await register.expect_stored(1)
    await page.get_by_role("link", name="History").click()
    moments = page.get_by_role("list", name="Moments").get_by_role("button")
    await expect(moments).to_have_count(1)
    await expect(moments.first).to_contain_text(f"{room.names[0]}: Not marked → Absent")

    other = await open_register(room, person=room.admin)
    await other.choose(room.names[1], "Excused")
    await other.expect_stored(2)
    await expect(moments).to_have_count(2)
    await moments.first.click()
    row = page.get_by_role("row").filter(has_text=room.names[1])
    await expect(row).to_contain_text("Not marked")
    await expect(row).to_contain_text("Excused")
    assert await violations(page) == {}

    await page.goto(f"/sessions/{room.session_id}/sheet")
    await expect(page.get_by_role("img", name="Absent")).to_have_count(1)
    await expect(page.get_by_role("button", name="Print")).to_be_visible()
    assert await violations(page) == {}
    pages = (await page.pdf(prefer_css_page_size=True)).count(b"/Type /Page\n")
    assert pages == 1, "forty students are one sheet of A4"
    await page.get_by_role("link", name="Blank").click()
    await expect(page.get_by_role("img", name="Absent")).to_have_count(0)
