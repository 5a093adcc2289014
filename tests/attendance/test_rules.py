"""The rule engine against a plain model, in memory and in the database: joining late, pausing, cancelling, excusing,
holidays, walk-ins and re-marking keep every figure true."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.attendance.figures import list_attendance, list_batch_rates, summarise_attendance
from academics_app.attendance.models import Attendance, AttendanceStatus
from academics_app.attendance.rules import (
    CATEGORIES,
    LEFT_OUT,
    attendance_rate,
    category,
    longest_absence,
    rule_in_words,
)
from academics_app.core.clock import frozen_at
from academics_app.institute.models import Holiday
from academics_app.learning_sessions.models import Enrollment, LearningSession, SessionStatus, WalkIn
from tests.attendance.conftest import Classroom

FIRST = date(2026, 3, 2)
DAYS = 12
NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
NUMBERS = st.dictionaries(st.sampled_from(CATEGORIES), st.integers(0, 300))


@given(NUMBERS, st.booleans())
def test_every_figure_keeps_its_bounds(numbers: dict[str, int], against: bool) -> None:  # noqa: FBT001
    rate = attendance_rate(numbers, excused_counts_against=against)

    assert 0 <= rate.attended <= rate.counted <= rate.planned
    assert rate.planned == rate.counted + numbers.get("upcoming", 0)
    for share in (rate.so_far, rate.of_planned, rate.best_reachable):
        assert 0 <= share.numerator <= share.denominator
        assert share.percent is None or 0 <= share.percent <= 100
    if rate.so_far.percent is not None:
        best, certain = rate.best_reachable.percent, rate.of_planned.percent
        assert best is not None
        assert certain is not None
        assert certain <= rate.so_far.percent <= best


@given(NUMBERS, st.booleans())
def test_what_happens_to_one_session_moves_the_figures_as_it_should(
    numbers: dict[str, int],
    against: bool,  # noqa: FBT001 - hypothesis passes it
) -> None:
    before = attendance_rate(numbers, excused_counts_against=against)

    def with_one_more(what: str) -> Any:
        return attendance_rate({**numbers, what: numbers.get(what, 0) + 1}, excused_counts_against=against)

    for reason in set(LEFT_OUT) - {"excused"}:
        after = with_one_more(reason)
        assert (after.attended, after.counted) == (before.attended, before.counted), reason
    assert with_one_more("excused").counted == before.counted + against
    assert with_one_more("present").attended == before.attended + 1
    if numbers.get("absent"):
        remarked = with_one_more("late")
        remarked = attendance_rate(
            {**numbers, "late": numbers.get("late", 0) + 1, "absent": numbers["absent"] - 1},
            excused_counts_against=against,
        )
        assert (remarked.counted, remarked.attended) == (before.counted, before.attended + 1)


def test_the_longest_absence_and_the_rule_in_words() -> None:
    assert longest_absence(["absent", None, "absent", "present", "absent"]) == 2
    assert longest_absence([]) == 0
    assert "excused absences are left out" in rule_in_words(excused_counts_against=False)
    assert "count against" in rule_in_words(excused_counts_against=True)


@dataclass(frozen=True)
class Day:
    """What is true of the one session of a day, for one student."""

    cancelled: bool
    taken: bool
    holiday: bool
    walked_in: bool
    status: AttendanceStatus | None


DAY = st.builds(
    Day,
    cancelled=st.sampled_from([False, False, False, True]),
    taken=st.booleans(),
    holiday=st.sampled_from([False, False, True]),
    walked_in=st.sampled_from([False, False, False, True]),
    status=st.none() | st.sampled_from(AttendanceStatus),
)
STRETCHES = st.lists(st.tuples(st.integers(0, DAYS - 1), st.integers(0, 4)), max_size=3)
"""Enrolments as (first day, further days): joining late, leaving, and pausing, which is leaving and joining again."""


def apart(stretches: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The stretches as (first, last), those left out that touch an earlier one: the database refuses them."""
    taken: set[int] = set()
    kept = []
    for first, more in stretches:
        days = set(range(first, first + more + 1))
        if not days & taken:
            taken |= days
            kept.append((first, first + more))
    return kept


def model(days: list[Day], stretches: list[tuple[int, int]]) -> Counter[str]:
    """The rule in plain words: a session is one's own by enrolment or by walking in, and only then by what happened."""
    found: Counter[str] = Counter()
    for number, day in enumerate(days):
        enrolled = any(first <= number <= last for first, last in stretches)
        belongs = enrolled or day.walked_in
        if not belongs and day.status is None:
            continue
        found[
            category(
                cancelled=day.cancelled,
                belongs=belongs,
                register_taken=day.taken,
                status=day.status,
                on_holiday=day.holiday,
                begun=FIRST + timedelta(days=number) <= NOON.date(),
            )
        ] += 1
    return found


async def store(
    session: AsyncSession, classroom: Classroom, days: list[Day], stretches: list[tuple[int, int]]
) -> None:
    student_id = classroom.students[0].id
    branch_id = classroom.batch.branch_id
    await session.execute(text("DELETE FROM enrollment"))
    for first, last in stretches:
        await session.execute(
            insert(Enrollment).values(
                student_id=student_id,
                batch_id=classroom.batch.id,
                starts_on=FIRST + timedelta(days=first),
                ends_on=FIRST + timedelta(days=last),
            )
        )
    for number, day in enumerate(days):
        begins = datetime(FIRST.year, FIRST.month, FIRST.day, 9, tzinfo=UTC) + timedelta(days=number)
        row = LearningSession(
            batch_id=classroom.batch.id,
            branch_id=branch_id,
            local_date=begins.date(),
            starts_at=begins,
            ends_at=begins + timedelta(hours=1),
            status=SessionStatus.CANCELLED if day.cancelled else SessionStatus.SCHEDULED,
            register_taken_at=begins if day.taken else None,
        )
        session.add(row)
        await session.flush()
        if day.holiday:
            session.add(Holiday(name="Holiday", starts_on=begins.date(), ends_on=begins.date()))
        if day.walked_in:
            session.add(WalkIn(session_id=row.id, student_id=student_id))
        if day.status is not None:
            session.add(
                Attendance(
                    session_id=row.id, student_id=student_id, status=day.status, version=1, marked_at=begins
                )
            )
    await session.flush()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days=st.lists(DAY, min_size=1, max_size=DAYS), stretches=STRETCHES)
async def test_the_database_says_what_the_model_says(
    session: AsyncSession, classroom: Classroom, days: list[Day], stretches: list[tuple[int, int]]
) -> None:
    stretches = apart(stretches)
    student_id = classroom.students[0].id
    period: dict[str, Any] = {"start_date": FIRST, "end_date": FIRST + timedelta(days=DAYS)}
    outer = await session.begin_nested()
    try:
        await store(session, classroom, days, stretches)
        expected = model(days, stretches)
        rate = attendance_rate(expected, excused_counts_against=False)
        with frozen_at(NOON):
            summary = await summarise_attendance(
                session, actor=classroom.admin, student_id=student_id, **period
            )
            in_batch = await summarise_attendance(
                session, actor=classroom.admin, student_id=student_id, batch_id=classroom.batch.id, **period
            )
            records = await list_attendance(session, actor=classroom.admin, student_id=student_id, **period)
            rates = await list_batch_rates(
                session, actor=classroom.admin, batch_id=classroom.batch.id, **period
            )
        assert (summary.attended, summary.counted, summary.planned) == (
            rate.attended,
            rate.counted,
            rate.planned,
        )
        assert summary.left_out == {LEFT_OUT[key]: number for key, number in rate.left_out.items()}
        assert in_batch == summary
        assert len(records) == sum(expected.values())
        assert sum(record.counted for record in records) == rate.counted
        for each in rates:
            assert each.model_dump(exclude={"student_id"}).items() <= summary.model_dump().items()
    finally:
        await outer.rollback()


@pytest.mark.parametrize("later", [AttendanceStatus.PRESENT, AttendanceStatus.EXCUSED, None])
async def test_marking_again_leaves_one_session_one_session(
    session: AsyncSession, classroom: Classroom, later: AttendanceStatus | None
) -> None:
    """The defect that a correction counts twice."""
    day = Day(cancelled=False, taken=True, holiday=False, walked_in=False, status=AttendanceStatus.ABSENT)
    await store(session, classroom, [day], [(0, 0)])
    period: dict[str, Any] = {"start_date": FIRST, "end_date": FIRST}
    student_id = classroom.students[0].id
    if later is None:
        await session.execute(text("DELETE FROM attendance"))
    else:
        await session.execute(update(Attendance).values(status=later))
    summary = await summarise_attendance(session, actor=classroom.admin, student_id=student_id, **period)
    assert summary.counted + sum(summary.left_out.values()) == 1
    assert summary.attended == (1 if later is AttendanceStatus.PRESENT else 0)
