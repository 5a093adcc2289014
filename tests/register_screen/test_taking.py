"""The counted interactions of product.md, at both widths, by mouse or thumb and by keyboard alone."""

import pytest
from playwright.async_api import expect

from tests.register_screen.classroom import MakeClassroom
from tests.register_screen.screen import OpenRegister

WIDTHS = pytest.mark.parametrize("phone", [False, True], ids=["1440", "390"])


@WIDTHS
async def test_three_absent_take_four_interactions(
    classroom: MakeClassroom, open_register: OpenRegister, *, phone: bool
) -> None:
    room = await classroom(students=30)
    register = await open_register(room, phone=phone)
    absent = [room.names[2], room.names[13], room.names[27]]
    for name in absent:
        await register.choose(name, "Absent")
    await register.take_button.click()

    await register.expect_stored(30)
    stored = await room.statuses()
    assert {name for name, status in stored.items() if status == "absent"} == set(absent)
    assert sum(status == "present" for status in stored.values()) == 27
    assert await room.taken_by() == room.teacher.user_id
    await expect(register.page.get_by_text("Register taken by you")).to_have_count(2)
    await expect(register.page.locator(".reg-sentence")).to_contain_text("27 P · 3 A of 30")


@WIDTHS
async def test_two_absent_and_one_seven_minutes_late_take_five(
    classroom: MakeClassroom, open_register: OpenRegister, *, phone: bool
) -> None:
    room = await classroom(students=30)
    register = await open_register(room, phone=phone)
    first, second, late = room.names[1], room.names[8], room.names[20]
    await register.choose(first, "Absent")
    await register.choose(second, "Absent")
    await register.choose(late, "Late")
    if phone:
        await register.row(late).get_by_role("button", name="7 minutes late").click()
    else:
        await register.press("7")
    await register.take_button.click()

    await register.expect_stored(30)
    marks = await room.marks()
    assert marks[late] == ("late", 7, "")
    assert marks[first][0] == marks[second][0] == "absent"
    assert await room.taken_by() == room.teacher.user_id


@WIDTHS
async def test_the_keyboard_alone_marks_and_takes(
    classroom: MakeClassroom, open_register: OpenRegister, *, phone: bool
) -> None:
    room = await classroom(students=30)
    register = await open_register(room, phone=phone)
    if phone:
        await register.press("ArrowDown")
    await expect(register.radio(room.names[0], "Present")).to_be_focused()
    await register.press("a", "ArrowDown", "ArrowDown", "a", "End", "l", "7", "Control+Enter")

    await register.expect_stored(30)
    marks = await room.marks()
    assert marks[room.names[0]][0] == marks[room.names[2]][0] == "absent"
    assert marks[room.names[29]] == ("late", 7, "")
    assert sum(status == "present" for status, _minutes, _note in marks.values()) == 27


async def test_marking_and_going_on_needs_one_key_for_each_student(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=4)
    register = await open_register(room)
    await register.press("Shift+A", "Shift+A", "Shift+A", "Control+Enter")
    await register.expect_stored(4)
    assert list((await room.statuses()).values()).count("absent") == 3


async def test_typing_a_name_finds_the_student(classroom: MakeClassroom, open_register: OpenRegister) -> None:
    room = await classroom(students=30)
    register = await open_register(room)
    wanted = room.names[17]
    await register.press("/")
    await register.page.keyboard.type(wanted.split()[-1])
    await expect(register.page.get_by_role("radiogroup")).to_have_count(1)
    await expect(register.page.locator(".reg-sentence")).to_contain_text("30 P of 30")
    await register.press("Enter")
    await expect(register.radio(wanted, "Present")).to_be_focused()
    await expect(register.page.get_by_role("radiogroup")).to_have_count(30)
    await register.press("a")
    await register.expect_stored(1)
    assert await room.statuses() == {wanted: "absent"}


async def test_two_digits_within_a_second_are_one_number(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=3)
    register = await open_register(room)
    await register.press("l", "1", "2")
    await register.expect_stored(1)
    await expect(register.row(room.names[0]).get_by_role("textbox", name="Minutes late")).to_have_value("12")
    assert (await room.marks())[room.names[0]] == ("late", 12, "")


async def test_the_default_is_shown_but_not_taken(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=3)
    register = await open_register(room)
    for name in room.names:
        await expect(register.group(name).locator('[aria-checked="true"]')).to_have_count(0)
    await register.expect_stored(0)
    await expect(register.page.get_by_text("Not taken yet")).to_be_visible()
    assert await room.statuses() == {}


async def test_reopening_shows_what_was_stored(classroom: MakeClassroom, open_register: OpenRegister) -> None:
    room = await classroom(students=5)
    register = await open_register(room)
    await register.choose(room.names[1], "Absent")
    await register.choose(room.names[2], "Excused")
    await register.row(room.names[2]).get_by_role("button", name="Ill", exact=True).click()
    await register.take_button.click()
    await register.expect_stored(5)

    again = await open_register(room)
    await again.expect_stored(5)
    await again.expect_checked(room.names[0], "Present")
    await again.expect_checked(room.names[1], "Absent")
    await again.expect_checked(room.names[2], "Excused")
    await expect(again.row(room.names[2])).to_contain_text("Ill")
    await expect(again.take_button).to_have_count(0)
    await expect(again.page.get_by_text("Register taken by you").first).to_be_visible()


async def test_arrows_choose_inside_a_group_as_radios_do(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=3)
    register = await open_register(room)
    await register.focus(room.names[0])
    await register.press("ArrowRight")
    await register.expect_checked(room.names[0], "Absent")
    await expect(register.radio(room.names[0], "Absent")).to_be_focused()
    await register.press("ArrowRight", "ArrowLeft")
    await register.expect_checked(room.names[0], "Absent")
    await register.expect_stored(1)
    assert await room.statuses() == {room.names[0]: "absent"}


async def test_a_class_of_three_hundred_is_marked_and_counted_whole(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=300)
    register = await open_register(room)
    await register.choose(room.names[299], "Absent")
    await register.take_button.click()
    await register.expect_stored(300)
    assert list((await room.statuses()).values()).count("present") == 299
