"""REST: batches, weekly schedules, enrolments and sessions."""

from typing import Annotated

from fastapi import APIRouter, Query

from academics_app.api.deps import LARGEST_ID, ActorDep, Id, PageDep, ReadSessionDep, SessionDep
from academics_app.core.pagination import Page
from academics_app.learning_sessions import service
from academics_app.learning_sessions.clash_schemas import Clashes, ClashQuery, UnplacedMeeting
from academics_app.learning_sessions.schemas import (
    BatchCreate,
    BatchRead,
    BatchStatus,
    BatchUpdate,
    Day,
    EnrollmentCreate,
    EnrollmentRead,
    EnrollmentUpdate,
    MakeUp,
    MeetingRead,
    ScheduleUpdate,
    SessionCancel,
    SessionChange,
    SessionChanged,
    SessionCreate,
    SessionRead,
    SessionReinstate,
    SessionSubstitute,
    SessionUpdate,
)

router = APIRouter()

Filter = Annotated[int | None, Query(ge=1, le=LARGEST_ID)]


@router.get("/batches/", tags=["batches"])
async def list_batches(
    session: ReadSessionDep,
    actor: ActorDep,
    page: PageDep,
    query: Annotated[str, Query(alias="q", max_length=200)] = "",
    status: BatchStatus | None = None,
    subject_id: Filter = None,
    faculty_id: Filter = None,
    student_id: Filter = None,
) -> Page[BatchRead]:
    return await service.list_batches(
        session, actor=actor, page=page, query=query, status=status, subject_id=subject_id, faculty_id=faculty_id, student_id=student_id
    )  # fmt: skip


@router.post("/batches/", status_code=201, tags=["batches"])
async def create_batch(session: SessionDep, actor: ActorDep, data: BatchCreate) -> BatchRead:
    return await service.create_batch(session, actor=actor, data=data)


@router.get("/batches/{batch_id}", tags=["batches"])
async def read_batch(session: ReadSessionDep, actor: ActorDep, batch_id: Id) -> BatchRead:
    return await service.read_batch(session, actor=actor, batch_id=batch_id)


@router.put("/batches/{batch_id}", tags=["batches"])
async def update_batch(session: SessionDep, actor: ActorDep, batch_id: Id, data: BatchUpdate) -> BatchRead:
    return await service.update_batch(session, actor=actor, batch_id=batch_id, data=data)


@router.get("/batches/{batch_id}/schedule", tags=["batches"])
async def read_schedule(session: ReadSessionDep, actor: ActorDep, batch_id: Id) -> list[MeetingRead]:
    return await service.read_schedule(session, actor=actor, batch_id=batch_id)


@router.put("/batches/{batch_id}/schedule", tags=["batches"])
async def set_schedule(
    session: SessionDep, actor: ActorDep, batch_id: Id, data: ScheduleUpdate
) -> list[MeetingRead]:
    return await service.set_schedule(session, actor=actor, batch_id=batch_id, data=data)


@router.get("/batches/{batch_id}/enrollments", tags=["batches"])
async def list_enrollments(
    session: ReadSessionDep, actor: ActorDep, batch_id: Id, page: PageDep, *, current_only: bool = False
) -> Page[EnrollmentRead]:
    return await service.list_enrollments(
        session, actor=actor, batch_id=batch_id, page=page, current_only=current_only
    )


@router.post("/batches/{batch_id}/enrollments", status_code=201, tags=["batches"])
async def enroll_students(
    session: SessionDep, actor: ActorDep, batch_id: Id, data: EnrollmentCreate
) -> list[EnrollmentRead]:
    return await service.enroll_students(session, actor=actor, batch_id=batch_id, data=data)


@router.put("/enrollments/{enrollment_id}", tags=["batches"])
async def update_enrollment(
    session: SessionDep, actor: ActorDep, enrollment_id: Id, data: EnrollmentUpdate
) -> EnrollmentRead:
    return await service.update_enrollment(session, actor=actor, enrollment_id=enrollment_id, data=data)


@router.get("/sessions/", tags=["sessions"])
async def list_sessions(
    session: ReadSessionDep,
    actor: ActorDep,
    page: PageDep,
    start_date: Annotated[Day, Query()],
    end_date: Annotated[Day, Query()],
    batch_id: Filter = None,
    faculty_id: Filter = None,
    room_id: Filter = None,
    student_id: Filter = None,
) -> Page[SessionRead]:
    return await service.list_sessions(
        session, actor=actor, start_date=start_date, end_date=end_date, page=page, batch_id=batch_id, faculty_id=faculty_id, room_id=room_id, student_id=student_id
    )  # fmt: skip


@router.post("/sessions/", status_code=201, tags=["sessions"])
async def create_session(session: SessionDep, actor: ActorDep, data: SessionCreate) -> SessionRead:
    return await service.create_session(session, actor=actor, data=data)


@router.get("/timetable/clashes", tags=["sessions"])
async def find_clashes(
    session: ReadSessionDep, actor: ActorDep, query: Annotated[ClashQuery, Query()]
) -> Clashes:
    """What a session would clash with; nothing is written."""
    return await service.find_clashes(session, actor=actor, data=query)


@router.get("/timetable/unplaced", tags=["sessions"])
async def list_unplaced_meetings(
    session: ReadSessionDep, actor: ActorDep, page: PageDep, batch_id: Filter = None
) -> Page[UnplacedMeeting]:
    """Weekly meetings ahead that have no session, with what is in their way."""
    return await service.list_unplaced_meetings(session, actor=actor, page=page, batch_id=batch_id)


@router.get("/sessions/{session_id}", tags=["sessions"])
async def read_session(session: ReadSessionDep, actor: ActorDep, session_id: Id) -> SessionRead:
    return await service.read_session(session, actor=actor, session_id=session_id)


@router.put("/sessions/{session_id}", tags=["sessions"])
async def update_session(
    session: SessionDep, actor: ActorDep, session_id: Id, data: SessionUpdate
) -> SessionRead:
    return await service.update_session(session, actor=actor, session_id=session_id, data=data)


@router.post("/sessions/{session_id}/change", tags=["sessions"])
async def change_session(
    session: SessionDep, actor: ActorDep, session_id: Id, data: SessionChange
) -> SessionChanged:
    """Change this session, it and those that follow, or its whole weekly meeting."""
    return await service.change_session(session, actor=actor, session_id=session_id, data=data)


@router.post("/sessions/{session_id}/make-up", status_code=201, tags=["sessions"])
async def add_make_up(session: SessionDep, actor: ActorDep, session_id: Id, data: MakeUp) -> SessionRead:
    """Plan the session that is held instead of this cancelled one."""
    return await service.add_make_up(session, actor=actor, session_id=session_id, data=data)


@router.post("/sessions/{session_id}/cancel-following", tags=["sessions"])
async def cancel_following(
    session: SessionDep, actor: ActorDep, session_id: Id, data: SessionCancel
) -> SessionChanged:
    """Cancel this session and end its weekly meeting with the day before."""
    return await service.cancel_following(session, actor=actor, session_id=session_id, data=data)


@router.post("/sessions/{session_id}/cancel", tags=["sessions"])
async def cancel_session(
    session: SessionDep, actor: ActorDep, session_id: Id, data: SessionCancel
) -> SessionRead:
    return await service.cancel_session(session, actor=actor, session_id=session_id, data=data)


@router.post("/sessions/{session_id}/reinstate", tags=["sessions"])
async def reinstate_session(
    session: SessionDep, actor: ActorDep, session_id: Id, data: SessionReinstate | None = None
) -> SessionRead:
    version = data.version if data else None
    return await service.reinstate_session(session, actor=actor, session_id=session_id, version=version)


@router.post("/sessions/{session_id}/substitute", tags=["sessions"])
async def assign_substitute(
    session: SessionDep, actor: ActorDep, session_id: Id, data: SessionSubstitute
) -> SessionRead:
    return await service.assign_substitute(session, actor=actor, session_id=session_id, data=data)
