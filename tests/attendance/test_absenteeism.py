"""Irregular students: days and not sessions, registers taken alone, excused apart; the same figure on each door."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.attendance.absenteeism import list_irregular_students
from academics_app.attendance.figures import list_batch_rates
from academics_app.attendance.models import Attendance, AttendanceStatus
from academics_app.attendance.spreadsheet import csv_text
from academics_app.core.actor import Role
from academics_app.core.errors import Forbidden, InvalidInput
from tests import factories as make
from tests.attendance.conftest import Classroom
from tests.conftest import CountQueries, SignIn

MONDAY = datetime(2026, 10, 5, 9, tzinfo=UTC)
PERIOD: dict[str, Any] = {"start_date": date(2026, 10, 1), "end_date": date(2026, 10, 31)}
QUERY = {name: str(day) for name, day in PERIOD.items()}


async def mark_days(
    session: AsyncSession, classroom: Classroom, student_number: int, marks: str, *, taken: bool = True
) -> None:
    """A session a day from Monday on, with the marks P, A, L, E or a dot for none."""
    words = {"P": "present", "A": "absent", "L": "late", "E": "excused"}
    for number, letter in enumerate(marks):
        begins = MONDAY + timedelta(days=number)
        row = await make.create_session(
            session,
            batch=classroom.batch,
            starts_at=begins,
            faculty_id=None,
            overlap_allowed=True,
            register_taken_at=begins if taken else None,
        )
        if letter in words:
            session.add(
                Attendance(
                    session_id=row.id,
                    student_id=classroom.students[student_number].id,
                    status=AttendanceStatus(words[letter]),
                    version=1,
                    marked_at=begins,
                )
            )
    await session.flush()


async def test_who_is_irregular_and_how(session: AsyncSession, classroom: Classroom) -> None:
    await mark_days(session, classroom, 0, "AAPEAAA")
    await mark_days(session, classroom, 1, "AAAA")
    await mark_days(session, classroom, 2, "AAAAAAAA", taken=False)
    found = await list_irregular_students(session, actor=classroom.admin, **PERIOD)

    assert [student.student_id for student in found] == [classroom.students[0].id]
    (student,) = found
    assert (student.absent_days, student.absent_sessions, student.excused_sessions) == (5, 5, 1)
    assert (student.streak_now, student.longest_streak) == (3, 3)
    assert student.last_present == date(2026, 10, 7)
    assert [(each.weekday, each.absences) for each in student.by_weekday] == [
        (0, 1), (1, 1), (4, 1), (5, 1), (6, 1),
    ]  # fmt: skip
    assert sum(each.absences for each in student.by_subject) == 5
    assert (student.attended, student.counted, student.rate) == (1, 6, 16.7)

    by_four = await list_irregular_students(session, actor=classroom.admin, threshold_days=4, **PERIOD)
    assert [each.absent_days for each in by_four] == [5, 4], "the worst first"


async def test_two_absences_on_one_day_are_one_day(session: AsyncSession, classroom: Classroom) -> None:
    await mark_days(session, classroom, 0, "AA")
    for hour in (2, 4, 6):
        begins = MONDAY + timedelta(hours=hour)
        row = await make.create_session(
            session,
            batch=classroom.batch,
            starts_at=begins,
            faculty_id=None,
            register_taken_at=begins,
        )
        session.add(
            Attendance(
                session_id=row.id,
                student_id=classroom.students[0].id,
                status=AttendanceStatus.ABSENT,
                version=1,
                marked_at=begins,
            )
        )
    await session.flush()
    wanted = {"actor": classroom.admin, **PERIOD}
    assert await list_irregular_students(session, threshold_days=3, **wanted) == []
    (student,) = await list_irregular_students(session, threshold_days=2, **wanted)
    assert (student.absent_days, student.absent_sessions) == (2, 5)


async def test_filters_and_branches(session: AsyncSession, classroom: Classroom) -> None:
    await mark_days(session, classroom, 0, "AAAAA")
    elsewhere = await make.create_branch(session)
    for branch_id, batch_id, number in (
        (classroom.batch.branch_id, classroom.batch.id, 1),
        (elsewhere.id, None, 0),
        (None, 2**40, 0),
    ):
        found = await list_irregular_students(
            session, actor=classroom.admin, branch_id=branch_id, batch_id=batch_id, **PERIOD
        )
        assert len(found) == number
    for branch_ids, number in (({classroom.batch.branch_id}, 1), ({elsewhere.id}, 0)):
        actor = make.actor_of(classroom.admin_user, branch_ids=frozenset(branch_ids))
        assert len(await list_irregular_students(session, actor=actor, **PERIOD)) == number


async def test_the_same_figures_in_rest_and_csv_and_on_the_students_own_page(
    session: AsyncSession,
    client: httpx.AsyncClient,
    sign_in: SignIn,
    classroom: Classroom,
    count_queries: CountQueries,
) -> None:
    await mark_days(session, classroom, 0, "AAAPALLE")
    student_id = classroom.students[0].id
    headers = await sign_in(classroom.admin_user)
    path = "/api/v1/attendance/analytics/absenteeism"
    listed = await client.get(path, params={**QUERY, "threshold_days": 4}, headers=headers)
    (student,) = listed.json()
    summary = await client.get(f"/api/v1/attendance/student/{student_id}", params=QUERY, headers=headers)
    rates = await client.get(
        f"/api/v1/attendance/batch/{classroom.batch.id}/rates", params=QUERY, headers=headers
    )
    (rate,) = [each for each in rates.json() if each["student_id"] == student_id]
    for figure in ("attended", "counted", "rate", "so_far", "of_planned", "best_reachable", "left_out"):
        assert student[figure] == summary.json()[figure] == rate[figure], figure

    file = await client.get(f"{path}.csv", params={**QUERY, "threshold_days": 4}, headers=headers)
    assert file.headers["content-type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(file.text.removeprefix("\ufeff")))
    assert (row["student_code"], row["absent_days"]) == (student["student_code"], "4")
    assert (float(row["rate"]), int(row["counted"])) == (student["rate"], student["counted"])

    records = await client.get(f"/api/v1/students/{student_id}/attendance.csv", params=QUERY, headers=headers)
    rows = list(csv.DictReader(io.StringIO(records.text.removeprefix("\ufeff"))))
    assert sum(row["counted"] == "True" for row in rows) == student["counted"]

    with count_queries() as statements:
        await client.get(path, params=QUERY, headers=headers)
    assert len(statements) <= 8


async def test_whom_it_is_not_for(
    session: AsyncSession, client: httpx.AsyncClient, sign_in: SignIn, classroom: Classroom
) -> None:
    for role in (Role.FACULTY, Role.COUNSELOR, Role.STUDENT):
        user = await make.create_user(session, role=role)
        with pytest.raises(Forbidden):
            await list_irregular_students(session, actor=make.actor_of(user), **PERIOD)
    with pytest.raises(InvalidInput):
        await list_irregular_students(
            session, actor=classroom.admin, start_date=date(2026, 2, 1), end_date=date(2026, 1, 1)
        )
    headers = await sign_in(classroom.admin_user)
    for wrong in ({"threshold_days": 0}, {"start_date": "x"}, {"branch_id": -1}):
        answer = await client.get(
            "/api/v1/attendance/analytics/absenteeism", params=QUERY | wrong, headers=headers
        )
        assert answer.status_code == 422


async def test_a_student_sees_the_own_rate_of_a_batch_alone(
    session: AsyncSession, classroom: Classroom
) -> None:
    user = await make.create_user(session, role=Role.STUDENT, student_id=classroom.students[0].id)
    rates = await list_batch_rates(session, actor=make.actor_of(user), batch_id=classroom.batch.id, **PERIOD)
    assert [rate.student_id for rate in rates] == [classroom.students[0].id]


def test_a_spreadsheet_runs_no_text_of_ours() -> None:
    assert csv_text(["a"], [["=1+1"], ["-x"], [-1], [None]]).splitlines() == [
        "\ufeffa",
        "'=1+1",
        "'-x",
        "-1",
        '""',
    ]
