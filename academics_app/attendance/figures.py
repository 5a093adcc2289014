"""A student's attendance in a period: the records, and the percentage with what it is made of."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.attendance.queries import figures as queries
from academics_app.attendance.rules import LEFT_OUT, attendance_rate, counts
from academics_app.attendance.schemas.figures import AttendanceRecord, AttendanceSummary
from academics_app.core.actor import Actor
from academics_app.core.clock import utc_now
from academics_app.core.errors import InvalidInput
from academics_app.core.permissions import Permission
from academics_app.institute.service import current_settings
from academics_app.students.service import check_student

LONGEST_PERIOD_DAYS = 3700


async def summarise_attendance(
    session: AsyncSession, *, actor: Actor, student_id: int, start_date: date, end_date: date
) -> AttendanceSummary:
    """Counts and rate of a student over both dates and the days between."""
    _check_period(start_date, end_date)
    await check_student(session, student_id, actor=actor, to=Permission.ATTENDANCE_READ)
    settings = await current_settings(session)
    rows = await queries.SUMMARY.rows(session, **_period(student_id, start_date, end_date))
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
        attended=rate.attended,
        counted=rate.counted,
        rate=rate.percent,
        left_out={LEFT_OUT[category]: number for category, number in rate.left_out.items()},
    )


async def list_attendance(
    session: AsyncSession, *, actor: Actor, student_id: int, start_date: date, end_date: date
) -> list[AttendanceRecord]:
    """Every session that concerns the student in the period, newest first, with why it does not count."""
    _check_period(start_date, end_date)
    await check_student(session, student_id, actor=actor, to=Permission.ATTENDANCE_READ)
    settings = await current_settings(session)
    rows = await queries.RECORDS.rows(session, **_period(student_id, start_date, end_date))
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


def _check_period(start_date: date, end_date: date) -> None:
    if end_date < start_date:
        raise InvalidInput("The period ends before it begins.", fields={"end_date": "is before start_date"})
    if (end_date - start_date).days > LONGEST_PERIOD_DAYS:
        raise InvalidInput(
            "The period is longer than ten years.", fields={"end_date": "is too far from start_date"}
        )


def _period(student_id: int, start_date: date, end_date: date) -> dict[str, object]:
    return {"student_id": student_id, "start_date": start_date, "end_date": end_date, "now": utc_now()}
