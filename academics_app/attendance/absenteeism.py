"""Irregular students: who was absent on many days of a period, how, and how badly."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.attendance.figures import check_period, numbers, rate_facts
from academics_app.attendance.queries import absenteeism as queries
from academics_app.attendance.rules import absences_in_a_row, attendance_rate, longest_absence
from academics_app.attendance.schemas.absenteeism import (
    IrregularStudent,
    SubjectAbsences,
    WeekdayAbsences,
)
from academics_app.core.actor import Actor
from academics_app.core.clock import utc_now
from academics_app.core.permissions import Permission, require
from academics_app.institute.service import current_settings

DEFAULT_THRESHOLD_DAYS = 5
_STATUS = {"P": "present", "L": "late", "A": "absent", "E": "excused"}


async def list_irregular_students(
    session: AsyncSession,
    *,
    actor: Actor,
    start_date: date,
    end_date: date,
    threshold_days: int = DEFAULT_THRESHOLD_DAYS,
    branch_id: int | None = None,
    batch_id: int | None = None,
) -> list[IrregularStudent]:
    """Students absent on at least `threshold_days` different days of the period, the worst first.

    A session whose register was not taken is never an absence, and an excused absence is counted apart. With a
    branch or a batch only the sessions there are looked at, and the rate is the rate there.
    """
    require(actor, Permission.ATTENDANCE_ANALYSE)
    check_period(start_date, end_date)
    within = {
        "start_date": start_date,
        "end_date": end_date,
        "branch_id": branch_id,
        "batch_id": batch_id,
    }
    visible_ids = None
    if actor.branch_ids is not None:
        visible_ids = list(await session.scalars(queries.visible_student_ids(actor)))
    often_absent = await queries.OFTEN_ABSENT.rows(
        session, **within, student_ids=visible_ids, threshold_days=threshold_days
    )
    closer_look = {"student_ids": [row.student_id for row in often_absent], "now": utc_now()}
    rows = (await session.execute(queries.ABSENTEEISM, within | closer_look)).all()
    settings = await current_settings(session)
    batch_ids = {batch_id for row in rows for batch_id in row.absent_batches}
    subjects = {
        row.id: row.name for row in await queries.SUBJECTS_OF_BATCHES.rows(session, batch_ids=list(batch_ids))
    }
    found = [
        _read(row, subjects, excused_counts_against=settings.excused_counts_against)
        for row in rows
        if len(set(row.absent_dates)) >= threshold_days
    ]
    return sorted(found, key=_severity)


def _severity(student: IrregularStudent) -> tuple[object, ...]:
    """Most days absent first; among equals the longest present streak, then the lowest rate."""
    rate = student.rate if student.rate is not None else 100.0
    return (-student.absent_days, -student.streak_now, rate, student.student_name, student.student_id)


def _read(row: Any, subjects: Mapping[int, str], *, excused_counts_against: bool) -> IrregularStudent:
    newest_first: list[str | None] = [_STATUS[letter] for letter in row.newest_first]
    weekdays = Counter(day.weekday() for day in row.absent_dates)
    in_subject = Counter(subjects[batch_id] for batch_id in row.absent_batches)
    rate = attendance_rate(numbers(row), excused_counts_against=excused_counts_against)
    return IrregularStudent(
        student_id=row.student_id,
        student_name=row.student_name,
        student_code=row.student_code,
        branch_name=row.branch_name,
        absent_days=len(set(row.absent_dates)),
        absent_sessions=row.absent,
        excused_sessions=row.excused,
        streak_now=absences_in_a_row(newest_first),
        longest_streak=longest_absence(newest_first),
        last_present=row.last_present,
        by_weekday=[
            WeekdayAbsences(weekday=weekday, absences=absences)
            for weekday, absences in sorted(weekdays.items())
        ],
        by_subject=[
            SubjectAbsences(subject_name=name, absences=absences)
            for name, absences in sorted(in_subject.items(), key=lambda pair: (-pair[1], pair[0]))
        ],
        **rate_facts(rate),
    )
