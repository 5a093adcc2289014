"""Closing: what becomes of registers that nobody took, and of which never anything."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.absences.models import AbsenceStatus, PlannedAbsence
from academics_app.attendance.jobs import close_registers
from academics_app.attendance.models import Attendance, AttendanceStatus, MarkSource, SuggestionReason
from academics_app.attendance.schemas.register import MarkCommand
from academics_app.attendance.service import mark_student, undo_take
from academics_app.check_in.models import CheckIn, CheckInMethod
from academics_app.core import clock
from academics_app.core.actor import Door
from academics_app.learning_sessions.models import LearningSession, SessionStatus
from tests import factories as make
from tests.attendance.conftest import Classroom
from tests.attendance.registers import NOW, session_at, set_settings, take

PRESENT, ABSENT, LATE, EXCUSED = AttendanceStatus


@pytest.fixture
async def lesson(session: AsyncSession, classroom: Classroom) -> LearningSession:
    """It ended three hours ago; the class's session of today is far away."""
    return await session_at(session, classroom, days_ago=4 / 24)


async def close(session: AsyncSession) -> tuple[int, int]:
    with clock.frozen_at(NOW):
        closed = await close_registers()
    return closed.registers, closed.marks


async def marks(session: AsyncSession, lesson: LearningSession) -> dict[int, Attendance]:
    rows = await session.scalars(
        select(Attendance).where(col(Attendance.session_id) == lesson.id),
        execution_options={"populate_existing": True},
    )
    return {row.student_id: row for row in rows}


async def test_nothing_is_closed_unless_the_institute_wants_it(
    session: AsyncSession, classroom: Classroom, lesson: LearningSession
) -> None:
    assert await close(session) == (0, 0)
    assert await marks(session, lesson) == {}


@pytest.mark.parametrize("status", [ABSENT, PRESENT])
async def test_the_unmarked_are_filled_and_the_register_is_taken_once(
    session: AsyncSession, classroom: Classroom, lesson: LearningSession, status: AttendanceStatus
) -> None:
    await set_settings(session, classroom, close_fills=status.value)
    first, second, third = [student.id for student in classroom.students]
    with clock.frozen_at(lesson.starts_at):
        own = await mark_student(
            session,
            actor=classroom.teacher,
            session_id=lesson.id,
            command=MarkCommand(student_id=first, status=LATE, minutes_late=3),
        )
    assert await close(session) == (1, 2)

    stored = await marks(session, lesson)
    assert {row.student_id: row.status for row in stored.values()} == {
        first: LATE,
        second: status,
        third: status,
    }
    assert stored[first].version == own.mark.version
    assert (stored[second].source, stored[second].marked_by_id) == (MarkSource.CLOSING, None)
    await session.refresh(lesson)
    assert (lesson.register_taken_at, lesson.register_taken_by_id) == (NOW, None)
    assert lesson.status is SessionStatus.HELD
    assert await close(session) == (0, 0)


async def test_known_absences_and_check_ins_are_filled_as_such(
    session: AsyncSession, classroom: Classroom, lesson: LearningSession
) -> None:
    await set_settings(session, classroom, close_fills="absent", late_after_minutes=5)
    first, second, third = [student.id for student in classroom.students]
    day = lesson.local_date
    session.add_all(
        [
            PlannedAbsence(student_id=first, starts_on=day, ends_on=day, status=AbsenceStatus.APPROVED),
            PlannedAbsence(student_id=second, starts_on=day, ends_on=day, status=AbsenceStatus.REQUESTED),
            CheckIn(
                session_id=lesson.id,
                student_id=third,
                method=CheckInMethod.QR,
                at=lesson.starts_at + timedelta(minutes=12),
            ),
        ]
    )
    await session.flush()
    assert await close(session) == (1, 3)
    stored = await marks(session, lesson)
    assert [(stored[each].status, stored[each].suggested_by) for each in (first, second, third)] == [
        (EXCUSED, SuggestionReason.PLANNED_ABSENCE),
        (ABSENT, None),
        (LATE, SuggestionReason.CHECKED_IN),
    ]
    assert stored[third].minutes_late == 12


async def _cancelled(session: AsyncSession, classroom: Classroom, lesson: LearningSession) -> None:
    lesson.status = SessionStatus.CANCELLED


async def _empty(session: AsyncSession, classroom: Classroom, lesson: LearningSession) -> None:
    lesson.batch_id = (await make.create_batch(session)).id


async def _taken(session: AsyncSession, classroom: Classroom, lesson: LearningSession) -> None:
    await take(session, classroom, lesson)


async def _given_back(session: AsyncSession, classroom: Classroom, lesson: LearningSession) -> None:
    await take(session, classroom, lesson)
    with clock.frozen_at(NOW):
        await undo_take(session, actor=classroom.teacher, session_id=lesson.id, command_id=uuid4())


async def _not_over(session: AsyncSession, classroom: Classroom, lesson: LearningSession) -> None:
    lesson.ends_at = NOW - timedelta(minutes=59)


async def _long_ago(session: AsyncSession, classroom: Classroom, lesson: LearningSession) -> None:
    lesson.starts_at = NOW - timedelta(days=2, minutes=1)
    lesson.ends_at = NOW - timedelta(days=1, hours=23)
    lesson.local_date = lesson.starts_at.date()


async def _locked(session: AsyncSession, classroom: Classroom, lesson: LearningSession) -> None:
    await set_settings(session, classroom, admin_edit_days=0)
    lesson.starts_at, lesson.ends_at = NOW - timedelta(hours=20), NOW - timedelta(hours=19)
    lesson.local_date = lesson.starts_at.date()


@pytest.mark.parametrize(
    "change",
    [_cancelled, _empty, _taken, _given_back, _not_over, _long_ago, _locked],
    ids=lambda each: each.__name__,
)
async def test_what_is_never_closed(
    session: AsyncSession,
    classroom: Classroom,
    lesson: LearningSession,
    change: Callable[[AsyncSession, Classroom, LearningSession], Awaitable[None]],
) -> None:
    await set_settings(session, classroom, close_fills="absent")
    await change(session, classroom, lesson)
    await session.flush()
    before = {student: row.version for student, row in (await marks(session, lesson)).items()}
    assert await close(session) == (0, 0)
    assert {student: row.version for student, row in (await marks(session, lesson)).items()} == before


async def test_taking_a_closing_back_clears_what_it_filled_in(
    session: AsyncSession, classroom: Classroom, lesson: LearningSession
) -> None:
    await set_settings(session, classroom, close_fills="absent")
    await close(session)
    with clock.frozen_at(NOW):
        undone = await undo_take(session, actor=classroom.teacher, session_id=lesson.id, command_id=uuid4())
    assert (undone.stored, undone.taken_at) == (0, None)
    assert await marks(session, lesson) == {}
    assert await close(session) == (0, 0), "what a person took back stays with them"


async def test_the_door_is_the_jobs(
    session: AsyncSession, classroom: Classroom, lesson: LearningSession
) -> None:
    from academics_app.attendance.history import register_history

    await set_settings(session, classroom, close_fills="absent")
    await close(session)
    history = await register_history(session, actor=classroom.teacher, session_id=lesson.id)
    assert {(change.door, change.by) for change in history.marks} == {(Door.JOB, None)}
    assert [(change.door, change.by) for change in history.register_changes] == [(Door.JOB, None)]
