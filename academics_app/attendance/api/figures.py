"""A student's attendance over REST."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from academics_app.api.deps import ActorDep, Id, ReadSessionDep
from academics_app.attendance import figures
from academics_app.attendance.schemas.figures import AttendanceRecord, AttendanceSummary

router = APIRouter(tags=["attendance"])

StartDate = Annotated[date, Query(description="First day, included")]
EndDate = Annotated[date, Query(description="Last day, included")]


@router.get(
    "/attendance/student/{student_id}",
    summary="A student's attendance in a period: counts, rate, what counted",
)
async def summarise_attendance(
    session: ReadSessionDep, actor: ActorDep, student_id: Id, start_date: StartDate, end_date: EndDate
) -> AttendanceSummary:
    return await figures.summarise_attendance(
        session, actor=actor, student_id=student_id, start_date=start_date, end_date=end_date
    )


@router.get("/students/{student_id}/attendance", summary="A student's attendance records in a period")
async def list_attendance(
    session: ReadSessionDep, actor: ActorDep, student_id: Id, start_date: StartDate, end_date: EndDate
) -> list[AttendanceRecord]:
    return await figures.list_attendance(
        session, actor=actor, student_id=student_id, start_date=start_date, end_date=end_date
    )
