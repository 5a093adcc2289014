"""Students check themselves in by the rotating code. What is stored suggests a mark; nothing here marks."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.accounts.audit import record
from academics_app.attendance.service import live_topic
from academics_app.check_in import limits, queries, rules
from academics_app.check_in.models import CheckInMethod
from academics_app.check_in.rules import Fit, WindowState
from academics_app.check_in.schemas import CheckInCreate, CheckInRead, OwnSession, OwnSessions
from academics_app.core.actor import Actor
from academics_app.core.clock import utc_now
from academics_app.core.constraints import refusals
from academics_app.core.db import announce
from academics_app.core.errors import AppError, Conflict, Forbidden, NotFound
from academics_app.core.permissions import DENIED, Permission, require
from academics_app.institute.service import current_settings
from academics_app.institute.settings import InstituteSettings

DEVICE_KEY = "uq_check_in_session_id_device_hash"
_DEVICE_USED = Conflict(
    "Another student has checked in with this device. Use your own phone, or tell your teacher.",
    code="device_used",
)
_CLOSED = {
    WindowState.CANCELLED: ("This session was cancelled, so nobody can check in.", "session_cancelled"),
    WindowState.OVER: ("This session is over, so nobody can check in any more.", "session_over"),
    WindowState.TOO_EARLY: ("Check-in is not open yet.", "check_in_closed"),
    WindowState.CLOSED: ("Check-in is closed. Ask your teacher.", "check_in_closed"),
}
_UNFIT = {
    Fit.EXPIRED: ("This code has run out. Scan the one that is shown now.", "code_expired"),
    Fit.WRONG: ("This is not the code of a session of yours. Scan it again.", "code_wrong"),
}


@dataclass(frozen=True, slots=True)
class Device:
    """Where a try comes from: the hash of the phone's own cookie, if it has one, and the address."""

    hash: str | None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A check-in, or a refusal that has left a note: the door commits first and then raises it."""

    check_in: CheckInRead | None = None
    refusal: AppError | None = None

    def check_in_or_raise(self) -> CheckInRead:
        """What is answered."""
        if self.refusal is not None:
            raise self.refusal
        assert self.check_in is not None  # noqa: S101 - one of the two is set
        return self.check_in


async def check_in(session: AsyncSession, *, actor: Actor, data: CheckInCreate, device: Device) -> Outcome:
    """Check the student in. A student who is in already gets the stored check-in, whatever the code and the device.

    Raises TooManyTries before anything is read, NotFound for a session that is not the student's, Conflict for a
    cancelled session, a closed window, and a code that is wrong or has run out.
    """
    student_id = _student(actor)
    await limits.take_student_try(student_id=student_id, device_hash=device.hash, address=device.address)
    settings = await current_settings(session)
    row = await _find(session, actor=actor, data=data, settings=settings)
    if row.checked_in_at is not None:
        return Outcome(_read(row, row.checked_in_at, settings))
    now = utc_now()
    values = {
        "session_id": row.session_id,
        "student_id": student_id,
        "at": now,
        "method": CheckInMethod.QR,
        "device_hash": device.hash,
    }
    try:
        async with refusals(session, {DEVICE_KEY: _DEVICE_USED}):
            at = await session.scalar(queries.insert_check_in(values))
    except Conflict as refusal:
        record(
            session,
            actor=actor,
            action=queries.REFUSED_DEVICE,
            subject_kind="session",
            subject_id=row.session_id,
            after={"student_id": student_id},
        )
        announce(session, live_topic(row.session_id))
        return Outcome(refusal=refusal)
    if at is None:  # the same student, on two devices at once
        stored = await session.scalar(queries.check_in_time(row.session_id, student_id))
        return Outcome(_read(row, stored or now, settings))
    announce(session, live_topic(row.session_id), f"student:{student_id}")
    return Outcome(_read(row, at, settings))


async def list_own_sessions(session: AsyncSession, *, actor: Actor) -> OwnSessions:
    """The student's sessions of about now: running, or beginning within the minutes in which check-in opens."""
    _student(actor)
    settings = await current_settings(session)
    before = settings.check_in_opens_minutes_before
    rows = await session.execute(
        queries.own_sessions(actor).where(queries.at_hand(utc_now(), minutes_before=before))
    )
    return OwnSessions(
        items=[
            OwnSession(
                session_id=row.session_id,
                batch_name=row.batch_name,
                room_name=row.room_name,
                starts_at=row.starts_at,
                ends_at=row.ends_at,
                state=_state(row, settings),
                checked_in_at=row.checked_in_at,
            )
            for row in rows
        ]
    )


def _student(actor: Actor) -> int:
    require(actor, Permission.CHECK_IN)
    if actor.student_id is None:
        raise Forbidden(DENIED[Permission.CHECK_IN])
    return actor.student_id


async def _find(
    session: AsyncSession, *, actor: Actor, data: CheckInCreate, settings: InstituteSettings
) -> Any:
    """The session that the code opens to the student."""
    statement = queries.own_sessions(actor)
    if data.session_id is not None:
        row = (await session.execute(statement.where(queries.of_session(data.session_id)))).one_or_none()
        if row is None:
            raise NotFound("This is not a session of yours.")
        if row.checked_in_at is None:
            _check(row, data.code, settings)
        return row
    before = settings.check_in_opens_minutes_before
    rows = (await session.execute(statement.where(queries.at_hand(utc_now(), minutes_before=before)))).all()
    opened = [row for row in rows if _state(row, settings) is WindowState.OPEN]
    if not opened:
        raise Conflict("No session of yours has its check-in open now.", code="check_in_closed")
    fits = [rules.fit(row.secret, row.session_id, data.code, at=utc_now()) for row in opened]
    if Fit.VALID in fits:
        return opened[fits.index(Fit.VALID)]
    raise _unfit(Fit.EXPIRED if Fit.EXPIRED in fits else Fit.WRONG)


def _check(row: Any, code: str, settings: InstituteSettings) -> None:
    state = _state(row, settings)
    if state is not WindowState.OPEN:
        sentence, reason = _CLOSED[state]
        raise Conflict(sentence, code=reason)
    fit = rules.fit(row.secret, row.session_id, code, at=utc_now())
    if fit is not Fit.VALID:
        raise _unfit(fit)


def _unfit(fit: Fit) -> Conflict:
    sentence, reason = _UNFIT[fit]
    return Conflict(sentence, code=reason, fields={"code": "is not the code that is shown now"})


def _state(row: Any, settings: InstituteSettings) -> WindowState:
    return rules.window_state(
        at=utc_now(),
        is_cancelled=row.status == "cancelled",
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        closes_at=row.closes_at,
        minutes_before=settings.check_in_opens_minutes_before,
    )


def _read(row: Any, at: Any, settings: InstituteSettings) -> CheckInRead:
    return CheckInRead(
        session_id=row.session_id,
        batch_name=row.batch_name,
        room_name=row.room_name,
        starts_at=row.starts_at,
        at=at,
        suggests=rules.suggested_mark(at, row.starts_at, settings.late_after_minutes),
    )
