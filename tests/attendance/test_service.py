"""A mark is a command: stored once, never lost, never over a mark that its sender has not seen."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.attendance.models import Attendance, AttendanceEvent, AttendanceStatus, MarkSource
from academics_app.attendance.schemas.register import (
    BulkMark,
    MarkCommand,
    MarkResult,
    TakeRegister,
)
from academics_app.attendance.service import MarkConflict, mark_many, mark_student, undo_take
from academics_app.core.actor import Actor, Role
from academics_app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from academics_app.learning_sessions.models import SessionStatus
from tests import factories as make
from tests.attendance.conftest import Classroom
from tests.conftest import CountQueries

PRESENT, ABSENT, LATE, EXCUSED = AttendanceStatus


async def mark(
    session: AsyncSession,
    classroom: Classroom,
    status: AttendanceStatus | None,
    *,
    student: int = 0,
    actor: Actor | None = None,
    base_version: int | None = 0,
    mark_id: UUID | None = None,
    minutes_late: int | None = None,
    note: str = "",
) -> MarkResult:
    command = MarkCommand(
        mark_id=mark_id or uuid4(),
        student_id=classroom.students[student].id,
        status=status,
        minutes_late=minutes_late,
        note=note,
        base_version=base_version,
    )
    return await mark_student(
        session, actor=actor or classroom.teacher, session_id=classroom.session.id, command=command
    )


async def rows(session: AsyncSession) -> list[Attendance]:
    statement = select(Attendance).order_by(col(Attendance.student_id))
    return list((await session.scalars(statement, execution_options={"populate_existing": True})).all())


async def events(session: AsyncSession) -> list[AttendanceEvent]:
    return list((await session.scalars(select(AttendanceEvent).order_by(col(AttendanceEvent.id)))).all())


async def test_a_mark_is_stored_with_its_event(session: AsyncSession, classroom: Classroom) -> None:
    result = await mark(session, classroom, LATE, minutes_late=7, note="bus")

    [row], [event] = await rows(session), await events(session)
    assert (row.status, row.minutes_late, row.note) == (LATE, 7, "bus")
    assert (event.before_status, event.after_status, event.after_minutes) == (None, LATE, 7)
    assert row.version == event.id == result.mark.version
    assert (result.stored, result.expected, result.replayed) == (1, 3, False)
    assert result.mark.marked_by == "Ada Teacher"


async def test_the_same_mark_id_twice_is_one_mark(session: AsyncSession, classroom: Classroom) -> None:
    mark_id = uuid4()
    first = await mark(session, classroom, ABSENT, mark_id=mark_id)
    again = await mark(session, classroom, ABSENT, mark_id=mark_id)
    changed = await mark(session, classroom, PRESENT, base_version=first.mark.version)
    late_replay = await mark(session, classroom, ABSENT, mark_id=mark_id)

    assert again.replayed
    assert late_replay.replayed
    assert late_replay.mark.status is PRESENT, "a replay answers with what stands, and changes nothing"
    assert [event.id for event in await events(session)] == [first.mark.version, changed.mark.version]


async def test_a_replay_without_versions_is_one_mark_too(session: AsyncSession, classroom: Classroom) -> None:
    mark_id = uuid4()
    await mark(session, classroom, ABSENT, mark_id=mark_id, base_version=None)
    again = await mark(session, classroom, ABSENT, mark_id=mark_id, base_version=None)

    assert again.replayed
    assert len(await events(session)) == 1


async def test_a_mark_id_belongs_to_one_student(session: AsyncSession, classroom: Classroom) -> None:
    mark_id = uuid4()
    await mark(session, classroom, ABSENT, mark_id=mark_id)

    with pytest.raises(Conflict, match="used for another mark"):
        await mark(session, classroom, ABSENT, mark_id=mark_id, student=1)
    assert len(await rows(session)) == 1


async def test_a_stale_mark_is_refused_and_told_what_stands(
    session: AsyncSession, classroom: Classroom
) -> None:
    theirs = await mark(session, classroom, LATE, minutes_late=5, actor=classroom.admin)

    with pytest.raises(MarkConflict) as conflict:
        await mark(session, classroom, ABSENT, base_version=0)
    assert conflict.value.extra["current"]["status"] == "late"
    assert conflict.value.extra["current"]["marked_by"] == classroom.admin.name
    assert [row.status for row in await rows(session)] == [LATE]

    replaced = await mark(session, classroom, ABSENT, base_version=theirs.mark.version)
    assert replaced.mark.status is ABSENT


async def test_the_same_status_is_no_conflict(session: AsyncSession, classroom: Classroom) -> None:
    await mark(session, classroom, ABSENT, actor=classroom.admin)
    agreed = await mark(session, classroom, ABSENT, base_version=0)

    assert agreed.mark.status is ABSENT
    assert len(await events(session)) == 2


async def test_without_a_version_only_ones_own_mark_is_replaced(
    session: AsyncSession, classroom: Classroom
) -> None:
    await mark(session, classroom, PRESENT, base_version=None)
    own = await mark(session, classroom, ABSENT, base_version=None)
    assert own.mark.status is ABSENT

    with pytest.raises(MarkConflict):
        await mark(session, classroom, PRESENT, base_version=None, actor=classroom.admin)


async def test_clearing_undoes_a_first_mark_and_leaves_its_trace(
    session: AsyncSession, classroom: Classroom
) -> None:
    first = await mark(session, classroom, ABSENT)
    cleared = await mark(session, classroom, None, base_version=first.mark.version)

    assert await rows(session) == []
    assert (cleared.mark.version, cleared.stored) == (0, 0)
    assert [event.after_status for event in await events(session)] == [ABSENT, None]

    again = await mark(session, classroom, PRESENT, base_version=0)
    assert again.mark.version > first.mark.version


async def test_taking_fills_only_the_unmarked_whom_the_taker_saw(
    session: AsyncSession, classroom: Classroom
) -> None:
    await mark(session, classroom, ABSENT, actor=classroom.admin)
    seen = [student.id for student in classroom.students[:2]]
    result = await mark_many(
        session,
        actor=classroom.teacher,
        data=BulkMark(session_id=classroom.session.id, take_register=TakeRegister(student_ids=seen)),
    )

    assert [(row.student_id, row.status, row.source) for row in await rows(session)] == [
        (seen[0], ABSENT, MarkSource.PERSON),
        (seen[1], PRESENT, MarkSource.TAKE_REGISTER),
    ]
    assert (result.stored, result.expected, result.taken_by) == (2, 3, "Ada Teacher")
    await session.refresh(classroom.session)
    assert classroom.session.status is SessionStatus.HELD
    assert classroom.session.register_taken_by_id == classroom.teacher.user_id


async def test_taking_twice_is_taking_once(session: AsyncSession, classroom: Classroom) -> None:
    take = TakeRegister(student_ids=[student.id for student in classroom.students])
    data = BulkMark(session_id=classroom.session.id, take_register=take)
    first = await mark_many(session, actor=classroom.teacher, data=data)
    again = await mark_many(session, actor=classroom.admin, data=data)

    assert len(await events(session)) == 3
    assert (again.taken_at, again.taken_by) == (first.taken_at, "Ada Teacher")


async def test_undoing_a_take_keeps_what_was_touched_since(
    session: AsyncSession, classroom: Classroom
) -> None:
    take = TakeRegister(student_ids=[student.id for student in classroom.students])
    taken = await mark_many(
        session, actor=classroom.teacher, data=BulkMark(session_id=classroom.session.id, take_register=take)
    )
    version = {row.student_id: row.version for row in taken.marks} or {
        row.student_id: row.version for row in await rows(session)
    }
    await mark(session, classroom, LATE, student=1, base_version=version[classroom.students[1].id])

    for _ in range(2):
        undone = await undo_take(
            session, actor=classroom.teacher, session_id=classroom.session.id, command_id=take.command_id
        )
        assert (undone.stored, undone.taken_at) == (1, None)
    assert [(row.student_id, row.status) for row in await rows(session)] == [(classroom.students[1].id, LATE)]
    await session.refresh(classroom.session)
    assert classroom.session.register_taken_at is None
    assert classroom.session.status is SessionStatus.SCHEDULED


async def test_undo_leaves_a_cancelled_session_cancelled(session: AsyncSession, classroom: Classroom) -> None:
    taken = TakeRegister(student_ids=[student.id for student in classroom.students])
    session_id = classroom.session.id
    await mark_many(
        session, actor=classroom.teacher, data=BulkMark(session_id=session_id, take_register=taken)
    )
    classroom.session.status = SessionStatus.CANCELLED
    await session.flush()

    await undo_take(session, actor=classroom.teacher, session_id=session_id, command_id=taken.command_id)

    await session.refresh(classroom.session)
    assert classroom.session.status is SessionStatus.CANCELLED
    assert classroom.session.register_taken_at is None


async def test_a_confirmation_that_was_given_back_is_not_repeated_by_sending_it_again(
    session: AsyncSession, classroom: Classroom
) -> None:
    take = TakeRegister(student_ids=[student.id for student in classroom.students])
    data = BulkMark(session_id=classroom.session.id, take_register=take)
    await mark_many(session, actor=classroom.teacher, data=data)
    await undo_take(
        session, actor=classroom.admin, session_id=classroom.session.id, command_id=take.command_id
    )

    again = await mark_many(session, actor=classroom.teacher, data=data)

    assert (again.taken_at, again.taken_by, again.stored) == (None, None, 0)
    await session.refresh(classroom.session)
    assert classroom.session.register_taken_at is None
    assert classroom.session.status is SessionStatus.SCHEDULED


async def test_bulk_is_all_or_nothing(session: AsyncSession, classroom: Classroom) -> None:
    await mark(session, classroom, LATE, student=2, actor=classroom.admin)
    commands = [
        MarkCommand(student_id=student.id, status=ABSENT, base_version=0) for student in classroom.students
    ]

    with pytest.raises(MarkConflict) as conflict:
        await mark_many(
            session, actor=classroom.teacher, data=BulkMark(session_id=classroom.session.id, marks=commands)
        )
    assert [item["student_id"] for item in conflict.value.extra["conflicts"]] == [classroom.students[2].id]
    assert [row.status for row in await rows(session)] == [LATE]


async def test_bulk_refuses_a_student_twice_and_a_stranger(
    session: AsyncSession, classroom: Classroom
) -> None:
    twice = [MarkCommand(student_id=classroom.students[0].id, status=PRESENT) for _ in range(2)]
    stranger = await make.create_student(session)

    with pytest.raises(InvalidInput, match="twice"):
        await mark_many(
            session, actor=classroom.teacher, data=BulkMark(session_id=classroom.session.id, marks=twice)
        )
    with pytest.raises(InvalidInput, match="not in this session"):
        await mark_many(
            session,
            actor=classroom.teacher,
            data=BulkMark(
                session_id=classroom.session.id, marks=[MarkCommand(student_id=stranger.id, status=PRESENT)]
            ),
        )
    assert await rows(session) == []


async def test_bulk_refuses_two_marks_under_one_id(session: AsyncSession, classroom: Classroom) -> None:
    mark_id = uuid4()
    marks = [
        MarkCommand(mark_id=mark_id, student_id=student.id, status=ABSENT) for student in classroom.students
    ]

    with pytest.raises(InvalidInput, match="same mark_id"):
        await mark_many(
            session, actor=classroom.teacher, data=BulkMark(session_id=classroom.session.id, marks=marks)
        )
    assert await rows(session) == []


async def test_who_may_mark(session: AsyncSession, classroom: Classroom) -> None:
    stranger = await make.create_user(session, role=Role.FACULTY)
    counselor = await make.create_user(session, role=Role.COUNSELOR)
    student = await make.create_user(session, role=Role.STUDENT, student_id=classroom.students[0].id)
    with pytest.raises(NotFound):
        await mark(session, classroom, ABSENT, actor=make.actor_of(stranger))
    for user in (counselor, student):
        with pytest.raises(Forbidden):
            await mark(session, classroom, ABSENT, actor=make.actor_of(user))
    assert await rows(session) == []

    substitute = await make.create_user(session, role=Role.FACULTY)
    classroom.session.substitute_for_id = classroom.session.faculty_id
    classroom.session.faculty_id = substitute.faculty_id
    await session.flush()
    with pytest.raises(Forbidden, match="session's faculty"):
        await mark(session, classroom, ABSENT)
    stored = await mark(session, classroom, ABSENT, actor=make.actor_of(substitute))
    assert stored.mark.marked_by == substitute.full_name


async def test_cancelled_and_future_sessions_take_no_marks(
    session: AsyncSession, classroom: Classroom
) -> None:
    classroom.session.status = SessionStatus.CANCELLED
    await session.flush()
    with pytest.raises(Conflict) as cancelled:
        await mark(session, classroom, ABSENT)
    assert cancelled.value.code == "session_cancelled"

    tomorrow = datetime.now(UTC) + timedelta(days=2)
    classroom.session = await make.create_session(session, batch=classroom.batch, starts_at=tomorrow)
    with pytest.raises(Conflict) as early:
        await mark(session, classroom, ABSENT)
    assert early.value.code == "register_not_open"
    assert await rows(session) == []


async def test_marks_after_a_change_of_the_roster(session: AsyncSession, classroom: Classroom) -> None:
    """Mark, re-mark, partly re-mark, then with a late joiner: the tool never says that it was done before."""
    first = await mark(session, classroom, ABSENT)
    await mark(session, classroom, PRESENT, base_version=first.mark.version)
    joiner = await make.create_student(session)
    await make.create_enrollment(
        session, student=joiner, batch=classroom.batch, starts_on=classroom.session.local_date
    )
    everyone = [*(student.id for student in classroom.students), joiner.id]
    result = await mark_many(
        session,
        actor=classroom.teacher,
        data=BulkMark(session_id=classroom.session.id, take_register=TakeRegister(student_ids=everyone)),
    )
    assert (result.stored, result.expected) == (4, 4)


async def test_bulk_save_of_thirty_needs_four_statements_of_its_own(
    session: AsyncSession, count_queries: CountQueries, classroom: Classroom
) -> None:
    commands = [
        MarkCommand(student_id=student.id, status=PRESENT, base_version=0) for student in classroom.students
    ]
    with count_queries() as statements:
        await mark_many(
            session, actor=classroom.teacher, data=BulkMark(session_id=classroom.session.id, marks=commands)
        )
    hot = [statement for statement in statements if "FROM setting" not in statement]
    assert len(hot) == 3, hot
