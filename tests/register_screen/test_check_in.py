"""Check-in in real browsers: the wall, the student's phone, the kiosk."""

import re
from collections.abc import Awaitable, Callable

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, Page, expect
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.check_in.models import CheckIn
from academics_app.core.actor import Role
from academics_app.students.models import Student
from tests.factories import create_user
from tests.register_screen.classroom import Classroom, MakeClassroom, Person, sign_in_cookie
from tests.register_screen.conftest import DESKTOP, PHONE, Served

pytestmark = pytest.mark.timeout(300)

NewContext = Callable[..., Awaitable[BrowserContext]]
SCRIPT = {"X-Requested-With": "fetch"}


@pytest.fixture
async def room(classroom: MakeClassroom) -> Classroom:
    return await classroom(students=3)


async def student_user(room: Classroom, number: int) -> Person:
    """An account for one of the class."""
    name, student_id = list(room.student_ids.items())[number]
    async with AsyncSession(room.engine, expire_on_commit=False) as session:
        user = await create_user(session, role=Role.STUDENT, student_id=student_id, full_name=name)
        await session.commit()
    return Person(user.id, name)


async def code_of(room: Classroom, number: int) -> str:
    async with AsyncSession(room.engine) as session:
        return (await session.get_one(Student, list(room.student_ids.values())[number])).code


async def is_in(room: Classroom, number: int) -> bool:
    key = (room.session_id, list(room.student_ids.values())[number])
    async with AsyncSession(room.engine) as session:
        return await session.get(CheckIn, key) is not None


async def no_violations(page: Page) -> None:
    """By axe, wide and narrow, light and dark."""
    found = {}
    size_before = page.viewport_size
    for theme in ("light", "dark"):
        await page.evaluate(
            "theme => { for (const each of ['light', 'dark'])"
            " document.documentElement.classList.toggle(each, each === theme) }",
            theme,
        )
        for size in (DESKTOP, PHONE):
            await page.set_viewport_size(size)  # pyright: ignore[reportArgumentType] - a TypedDict that is not exported
            answer = await Axe().run(page)
            for each in answer.response["violations"]:
                found[f"{theme} {size['width']} {each['id']}"] = each["nodes"][0]["html"][:200]
    await page.set_viewport_size(size_before)  # pyright: ignore[reportArgumentType]
    assert found == {}


async def open_wall(room: Classroom, new_context: NewContext) -> Page:
    wall = await (await new_context(room.teacher)).new_page()
    await wall.goto(f"/sessions/{room.session_id}/code")
    await wall.get_by_role("button", name="Open check-in").click()
    await wall.locator(".wall-code").wait_for()
    return wall


async def shown_code(wall: Page) -> str:
    return re.sub(r"\s", "", await wall.locator(".wall-code").inner_text())


async def test_a_scanned_code_checks_in_and_the_wall_follows(
    room: Classroom, new_context: NewContext
) -> None:
    wall = await open_wall(room, new_context)
    await expect(wall.get_by_text("0 of 3 checked in")).to_be_visible()
    await no_violations(wall)
    student = await student_user(room, 0)
    phone = await (await new_context(student, phone=True)).new_page()
    await phone.goto(f"/check-in?s={room.session_id}&c={await shown_code(wall)}")
    await expect(phone.get_by_text("You are checked in to Physics B")).to_be_visible()
    assert "c=" not in phone.url, "a reload must not send the code again"
    await expect(wall.get_by_text("1 of 3 checked in")).to_be_visible()
    await expect(wall.get_by_text(student.name)).to_be_visible()
    await no_violations(phone)

    await wall.get_by_role("button", name="Close check-in").click()
    await expect(wall.get_by_text("Check-in is closed.")).to_be_visible()
    await no_violations(wall)


async def test_a_code_is_kept_while_signing_in(room: Classroom, new_context: NewContext) -> None:
    phone = await (await new_context(phone=True)).new_page()
    await phone.goto(f"/check-in?s={room.session_id}&c=ABCDEF")
    await phone.wait_for_url(re.compile(r"/login/?\?next=%2Fcheck-in.*%3Fs%3D\d+%26c%3DABCDEF"))


async def test_one_phone_checks_in_one_student(
    room: Classroom, new_context: NewContext, screens: Served
) -> None:
    wall = await open_wall(room, new_context)
    first, second = await student_user(room, 0), await student_user(room, 1)
    context = await new_context(first, phone=True)
    phone = await context.new_page()
    await phone.goto(f"/check-in?s={room.session_id}&c={await shown_code(wall)}")
    await expect(phone.get_by_text("You are checked in to Physics B")).to_be_visible()
    await context.add_cookies([await sign_in_cookie(screens.engine, second, screens.url)])  # pyright: ignore[reportArgumentType]
    await phone.goto("/check-in")
    await phone.get_by_label("Code on the wall").fill((await shown_code(wall)).lower())
    await phone.keyboard.press("Enter")
    await expect(phone.get_by_text("Another student has checked in with this device.")).to_be_visible()
    await expect(wall.locator(".notice").get_by_text(second.name)).to_be_visible()
    assert not await is_in(room, 1)
    await no_violations(phone)
    await no_violations(wall)


async def test_a_kiosk_from_its_link_to_its_end(room: Classroom, new_context: NewContext) -> None:
    admin = (await new_context(room.admin)).request
    made = await admin.post(
        "/api/v1/check-in/kiosks/", data={"name": "Front door", "branch_id": room.branch_id}, headers=SCRIPT
    )
    assert made.status == 201
    link = (await made.json())["url"]
    context = await new_context()
    kiosk = await context.new_page()
    await kiosk.goto(f"/kiosk#{link.partition('#')[2]}")
    await expect(kiosk.get_by_role("heading", name="Front door")).to_be_visible()
    assert "#" not in kiosk.url
    await no_violations(kiosk)
    answer, field = kiosk.get_by_role("status"), kiosk.get_by_label("Your student code")
    await expect(field).to_be_focused()

    await kiosk.keyboard.type("X-1")
    await kiosk.keyboard.press("Enter")
    await expect(answer).to_contain_text("No session of yours now")
    await no_violations(kiosk)

    code = await code_of(room, 2)
    await kiosk.keyboard.type(code)
    await kiosk.keyboard.press("Enter")
    given_name = list(room.student_ids)[2].split()[0]
    await expect(answer).to_contain_text(f"Welcome, {given_name}")
    assert await is_in(room, 2)
    await kiosk.get_by_role("button", name="Undo").click()
    await expect(answer).to_contain_text("Taken back")
    assert not await is_in(room, 2)
    await expect(answer).to_contain_text("Type or scan your code")

    await kiosk.get_by_role("button", name="Letters").click()
    for key in code:
        if key.isdecimal() and await kiosk.get_by_role("button", name="Digits").count():
            await kiosk.get_by_role("button", name="Digits").click()
        await kiosk.get_by_role("button", name=key, exact=True).click()
    await expect(field).to_have_value(code)
    await expect(field).to_be_focused()
    await kiosk.get_by_role("button", name="Check in").click()
    await expect(answer).to_contain_text(f"Welcome, {given_name}")
    await no_violations(kiosk)

    await context.set_offline(offline=True)
    await kiosk.keyboard.type(code)
    await kiosk.keyboard.press("Enter")
    await expect(kiosk.get_by_text("Nothing is sent later by itself.")).to_be_visible()
    await no_violations(kiosk)
    await context.set_offline(offline=False)
    await expect(kiosk.get_by_text("Nothing is sent later by itself.")).to_be_hidden()
    await expect(field).to_have_value("")

    kiosk_id = (await made.json())["kiosk"]["id"]
    assert (await admin.delete(f"/api/v1/check-in/kiosks/{kiosk_id}", headers=SCRIPT)).status == 204
    await expect(kiosk.get_by_text("This kiosk was shut")).to_be_visible()
    await no_violations(kiosk)
    await kiosk.goto("/")
    await kiosk.goto(f"/kiosk#{link.partition('#')[2]}")
    await expect(kiosk.get_by_text("This link was used already or is void")).to_be_visible()


async def test_the_admins_dialogs(room: Classroom, new_context: NewContext) -> None:
    page = await (await new_context(room.admin)).new_page()
    await page.goto("/attendance/kiosks")
    await page.get_by_role("button", name="Add kiosk").first.click()
    await page.get_by_label("Name").fill("Side door")
    await no_violations(page)
    await page.get_by_role("button", name="Add and show link").click()
    await expect(page.get_by_label("Link", exact=True)).to_have_value(re.compile("/kiosk#.{43}$"))
    await no_violations(page)
    await page.get_by_role("button", name="Done").click()
    await expect(page.get_by_text("Waiting for its device")).to_be_visible()
    await no_violations(page)
    row = page.get_by_role("row", name="Side door")
    await row.get_by_role("button", name="Revoke").click()
    await no_violations(page)
    await page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    await expect(row.get_by_text("Revoked")).to_be_visible()
