"""Integrity checks over REST."""

from typing import Annotated

from fastapi import APIRouter, Query

from academics_app.api.deps import ActorDep, PageDep, ReadSessionDep, SessionDep
from academics_app.attendance import integrity
from academics_app.attendance.schemas.integrity import (
    CheckName,
    CheckOverview,
    DismissalCreate,
    DismissalRevoke,
    Finding,
    FixCommand,
    FixResult,
)
from academics_app.core.fields import Date
from academics_app.core.pagination import Page

router = APIRouter(prefix="/attendance/checks", tags=["attendance"])

Since = Annotated[
    Date | None, Query(description="First day of the sessions to look at; a year ago by default")
]


@router.get("", summary="Run every integrity check")
async def run_checks(session: ReadSessionDep, actor: ActorDep, since: Since = None) -> CheckOverview:
    return await integrity.run_checks(session, actor=actor, since=since)


@router.get("/{check}/findings", summary="What a check finds, or what of it was dismissed")
async def list_findings(
    session: ReadSessionDep,
    actor: ActorDep,
    page: PageDep,
    check: CheckName,
    dismissed: Annotated[bool, Query()] = False,  # noqa: FBT002 - a query parameter
    since: Since = None,
) -> Page[Finding]:
    return await integrity.list_findings(
        session, actor=actor, check=check, page=page, dismissed=dismissed, since=since
    )


@router.post("/{check}/preview", summary="What a fix would change")
async def preview_fix(
    session: ReadSessionDep, actor: ActorDep, check: CheckName, data: FixCommand
) -> FixResult:
    return await integrity.preview_fix(session, actor=actor, check=check, data=data)


@router.post("/{check}/fix", summary="Mend a finding")
async def apply_fix(session: SessionDep, actor: ActorDep, check: CheckName, data: FixCommand) -> FixResult:
    return await integrity.apply_fix(session, actor=actor, check=check, data=data)


@router.post("/{check}/dismiss", summary="Let a finding stand, with a reason")
async def dismiss_finding(
    session: SessionDep, actor: ActorDep, check: CheckName, data: DismissalCreate
) -> Finding:
    return await integrity.dismiss_finding(session, actor=actor, check=check, data=data)


@router.post("/{check}/restore", summary="Let a dismissed finding count again")
async def restore_finding(
    session: SessionDep, actor: ActorDep, check: CheckName, data: DismissalRevoke
) -> Finding:
    return await integrity.restore_finding(session, actor=actor, check=check, data=data)
