"""A register's past over REST."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from academics_app.api.deps import ActorDep, Id, ReadSessionDep
from academics_app.attendance import history
from academics_app.attendance.schemas.history import RegisterAsOf, RegisterHistory

router = APIRouter(prefix="/attendance/session/{session_id}", tags=["attendance"])

At = Annotated[
    AwareDatetime, Query(description="The moment, with its offset", examples=["2026-11-23T10:04:00Z"])
]
Until = Annotated[AwareDatetime | None, Query(description="The moment to compare with; now by default")]


@router.get("/history", summary="Everything that was done to a register, oldest first")
async def register_history(session: ReadSessionDep, actor: ActorDep, session_id: Id) -> RegisterHistory:
    return await history.register_history(session, actor=actor, session_id=session_id)


@router.get("/register/as-of", summary="The register as it stood at a moment, and what changed since")
async def register_as_of(
    session: ReadSessionDep, actor: ActorDep, session_id: Id, at: At, until: Until = None
) -> RegisterAsOf:
    return await history.register_as_of(session, actor=actor, session_id=session_id, at=at, until=until)
