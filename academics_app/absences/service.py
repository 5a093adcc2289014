"""Planned absences: asked for by families, entered and decided by staff. They suggest marks and make none."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.absences import queries
from academics_app.absences.access import access_absence
from academics_app.absences.models import AbsenceStatus, PlannedAbsence
from academics_app.absences.reading import (
    list_absences,
    list_student_absences,
    read_absence,
    read_current_leave,
    reread,
    standing,
    today_of,
)
from academics_app.absences.rules import Span, check_span, earliest_day, rights
from academics_app.absences.schemas import AbsenceCreate, AbsenceDecision, AbsenceRead, AbsenceUpdate
from academics_app.accounts.audit import record
from academics_app.attendance.service import REGISTERS_TOPIC
from academics_app.attendance.service import live_topic as register_topic
from academics_app.core.actor import Actor
from academics_app.core.clock import local_date, utc_now
from academics_app.core.db import announce
from academics_app.core.errors import Conflict, Forbidden
from academics_app.core.permissions import DENIED, Permission, may
from academics_app.core.versions import refuse_stale
from academics_app.institute.current import current_settings
from academics_app.students.service import access_student

__all__ = [
    "ABSENCES_TOPIC",
    "create_absence",
    "decide_absence",
    "list_absences",
    "list_student_absences",
    "read_absence",
    "read_current_leave",
    "reopen_absence",
    "update_absence",
    "withdraw_absence",
]

ABSENCES_TOPIC = "absences"
"""Published when any planned absence changed: for screens that show those of many students."""

_AUDITED = {
    "student_id",
    "starts_on",
    "ends_on",
    "starts_at",
    "ends_at",
    "kind",
    "reason",
    "status",
    "decision_note",
}


async def create_absence(session: AsyncSession, *, actor: Actor, data: AbsenceCreate) -> AbsenceRead:
    """From staff it is approved at once; from a student or guardian it is a request."""
    student = await access_student(
        session, data.student_id, actor=actor, to=Permission.ABSENCE_REQUEST, for_update=True
    )
    span = Span(data.starts_on, data.ends_on or data.starts_on, data.starts_at, data.ends_at)
    await _check(session, span, actor=actor)
    is_staff = may(actor, Permission.ABSENCE_APPROVE)
    unwanted = {AbsenceStatus.APPROVED} if is_staff else {AbsenceStatus.APPROVED, AbsenceStatus.REQUESTED}
    await _refuse_overlap(session, student.full_name, student.id, span, statuses=unwanted)
    absence = PlannedAbsence(
        student_id=student.id,
        starts_on=span.starts_on,
        ends_on=span.ends_on,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        kind=data.kind,
        reason=data.reason,
        status=AbsenceStatus.APPROVED if is_staff else AbsenceStatus.REQUESTED,
        requested_by_id=actor.user_id,
        decided_by_id=actor.user_id if is_staff else None,
        decided_at=utc_now() if is_staff else None,
    )
    session.add(absence)
    await session.flush()  # the audit row and the answer name its id
    record(
        session,
        actor=actor,
        action="absence.create",
        subject_kind="absence",
        subject_id=absence.id,
        after=absence.model_dump(include=_AUDITED),
    )
    await _announce(session, absence.student_id, span)
    return await reread(session, actor=actor, absence_id=absence.id)


async def update_absence(
    session: AsyncSession, *, actor: Actor, absence_id: int, data: AbsenceUpdate
) -> AbsenceRead:
    """Change what `data` sets: who asked, while it waits for an answer; staff, as long as it is open."""
    absence = await access_absence(
        session, absence_id, actor=actor, to=Permission.ABSENCE_REQUEST, for_update=True
    )
    refuse_stale(absence.version, data.version)
    allowed = rights(actor, **standing(absence), today=await today_of(session))
    if not allowed.change:
        raise _not_allowed(actor, absence)
    before, old_span = absence.model_dump(include=_AUDITED), _span(absence)
    wanted = data.model_dump(exclude_unset=True, exclude={"version"})
    changes = {name: value for name, value in wanted.items() if before[name] != value}
    if not changes:
        return await reread(session, actor=actor, absence_id=absence_id)
    span = Span(
        *(changes.get(name, before[name]) for name in ("starts_on", "ends_on", "starts_at", "ends_at"))
    )
    if span != old_span:
        # What began before the edit window may still be made shorter.
        await _check(session, span, actor=actor, or_from=old_span.starts_on)
        await _refuse_overlap_with(session, absence, span, actor=actor, statuses={AbsenceStatus.APPROVED})
    await _store(session, absence, changes, actor=actor, action="absence.update", before=before)
    await _announce(session, absence.student_id, span, old_span)
    return await reread(session, actor=actor, absence_id=absence_id)


async def decide_absence(
    session: AsyncSession, *, actor: Actor, absence_id: int, data: AbsenceDecision
) -> AbsenceRead:
    """Approve or refuse a request. The same decision again changes nothing."""
    absence = await access_absence(
        session, absence_id, actor=actor, to=Permission.ABSENCE_APPROVE, for_update=True
    )
    decision = AbsenceStatus(data.decision.value)
    if absence.status is decision:
        return await reread(session, actor=actor, absence_id=absence_id)
    refuse_stale(absence.version, data.version)
    if absence.status is not AbsenceStatus.REQUESTED:
        raise Conflict(f"This request was {absence.status} already.", code="already_decided")
    if decision is AbsenceStatus.APPROVED:
        await _refuse_overlap_with(
            session, absence, _span(absence), actor=actor, statuses={AbsenceStatus.APPROVED}
        )
    changes = {
        "status": decision,
        "decided_by_id": actor.user_id,
        "decided_at": utc_now(),
        "decision_note": data.note,
    }
    await _store(session, absence, changes, actor=actor, action=f"absence.{_VERBS[decision]}")
    await _announce(session, absence.student_id, _span(absence))
    return await reread(session, actor=actor, absence_id=absence_id)


async def withdraw_absence(session: AsyncSession, *, actor: Actor, absence_id: int) -> AbsenceRead:
    """Take it back: who asked for it, or staff. Repeating it changes nothing."""
    absence = await access_absence(
        session, absence_id, actor=actor, to=Permission.ABSENCE_REQUEST, for_update=True
    )
    if absence.status is AbsenceStatus.WITHDRAWN:
        return await reread(session, actor=actor, absence_id=absence_id)
    if not rights(actor, **standing(absence), today=await today_of(session)).withdraw:
        raise _not_allowed(actor, absence)
    changes = {"status": AbsenceStatus.WITHDRAWN}
    await _store(session, absence, changes, actor=actor, action="absence.withdraw")
    await _announce(session, absence.student_id, _span(absence))
    return await reread(session, actor=actor, absence_id=absence_id)


async def reopen_absence(session: AsyncSession, *, actor: Actor, absence_id: int) -> AbsenceRead:
    """Undo the last step: a decision (staff) makes it a request again, a withdrawal (who may withdraw) what it was."""
    absence = await access_absence(
        session, absence_id, actor=actor, to=Permission.ABSENCE_REQUEST, for_update=True
    )
    is_staff = may(actor, Permission.ABSENCE_APPROVE)
    changes: dict[str, Any]
    if absence.status is AbsenceStatus.WITHDRAWN:
        was = AbsenceStatus.APPROVED if absence.decided_at else AbsenceStatus.REQUESTED
        before: dict[str, Any] = {**standing(absence), "status": was}
        if not rights(actor, **before, today=await today_of(session)).withdraw:
            raise _not_allowed(actor, absence)
        await _refuse_overlap_with(
            session, absence, _span(absence), actor=actor, statuses={AbsenceStatus.APPROVED}
        )
        changes = {"status": was}
    elif absence.status is AbsenceStatus.REQUESTED:
        return await reread(session, actor=actor, absence_id=absence_id)
    elif is_staff:
        nobody = {"decided_by_id": None, "decided_at": None, "decision_note": ""}
        changes = {"status": AbsenceStatus.REQUESTED} | nobody
    else:
        raise Forbidden(DENIED[Permission.ABSENCE_APPROVE])
    await _store(session, absence, changes, actor=actor, action="absence.reopen")
    await _announce(session, absence.student_id, _span(absence))
    return await reread(session, actor=actor, absence_id=absence_id)


_VERBS = {AbsenceStatus.APPROVED: "approve", AbsenceStatus.REFUSED: "refuse"}


async def _check(session: AsyncSession, span: Span, *, actor: Actor, or_from: date | None = None) -> None:
    settings = await current_settings(session)
    today = local_date(utc_now(), settings.zone)
    earliest = earliest_day(actor, today=today, settings=settings)
    check_span(span, today=today, earliest=min(earliest, or_from) if or_from else earliest)


async def _refuse_overlap_with(
    session: AsyncSession,
    absence: PlannedAbsence,
    span: Span,
    *,
    actor: Actor,
    statuses: Collection[AbsenceStatus],
) -> None:
    # Held, so that two overlapping absences of one student are looked at one after the other.
    student = await access_student(
        session, absence.student_id, actor=actor, to=Permission.ABSENCE_REQUEST, for_update=True
    )
    await _refuse_overlap(session, student.full_name, student.id, span, statuses=statuses, but=absence.id)


async def _refuse_overlap(
    session: AsyncSession,
    name: str,
    student_id: int,
    span: Span,
    *,
    statuses: Collection[AbsenceStatus],
    but: int | None = None,
) -> None:
    """Raise Conflict when the student, whose row the caller holds, is away already at some moment of the span."""
    for other in await session.scalars(queries.others_of(student_id, but, statuses)):
        if span.overlaps(_span(other)):
            days = _days(other)
            if other.status is AbsenceStatus.APPROVED:
                sentence = f"{name} is on approved leave already {days}."
            else:
                sentence = f"A request for {name} {days} waits for an answer already."
            raise Conflict(
                sentence, code="overlapping_absence", fields={"starts_on": "overlaps another absence"}
            )


def _days(absence: PlannedAbsence) -> str:
    if absence.starts_on == absence.ends_on:
        return f"on {absence.starts_on:%a %d %b %Y}"
    return f"from {absence.starts_on:%a %d %b} to {absence.ends_on:%a %d %b %Y}"


async def _store(
    session: AsyncSession,
    absence: PlannedAbsence,
    changes: dict[str, Any],
    *,
    actor: Actor,
    action: str,
    before: dict[str, Any] | None = None,
) -> None:
    before = before or absence.model_dump(include=_AUDITED)
    for name, value in changes.items():
        setattr(absence, name, value)
    absence.version += 1
    await session.flush()  # the answer is read from the table, with names
    record(
        session,
        actor=actor,
        action=action,
        subject_kind="absence",
        subject_id=absence.id,
        before=before,
        after=absence.model_dump(include=_AUDITED),
    )


async def _announce(session: AsyncSession, student_id: int, *spans: Span) -> None:
    """Tell the student's watchers and, where it touches today, those of the registers that it concerns."""
    announce(session, f"student:{student_id}", ABSENCES_TOPIC)
    today = await today_of(session)
    if any(span.starts_on <= today <= span.ends_on for span in spans):
        concerned = await session.scalars(queries.session_ids_of(student_id, today))
        announce(session, REGISTERS_TOPIC, *(register_topic(session_id) for session_id in concerned))


def _not_allowed(actor: Actor, absence: PlannedAbsence) -> Forbidden | Conflict:
    """Because of how it stands, for those who might at another time; because of who asks, for the others."""
    if may(actor, Permission.ABSENCE_APPROVE) or absence.requested_by_id == actor.user_id:
        how = _STANDS[absence.status]
        return Conflict(f"This absence {how}, so that is not possible any more.", code="not_open")
    return Forbidden("Only who asked for this absence, or staff, may do that.")


_STANDS = {
    AbsenceStatus.REQUESTED: "waits for an answer",
    AbsenceStatus.APPROVED: "was approved",
    AbsenceStatus.REFUSED: "was refused",
    AbsenceStatus.WITHDRAWN: "was withdrawn",
}


def _span(absence: PlannedAbsence) -> Span:
    return Span(absence.starts_on, absence.ends_on, absence.starts_at, absence.ends_at)
