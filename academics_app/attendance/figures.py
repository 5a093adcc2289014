"""Attendance in a period: the records, and the percentage with what it is made of."""

from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.attendance.queries import figures as queries
from academics_app.attendance.rules import (
    CATEGORIES,
    LEFT_OUT,
    Rate,
    Share,
    attendance_rate,
    counts,
    rule_in_words,
)
from academics_app.attendance.schemas.figures import (
    AttendanceRecord,
    AttendanceSummary,
    Figure,
    StudentRate,
)
from academics_app.core.actor import Actor
from academics_app.core.clock import utc_now
from academics_app.core.errors import InvalidInput
from academics_app.core.pagination import MAX_LIMIT, PageRequest
from academics_app.core.permissions import Permission
from academics_app.institute.service import current_settings
from academics_app.learning_sessions.service import list_enrollments
from academics_app.students.service import check_student

LONGEST_PERIOD_DAYS = 3700


async def summarise_attendance(
    session: AsyncSession,
    *,
    actor: Actor,
    student_id: int,
    start_date: date,
    end_date: date,
    batch_id: int | None = None,
) -> AttendanceSummary:
    """Counts and rate of a student over both dates and the days between; in one batch alone if asked for."""
    check_period(start_date, end_date)
    await check_student(session, student_id, actor=actor, to=Permission.ATTENDANCE_READ)
    settings = await current_settings(session)
    period = _period(student_id, start_date, end_date)
    if batch_id is None:
        rows = await queries.SUMMARY.rows(session, **period)
    else:
        rows = await queries.SUMMARY_IN_BATCH.rows(session, **period, batch_id=batch_id)
    by_category = {row.category: row.sessions for row in rows}
    rate = attendance_rate(by_category, excused_counts_against=settings.excused_counts_against)
    return AttendanceSummary(
        student_id=student_id,
        start_date=start_date,
        end_date=end_date,
        present=by_category.get("present", 0),
        late=by_category.get("late", 0),
        absent=by_category.get("absent", 0),
        excused=by_category.get("excused", 0),
        minutes_late=sum(row.minutes_late for row in rows if row.category == "late"),
        rule=rule_in_words(excused_counts_against=settings.excused_counts_against),
        **rate_facts(rate),
    )


async def list_attendance(
    session: AsyncSession,
    *,
    actor: Actor,
    student_id: int,
    start_date: date,
    end_date: date,
    batch_id: int | None = None,
) -> list[AttendanceRecord]:
    """Every session that concerns the student in the period, newest first, with why it does not count."""
    check_period(start_date, end_date)
    await check_student(session, student_id, actor=actor, to=Permission.ATTENDANCE_READ)
    settings = await current_settings(session)
    period = _period(student_id, start_date, end_date)
    if batch_id is None:
        rows = await queries.RECORDS.rows(session, **period)
    else:
        rows = await queries.RECORDS_IN_BATCH.rows(session, **period, batch_id=batch_id)
    return [
        AttendanceRecord(
            session_id=row.id,
            local_date=row.local_date,
            starts_at=row.starts_at,
            batch_name=row.batch_name,
            subject_name=row.subject_name,
            status=row.status,
            minutes_late=row.minutes_late,
            note=(row.note or "") if actor.is_staff else None,
            counted=(counted := counts(row.category, excused_counts_against=settings.excused_counts_against)),
            left_out_because=None if counted else LEFT_OUT[row.category],
        )
        for row in rows
    ]


async def list_batch_rates(
    session: AsyncSession, *, actor: Actor, batch_id: int, start_date: date, end_date: date
) -> list[StudentRate]:
    """The rate in this batch of each of its students whom the actor may see; students and guardians see their own."""
    check_period(start_date, end_date)
    enrolled = await list_enrollments(
        session, actor=actor, batch_id=batch_id, page=PageRequest(limit=MAX_LIMIT)
    )
    student_ids = list(dict.fromkeys(each.student_id for each in enrolled.items))
    settings = await current_settings(session)
    rows = await session.execute(
        queries.RATES,
        {
            "student_ids": student_ids,
            "start_date": start_date,
            "end_date": end_date,
            "batch_id": batch_id,
            "branch_id": None,
            "now": utc_now(),
        },
    )
    by_student = {row.student_id: numbers(row) for row in rows}
    against = settings.excused_counts_against
    return [
        StudentRate(
            student_id=each,
            **rate_facts(attendance_rate(by_student.get(each, {}), excused_counts_against=against)),
        )
        for each in student_ids
    ]


def numbers(row: Any) -> dict[str, int]:
    """A row's numbers of sessions by category."""
    return {category: getattr(row, category) for category in CATEGORIES}


def rate_facts(rate: Rate) -> dict[str, Any]:
    """The fields of `RateRead`."""
    return {
        "attended": rate.attended,
        "counted": rate.counted,
        "still_to_come": rate.still_to_come,
        "planned": rate.planned,
        "rate": rate.percent,
        "so_far": _figure(rate.so_far),
        "of_planned": _figure(rate.of_planned),
        "best_reachable": _figure(rate.best_reachable),
        "left_out": {LEFT_OUT[category]: number for category, number in rate.left_out.items()},
    }


def check_period(start_date: date, end_date: date) -> None:
    """Refuse a period that ends before it begins, or that is endless."""
    if end_date < start_date:
        raise InvalidInput("The period ends before it begins.", fields={"end_date": "is before start_date"})
    if (end_date - start_date).days > LONGEST_PERIOD_DAYS:
        raise InvalidInput(
            "The period is longer than ten years.", fields={"end_date": "is too far from start_date"}
        )


def _figure(share: Share) -> Figure:
    return Figure(numerator=share.numerator, denominator=share.denominator, percent=share.percent)


def _period(student_id: int, start_date: date, end_date: date) -> dict[str, object]:
    return {"student_id": student_id, "start_date": start_date, "end_date": end_date, "now": utc_now()}
