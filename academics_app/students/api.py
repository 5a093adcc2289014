"""Students and guardians over REST."""

from typing import Annotated

from fastapi import APIRouter, Query

from academics_app.api.deps import ActorDep, Id, PageDep, ReadSessionDep, SessionDep
from academics_app.core.pagination import Page
from academics_app.students import guardians, service
from academics_app.students.models import StudentStatus
from academics_app.students.schemas import (
    GuardianAdd,
    GuardianRead,
    GuardianUpdate,
    StudentCreate,
    StudentGuardianRead,
    StudentRead,
    StudentSort,
    StudentUpdate,
)

router = APIRouter(tags=["students"])

SearchQuery = Annotated[
    str,
    Query(max_length=200, description="Words of the name, code, e-mail or phone; typing errors are forgiven"),
]


@router.post("/students/", status_code=201)
async def create_student(session: SessionDep, actor: ActorDep, data: StudentCreate) -> StudentRead:
    """Add a student; staff only."""
    return await service.create_student(session, actor=actor, data=data)


@router.get("/students/")
async def list_students(
    session: ReadSessionDep,
    actor: ActorDep,
    page: PageDep,
    status: StudentStatus | None = None,
    branch_id: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    q: SearchQuery = "",
    sort: StudentSort | None = None,
) -> Page[StudentRead]:
    """The students that the caller may see; staff only. A search is ordered by relevance unless `sort` is given."""
    return await service.list_students(
        session, actor=actor, page=page, status=status, branch_id=branch_id, query=q, sort=sort
    )


@router.get("/students/{student_id}")
async def read_student(session: ReadSessionDep, actor: ActorDep, student_id: Id) -> StudentRead:
    """One student. `notes` are for staff alone."""
    return await service.read_student(session, actor=actor, student_id=student_id)


@router.put("/students/{student_id}")
async def update_student(
    session: SessionDep, actor: ActorDep, student_id: Id, data: StudentUpdate
) -> StudentRead:
    """Change the fields that are sent; staff only."""
    return await service.update_student(session, actor=actor, student_id=student_id, data=data)


@router.get("/students/{student_id}/guardians")
async def list_guardians(
    session: ReadSessionDep, actor: ActorDep, student_id: Id
) -> Page[StudentGuardianRead]:
    """All guardians of a student, whom to call first on top."""
    return await guardians.list_guardians(session, actor=actor, student_id=student_id)


@router.post("/students/{student_id}/guardians", status_code=201)
async def add_guardian(
    session: SessionDep, actor: ActorDep, student_id: Id, data: GuardianAdd
) -> StudentGuardianRead:
    """Link an existing guardian or add a new one; staff only."""
    return await guardians.add_guardian(session, actor=actor, student_id=student_id, data=data)


@router.put("/students/{student_id}/guardians/{guardian_id}")
async def update_guardian(
    session: SessionDep, actor: ActorDep, student_id: Id, guardian_id: Id, data: GuardianUpdate
) -> StudentGuardianRead:
    """Change a guardian's data or their relation to the student; staff only."""
    return await guardians.update_guardian(
        session, actor=actor, student_id=student_id, guardian_id=guardian_id, data=data
    )


@router.delete("/students/{student_id}/guardians/{guardian_id}", status_code=204)
async def remove_guardian(session: SessionDep, actor: ActorDep, student_id: Id, guardian_id: Id) -> None:
    """Unlink a guardian from a student; staff only."""
    await guardians.remove_guardian(session, actor=actor, student_id=student_id, guardian_id=guardian_id)


@router.get("/guardians/")
async def find_guardians(
    session: ReadSessionDep, actor: ActorDep, page: PageDep, q: SearchQuery = ""
) -> Page[GuardianRead]:
    """Guardians of the students that the caller may see, to link them to another student; staff only."""
    return await guardians.find_guardians(session, actor=actor, page=page, query=q)
