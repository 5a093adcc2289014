"""Taking back, marking several, notes and reasons, walk-ins."""

from playwright.async_api import expect
from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories import create_student
from tests.register_screen.classroom import Classroom, MakeClassroom
from tests.register_screen.screen import OpenRegister, Register


async def test_undo_goes_back_one_action_at_a_time(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=4)
    register = await open_register(room)
    first, second = room.names[:2]
    await register.choose(first, "Absent")
    await register.choose(first, "Excused")
    await register.choose(second, "Late")
    await register.press("7")
    await register.expect_stored(2)

    await register.press("u")
    await register.expect_stored(1)
    await register.press("u")
    await register.expect_checked(first, "Absent")
    await register.page.get_by_role("button", name="Undo", exact=True).click()
    await register.expect_stored(0)
    assert await room.statuses() == {}
    await expect(register.group(first).locator('[aria-checked="true"]')).to_have_count(0)
    await expect(register.page.get_by_role("button", name="Undo", exact=True)).to_be_disabled()


async def test_undo_leaves_what_somebody_else_has_changed_since(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=3)
    mine = await open_register(room)
    theirs = await open_register(room, person=room.admin)
    name = room.names[1]
    await mine.choose(name, "Absent")
    await theirs.expect_checked(name, "Absent")
    await theirs.choose(name, "Excused")
    await mine.expect_checked(name, "Excused")
    await mine.press("u")
    await expect(mine.page.get_by_text(f"Not undone, changed by somebody else since: {name}")).to_be_visible()
    assert await room.statuses() == {name: "excused"}


async def test_taking_can_be_undone_and_done_again(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=4)
    register = await open_register(room)
    await register.choose(room.names[1], "Absent")
    await register.take_button.click()
    await register.expect_stored(4)
    await register.page.locator(".reg-bar").get_by_role("button", name="Undo").click()
    await register.expect_stored(1)
    assert await room.statuses() == {room.names[1]: "absent"}
    assert await room.taken_by() is None
    await register.take_button.click()
    await register.expect_stored(4)
    assert await room.taken_by() == room.teacher.user_id


async def test_taking_can_be_undone_after_a_reload(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=4)
    register = await open_register(room)
    await register.take_button.click()
    await register.expect_stored(4)
    again = await open_register(room, page=register.page)
    await again.page.locator(".reg-bar").get_by_role("button", name="Undo").click()
    await again.expect_stored(0)
    assert await room.statuses() == {}


async def test_taking_offline_and_undoing_it_leaves_nothing(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=3)
    register = await open_register(room)
    await register.page.context.set_offline(True)
    await register.choose(room.names[0], "Absent")
    await register.take_button.click()
    await register.press("u", "u")
    await expect(register.page.get_by_text("Not taken yet")).to_be_visible()
    await register.page.context.set_offline(False)
    await register.expect_stored(0)
    assert await room.statuses() == {}
    assert await room.taken_by() is None


async def test_several_students_are_marked_together(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=8)
    register = await open_register(room)
    await register.press("x", "Shift+ArrowDown", "Shift+ArrowDown")
    await register.page.get_by_role("checkbox", name=f"Select {room.names[6]}").check(force=True)
    await expect(register.page.get_by_text("4 selected")).to_be_visible()
    await register.page.get_by_role("button", name="Mark excused").click()
    await register.expect_stored(4)
    chosen = [*room.names[:3], room.names[6]]
    assert await room.statuses() == dict.fromkeys(chosen, "excused")
    await register.press("u")
    await register.expect_stored(0)
    assert await room.statuses() == {}


async def test_escape_clears_the_selection(classroom: MakeClassroom, open_register: OpenRegister) -> None:
    room = await classroom(students=3)
    register = await open_register(room)
    await register.press("x")
    await expect(register.page.get_by_text("1 selected")).to_be_visible()
    await register.press("Escape")
    await expect(register.page.get_by_text("1 selected")).to_have_count(0)
    await expect(register.take_button).to_be_visible()


async def test_a_reason_and_a_note_are_kept_with_the_mark(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=4)
    register = await open_register(room)
    excused, noted, plain = room.names[:3]
    await register.choose(excused, "Excused")
    await register.row(excused).get_by_role("textbox", name=f"Reason for {excused}").fill("Swimming gala")
    await register.press("Enter")
    await register.focus(noted)
    await register.press("a", "n")
    await register.page.keyboard.type("pale, please ring home")
    await register.press("Enter")
    await register.press("ArrowDown", "p")
    await register.expect_stored(3)
    assert await room.marks() == {
        excused: ("excused", None, "Swimming gala"),
        noted: ("absent", None, "pale, please ring home"),
        plain: ("present", None, ""),
    }


async def test_a_note_that_is_being_typed_is_kept_when_the_mark_changes(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=3)
    register = await open_register(room)
    name = room.names[0]
    await register.press("a", "n")
    await register.page.keyboard.type("at the doctor")
    await register.choose(room.names[1], "Absent")
    await register.expect_stored(2)
    assert (await room.marks())[name] == ("absent", None, "at the doctor")


async def _visitor(room: Classroom, given_name: str) -> str:
    async with AsyncSession(room.engine, expire_on_commit=False, autoflush=False) as session:
        student = await create_student(
            session, given_name=given_name, family_name="Guest", branch_id=room.branch_id
        )
        await session.commit()
    room.student_ids[student.full_name] = student.id
    return student.full_name


async def _add(register: Register, query: str, name: str) -> None:
    await register.page.get_by_role("button", name="Add a student").click()
    await register.page.get_by_role("searchbox", name="Name or code").fill(query)
    await register.page.get_by_role("button", name=name).click()
    await expect(register.group(name)).to_be_visible()


async def test_a_walk_in_is_added_marked_and_taken_out(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=3)
    register = await open_register(room)
    name = await _visitor(room, "Wanda")
    await _add(register, "wanda", name)
    await expect(register.row(name)).to_contain_text("walk-in")
    await expect(register.page.locator(".reg-sentence")).to_contain_text("of 4")
    await register.choose(name, "Late")
    await register.expect_stored(1)

    await register.row(name).get_by_role("button", name=f"Take {name} out of this session").click()
    await expect(
        register.page.get_by_text("This student has a mark here. Clear the mark first.")
    ).to_be_visible()
    await register.press("u")
    await register.expect_stored(0)
    await register.row(name).get_by_role("button", name=f"Take {name} out of this session").click()
    await expect(register.group(name)).to_have_count(0)


async def test_somebody_unknown_leads_to_a_new_student(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=3)
    register = await open_register(room)
    await register.page.get_by_role("button", name="Add a student").click()
    await register.page.get_by_role("searchbox", name="Name or code").fill("Zzyzx")
    await expect(register.page.get_by_text("Nobody is called “Zzyzx”.")).to_be_visible()
    await expect(register.page.get_by_role("link", name="Enter a new student")).to_be_visible()
