"""What becomes of each kind of code: point 9 of the issue, and the table of decision record 0010."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.attendance.models import Attendance
from academics_app.check_in import limits, windows
from academics_app.check_in.models import CheckIn
from academics_app.check_in.schemas import CheckInCreate
from academics_app.check_in.service import Device, check_in, list_own_sessions
from academics_app.core import db
from academics_app.core.actor import Role
from academics_app.core.clock import frozen_at
from academics_app.core.errors import AppError, Conflict, Forbidden, NotFound, TooManyTries
from academics_app.learning_sessions.models import SessionStatus, WalkIn
from tests import factories as make
from tests.check_in.conftest import (
    JUST_BEFORE,
    TEN,
    Lesson,
    build_lesson,
    open_window,
    other_code,
    shown_code,
    stored,
    try_code,
)
from tests.conftest import CountQueries


async def refusal_of(session: AsyncSession, lesson: Lesson, code: str, **how) -> AppError:  # noqa: ANN003
    """The refusal of the first student's try, which must have stored nothing."""
    with pytest.raises(AppError) as refused:
        await try_code(session, lesson.student(), code, **how)
    assert await stored(session, lesson.session, lesson.students[0]) is None
    return refused.value


async def test_a_scanned_code_checks_in_and_marks_nothing(session: AsyncSession, lesson: Lesson) -> None:
    await open_window(session, lesson)
    code = await shown_code(session, lesson)
    answer = await try_code(session, lesson.student(), code, session_id=lesson.session.id)
    assert (answer.batch_name, answer.room_name, answer.at) == ("Physics B", "Room 1", JUST_BEFORE)
    assert answer.suggests == "present"
    row = await stored(session, lesson.session, lesson.students[0])
    assert row is not None
    assert (row.method, row.at, row.kiosk_id) == ("qr", JUST_BEFORE, None)
    assert await session.scalar(select(func.count()).select_from(Attendance)) == 0


async def test_a_typed_code_finds_its_session_by_itself(session: AsyncSession, lesson: Lesson) -> None:
    await open_window(session, lesson)
    code = await shown_code(session, lesson)
    answer = await try_code(session, lesson.student(), f" {code[:3].lower()} {code[3:].lower()} ")
    assert answer.session_id == lesson.session.id


async def test_a_walk_in_checks_in(session: AsyncSession, lesson: Lesson) -> None:
    await open_window(session, lesson)
    student = await make.create_student(session)
    user = await make.create_user(session, role=Role.STUDENT, student_id=student.id)
    code = await shown_code(session, lesson)
    with pytest.raises(NotFound):
        await try_code(session, make.actor_of(user), code, session_id=lesson.session.id)
    session.add(WalkIn(session_id=lesson.session.id, student_id=student.id))
    await session.flush()
    assert (await try_code(session, make.actor_of(user), code)).session_id == lesson.session.id


async def test_after_check_in_the_register_and_the_student_hear_of_it(
    session: AsyncSession, lesson: Lesson
) -> None:
    await open_window(session, lesson)
    session.info.clear()
    await try_code(session, lesson.student(), await shown_code(session, lesson))
    assert set(session.info["live_topics"]) == {
        f"register:{lesson.session.id}",
        f"student:{lesson.students[0].id}",
    }


async def test_a_late_check_in_suggests_late(session: AsyncSession, lesson: Lesson) -> None:
    await open_window(session, lesson)
    at = TEN + timedelta(minutes=6)
    code = await shown_code(session, lesson, at=at)
    assert (await try_code(session, lesson.student(), code, at=at)).suggests == "late"


@pytest.mark.parametrize(
    ("seconds", "refused"),
    [(0, None), (14.999, None), (15, None), (29.999, None), (30, "code_expired"), (600, "code_expired")],
)
async def test_a_copied_code_is_good_for_half_a_minute(
    session: AsyncSession, lesson: Lesson, seconds: float, refused: str | None
) -> None:
    """Sent to a friend, it must be used before the next code but one is on the wall."""
    await open_window(session, lesson)
    code = await shown_code(session, lesson, at=TEN)
    at = TEN + timedelta(seconds=seconds)
    if refused is None:
        assert (await try_code(session, lesson.student(), code, at=at)).at == at
    else:
        for session_id in (None, lesson.session.id):
            assert (await refusal_of(session, lesson, code, at=at, session_id=session_id)).code == refused


async def test_a_code_of_a_later_step_is_wrong(session: AsyncSession, lesson: Lesson) -> None:
    await open_window(session, lesson)
    code = await shown_code(session, lesson, at=TEN)
    at = TEN - timedelta(seconds=0.001)
    assert (await refusal_of(session, lesson, code, at=at)).code == "code_wrong"


async def test_a_code_of_another_session(session: AsyncSession, lesson: Lesson) -> None:
    """Of a session of somebody else's, and of one of the student's own that is named wrongly."""
    await open_window(session, lesson)
    own_other = await make.create_session(session, batch=lesson.batch, starts_at=TEN + timedelta(hours=1))
    batch = await make.create_batch(session, branch=lesson.branch)
    strange = await make.create_session(session, batch=batch, starts_at=TEN)
    at = TEN + timedelta(minutes=50)
    with frozen_at(at):
        for other in (own_other, strange):
            await windows.open_window(session, actor=lesson.admin, session_id=other.id)
    code = await other_code(session, strange, at=at)
    assert (await refusal_of(session, lesson, code, at=at)).code == "code_wrong"
    assert (await refusal_of(session, lesson, code, at=at, session_id=lesson.session.id)).code == "code_wrong"
    assert (await refusal_of(session, lesson, code, at=at, session_id=strange.id)).status == 404
    code = await other_code(session, own_other, at=at)
    assert (await refusal_of(session, lesson, code, at=at, session_id=lesson.session.id)).code == "code_wrong"
    assert (await try_code(session, lesson.student(), code, at=at)).session_id == own_other.id


async def test_a_second_device_of_the_same_student_changes_nothing(
    session: AsyncSession, lesson: Lesson
) -> None:
    await open_window(session, lesson)
    first = await try_code(session, lesson.student(), await shown_code(session, lesson), device="phone")
    later = JUST_BEFORE + timedelta(minutes=1)
    code = await shown_code(session, lesson, at=later)
    session.info.clear()
    assert await try_code(session, lesson.student(), code, at=later, device="tablet") == first
    assert "live_topics" not in session.info
    row = await stored(session, lesson.session, lesson.students[0])
    assert row is not None
    assert (row.device_hash, row.at) == ("phone", JUST_BEFORE)


async def test_who_is_in_already_is_told_so_with_any_code(session: AsyncSession, lesson: Lesson) -> None:
    """The page is loaded again an hour later: its address still holds the code of then."""
    await open_window(session, lesson)
    code = await shown_code(session, lesson)
    first = await try_code(session, lesson.student(), code, session_id=lesson.session.id)
    at = TEN + timedelta(hours=2)
    assert await try_code(session, lesson.student(), code, at=at, session_id=lesson.session.id) == first


async def test_one_device_checks_in_one_student(session: AsyncSession, lesson: Lesson) -> None:
    """The second one is refused, and the marker sees who it was."""
    await open_window(session, lesson)
    code = await shown_code(session, lesson)
    await try_code(session, lesson.student(1), code, device="phone")
    refused = await refusal_of(session, lesson, code, device="phone")
    assert (refused.status, refused.code) == (409, "device_used")
    with frozen_at(JUST_BEFORE):
        window = await windows.read_window(session, actor=lesson.teacher, session_id=lesson.session.id)
    assert window.refused == [lesson.students[0].full_name]
    assert window.checked_in == 1
    assert await try_code(session, lesson.student(), code, device="own phone")


async def test_a_device_may_serve_another_student_in_another_session(
    session: AsyncSession, lesson: Lesson
) -> None:
    await open_window(session, lesson)
    await try_code(session, lesson.student(1), await shown_code(session, lesson), device="phone")
    next_session = await make.create_session(session, batch=lesson.batch, starts_at=TEN + timedelta(hours=1))
    at = TEN + timedelta(minutes=61)
    with frozen_at(at):
        await windows.open_window(session, actor=lesson.teacher, session_id=next_session.id)
    code = await other_code(session, next_session, at=at)
    assert (
        await try_code(session, lesson.student(), code, at=at, device="phone")
    ).session_id == next_session.id


async def test_a_closed_window(session: AsyncSession, lesson: Lesson) -> None:
    assert (await refusal_of(session, lesson, "ABCDEF")).code == "check_in_closed"
    await open_window(session, lesson)
    code = await shown_code(session, lesson)
    with frozen_at(JUST_BEFORE):
        await windows.close_window(session, actor=lesson.teacher, session_id=lesson.session.id)
    for session_id in (None, lesson.session.id):
        assert (await refusal_of(session, lesson, code, session_id=session_id)).code == "check_in_closed"


async def test_a_session_that_is_over(session: AsyncSession, lesson: Lesson) -> None:
    await open_window(session, lesson)
    end = TEN + timedelta(hours=1)
    code = await other_code(session, lesson.session, at=end)
    assert (await refusal_of(session, lesson, code, at=end)).code == "check_in_closed"
    assert (
        await refusal_of(session, lesson, code, at=end, session_id=lesson.session.id)
    ).code == "session_over"


async def test_a_cancelled_session(session: AsyncSession, lesson: Lesson) -> None:
    await open_window(session, lesson)
    code = await shown_code(session, lesson)
    lesson.session.status = SessionStatus.CANCELLED
    await session.flush()
    assert (await refusal_of(session, lesson, code)).code == "check_in_closed"
    refused = await refusal_of(session, lesson, code, session_id=lesson.session.id)
    assert refused.code == "session_cancelled"


async def test_who_has_left_the_batch_is_not_in_its_sessions(session: AsyncSession, lesson: Lesson) -> None:
    await open_window(session, lesson)
    code = await shown_code(session, lesson)
    student = await make.create_student(session, branch=lesson.branch)
    await make.create_enrollment(
        session, student=student, batch=lesson.batch, ends_on=(TEN - timedelta(days=1)).date()
    )
    actor = make.actor_of(await make.create_user(session, role=Role.STUDENT, student_id=student.id))
    with pytest.raises(NotFound):
        await try_code(session, actor, code, session_id=lesson.session.id)
    with pytest.raises(Conflict):
        await try_code(session, actor, code)


@pytest.mark.parametrize("role", [Role.GUARDIAN, Role.FACULTY, Role.COUNSELOR, Role.ADMIN])
async def test_nobody_checks_in_for_a_student(session: AsyncSession, lesson: Lesson, role: Role) -> None:
    await open_window(session, lesson)
    actor = make.actor_of(await make.create_user(session, role=role))
    with pytest.raises(Forbidden):
        await try_code(session, actor, await shown_code(session, lesson))
    with pytest.raises(Forbidden):
        await list_own_sessions(session, actor=actor)


async def test_an_account_without_a_record_checks_in_nowhere(session: AsyncSession) -> None:
    actor = make.actor_of(await make.create_user(session, role=Role.STUDENT, student_id=None))
    with pytest.raises(Forbidden):
        await try_code(session, actor, "ABCDEF")


async def test_a_hundred_tries_a_second_end_in_429(session: AsyncSession, lesson: Lesson) -> None:
    """Only the guesser is held back: not the class behind the same address, and only for a minute."""
    await open_window(session, lesson)
    answers = []
    for number in range(100):
        refused = await refusal_of(session, lesson, f"ZZZ{number:03d}")
        answers.append((refused.status, refused.retry_after))
    assert answers == [(409, None)] * limits.STUDENT_TRIES + [(429, 60)] * (100 - limits.STUDENT_TRIES)

    code = await shown_code(session, lesson)
    assert (await refusal_of(session, lesson, code)).status == 429, "the right code does not help now"
    assert await try_code(session, lesson.student(1), code), "a classmate at the same address checks in"

    later = JUST_BEFORE + timedelta(seconds=60)
    assert await try_code(session, lesson.student(), await shown_code(session, lesson, at=later), at=later)


async def test_a_device_is_limited_over_its_students(session: AsyncSession, lesson: Lesson) -> None:
    await open_window(session, lesson)
    for number in (0, 1):
        for _try in range(limits.STUDENT_TRIES):
            with pytest.raises(Conflict):
                await try_code(session, lesson.student(number), "ZZZZZZ", device="phone")
    with pytest.raises(TooManyTries):
        await try_code(session, lesson.student(2), "ZZZZZZ", device="phone")
    assert await try_code(session, lesson.student(2), await shown_code(session, lesson), device="own")


async def test_an_address_has_room_for_a_school(session: AsyncSession, lesson: Lesson) -> None:
    with frozen_at(JUST_BEFORE):
        for student_id in range(limits.ADDRESS_TRIES):
            await limits.take_student_try(student_id=student_id, device_hash=None, address="10.0.0.1")
        with pytest.raises(TooManyTries):
            await limits.take_student_try(student_id=-1, device_hash=None, address="10.0.0.1")
        await limits.take_student_try(student_id=-1, device_hash=None, address="10.0.0.2")


async def test_the_students_page_lists_what_is_on_now(
    session: AsyncSession, lesson: Lesson, count_queries: CountQueries
) -> None:
    await make.create_session(session, batch=lesson.batch, starts_at=TEN + timedelta(hours=3))
    await open_window(session, lesson)
    await try_code(session, lesson.student(), await shown_code(session, lesson))

    async def listed(number: int, at: datetime) -> list[tuple[int, str, datetime | None]]:
        with frozen_at(at):
            found = await list_own_sessions(session, actor=lesson.student(number))
        return [(each.session_id, each.state.value, each.checked_in_at) for each in found.items]

    assert await listed(0, JUST_BEFORE) == [(lesson.session.id, "open", JUST_BEFORE)]
    assert await listed(1, JUST_BEFORE) == [(lesson.session.id, "open", None)]
    assert await listed(1, TEN + timedelta(hours=1)) == []
    with count_queries() as statements:
        await listed(0, JUST_BEFORE)
    assert len(statements) <= 2


@pytest.mark.usefixtures("committed")
async def test_two_students_race_with_one_device(engine: object) -> None:
    """However they meet, the database lets one in; the same student twice is one check-in."""
    async with db.transaction() as session:
        lesson = await build_lesson(session)
    async with db.transaction() as session:
        await open_window(session, lesson)
        code = await shown_code(session, lesson)

    async def attempt(number: int, device: str) -> str:
        async with db.transaction() as session:
            with frozen_at(JUST_BEFORE):
                outcome = await check_in(
                    session,
                    actor=lesson.student(number),
                    data=CheckInCreate(code=code),
                    device=Device(device),
                )
        return outcome.refusal.code if outcome.refusal else "in"

    tries = [attempt(number, "phone") for number in (0, 1, 2) for _again in range(3)]
    answers = await asyncio.gather(*tries)
    assert sorted(set(answers)) == ["device_used", "in"]
    async with db.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(CheckIn)) == 1

    one = next(number for number in (0, 1, 2) if answers[number * 3] != "in")
    assert await asyncio.gather(*(attempt(one, f"own {again}") for again in range(4))) == ["in"] * 4
    async with db.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(CheckIn)) == 2
