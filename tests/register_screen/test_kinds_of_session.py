"""Sessions that are not the usual one: cancelled, taught by a substitute, not open yet, on another day, empty."""

from datetime import UTC, datetime, timedelta

from playwright.async_api import expect
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.core.actor import Role
from academics_app.learning_sessions.models import LearningSession, SessionStatus
from tests.factories import create_faculty, create_user
from tests.register_screen.classroom import Classroom, MakeClassroom, Person
from tests.register_screen.screen import OpenRegister


async def _colleague(room: Classroom, name: str) -> tuple[Person, int]:
    async with AsyncSession(room.engine, expire_on_commit=False, autoflush=False) as session:
        faculty = await create_faculty(session, full_name=name)
        user = await create_user(session, role=Role.FACULTY, faculty_id=faculty.id, full_name=name)
        await session.commit()
    return Person(user.id, name), faculty.id


async def _change(room: Classroom, **values: object) -> None:
    async with AsyncSession(room.engine) as session:
        row = await session.get_one(LearningSession, room.session_id)
        for name, value in values.items():
            setattr(row, name, value)
        await session.commit()


async def test_a_cancelled_session_says_why_and_takes_no_marks(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=3, status=SessionStatus.CANCELLED, cancel_reason="Power cut")
    register = await open_register(room)
    await expect(register.page.get_by_text("This session was cancelled: Power cut")).to_be_visible()
    await expect(register.take_button).to_have_count(0)
    await register.radio(room.names[0], "Absent").click(force=True)
    await register.focus(room.names[0])
    await register.press("a", "Control+Enter")
    await register.expect_stored(0)
    assert await room.events() == []


async def test_a_substitute_is_named_and_marks_while_the_batchs_teacher_looks(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=3)
    stand_in, faculty_id = await _colleague(room, "Mr Vega")
    await _change(room, faculty_id=faculty_id, substitute_for_id=room.faculty_id)
    register = await open_register(room, person=stand_in)
    await expect(register.page.get_by_text("Mr Vega for Ms Rao")).to_be_visible()
    await register.choose(room.names[0], "Absent")
    await register.expect_stored(1)

    looking = await open_register(room, person=room.teacher)
    await expect(looking.page.get_by_text("You can look at this register, but not mark it.")).to_be_visible()
    await looking.expect_checked(room.names[0], "Absent")
    await looking.radio(room.names[1], "Late").click(force=True)
    await looking.expect_stored(1)
    await expect(looking.take_button).to_have_count(0)


async def test_a_register_that_is_not_open_yet_takes_known_absences_alone(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    starts_at = datetime.now(UTC) + timedelta(hours=3)
    room = await classroom(students=3, starts_in=timedelta(hours=3), local_date=datetime.now(UTC).date())
    register = await open_register(room)
    await expect(register.page.get_by_text("This register can be taken from")).to_be_visible()
    await expect(register.take_button).to_be_disabled()
    await register.choose(room.names[0], "Excused")
    await register.press("Control+Enter")
    await register.expect_stored(1)
    assert await room.statuses() == {room.names[0]: "excused"}
    assert await room.taken_by() is None
    assert starts_at > datetime.now(UTC)


async def test_a_session_without_students_is_no_missing_register(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=0)
    register = await open_register(room)
    await expect(register.page.get_by_text("Nobody is enrolled in this batch on this day")).to_be_visible()
    await expect(register.take_button).to_have_count(0)
    await expect(register.page.get_by_role("button", name="Add a student")).to_be_visible()


async def test_a_session_that_is_not_mine_is_not_there(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=3)
    stranger, _faculty_id = await _colleague(room, "Ms Stranger")
    empty = await classroom(students=0)
    register = await open_register(empty, person=stranger)
    await register.page.goto(f"/sessions/{room.session_id}/register")
    await expect(register.page.get_by_text("There is no such session.")).to_be_visible()
    await expect(register.page.get_by_role("radiogroup")).to_have_count(0)


async def test_a_cancellation_reaches_an_open_register(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=3)
    register = await open_register(room)
    await _change(room, status=SessionStatus.CANCELLED, cancel_reason="Strike")
    refused = register.row(room.names[0])
    await register.choose(room.names[0], "Absent")
    await expect(refused).to_contain_text("This session was cancelled, so it has no register.")
    await refused.get_by_role("button", name="Dismiss").click()
    await register.expect_stored(0)
