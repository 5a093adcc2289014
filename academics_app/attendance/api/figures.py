"""A student's attendance over REST."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from academics_app.api.deps import ActorDep, Id, ReadSessionDep
from academics_app.attendance import figures
from academics_app.attendance.schemas.figures import AttendanceRecord, AttendanceSummary, StudentRate
from academics_app.attendance.spreadsheet import csv_text
from academics_app.core.fields import Date

router = APIRouter(tags=["attendance"])

StartDate = Annotated[Date, Query(description="First day, included")]
EndDate = Annotated[Date, Query(description="Last day, included")]


class CsvResponse(Response):
    """A CSV file that the browser saves."""

    media_type = "text/csv"


def csv_file(name: str, text: str) -> CsvResponse:
    """The text as a download of that name."""
    return CsvResponse(text, headers={"Content-Disposition": f'attachment; filename="{name}"'})


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


@router.get(
    "/students/{student_id}/attendance.csv",
    summary="The same records as a CSV file",
    response_class=CsvResponse,
)
async def export_attendance(
    session: ReadSessionDep, actor: ActorDep, student_id: Id, start_date: StartDate, end_date: EndDate
) -> CsvResponse:
    records = await figures.list_attendance(
        session, actor=actor, student_id=student_id, start_date=start_date, end_date=end_date
    )
    columns = [name for name in AttendanceRecord.model_fields if name != "note" or actor.is_staff]
    rows = [record.model_dump(mode="json", include=set(columns)) for record in records]
    text = csv_text(columns, ([row[name] for name in columns] for row in rows))
    return csv_file(f"attendance-{student_id}-{start_date}-{end_date}.csv", text)


@router.get(
    "/attendance/batch/{batch_id}/rates", summary="The rate in a batch of each of its students, in a period"
)
async def list_batch_rates(
    session: ReadSessionDep, actor: ActorDep, batch_id: Id, start_date: StartDate, end_date: EndDate
) -> list[StudentRate]:
    return await figures.list_batch_rates(
        session, actor=actor, batch_id=batch_id, start_date=start_date, end_date=end_date
    )
