"""Registers that were not taken: no false alarm, and counts that are the list's own."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.attendance.jobs import close_registers
from academics_app.attendance.missing import count_by_faculty, list_missing
from academics_app.attendance.models import AttendanceStatus
from academics_app.attendance.register import list_today
from academics_app.attendance.rules import RegisterState
from academics_app.attendance.schemas.register import MarkCommand
from academics_app.attendance.service import mark_student
from academics_app.core import clock
from academics_app.core.actor import Role
from academics_app.core.errors import Forbidden, InvalidInput
from academics_app.core.pagination import PageRequest
from academics_app.learning_sessions.models import SessionStatus
from tests import factories as make
from tests.attendance.conftest import Classroom, build_classroom
from tests.attendance.registers import NOW, session_at, set_settings, take
from tests.conftest import CountQueries, SignIn

ALL = PageRequest(limit=1000)
HOUR = 1 / 24


async def test_no_false_alarm(session: AsyncSession, classroom: Classroom) -> None:
    """Defect 13: no students, cancelled, not begun, not overdue yet, taken: none of them is missing."""
    missing = await session_at(session, classroom, days_ago=1)
    begun = await session_at(session, classroom, days_ago=2)
    with clock.frozen_at(begun.starts_at):
        await mark_student(
            session,
            actor=classroom.teacher,
            session_id=begun.id,
            command=MarkCommand(student_id=classroom.students[0].id, status=AttendanceStatus.ABSENT),
        )
    await session_at(session, classroom, days_ago=1.2, status=SessionStatus.CANCELLED)
    await session_at(session, classroom, days_ago=-0.1)
    await session_at(session, classroom, days_ago=9 * HOUR / 60)
    await take(session, classroom, await session_at(session, classroom, days_ago=1.4))
    nobody = await make.create_batch(session, branch=None, branch_id=classroom.batch.branch_id)
    await make.create_session(session, batch=nobody, starts_at=NOW - timedelta(days=1))
    before_enrolment = await build_classroom(session)
    await session_at(
        session, before_enrolment, days_ago=1, local_date=datetime(2026, 8, 1, tzinfo=UTC).date()
    )

    with clock.frozen_at(NOW):
        page = await list_missing(session, actor=classroom.admin, page=ALL)
    assert [item.session_id for item in page.items] == [missing.id, begun.id]
    assert page.total == 2
    assert (page.items[1].stored, page.items[1].expected) == (1, 3)
    assert page.items[0].faculty_name == "Ada Teacher"


async def test_a_register_of_exceptions_alone_is_owed_by_nobody(
    session: AsyncSession, classroom: Classroom
) -> None:
    """An import of absences leaves sessions that were held and never taken: neither listed, counted nor closed."""
    await set_settings(session, classroom, close_fills="absent")
    owed = await session_at(session, classroom, days_ago=1)
    imported = await session_at(
        session, classroom, days_ago=5 * HOUR, status=SessionStatus.HELD, overlap_allowed=True
    )
    with clock.frozen_at(imported.starts_at):
        await mark_student(
            session,
            actor=classroom.teacher,
            session_id=imported.id,
            command=MarkCommand(student_id=classroom.students[0].id, status=AttendanceStatus.ABSENT),
        )
    with clock.frozen_at(NOW):
        page = await list_missing(session, actor=classroom.admin, page=ALL)
        counts = await count_by_faculty(session, actor=classroom.admin)
        states = await list_today(session, actor=classroom.admin, day=imported.local_date)
        await close_registers()
    assert ([item.session_id for item in page.items], page.total) == ([owed.id], 1)
    assert (counts.total.missing, counts.total.on_time + counts.total.late) == (1, 0)
    assert [each.state for each in states] == [RegisterState.MARKING]
    await session.refresh(imported)
    assert imported.register_taken_at is None


async def test_list_counts_and_states_agree(session: AsyncSession, classroom: Classroom) -> None:
    """Defect 7: whatever is asked for, page by page, the counters are the database's, and `register_state` agrees."""
    other = await build_classroom(session)
    for room, hours in product((classroom, other), range(1, 60, 3)):
        lesson = await session_at(session, room, days_ago=hours * HOUR)
        if hours % 2:
            await take(session, room, lesson, minutes_after=5 if hours % 4 == 1 else 40)
    with clock.frozen_at(NOW):
        today = NOW.date()
        states = [
            each
            for day in (today - timedelta(days=back) for back in range(4))
            for each in await list_today(session, actor=classroom.admin, day=day)
        ]
        for branch, faculty in product(
            (None, classroom.batch.branch_id), (None, classroom.batch.faculty_id, other.batch.faculty_id)
        ):
            asked: dict[str, Any] = {"branch_id": branch, "faculty_id": faculty}
            counts = await count_by_faculty(session, actor=classroom.admin, **asked)
            pages = [
                await list_missing(
                    session, actor=classroom.admin, page=PageRequest(skip=skip, limit=4), **asked
                )
                for skip in range(0, 40, 4)
            ]
            listed = [item.session_id for page in pages for item in page.items]
            wanted = [
                each
                for each in states
                if branch in (None, classroom.batch.branch_id if each.batch_id == classroom.batch.id else -1)
                and faculty in (None, each.faculty_id)
            ]
            overdue = {each.id for each in wanted if each.state is RegisterState.OVERDUE}
            assert set(listed) == overdue
            assert len(listed) == len(overdue)
            assert {page.total for page in pages} == {len(overdue)} == {counts.total.missing}
            taken = [each for each in wanted if each.state is RegisterState.TAKEN]
            assert counts.total.on_time + counts.total.late == len(taken)
            assert sum(item.late for item in counts.items) == sum(
                each.taken_at is not None and each.taken_at > each.starts_at + timedelta(minutes=10)
                for each in taken
            )


async def test_the_period_and_who_is_told(session: AsyncSession, classroom: Classroom) -> None:
    old = await session_at(session, classroom, days_ago=7)
    new = await session_at(session, classroom, days_ago=6)
    substitute = await make.create_user(session, role=Role.FACULTY)
    lent = await session_at(session, classroom, days_ago=3, faculty_id=substitute.faculty_id)
    nobodys = await session_at(session, classroom, days_ago=2, faculty_id=None)
    with clock.frozen_at(NOW):
        everything = await list_missing(session, actor=classroom.admin, page=ALL)
        own = await list_missing(session, actor=classroom.teacher, page=ALL)
        of_other = await list_missing(
            session, actor=classroom.teacher, page=ALL, faculty_id=substitute.faculty_id
        )
        lent_out = await count_by_faculty(session, actor=make.actor_of(substitute))
        earlier = await list_missing(
            session, actor=classroom.admin, page=ALL, start_date=old.local_date, end_date=old.local_date
        )
        with pytest.raises(InvalidInput, match="ends before"):
            await list_missing(
                session, actor=classroom.admin, page=ALL, start_date=new.local_date, end_date=old.local_date
            )
    assert [item.session_id for item in everything.items] == [nobodys.id, lent.id, new.id]
    assert [(item.session_id, item.can_take) for item in own.items] == [(new.id, True)]
    assert of_other.total == 0
    assert [(item.faculty_id, item.missing) for item in lent_out.items] == [(substitute.faculty_id, 1)]
    assert [item.session_id for item in earlier.items] == [old.id]
    with clock.frozen_at(NOW + timedelta(days=2)):
        locked = await list_missing(
            session, actor=classroom.teacher, page=ALL, start_date=old.local_date, end_date=new.local_date
        )
    assert [item.can_take for item in locked.items] == [False, False]
    for role in (Role.COUNSELOR, Role.STUDENT, Role.GUARDIAN):
        with pytest.raises(Forbidden):
            await list_missing(
                session, actor=make.actor_of(await make.create_user(session, role=role)), page=ALL
            )


async def test_closed_ones_are_nobodys_merit(session: AsyncSession, classroom: Classroom) -> None:
    await session_at(session, classroom, days_ago=5 * HOUR)
    await set_settings(session, classroom, close_fills="absent")
    with clock.frozen_at(NOW):
        await close_registers()
        counts = await count_by_faculty(session, actor=classroom.admin)
    assert counts.total.model_dump() == {"on_time": 0, "late": 0, "closed": 1, "missing": 0}


async def test_over_rest(
    session: AsyncSession,
    classroom: Classroom,
    client: httpx.AsyncClient,
    sign_in: SignIn,
    count_queries: CountQueries,
) -> None:
    lesson = await session_at(session, classroom, days_ago=1)
    path = "/api/v1/attendance/registers"
    with clock.frozen_at(NOW):
        headers = await sign_in(classroom.admin_user)
        with count_queries() as statements:
            page = (await client.get(f"{path}/missing?limit=1", headers=headers)).json()
        assert len(statements) <= 4
        assert ([item["session_id"] for item in page["items"]], page["total"]) == ([lesson.id], 1)
        with count_queries() as statements:
            counts = (await client.get(f"{path}/by-faculty", headers=headers)).json()
        assert len(statements) <= 3
        assert counts["items"][0]["missing"] == counts["total"]["missing"] == 1
        first_day = await client.get(f"{path}/missing?end_date=0001-01-01", headers=headers)
    assert (first_day.status_code, first_day.json()["total"]) == (200, 0)
