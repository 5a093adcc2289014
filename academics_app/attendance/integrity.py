"""Integrity checks over stored attendance: what does not fit, and a fix for each that goes the ordinary ways."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.accounts.audit import record
from academics_app.attendance.access import lock_register
from academics_app.attendance.models import AttendanceStatus
from academics_app.attendance.queries import integrity as queries
from academics_app.attendance.queries import register as register_queries
from academics_app.attendance.schemas.integrity import (
    CheckName,
    CheckOverview,
    CheckRead,
    DismissalCreate,
    DismissalRevoke,
    Finding,
    FixCommand,
    FixName,
    FixOffer,
    FixResult,
)
from academics_app.attendance.schemas.register import MarkCommand
from academics_app.attendance.service import REGISTERS_TOPIC, correct_mark, live_topic, undo_take
from academics_app.core.actor import Actor
from academics_app.core.clock import local_date, utc_now
from academics_app.core.db import announce
from academics_app.core.errors import InvalidInput, NotFound
from academics_app.core.pagination import Page, PageRequest
from academics_app.core.permissions import Permission, require
from academics_app.institute.service import current_settings
from academics_app.institute.settings import InstituteSettings
from academics_app.learning_sessions.schemas import EnrollmentUpdate
from academics_app.learning_sessions.service import update_enrollment

CHECKS_TOPIC = "checks"
LOOK_BACK = timedelta(days=366)
_MARK_NOTE = "Integrity check"


@dataclass(frozen=True, slots=True)
class _Check:
    """What a check is called, what it means, and how its findings can be mended."""

    title: str
    explanation: str
    fixes: tuple[FixName, ...]


CHECKS: dict[CheckName, _Check] = {
    CheckName.TWO_PLACES: _Check(
        "Two places at once",
        "A student is present or late in two sessions at the same time.",
        (FixName.ABSENT_IN_FIRST, FixName.ABSENT_IN_SECOND),
    ),
    CheckName.OUTSIDE_ENROLLMENT: _Check(
        "Not enrolled on that day",
        "A student has a mark in a session of a batch without being enrolled in it on that day or walking in.",
        (FixName.MAKE_WALK_IN, FixName.EXTEND_ENROLLMENT, FixName.CLEAR_MARK),
    ),
    CheckName.ON_HOLIDAY: _Check(
        "On a holiday",
        "Students are marked in a session on a holiday.",
        (FixName.NOT_HELD,),
    ),
    CheckName.TAKEN_EMPTY: _Check(
        "Taken but empty",
        "A register counts as taken although students were expected and nobody is marked.",
        (FixName.GIVE_BACK,),
    ),
    CheckName.LEDGER_DRIFT: _Check(
        "Mark and history differ",
        "A mark is not what the last entry of its history says.",
        (FixName.REWRITE,),
    ),
    CheckName.PRESENT_ON_LEAVE: _Check(
        "Present despite leave",
        "A student is present or late during a planned absence that was approved.",
        (FixName.MARK_EXCUSED,),
    ),
}


async def run_checks(session: AsyncSession, *, actor: Actor, since: date | None = None) -> CheckOverview:
    """Run every check over the sessions since a day, a year ago by default."""
    require(actor, Permission.ATTENDANCE_REPAIR)
    settings = await current_settings(session)
    since = since or local_date(utc_now(), settings.zone) - LOOK_BACK
    reach = _reach(actor, settings, since)
    read = []
    for name, check in CHECKS.items():
        counted = await queries.CHECKS[name.value].count.first(session, **reach)
        read.append(
            CheckRead(
                name=name,
                title=check.title,
                explanation=check.explanation,
                findings=counted.findings if counted else 0,
                dismissed=counted.dismissed if counted else 0,
            )
        )
    findings = sum(check.findings for check in read)
    now = utc_now()
    said = f"{findings} findings" if findings != 1 else "1 finding"
    return CheckOverview(
        since=since,
        checked_at=now,
        sentence=f"{len(read)} checks, {said}, checked {now.astimezone(settings.zone):%H:%M}.",
        findings=findings,
        checks=read,
    )


async def list_findings(
    session: AsyncSession,
    *,
    actor: Actor,
    check: CheckName,
    page: PageRequest,
    dismissed: bool = False,
    since: date | None = None,
) -> Page[Finding]:
    """What a check finds now, the latest session first; or what of it somebody has dismissed."""
    require(actor, Permission.ATTENDANCE_REPAIR)
    settings = await current_settings(session)
    since = since or local_date(utc_now(), settings.zone) - LOOK_BACK
    reach = _reach(actor, settings, since)
    statements = queries.CHECKS[check.value]
    rows = await statements.page.rows(session, **reach, dismissed=dismissed, skip=page.skip, limit=page.limit)
    counted = await statements.count.first(session, **reach)
    total = (counted.dismissed if dismissed else counted.findings) if counted else 0
    return Page(
        items=[_finding(check, row, settings) for row in rows], total=total, skip=page.skip, limit=page.limit
    )


async def preview_fix(
    session: AsyncSession, *, actor: Actor, check: CheckName, data: FixCommand
) -> FixResult:
    """What the fix would change now, without changing it."""
    require(actor, Permission.ATTENDANCE_REPAIR)
    steps = await _plan(session, actor=actor, check=check, data=data)
    return FixResult(subject=data.subject, changes=[step.said for step in steps])


async def apply_fix(session: AsyncSession, *, actor: Actor, check: CheckName, data: FixCommand) -> FixResult:
    """Mend the finding: marks through the register with its ledger, enrolments through theirs, each with an audit row."""
    require(actor, Permission.ATTENDANCE_REPAIR)
    steps = await _plan(session, actor=actor, check=check, data=data)
    for step in steps:
        await step.run(session, actor)
    record(
        session,
        actor=actor,
        action="attendance.repair",
        subject_kind="session",
        subject_id=_ids(data.subject)["session_id"],
        after={"check": check.value, "fix": data.fix.value, "subject": data.subject},
    )
    announce(session, CHECKS_TOPIC)
    return FixResult(subject=data.subject, changes=[step.said for step in steps])


async def dismiss_finding(
    session: AsyncSession, *, actor: Actor, check: CheckName, data: DismissalCreate
) -> Finding:
    """Let a finding stand, with a reason that stays listed. Dismissing it again changes nothing."""
    finding = await _access_finding(session, actor=actor, check=check, subject=data.subject)
    await session.execute(queries.dismiss(check.value, data.subject, data.reason, actor.user_id))
    if finding.dismissed_because is None:
        record(
            session,
            actor=actor,
            action="attendance.dismiss_finding",
            subject_kind="session",
            subject_id=finding.session_id,
            after={"check": check.value, "subject": data.subject, "reason": data.reason},
        )
        announce(session, CHECKS_TOPIC)
    return await _access_finding(session, actor=actor, check=check, subject=data.subject)


async def restore_finding(
    session: AsyncSession, *, actor: Actor, check: CheckName, data: DismissalRevoke
) -> Finding:
    """Let a dismissed finding count again. Restoring one that was not dismissed changes nothing."""
    finding = await _access_finding(session, actor=actor, check=check, subject=data.subject)
    if finding.dismissed_because is not None:
        await session.execute(queries.restore(check.value, data.subject))
        record(
            session,
            actor=actor,
            action="attendance.restore_finding",
            subject_kind="session",
            subject_id=finding.session_id,
            before={"check": check.value, "subject": data.subject, "reason": finding.dismissed_because},
        )
        announce(session, CHECKS_TOPIC)
    return await _access_finding(session, actor=actor, check=check, subject=data.subject)


@dataclass(frozen=True, slots=True)
class _Step:
    """One change of a fix: what it is in words, and how it is done."""

    said: str
    run: Callable[[AsyncSession, Actor], Awaitable[object]]


async def _access_finding(session: AsyncSession, *, actor: Actor, check: CheckName, subject: str) -> Finding:
    require(actor, Permission.ATTENDANCE_REPAIR)
    settings = await current_settings(session)
    rows = await queries.CHECKS[check.value].one.rows(
        session, subject=subject, **_ids(subject), **_reach(actor, settings, date.min)
    )
    if not rows:
        raise NotFound("There is no such finding, or it has been mended meanwhile.")
    return _finding(check, rows[0], settings)


async def _plan(session: AsyncSession, *, actor: Actor, check: CheckName, data: FixCommand) -> list[_Step]:
    finding = await _access_finding(session, actor=actor, check=check, subject=data.subject)
    if data.fix not in CHECKS[check].fixes:
        raise InvalidInput("This fix is for another check.", fields={"fix": "does not fit this check"})
    student_id, name = finding.student_id or 0, finding.student_name or ""
    if data.fix in _NEW_MARK:
        in_second = data.fix is FixName.ABSENT_IN_SECOND
        session_id = (finding.other_session_id or 0) if in_second else finding.session_id
        return [await _mark(session, session_id, student_id, name, _NEW_MARK[data.fix])]
    match data.fix:
        case FixName.MAKE_WALK_IN:
            return [_walk_in(finding.session_id, student_id, name)]
        case FixName.EXTEND_ENROLLMENT:
            return [await _extend(session, finding.session_id, student_id, name)]
        case FixName.REWRITE:
            return [await _rewrite(session, finding.session_id, student_id, name)]
        case FixName.NOT_HELD:
            return [*await _clear_all(session, finding.session_id), _give_back(finding.session_id)]
        case _:
            return [_give_back(finding.session_id)]


_NEW_MARK: dict[FixName, AttendanceStatus | None] = {
    FixName.ABSENT_IN_FIRST: AttendanceStatus.ABSENT,
    FixName.ABSENT_IN_SECOND: AttendanceStatus.ABSENT,
    FixName.MARK_EXCUSED: AttendanceStatus.EXCUSED,
    FixName.CLEAR_MARK: None,
}


async def _clear_all(session: AsyncSession, session_id: int) -> list[_Step]:
    marked = await queries.MARKED_STUDENTS.rows(session, session_id=session_id)
    return [await _mark(session, session_id, row.id, row.full_name, None) for row in marked]


async def _mark(
    session: AsyncSession, session_id: int, student_id: int, name: str, status: AttendanceStatus | None
) -> _Step:
    stored = await queries.STORED_MARK.first(session, session_id=session_id, student_id=student_id)
    command = MarkCommand(
        student_id=student_id,
        status=status,
        note=(stored.note or _MARK_NOTE) if stored and status else "",
        base_version=stored.version if stored else 0,
    )
    before = stored.status.capitalize() if stored else "Not marked"
    after = status.value.capitalize() if status else "Not marked"

    async def run(session: AsyncSession, actor: Actor) -> object:
        return await correct_mark(session, actor=actor, session_id=session_id, command=command)

    return _Step(f"{name}: {before} → {after}", run)


def _walk_in(session_id: int, student_id: int, name: str) -> _Step:
    async def run(session: AsyncSession, actor: Actor) -> None:
        await lock_register(session, session_id, actor=actor)
        await session.execute(register_queries.insert_walk_in(session_id, student_id, actor.user_id))
        record(
            session,
            actor=actor,
            action="session.add_walk_in",
            subject_kind="session",
            subject_id=session_id,
            after={"student_id": student_id},
        )
        announce(session, live_topic(session_id), REGISTERS_TOPIC, f"student:{student_id}")

    return _Step(f"{name}: becomes a walk-in of this session, and the mark counts", run)


async def _extend(session: AsyncSession, session_id: int, student_id: int, name: str) -> _Step:
    nearest = await queries.NEAREST_ENROLLMENT.first(session, session_id=session_id, student_id=student_id)
    if nearest is None:
        raise InvalidInput(
            f"{name} was never enrolled in this batch, so there is no enrolment to extend.",
            fields={"fix": "needs an enrolment in the batch"},
        )
    if nearest.local_date < nearest.starts_on:
        changes: dict[str, Any] = {"starts_on": nearest.local_date}
        said = f"{name}: enrolled from {nearest.local_date} instead of {nearest.starts_on}"
    else:
        changes = {"ends_on": nearest.local_date}
        said = f"{name}: enrolled until {nearest.local_date} instead of {nearest.ends_on}"

    async def run(session: AsyncSession, actor: Actor) -> object:
        data = EnrollmentUpdate(**changes, version=nearest.version)
        return await update_enrollment(session, actor=actor, enrollment_id=nearest.id, data=data)

    return _Step(said, run)


def _give_back(session_id: int) -> _Step:
    async def run(session: AsyncSession, actor: Actor) -> object:
        return await undo_take(session, actor=actor, session_id=session_id, command_id=uuid4())

    return _Step("The register counts as not taken", run)


async def _rewrite(session: AsyncSession, session_id: int, student_id: int, name: str) -> _Step:
    """Make the mark what its ledger says; a mark without any ledger gets an entry that says what stands."""
    ids = {"session_id": session_id, "student_id": student_id}
    stored = await queries.STORED_MARK.first(session, **ids)
    event = await queries.LAST_EVENT.first(session, **ids)
    if event is None:
        status = AttendanceStatus(stored.status) if stored else None
        step = await _mark(session, session_id, student_id, name, status)
        return _Step(f"{name}: the history gets the missing entry", step.run)
    before = stored.status.capitalize() if stored else "Not marked"
    after = event.after_status.capitalize() if event.after_status else "Not marked"

    async def run(session: AsyncSession, actor: Actor) -> None:
        await lock_register(session, session_id, actor=actor)
        if event.after_status is None:
            await queries.FORGET_MARK.rows(session, **ids)
        else:
            await queries.REWRITE_MARK.rows(session, event_id=event.id)
        announce(session, live_topic(session_id), REGISTERS_TOPIC, f"student:{student_id}")

    return _Step(f"{name}: {before} → {after}, as the history says", run)


def _reach(actor: Actor, settings: InstituteSettings, since: date) -> dict[str, object]:
    branch_ids = None if actor.branch_ids is None else list(actor.branch_ids)
    return {"branch_ids": branch_ids, "zone": settings.time_zone, "since": since}


def _ids(subject: str) -> dict[str, int]:
    """The ids in a subject by parameter name; absent ones are 0, which no row has."""
    found = [(kind, int(number)) for kind, number in re.findall(r"([a-z]+):(\d+)", subject)]
    sessions = [number for kind, number in found if kind == "session"]
    students = [number for kind, number in found if kind == "student"]
    return {
        "session_id": sessions[0] if sessions else 0,
        "other_session_id": sessions[1] if len(sessions) > 1 else 0,
        "student_id": students[0] if students else 0,
    }


def _finding(check: CheckName, row: Any, settings: InstituteSettings) -> Finding:
    return Finding(
        check=check,
        subject=row.subject,
        sentence=_sentence(check, row, settings),
        session_id=row.session_id,
        other_session_id=row.other_session_id,
        student_id=row.student_id,
        student_name=row.student_name,
        local_date=row.local_date,
        fixes=[FixOffer(name=fix, label=_label(fix, row)) for fix in CHECKS[check].fixes],
        dismissed_because=row.reason,
        dismissed_by=row.dismissed_by,
        dismissed_at=row.dismissed_at,
    )


def _sentence(check: CheckName, row: Any, settings: InstituteSettings) -> str:
    begins = row.begins_at.astimezone(settings.zone)
    place = f"{row.batch_name} on {begins:%a} {begins.day} {begins:%b %Y} at {begins:%H:%M}"
    match check:
        case CheckName.TWO_PLACES:
            other = row.other_begins_at.astimezone(settings.zone)
            return f"{row.student_name} is present in {place} and in {row.other_batch_name} at {other:%H:%M}."
        case CheckName.OUTSIDE_ENROLLMENT:
            return f"{row.student_name} has a mark in {place} without being enrolled on that day."
        case CheckName.ON_HOLIDAY:
            return f"Students are marked in {place}, which is a holiday."
        case CheckName.TAKEN_EMPTY:
            return f"The register of {place} was taken, but nobody is marked."
        case CheckName.LEDGER_DRIFT:
            return f"The mark of {row.student_name} in {place} is not what its history says."
        case CheckName.PRESENT_ON_LEAVE:
            return f"{row.student_name} is present in {place} during an approved absence."


def _label(fix: FixName, row: Any) -> str:
    if fix is FixName.ABSENT_IN_FIRST:
        return f"Absent in {row.batch_name}"
    if fix is FixName.ABSENT_IN_SECOND:
        return f"Absent in {row.other_batch_name}"
    return _LABELS[fix]


_LABELS = {
    FixName.MAKE_WALK_IN: "Make a walk-in",
    FixName.EXTEND_ENROLLMENT: "Extend the enrolment",
    FixName.CLEAR_MARK: "Clear the mark",
    FixName.NOT_HELD: "It was not held",
    FixName.GIVE_BACK: "Give the register back",
    FixName.REWRITE: "Rewrite from the history",
    FixName.MARK_EXCUSED: "Mark excused",
}
