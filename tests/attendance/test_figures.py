"""Percentages: what counts, what does not and why; the same figure on each door."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.attendance.figures import list_attendance, summarise_attendance
from academics_app.attendance.models import Attendance, AttendanceEvent, AttendanceStatus, MarkSource
from academics_app.attendance.rules import LEFT_OUT, absences_in_a_row, attendance_rate, initials
from academics_app.core.actor import Door, Role
from academics_app.core.errors import InvalidInput, NotFound
from academics_app.learning_sessions.models import LearningSession, SessionStatus
from tests import factories as make
from tests.attendance.conftest import Classroom
from tests.conftest import CountQueries, SignIn

CATEGORIES = ["present", "late", "absent", *LEFT_OUT]
DAY = datetime(2026, 10, 1, 9, tzinfo=UTC)
PERIOD: dict[str, Any] = {"start_date": date(2026, 9, 1), "end_date": date(2026, 12, 31)}


@given(st.dictionaries(st.sampled_from(CATEGORIES), st.integers(0, 400)), st.booleans())
def test_attended_never_exceeds_counted_and_nothing_gets_lost(
    numbers: dict[str, int],
    against: bool,  # noqa: FBT001 - hypothesis passes it
) -> None:
    rate = attendance_rate(numbers, excused_counts_against=against)

    assert 0 <= rate.attended <= rate.counted
    assert rate.counted + sum(rate.left_out.values()) == sum(numbers.values())
    if rate.percent is None:
        assert rate.counted == 0
    else:
        assert 0 <= rate.percent <= 100


@pytest.mark.parametrize(
    ("newest_first", "streak"),
    [
        ([], 0),
        (["absent", "absent", "present", "absent"], 2),
        (["present", "absent"], 0),
        (["absent", None, "absent"], 2),
        (["excused", "absent"], 0),
    ],
)
def test_absences_in_a_row(newest_first: list[str | None], streak: int) -> None:
    assert absences_in_a_row(newest_first) == streak


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Ada Lovelace", "AL"), ("王小明", "王"), ("José", "J"), ("  ", "?"), ("a b c", "AC")],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


async def add_session(
    session: AsyncSession,
    classroom: Classroom,
    day: int,
    status: str | None,
    *,
    taken: bool = True,
    **values: object,
) -> LearningSession:
    """A session with, perhaps, a mark of the first student."""
    starts_at = DAY + timedelta(days=day)
    row = await make.create_session(
        session,
        batch=classroom.batch,
        starts_at=starts_at,
        register_taken_at=starts_at if taken else None,
        **values,
    )
    if status is not None:
        event = AttendanceEvent(
            mark_id=uuid4(),
            session_id=row.id,
            student_id=classroom.students[0].id,
            at=starts_at,
            door=Door.SCREEN,
            source=MarkSource.PERSON,
            after_status=AttendanceStatus(status),
        )
        session.add(event)
        await session.flush()
        session.add(
            Attendance(
                session_id=row.id,
                student_id=classroom.students[0].id,
                status=AttendanceStatus(status),
                version=event.id,
                marked_at=starts_at,
                minutes_late=9 if status == "late" else None,
                note="private remark",
            )
        )
        await session.flush()
    return row


async def test_what_counts_and_what_is_left_out(session: AsyncSession, classroom: Classroom) -> None:
    for day, status in enumerate(["present", "late", "absent", "excused"]):
        await add_session(session, classroom, day, status)
    await add_session(session, classroom, 10, None)
    await add_session(session, classroom, 11, "present", taken=False)
    cancelled = await add_session(session, classroom, 14, "absent")
    cancelled.status = SessionStatus.CANCELLED
    before = await add_session(session, classroom, -60, "absent")
    before.local_date = date(2026, 8, 2)
    await session.flush()
    student = classroom.students[0]
    wide: dict[str, Any] = {"start_date": date(2026, 7, 1), "end_date": date(2026, 12, 31)}

    summary = await summarise_attendance(session, actor=classroom.teacher, student_id=student.id, **wide)
    assert (summary.attended, summary.counted, summary.rate) == (2, 3, 66.7)
    assert summary.minutes_late == 9
    left_out = dict(summary.left_out)
    upcoming = left_out.pop("the session has not begun", 0) + left_out.pop("the register was not taken", 0)
    assert upcoming == 2, "the untaken register of October and the fixture's session of today"
    assert left_out == {
        "the absence was excused": 1,
        "the student was not marked": 1,
        "the session was cancelled": 1,
        "the student was not enrolled on that day": 1,
    }

    records = await list_attendance(session, actor=classroom.teacher, student_id=student.id, **wide)
    assert sum(record.counted for record in records) == summary.counted
    assert len(records) == summary.counted + sum(summary.left_out.values())


async def test_the_same_figure_on_rest_and_without_staff_notes_for_the_family(
    session: AsyncSession,
    client: httpx.AsyncClient,
    sign_in: SignIn,
    classroom: Classroom,
    count_queries: CountQueries,
) -> None:
    for day, status in enumerate(["present", "absent", "late"]):
        await add_session(session, classroom, day, status)
    student = classroom.students[0]
    guardian = await make.create_guardian(session, student)
    family = [
        await make.create_user(session, role=Role.STUDENT, student_id=student.id),
        await make.create_user(session, role=Role.GUARDIAN, guardian_id=guardian.id),
    ]
    period = {key: str(value) for key, value in PERIOD.items()}
    figures = []
    for user in [*family, classroom.teacher_user, classroom.admin_user]:
        headers = await sign_in(user)
        summary = await client.get(f"/api/v1/attendance/student/{student.id}", params=period, headers=headers)
        records = await client.get(
            f"/api/v1/students/{student.id}/attendance", params=period, headers=headers
        )
        figures.append((summary.json()["rate"], sum(record["counted"] for record in records.json())))
        assert ("private remark" in records.text) is (user not in family)
    assert figures == [(66.7, 3)] * 4

    headers = await sign_in(classroom.teacher_user)
    with count_queries() as statements:
        await client.get(f"/api/v1/attendance/student/{student.id}", params=period, headers=headers)
    assert len(statements) == 3

    stranger = await sign_in(await make.create_user(session, role=Role.STUDENT))
    for path in (f"/api/v1/attendance/student/{student.id}", f"/api/v1/students/{student.id}/attendance"):
        assert (await client.get(path, params=period, headers=stranger)).status_code == 404
        missing = await client.get(path, params={"start_date": "2026-01-01"}, headers=headers)
        assert (missing.status_code, list(missing.json()["fields"])) == (422, ["end_date"])


async def test_joining_late_and_leaving_early_change_the_denominator(
    session: AsyncSession, classroom: Classroom
) -> None:
    joiner = await make.create_student(session)
    await make.create_enrollment(
        session, student=joiner, batch=classroom.batch, starts_on=date(2026, 10, 2), ends_on=date(2026, 10, 3)
    )
    for day in range(5):
        await add_session(session, classroom, day, "present")
    records = await list_attendance(session, actor=classroom.admin, student_id=joiner.id, **PERIOD)
    assert [record.local_date.day for record in records] == [3, 2]


async def test_a_period_must_make_sense(session: AsyncSession, classroom: Classroom) -> None:
    with pytest.raises(InvalidInput) as backwards:
        await summarise_attendance(
            session,
            actor=classroom.admin,
            student_id=classroom.students[0].id,
            start_date=date(2026, 2, 1),
            end_date=date(2026, 1, 1),
        )
    assert backwards.value.fields == {"end_date": "is before start_date"}
    with pytest.raises(NotFound):
        await summarise_attendance(session, actor=classroom.admin, student_id=2**40, **PERIOD)
