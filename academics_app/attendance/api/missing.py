"""Registers that were not taken, over REST."""

from typing import Annotated

from fastapi import APIRouter, Query

from academics_app.api.deps import LARGEST_ID, ActorDep, PageDep, ReadSessionDep
from academics_app.attendance import missing
from academics_app.attendance.schemas.missing import MissingRegister, RegistersByFaculty
from academics_app.core.fields import Date
from academics_app.core.pagination import Page

router = APIRouter(prefix="/attendance/registers", tags=["attendance"])

Start = Annotated[Date | None, Query(description="First day, included; by default six days before the last")]
End = Annotated[Date | None, Query(description="Last day, included; today by default")]
IdFilter = Annotated[int | None, Query(ge=1, le=LARGEST_ID)]


@router.get("/missing", summary="Registers that should have been taken by now, newest first")
async def list_missing(
    session: ReadSessionDep,
    actor: ActorDep,
    page: PageDep,
    start_date: Start = None,
    end_date: End = None,
    branch_id: IdFilter = None,
    faculty_id: IdFilter = None,
) -> Page[MissingRegister]:
    return await missing.list_missing(
        session,
        actor=actor,
        page=page,
        start_date=start_date,
        end_date=end_date,
        branch_id=branch_id,
        faculty_id=faculty_id,
    )


@router.get("/by-faculty", summary="How each faculty member's registers were taken")
async def count_by_faculty(
    session: ReadSessionDep,
    actor: ActorDep,
    start_date: Start = None,
    end_date: End = None,
    branch_id: IdFilter = None,
    faculty_id: IdFilter = None,
) -> RegistersByFaculty:
    return await missing.count_by_faculty(
        session,
        actor=actor,
        start_date=start_date,
        end_date=end_date,
        branch_id=branch_id,
        faculty_id=faculty_id,
    )
