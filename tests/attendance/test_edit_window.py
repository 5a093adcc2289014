"""Until when a register may be changed, by whom, and what those are told who may not."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.attendance.models import AttendanceStatus
from academics_app.attendance.register import list_today, read_register
from academics_app.attendance.schemas.register import BulkMark, MarkCommand, TakeRegister
from academics_app.attendance.service import mark_many, mark_student, undo_take
from academics_app.core import clock
from academics_app.core.actor import Actor
from academics_app.core.errors import Conflict
from academics_app.learning_sessions.models import LearningSession
from tests.attendance.conftest import Classroom
from tests.attendance.registers import NOW, session_at, set_settings, take

Change = Callable[[AsyncSession, Classroom, LearningSession, Actor], Awaitable[object]]


async def _mark(session: AsyncSession, classroom: Classroom, lesson: LearningSession, actor: Actor) -> object:
    command = MarkCommand(student_id=classroom.students[0].id, status=AttendanceStatus.ABSENT)
    return await mark_student(session, actor=actor, session_id=lesson.id, command=command)


async def _take(session: AsyncSession, classroom: Classroom, lesson: LearningSession, actor: Actor) -> object:
    everyone = TakeRegister(student_ids=[student.id for student in classroom.students])
    return await mark_many(session, actor=actor, data=BulkMark(session_id=lesson.id, take_register=everyone))


async def _undo(session: AsyncSession, classroom: Classroom, lesson: LearningSession, actor: Actor) -> object:
    return await undo_take(session, actor=actor, session_id=lesson.id, command_id=uuid4())


@pytest.mark.parametrize("change", [_mark, _take, _undo])
async def test_each_role_has_its_days(session: AsyncSession, classroom: Classroom, change: Change) -> None:
    """On the last day it works; on the day after it is locked, and the sentence says who can help."""
    in_time = await session_at(session, classroom, days_ago=7)
    too_late = await session_at(session, classroom, days_ago=8)
    far_too_late = await session_at(session, classroom, days_ago=91)
    with clock.frozen_at(NOW):
        await change(session, classroom, in_time, classroom.teacher)
        with pytest.raises(Conflict, match="An admin can still take it until Mon 21 Jun 2027") as locked:
            await change(session, classroom, too_late, classroom.teacher)
        assert (locked.value.status, locked.value.code) == (409, "register_locked")
        assert locked.value.extra == {"editable_until": "2027-03-30"}
        await change(session, classroom, too_late, classroom.admin)
        with pytest.raises(Conflict, match="It stays not taken"):
            await change(session, classroom, far_too_late, classroom.admin)


async def test_a_mark_that_was_stored_in_time_is_acknowledged_when_it_is_sent_again(
    session: AsyncSession, classroom: Classroom
) -> None:
    """Its first acknowledgement was lost, and the day is over; another mark is refused as ever."""
    lesson = await session_at(session, classroom, days_ago=7)
    sent = MarkCommand(student_id=classroom.students[0].id, status=AttendanceStatus.ABSENT, base_version=0)
    with clock.frozen_at(NOW):
        await mark_student(session, actor=classroom.teacher, session_id=lesson.id, command=sent)
    with clock.frozen_at(NOW + timedelta(days=1)):
        again = await mark_student(session, actor=classroom.teacher, session_id=lesson.id, command=sent)
        assert (again.replayed, again.mark.status) == (True, AttendanceStatus.ABSENT)
        late = sent.model_copy(update={"mark_id": uuid4(), "status": AttendanceStatus.PRESENT})
        with pytest.raises(Conflict, match="until"):
            await mark_student(session, actor=classroom.teacher, session_id=lesson.id, command=late)


async def test_a_taken_register_sends_to_corrections(session: AsyncSession, classroom: Classroom) -> None:
    lesson = await session_at(session, classroom, days_ago=8)
    await take(session, classroom, lesson)
    old = await session_at(session, classroom, days_ago=100)
    await take(session, classroom, old)
    with clock.frozen_at(NOW):
        with pytest.raises(Conflict, match="Ask for a correction, or ask an admin"):
            await _mark(session, classroom, lesson, classroom.teacher)
        with pytest.raises(Conflict, match="which another admin can approve"):
            await _mark(session, classroom, old, classroom.admin)


async def test_the_days_are_the_institutes(session: AsyncSession, classroom: Classroom) -> None:
    """A session at 23:30 in Auckland is of that day there, and so is its last day of change."""
    await set_settings(session, classroom, time_zone="Pacific/Auckland", faculty_edit_days=0)
    starts_at = datetime(2027, 7, 1, 11, 0, tzinfo=UTC)
    lesson = await session_at(session, classroom, days_ago=0)
    lesson.starts_at, lesson.ends_at = starts_at, starts_at + timedelta(minutes=45)
    lesson.local_date = datetime(2027, 7, 1).date()  # noqa: DTZ001 - a date
    await session.flush()
    with clock.frozen_at(datetime(2027, 7, 1, 11, 50, tzinfo=UTC)):
        await _mark(session, classroom, lesson, classroom.teacher)
    with clock.frozen_at(datetime(2027, 7, 1, 12, 1, tzinfo=UTC)), pytest.raises(Conflict, match="until"):
        await _mark(session, classroom, lesson, classroom.teacher)


async def test_the_register_says_how_it_is(session: AsyncSession, classroom: Classroom) -> None:
    lesson = await session_at(session, classroom, days_ago=8)
    with clock.frozen_at(NOW):
        untaken = await read_register(session, actor=classroom.teacher, session_id=lesson.id)
    await take(session, classroom, lesson)
    with clock.frozen_at(NOW):
        teacher = await read_register(session, actor=classroom.teacher, session_id=lesson.id)
        admin = await read_register(session, actor=classroom.admin, session_id=lesson.id)
        [today] = await list_today(session, actor=classroom.teacher, day=lesson.local_date)

    assert (untaken.session.locked, untaken.session.may_request_correction) == (True, False)
    assert (teacher.session.locked, teacher.session.can_mark) == (True, False)
    assert teacher.session.may_request_correction
    assert teacher.session.editable_until == lesson.local_date + timedelta(days=7)
    assert (admin.session.locked, admin.session.can_mark) == (False, True)
    assert not admin.session.may_request_correction
    assert not today.can_mark
