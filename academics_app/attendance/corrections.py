"""Corrections: a mark that should stand otherwise after the edit window; one person asks, an admin decides."""

from typing import Any
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.accounts.audit import record
from academics_app.attendance.access import lock_register
from academics_app.attendance.edit_window import day_in_words, edit_window
from academics_app.attendance.models import Correction, CorrectionStatus
from academics_app.attendance.queries import corrections as queries
from academics_app.attendance.queries import register as register_queries
from academics_app.attendance.schemas.corrections import (
    CorrectionApproval,
    CorrectionCreate,
    CorrectionRead,
    CorrectionRefusal,
    CorrectionTarget,
    SeenMark,
)
from academics_app.attendance.schemas.register import MarkCommand
from academics_app.attendance.service import correct_mark, live_topic
from academics_app.core.actor import Actor
from academics_app.core.clock import local_date, utc_now
from academics_app.core.constraints import refusals
from academics_app.core.db import announce
from academics_app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from academics_app.core.pagination import Page, PageRequest
from academics_app.core.permissions import Permission, may, require
from academics_app.institute.service import current_settings

CORRECTIONS_TOPIC = "corrections"
_APPROVAL = UUID("0f3c6a52-2a0e-5d6c-8c77-52c1b5d2a8e4")


async def request_correction(
    session: AsyncSession, *, actor: Actor, data: CorrectionCreate
) -> CorrectionRead:
    """Ask for another mark. Refused while the asker may still mark, and for a register that was never taken."""
    require(actor, Permission.CORRECTION_REQUEST)
    row = await _locked_target(session, actor=actor, session_id=data.session_id, student_id=data.student_id)
    wanted = (data.status_wanted.value, data.minutes_late, data.note)
    if wanted == (row.status, row.minutes_late, row.note):
        raise InvalidInput("The mark stands like this already.", fields={"status_wanted": "stands already"})
    correction = Correction(
        session_id=data.session_id,
        student_id=data.student_id,
        status_wanted=data.status_wanted,
        minutes_late=data.minutes_late,
        note=data.note,
        reason=data.reason,
        base_version=row.version if data.base_version is None else data.base_version,
        requested_by_id=actor.user_id,
    )
    already = Conflict("A correction of this mark is waiting already.", code="correction_waiting")
    async with refusals(session, {"uq_correction_open": already}):
        session.add(correction)
    _note(session, correction, actor=actor, action="correction.request")
    return await read_correction(session, actor=actor, correction_id=correction.id)


async def describe_target(
    session: AsyncSession, *, actor: Actor, session_id: int, student_id: int
) -> CorrectionTarget:
    """The student and the mark that a request would be about; refused where the request would be."""
    require(actor, Permission.CORRECTION_REQUEST)
    mark = await _locked_target(session, actor=actor, session_id=session_id, student_id=student_id)
    header = (await session.execute(register_queries.session_header(session_id, queries.EVERYTHING))).one()
    return CorrectionTarget(
        session_id=session_id,
        batch_name=header.batch_name,
        local_date=header.local_date,
        starts_at=header.starts_at,
        student_id=student_id,
        student_name=await session.scalar(queries.student_name(student_id)) or "",
        current=_seen(mark.status, mark.minutes_late, mark.note, mark.version),
    )


async def list_corrections(
    session: AsyncSession,
    *,
    actor: Actor,
    page: PageRequest,
    status: CorrectionStatus | None = None,
    session_id: int | None = None,
    is_own: bool = False,
) -> Page[CorrectionRead]:
    """Those of the actor's sessions and the actor's own; the ones that wait come first."""
    require(actor, Permission.CORRECTION_REQUEST)
    statement = queries.corrections(actor, status=status, session_id=session_id, is_own=is_own)
    rows = await session.execute(queries.waiting_first(statement).offset(page.skip).limit(page.limit))
    return Page[CorrectionRead](
        items=[_read(row, actor) for row in rows],
        total=await session.scalar(queries.counted(statement)) or 0,
        skip=page.skip,
        limit=page.limit,
    )


async def read_correction(session: AsyncSession, *, actor: Actor, correction_id: int) -> CorrectionRead:
    """One correction."""
    require(actor, Permission.CORRECTION_REQUEST)
    statement = queries.corrections(actor, correction_id=correction_id)
    row = (await session.execute(statement.execution_options(populate_existing=True))).first()
    if row is None:
        raise NotFound("There is no such correction.")
    return _read(row, actor)


async def approve_correction(
    session: AsyncSession, *, actor: Actor, correction_id: int, data: CorrectionApproval
) -> CorrectionRead:
    """Apply the wanted mark. Raises MarkConflict, deciding nothing, where another mark stands than the one that the
    asker, or the approver by `base_version`, has seen."""
    correction = await _access_open(session, correction_id, actor=actor, to=Permission.CORRECTION_APPROVE)
    await _refuse_own(session, correction, actor=actor)
    base_version = correction.base_version if data.base_version is None else data.base_version
    await correct_mark(
        session,
        actor=actor,
        session_id=correction.session_id,
        command=MarkCommand(
            mark_id=uuid5(_APPROVAL, str(correction.id)),
            student_id=correction.student_id,
            status=correction.status_wanted,
            minutes_late=correction.minutes_late,
            note=correction.note,
            base_version=base_version,
        ),
    )
    return await _decide(session, correction, CorrectionStatus.APPROVED, actor=actor, note=data.note)


async def refuse_correction(
    session: AsyncSession, *, actor: Actor, correction_id: int, data: CorrectionRefusal
) -> CorrectionRead:
    """Leave the mark as it stands."""
    correction = await _access_open(session, correction_id, actor=actor, to=Permission.CORRECTION_APPROVE)
    await _refuse_own(session, correction, actor=actor)
    return await _decide(session, correction, CorrectionStatus.REFUSED, actor=actor, note=data.note)


async def withdraw_correction(session: AsyncSession, *, actor: Actor, correction_id: int) -> CorrectionRead:
    """Take back one's own request."""
    correction = await _access_open(session, correction_id, actor=actor, to=Permission.CORRECTION_REQUEST)
    if correction.requested_by_id != actor.user_id:
        raise Forbidden("Only who asked for a correction can withdraw it.")
    return await _decide(session, correction, CorrectionStatus.WITHDRAWN, actor=actor, note="")


async def _locked_target(session: AsyncSession, *, actor: Actor, session_id: int, student_id: int) -> Any:
    """The mark of a student in a register that the actor teaches or administers and that is locked for them."""
    register = await lock_register(session, session_id, actor=actor)
    if register.status == "cancelled":
        raise Conflict("This session was cancelled, so it has no register.", code="session_cancelled")
    settings = await current_settings(session)
    today = local_date(utc_now(), settings.zone)
    window = edit_window(actor, session_date=register.local_date, today=today, settings=settings)
    if not window.is_locked:
        until = day_in_words(window.last_day)
        raise Conflict(f"You can change this register yourself until {until}.", code="register_open")
    if register.register_taken_at is None:
        raise Conflict(
            "This register was never taken, so there is no mark to correct. "
            "An admin can take it while their own days last.",
            code="register_not_taken",
        )
    for row in await register_queries.MARKS.rows(session, session_id=session_id):
        if row.student_id == student_id:
            return row
    raise InvalidInput(
        "This student is not in this session.", fields={"student_id": "is not in this session"}
    )


async def _access_open(
    session: AsyncSession, correction_id: int, *, actor: Actor, to: Permission
) -> Correction:
    correction = await session.scalar(queries.locked_correction(correction_id, actor))
    if correction is None:
        raise NotFound("There is no such correction.")
    require(actor, to)
    if correction.status is not CorrectionStatus.REQUESTED:
        raise Conflict(f"This correction is {correction.status.value} already.", code="correction_decided")
    return correction


async def _refuse_own(session: AsyncSession, correction: Correction, *, actor: Actor) -> None:
    if correction.requested_by_id == actor.user_id and await session.scalar(
        queries.has_other_admin(actor, correction.session_id)
    ):
        raise Forbidden("Another admin decides a correction that you asked for yourself.")


async def _decide(
    session: AsyncSession, correction: Correction, status: CorrectionStatus, *, actor: Actor, note: str
) -> CorrectionRead:
    correction.status = status
    correction.decided_by_id, correction.decided_at, correction.decision_note = actor.user_id, utc_now(), note
    correction.version += 1
    _note(session, correction, actor=actor, action=f"correction.{_VERBS[status]}")
    await session.flush()  # the answer is read by a statement
    return await read_correction(session, actor=actor, correction_id=correction.id)


_VERBS = {
    CorrectionStatus.APPROVED: "approve",
    CorrectionStatus.REFUSED: "refuse",
    CorrectionStatus.WITHDRAWN: "withdraw",
}


def _note(session: AsyncSession, correction: Correction, *, actor: Actor, action: str) -> None:
    """Audit the step and tell who watches."""
    record(
        session,
        actor=actor,
        action=action,
        subject_kind="correction",
        subject_id=correction.id,
        after={
            "session_id": correction.session_id,
            "student_id": correction.student_id,
            "status_wanted": correction.status_wanted.value,
            "minutes_late": correction.minutes_late,
            "reason": correction.reason,
            "status": correction.status.value,
            "decision_note": correction.decision_note,
        },
    )
    announce(
        session, CORRECTIONS_TOPIC, live_topic(correction.session_id), f"student:{correction.student_id}"
    )


def _read(row: Any, actor: Actor) -> CorrectionRead:
    correction: Correction = row.Correction
    is_open = correction.status is CorrectionStatus.REQUESTED
    is_own = correction.requested_by_id == actor.user_id
    return CorrectionRead(
        **correction.model_dump(
            include={
                "id",
                "session_id",
                "student_id",
                "status_wanted",
                "minutes_late",
                "note",
                "reason",
                "status",
                "requested_by_id",
                "created_at",
                "decided_at",
                "decision_note",
            }
        ),
        batch_name=row.batch_name,
        local_date=row.local_date,
        starts_at=row.starts_at,
        student_name=row.student_name,
        seen=_seen(row.seen_status, row.seen_minutes, row.seen_note, correction.base_version),
        current=_seen(row.current_status, row.current_minutes, row.current_note, row.current_version),
        marked_by=row.marked_by,
        requested_by=row.requested_by,
        decided_by=row.decided_by,
        may_decide=is_open
        and may(actor, Permission.CORRECTION_APPROVE)
        and not (is_own and row.has_other_admin),
        may_withdraw=is_open and is_own,
    )


def _seen(status: Any, minutes_late: int | None, note: str | None, version: int) -> SeenMark:
    return SeenMark(status=status, minutes_late=minutes_late, note=note or "", version=version)
