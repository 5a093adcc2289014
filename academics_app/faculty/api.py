"""Faculty members over REST."""

from typing import Annotated

from fastapi import APIRouter, Query

from academics_app.api.deps import ActorDep, Id, PageDep, ReadSessionDep, SessionDep
from academics_app.core.pagination import Page
from academics_app.faculty import service
from academics_app.faculty.models import FacultyStatus
from academics_app.faculty.schemas import FacultyCreate, FacultyRead, FacultySort, FacultyUpdate

router = APIRouter(prefix="/faculty", tags=["faculty"])


@router.post("/", status_code=201)
async def create_faculty(session: SessionDep, actor: ActorDep, data: FacultyCreate) -> FacultyRead:
    """Add a faculty member; admins only."""
    return await service.create_faculty(session, actor=actor, data=data)


@router.get("/")
async def list_faculty(
    session: ReadSessionDep,
    actor: ActorDep,
    page: PageDep,
    status: FacultyStatus | None = None,
    q: Annotated[str, Query(max_length=200, description="Typing errors are forgiven")] = "",
    sort: FacultySort | None = None,
) -> Page[FacultyRead]:
    """Faculty members; staff only."""
    return await service.list_faculty(session, actor=actor, page=page, status=status, query=q, sort=sort)


@router.get("/{faculty_id}")
async def read_faculty(session: ReadSessionDep, actor: ActorDep, faculty_id: Id) -> FacultyRead:
    """One faculty member; staff only."""
    return await service.read_faculty(session, actor=actor, faculty_id=faculty_id)


@router.put("/{faculty_id}")
async def update_faculty(
    session: SessionDep, actor: ActorDep, faculty_id: Id, data: FacultyUpdate
) -> FacultyRead:
    """Change the fields that are sent; admins only."""
    return await service.update_faculty(session, actor=actor, faculty_id=faculty_id, data=data)
