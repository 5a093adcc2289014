"""Marks, registers and attendance figures over REST."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from academics_app.api.deps import ActorDep, Id, ReadSessionDep, SessionDep
from academics_app.attendance import register, service, walk_ins
from academics_app.attendance.schemas.register import (
    BulkMark,
    BulkResult,
    MarkCommand,
    MarkResult,
    RegisterRead,
    TodaySession,
    UndoTake,
    WalkInCandidate,
    WalkInCreate,
)

router = APIRouter(tags=["attendance"])


@router.post("/attendance/session/{session_id}", summary="Mark one student")
async def mark_student(session: SessionDep, actor: ActorDep, session_id: Id, data: MarkCommand) -> MarkResult:
    return await service.mark_student(session, actor=actor, session_id=session_id, command=data)


@router.post("/attendance/bulk", summary="Mark many students of one session, all or nothing")
async def mark_many(session: SessionDep, actor: ActorDep, data: BulkMark) -> BulkResult:
    return await service.mark_many(session, actor=actor, data=data)


@router.get("/attendance/session/{session_id}/register", summary="The whole register of a session")
async def read_register(session: ReadSessionDep, actor: ActorDep, session_id: Id) -> RegisterRead:
    return await register.read_register(session, actor=actor, session_id=session_id)


@router.post("/attendance/session/{session_id}/undo-take", summary="Take back the confirmation of a register")
async def undo_take(session: SessionDep, actor: ActorDep, session_id: Id, data: UndoTake) -> BulkResult:
    return await service.undo_take(session, actor=actor, session_id=session_id, command_id=data.command_id)


@router.get(
    "/attendance/session/{session_id}/walk-in-candidates", summary="Who could walk in, by name or code"
)
async def walk_in_candidates(
    session: SessionDep, actor: ActorDep, session_id: Id, q: Annotated[str, Query(max_length=200)] = ""
) -> list[WalkInCandidate]:
    return await walk_ins.find_walk_in_candidates(session, actor=actor, session_id=session_id, query=q)


@router.post(
    "/attendance/session/{session_id}/walk-ins", status_code=204, summary="Let a student into this session"
)
async def add_walk_in(session: SessionDep, actor: ActorDep, session_id: Id, data: WalkInCreate) -> Response:
    await walk_ins.add_walk_in(session, actor=actor, session_id=session_id, student_id=data.student_id)
    return Response(status_code=204)


@router.delete(
    "/attendance/session/{session_id}/walk-ins/{student_id}",
    status_code=204,
    summary="Take a walk-in out again",
)
async def remove_walk_in(session: SessionDep, actor: ActorDep, session_id: Id, student_id: Id) -> Response:
    await walk_ins.remove_walk_in(session, actor=actor, session_id=session_id, student_id=student_id)
    return Response(status_code=204)


@router.get(
    "/attendance/faculty/{faculty_id}/today", summary="A faculty member's sessions today, with register state"
)
async def faculty_today(session: ReadSessionDep, actor: ActorDep, faculty_id: Id) -> list[TodaySession]:
    return await register.list_faculty_today(session, actor=actor, faculty_id=faculty_id)
