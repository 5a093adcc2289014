"""Absenteeism over REST."""

from typing import Annotated

from fastapi import APIRouter, Query

from academics_app.api.deps import LARGEST_ID, ActorDep, ReadSessionDep
from academics_app.attendance import absenteeism
from academics_app.attendance.api.figures import CsvResponse, EndDate, StartDate, csv_file
from academics_app.attendance.schemas.absenteeism import IrregularStudent
from academics_app.attendance.spreadsheet import csv_text

router = APIRouter(tags=["attendance"])

ThresholdDays = Annotated[int, Query(ge=1, le=366, description="Absent on at least so many different days")]
OptionalId = Annotated[int | None, Query(ge=1, le=LARGEST_ID)]

COLUMNS = (
    "student_code",
    "student_name",
    "branch_name",
    "absent_days",
    "absent_sessions",
    "excused_sessions",
    "streak_now",
    "longest_streak",
    "last_present",
    "attended",
    "counted",
    "rate",
)


@router.get("/attendance/analytics/absenteeism", summary="Irregular students, the worst first")
async def list_irregular_students(
    session: ReadSessionDep,
    actor: ActorDep,
    start_date: StartDate,
    end_date: EndDate,
    threshold_days: ThresholdDays = absenteeism.DEFAULT_THRESHOLD_DAYS,
    branch_id: OptionalId = None,
    batch_id: OptionalId = None,
) -> list[IrregularStudent]:
    """The whole list: students absent on at least `threshold_days` different days. Registers that were not taken are
    no absences, excused absences are counted apart. With a branch or batch, sessions there alone are looked at."""
    return await absenteeism.list_irregular_students(
        session,
        actor=actor,
        start_date=start_date,
        end_date=end_date,
        threshold_days=threshold_days,
        branch_id=branch_id,
        batch_id=batch_id,
    )


@router.get(
    "/attendance/analytics/absenteeism.csv",
    summary="The same list as a CSV file",
    response_class=CsvResponse,
)
async def export_irregular_students(
    session: ReadSessionDep,
    actor: ActorDep,
    start_date: StartDate,
    end_date: EndDate,
    threshold_days: ThresholdDays = absenteeism.DEFAULT_THRESHOLD_DAYS,
    branch_id: OptionalId = None,
    batch_id: OptionalId = None,
) -> CsvResponse:
    students = await absenteeism.list_irregular_students(
        session,
        actor=actor,
        start_date=start_date,
        end_date=end_date,
        threshold_days=threshold_days,
        branch_id=branch_id,
        batch_id=batch_id,
    )
    text = csv_text(COLUMNS, ([getattr(student, name) for name in COLUMNS] for student in students))
    return csv_file(f"absenteeism-{start_date}-{end_date}.csv", text)
