"""Suggestions on the register: counted at the head, applied one by one or together, never over a mark."""

from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Locator, expect
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.absences.models import AbsenceStatus, PlannedAbsence
from academics_app.check_in.models import CheckIn, CheckInMethod
from tests.register_screen.classroom import Classroom, MakeClassroom
from tests.register_screen.screen import OpenRegister, Register

BOTH = pytest.mark.parametrize("phone", [False, True], ids=["1440", "390"])


async def suggest(room: Classroom, *, leave: int = 2, checked_in: int = 1) -> list[str]:
    """Put the first students on leave and check the next ones in; their names."""
    today = datetime.now(UTC).date()
    ids = list(room.student_ids.values())
    async with AsyncSession(room.engine) as session:
        for student_id in ids[:leave]:
            session.add(
                PlannedAbsence(
                    student_id=student_id,
                    starts_on=today - timedelta(days=2),
                    ends_on=today + timedelta(days=3),
                    status=AbsenceStatus.APPROVED,
                )
            )
        for student_id in ids[leave : leave + checked_in]:
            session.add(
                CheckIn(
                    session_id=room.session_id,
                    student_id=student_id,
                    at=datetime.now(UTC) - timedelta(minutes=6),
                    method=CheckInMethod.QR,
                )
            )
        await session.commit()
    return room.names[: leave + checked_in]


def chip(register: Register, name: str) -> Locator:
    """The row's suggestion."""
    return register.row(name).get_by_role("button", name=f"Mark {name}")


def line(register: Register) -> Locator:
    """What stands at the head."""
    return register.page.get_by_role("group", name="Suggestions", exact=True)


@BOTH
async def test_all_at_once(classroom: MakeClassroom, open_register: OpenRegister, *, phone: bool) -> None:
    room = await classroom(students=6)
    first, second, third = await suggest(room)
    register = await open_register(room, phone=phone)
    await expect(line(register)).to_contain_text("Suggested: 2 on leave, 1 checked in by QR")
    await expect(chip(register, first)).to_have_accessible_name(
        f"Mark {first} Excused: on leave until {_in(3)}"
    )
    await line(register).get_by_role("button", name="Apply 3").click()

    await register.expect_stored(3)
    assert await room.statuses() == {first: "excused", second: "excused", third: "present"}
    stored = {(event.suggested_by, event.source) for event in await room.events()}
    assert stored == {("planned_absence", "suggestion"), ("checked_in", "suggestion")}
    await expect(register.row(first)).to_contain_text("on leave until")
    await expect(line(register)).to_contain_text("No suggestion left")
    await register.page.get_by_role("button", name="Undo", exact=True).click()
    await register.expect_stored(0)
    await expect(line(register)).to_contain_text("Suggested: 2 on leave")


@BOTH
async def test_one_by_one_and_the_rest_by_hand(
    classroom: MakeClassroom, open_register: OpenRegister, *, phone: bool
) -> None:
    room = await classroom(students=4)
    first, second, third = await suggest(room)
    register = await open_register(room, phone=phone)
    await chip(register, first).click()
    await register.choose(second, "Absent")
    await register.expect_stored(2)
    await expect(chip(register, second)).to_have_count(0)
    await register.expect_checked(first, "Excused")
    await line(register).get_by_role("button", name="Apply 1").click()
    await register.expect_stored(3)
    assert await room.statuses() == {first: "excused", second: "absent", third: "present"}


async def test_by_key(classroom: MakeClassroom, open_register: OpenRegister) -> None:
    room = await classroom(students=5)
    first, second, third = await suggest(room)
    register = await open_register(room)
    await expect(register.radio(first, "Present")).to_be_focused()
    await register.press("s")
    await register.expect_stored(1)
    await register.press("ArrowDown", "a", "Shift+S")
    await register.expect_stored(3)
    assert await room.statuses() == {first: "excused", second: "absent", third: "present"}
    await register.press("u")
    await register.expect_stored(2)
    await register.press("Control+Enter")
    await register.expect_stored(5)


async def test_taking_goes_by_them_in_plain_sight(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    """One tap takes the register, as ever; before and after it the screen says what was not applied."""
    room = await classroom(students=5)
    first, second, _third = await suggest(room, checked_in=1)
    register = await open_register(room)
    await expect(register.page.locator(".reg-bar")).to_contain_text("3 suggestions are not applied")
    await register.take_button.click()
    await register.expect_stored(5)
    assert set((await room.statuses()).values()) == {"present"}
    await expect(register.page.locator(".reg-notice")).to_contain_text(first)
    await register.page.get_by_role("button", name="Undo", exact=True).first.click()
    await register.expect_stored(0)
    await expect(chip(register, second)).to_be_visible()


async def test_a_mark_made_meanwhile_is_not_replaced(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=3)
    first, *_others = await suggest(room)
    mine = await open_register(room)
    theirs = await open_register(room, person=room.admin)
    await mine.page.context.set_offline(True)
    await chip(mine, first).click()
    await theirs.choose(first, "Late")
    await theirs.expect_stored(1)
    await mine.page.context.set_offline(False)
    await expect(mine.row(first)).to_have_attribute("data-state", "conflict", timeout=20000)
    assert (await room.statuses())[first] == "late"
    await mine.row(first).get_by_role("button", name="Replace with mine").click()
    await mine.expect_checked(first, "Excused")
    await expect(mine.row(first)).to_have_attribute("data-state", "stored", timeout=10000)
    assert (await room.events())[-1].suggested_by == "planned_absence"


@pytest.mark.parametrize(("phone", "dark"), [(False, False), (False, True), (True, False), (True, True)])
async def test_axe_and_targets(
    classroom: MakeClassroom, open_register: OpenRegister, *, phone: bool, dark: bool
) -> None:
    room = await classroom(students=5)
    first, *_others = await suggest(room)
    register = await open_register(room, phone=phone, dark=dark)
    await expect(chip(register, first)).to_be_visible()
    found = [each["id"] for each in (await Axe().run(register.page)).response["violations"]]
    await chip(register, first).click()
    await register.expect_stored(1)
    found += [each["id"] for each in (await Axe().run(register.page)).response["violations"]]
    assert found == []
    if phone:
        sizes = await register.page.locator(".reg-suggest, .reg-suggestions .btn").evaluate_all(
            "(all) => all.map((each) => each.getBoundingClientRect().height)"
        )
        assert min(sizes) >= 44
        assert await register.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    else:
        heights = await register.page.locator("[data-row]").evaluate_all(
            "(rows) => rows.map((row) => row.offsetHeight)"
        )
        assert len(set(heights[1:])) == 1, "a suggestion does not change the height of its row"


def _in(days: int) -> str:
    day = datetime.now(UTC).date() + timedelta(days=days)
    return f"{day:%a} {day.day} {day:%b}"
