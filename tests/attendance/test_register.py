"""What a register and a day of registers show, to whom, in how many statements."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.attendance.access import access_register
from academics_app.attendance.models import AttendanceStatus
from academics_app.attendance.register import (
    list_today,
    read_register,
    register_reader,
    shared_register_json,
)
from academics_app.attendance.rules import RegisterState, register_state
from academics_app.attendance.schemas.register import (
    BulkMark,
    MarkCommand,
    TakeRegister,
)
from academics_app.attendance.service import mark_many, mark_student
from academics_app.attendance.walk_ins import add_walk_in, find_walk_in_candidates, remove_walk_in
from academics_app.core import clock
from academics_app.core.actor import Role
from academics_app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from academics_app.learning_sessions.models import SessionStatus
from tests import factories as make
from tests.attendance.conftest import Classroom
from tests.conftest import CountQueries, SignIn

START = datetime(2027, 3, 1, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({"now": START - 60 * MINUTE}, RegisterState.UPCOMING),
        ({"now": START - 15 * MINUTE}, RegisterState.OPEN),
        ({"now": START, "stored": 2}, RegisterState.MARKING),
        ({"now": START + 10 * MINUTE, "stored": 2}, RegisterState.OVERDUE),
        ({"now": START + 10 * MINUTE, "expected": 0}, RegisterState.EMPTY),
        ({"now": START + 10 * MINUTE, "taken": True}, RegisterState.TAKEN),
        ({"now": START + 10 * MINUTE, "cancelled": True}, RegisterState.CANCELLED),
        ({"now": START - 60 * MINUTE, "stored": 1}, RegisterState.MARKING),
        ({"now": START + 10 * MINUTE, "stored": 1, "held": True}, RegisterState.MARKING),
    ],
)
def test_register_states(facts: dict[str, Any], state: RegisterState) -> None:
    """No false alarm: an empty class, a cancelled or a future session is never overdue."""
    usual: dict[str, Any] = {
        "cancelled": False,
        "taken": False,
        "expected": 3,
        "stored": 0,
        "starts_at": START,
    }
    limits: dict[str, Any] = {"opens_before": 15 * MINUTE, "overdue_after": 10 * MINUTE}
    assert register_state(**(usual | limits | facts)) is state


async def test_reading_shows_everyone_who_belongs(session: AsyncSession, classroom: Classroom) -> None:
    left = await make.create_student(session)
    await make.create_enrollment(
        session, student=left, batch=classroom.batch, ends_on=classroom.session.local_date - timedelta(days=1)
    )
    joins_later = await make.create_student(session)
    await make.create_enrollment(
        session,
        student=joins_later,
        batch=classroom.batch,
        starts_on=classroom.session.local_date + timedelta(days=1),
    )
    earlier = [
        await make.create_session(
            session,
            batch=classroom.batch,
            starts_at=classroom.session.starts_at - timedelta(days=back),
            register_taken_at=classroom.session.starts_at,
        )
        for back in range(1, 8)
    ]
    first = classroom.students[0].id
    for past, status in zip(
        earlier, ["absent", "absent", "late", "present", "present", "absent", "present"], strict=True
    ):
        command = MarkCommand(student_id=first, status=AttendanceStatus(status))
        await mark_student(session, actor=classroom.admin, session_id=past.id, command=command)

    register = await read_register(session, actor=classroom.teacher, session_id=classroom.session.id)
    assert {row.student_id for row in register.rows} == {student.id for student in classroom.students}
    row = next(row for row in register.rows if row.student_id == first)
    assert row.last_five == ["present", "present", "late", "absent", "absent"]
    assert row.absences_in_a_row == 2
    assert (register.stored, register.expected) == (0, 3)
    assert register.session.can_mark


async def test_reopening_shows_what_was_stored(session: AsyncSession, classroom: Classroom) -> None:
    ids = [student.id for student in classroom.students]
    data = BulkMark(
        session_id=classroom.session.id,
        marks=[
            MarkCommand(
                student_id=ids[1], status=AttendanceStatus.LATE, minutes_late=7, note="bus", base_version=0
            )
        ],
        take_register=TakeRegister(student_ids=ids),
    )
    await mark_many(session, actor=classroom.teacher, data=data)
    register = await read_register(session, actor=classroom.admin, session_id=classroom.session.id)
    assert {row.student_id: (row.status, row.minutes_late, row.note) for row in register.rows} == {
        ids[0]: ("present", None, ""),
        ids[1]: ("late", 7, "bus"),
        ids[2]: ("present", None, ""),
    }
    assert (register.state, register.taken_by, register.stored) == (RegisterState.TAKEN, "Ada Teacher", 3)


async def test_who_may_open_a_register(session: AsyncSession, classroom: Classroom) -> None:
    refusals = {
        Role.FACULTY: NotFound,
        Role.COUNSELOR: Forbidden,
        Role.STUDENT: NotFound,
        Role.GUARDIAN: NotFound,
    }
    for role, error in refusals.items():
        actor = make.actor_of(await make.create_user(session, role=role))
        with pytest.raises(error):
            await read_register(session, actor=actor, session_id=classroom.session.id)
    own = await make.create_user(session, role=Role.STUDENT, student_id=classroom.students[0].id)
    with pytest.raises(Forbidden):
        await read_register(session, actor=make.actor_of(own), session_id=classroom.session.id)
    elsewhere = await make.create_branch(session)
    limited = make.actor_of(classroom.admin_user, branch_ids=frozenset({elsewhere.id}))
    with pytest.raises(NotFound):
        await read_register(session, actor=limited, session_id=classroom.session.id)


async def test_counts_are_of_the_whole_class(
    session: AsyncSession, sign_in: SignIn, client: httpx.AsyncClient, count_queries: CountQueries
) -> None:
    from tests.attendance.conftest import build_classroom

    big = await build_classroom(session, size=300)
    headers = await sign_in(big.teacher_user)
    marks = [
        {"student_id": student.id, "status": "absent", "base_version": 0} for student in big.students[:123]
    ]
    saved = await client.post(
        "/api/v1/attendance/bulk", json={"session_id": big.session.id, "marks": marks}, headers=headers
    )
    assert (saved.json()["stored"], saved.json()["expected"]) == (123, 300)
    with count_queries() as statements:
        register = await client.get(f"/api/v1/attendance/session/{big.session.id}/register", headers=headers)
    assert len(register.json()["rows"]) == 300
    assert (register.json()["stored"], register.json()["expected"]) == (123, 300)
    assert len(statements) == 4, "who asks, the session, the roster, and what is known of the unmarked"
    with count_queries() as statements:
        [today] = (
            await client.get(f"/api/v1/attendance/faculty/{big.batch.faculty_id}/today", headers=headers)
        ).json()
    assert (today["absent"], today["stored"], today["expected"]) == (123, 123, 300)
    assert len(statements) == 3


async def test_the_shared_read_is_the_same_register(session: AsyncSession, classroom: Classroom) -> None:
    header = await access_register(session, classroom.session.id, actor=classroom.teacher)
    reader = await register_reader(session, header, actor=classroom.teacher)
    shared = await shared_register_json(classroom.session.id, reader=reader)
    own = await read_register(session, actor=classroom.teacher, session_id=classroom.session.id)
    assert shared == own.model_dump_json()


async def test_today_is_the_institutes_day(session: AsyncSession, classroom: Classroom) -> None:
    substitute = await make.create_user(session, role=Role.FACULTY)
    with clock.frozen_at(START):
        mine = await make.create_session(session, batch=classroom.batch, starts_at=START)
        await make.create_session(session, batch=classroom.batch, starts_at=START + timedelta(days=1))
        lent = await make.create_session(
            session,
            batch=classroom.batch,
            starts_at=START + timedelta(hours=3),
            faculty_id=substitute.faculty_id,
            substitute_for_id=classroom.batch.faculty_id,
        )
        own_day = await list_today(session, actor=classroom.teacher)
        stand_in_day = await list_today(session, actor=make.actor_of(substitute))
    assert [(today.id, today.can_mark) for today in own_day] == [(mine.id, True), (lent.id, False)]
    assert [(today.id, today.substitute_for_name) for today in stand_in_day] == [(lent.id, "Ada Teacher")]
    with pytest.raises(Forbidden):
        await list_today(session, actor=make.actor_of(await make.create_user(session, role=Role.COUNSELOR)))


async def test_walk_ins(session: AsyncSession, classroom: Classroom) -> None:
    branch_id = classroom.batch.branch_id
    guest = await make.create_student(session, branch_id=branch_id, given_name="Zoë", family_name="O'Brien")
    elsewhere = await make.create_student(session, given_name="Zoë", family_name="O'Brien-Away")
    found = await find_walk_in_candidates(
        session, actor=classroom.teacher, session_id=classroom.session.id, query="zoe o'brien"
    )
    assert [candidate.id for candidate in found] == [guest.id]

    for _ in range(2):
        await add_walk_in(
            session, actor=classroom.teacher, session_id=classroom.session.id, student_id=guest.id
        )
    register = await read_register(session, actor=classroom.teacher, session_id=classroom.session.id)
    assert [row.name for row in register.rows if row.walk_in] == ["Zoë O'Brien"]
    with pytest.raises(InvalidInput):
        await add_walk_in(
            session, actor=classroom.teacher, session_id=classroom.session.id, student_id=elsewhere.id
        )

    command = MarkCommand(student_id=guest.id, status=AttendanceStatus.PRESENT, base_version=0)
    stored = await mark_student(
        session, actor=classroom.teacher, session_id=classroom.session.id, command=command
    )
    with pytest.raises(Conflict, match="has a mark"):
        await remove_walk_in(
            session, actor=classroom.teacher, session_id=classroom.session.id, student_id=guest.id
        )
    clear = MarkCommand(student_id=guest.id, status=None, base_version=stored.mark.version)
    await mark_student(session, actor=classroom.teacher, session_id=classroom.session.id, command=clear)
    await remove_walk_in(
        session, actor=classroom.teacher, session_id=classroom.session.id, student_id=guest.id
    )
    with pytest.raises(NotFound):
        await remove_walk_in(
            session, actor=classroom.teacher, session_id=classroom.session.id, student_id=guest.id
        )


async def test_an_empty_class_has_no_register_to_take(session: AsyncSession, classroom: Classroom) -> None:
    batch = await make.create_batch(session, branch_id=classroom.batch.branch_id)
    empty = await make.create_session(session, batch=batch)
    with pytest.raises(Conflict) as refusal:
        await mark_many(
            session,
            actor=classroom.admin,
            data=BulkMark(session_id=empty.id, take_register=TakeRegister(student_ids=[])),
        )
    assert refusal.value.code == "empty_register"
    await session.refresh(empty)
    assert empty.status is SessionStatus.SCHEDULED
