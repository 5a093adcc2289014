"""What people do with the frame of the product, in a real browser."""

import re
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import BrowserContext, expect

from academics_app.demo import DEMO_PASSWORD
from tests.ui.screens.conftest import SignIn, settled

pytestmark = pytest.mark.timeout(600)

AT_LOGIN = re.compile(r"/login")
MakeContext = Callable[[], Awaitable[BrowserContext]]


async def test_wrong_password_is_said_and_the_name_is_kept(new_context: MakeContext) -> None:
    page = await (await new_context()).new_page()
    await page.goto("/login?next=/timetable")
    await page.get_by_label("User name or e-mail").fill("counselor")
    await page.get_by_label("Password").fill("not this one")
    await page.get_by_role("button", name="Sign in").click()

    await expect(page.get_by_text("The user name or the password is wrong.")).to_be_visible()
    await expect(page.get_by_label("User name or e-mail")).to_have_value("counselor")


async def test_sign_in_goes_on_to_where_one_wanted(new_context: MakeContext) -> None:
    page = await (await new_context()).new_page()
    await page.goto("/students?status=active")
    await page.wait_for_url(AT_LOGIN)
    await page.get_by_label("User name or e-mail").fill("counselor")
    await page.get_by_label("Password").fill(DEMO_PASSWORD)
    await page.get_by_role("button", name="Sign in").click()

    await page.wait_for_url(re.compile(r"/students/?\?status=active$"))


async def test_no_token_reaches_the_page(sign_in: SignIn) -> None:
    page = await sign_in("student")
    frames: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
    await page.goto("/home")
    await settled(page)
    cookies = {cookie["name"]: cookie["value"] for cookie in await page.context.cookies()}  # pyright: ignore[reportTypedDictNotRequiredAccess]

    assert await page.evaluate("document.cookie") == ""
    assert frames
    assert not [frame for frame in frames if cookies["academics_session"] in frame]
    stored = await page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert cookies["academics_session"] not in stored


async def test_sign_out_empties_the_other_tab(sign_in: SignIn) -> None:
    page = await sign_in("admin")
    other = await page.context.new_page()
    await other.goto("/users")
    await other.get_by_role("rowheader").first.wait_for()

    await page.get_by_role("button", name="Account").click()
    await page.get_by_role("button", name="Sign out").click()
    await other.wait_for_url(AT_LOGIN)

    assert await other.get_by_role("rowheader").count() == 0


async def test_next_person_in_the_tab_sees_nothing_of_the_one_before(sign_in: SignIn) -> None:
    page = await sign_in("admin")
    await page.goto("/users")
    await page.get_by_role("rowheader").first.wait_for()
    await page.get_by_role("button", name="Account").click()
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url(AT_LOGIN)
    frames: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))

    await sign_in("student", page=page)
    await settled(page)

    assert not [frame for frame in frames if "admin@staff" in frame]


async def test_search_filter_and_page_live_in_the_address(sign_in: SignIn) -> None:
    page = await sign_in("admin")
    await page.goto("/users")
    await page.get_by_role("rowheader").first.wait_for()

    await page.keyboard.press("/")
    await page.keyboard.type("facuty")
    await page.wait_for_url(re.compile(r"q=facuty"))
    await expect(page.get_by_role("rowheader", name="Demo").first).to_be_visible()
    await page.get_by_label("Any role").select_option("faculty")
    await page.wait_for_url(re.compile(r"role=faculty"))
    await page.reload()

    await expect(page.get_by_placeholder("Name, user name or e-mail")).to_have_value("facuty")
    await expect(page.get_by_label("Any role")).to_have_value("faculty")


async def test_disabling_can_be_undone(sign_in: SignIn) -> None:
    page = await sign_in("admin")
    await page.goto("/users?q=counselor&role=counselor")
    row = page.get_by_role("row").filter(has=page.get_by_role("cell", name="counselor", exact=True))
    await row.get_by_role("button", name="Disable").click()
    await expect(row).to_contain_text("Disabled")

    await page.get_by_role("button", name="Undo").click()

    await expect(row).to_contain_text("Active")


async def test_palette_finds_a_student_by_keyboard_alone(sign_in: SignIn) -> None:
    page = await sign_in("admin")
    await page.keyboard.press("Control+k")
    await page.get_by_role("combobox").wait_for()
    await page.keyboard.type("S-00001")
    wanted = page.get_by_role("option", name="S-00001")
    await wanted.wait_for()
    while await wanted.get_attribute("aria-selected") != "true":
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")

    await page.wait_for_url(re.compile(r"/students/\d+"))
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_lost_connection_is_said(sign_in: SignIn) -> None:
    page = await sign_in("admin")
    await page.context.set_offline(True)
    await expect(page.get_by_text("No connection.").first).to_be_visible()

    await page.context.set_offline(False)

    await expect(page.get_by_text("No connection.").first).to_be_hidden()


async def test_the_buttons_of_a_row_that_is_a_link_can_be_clicked(sign_in: SignIn) -> None:
    page = await sign_in("admin")
    await page.goto("/absences?status=requested")
    await page.get_by_role("button", name="Refuse", exact=True).first.click()

    await expect(page.get_by_role("dialog", name="Refuse this request")).to_be_visible()
