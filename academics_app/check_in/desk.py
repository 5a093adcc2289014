"""What a kiosk itself may do: say who it is, check a student in, take that back for a moment. Nothing else.

A kiosk is no user. Its token leads to a `KioskActor`, which no other service takes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.attendance.service import live_topic as register_topic
from academics_app.check_in import limits, queries, rules
from academics_app.check_in.kiosks import KIOSKS_TOPIC, new_token
from academics_app.check_in.models import CheckInMethod, Kiosk
from academics_app.check_in.schemas import KioskCheckIn, KioskState, KioskUndone, KioskWelcome
from academics_app.core.clock import utc_now
from academics_app.core.db import announce
from academics_app.core.errors import NotFound, NotSignedIn
from academics_app.core.security import fingerprint
from academics_app.institute.service import current_settings
from academics_app.students.rules import CODE_PREFIX, CODE_WIDTH

UNDO_SECONDS = 5
_UNDO_GRACE = timedelta(seconds=UNDO_SECONDS + 5)
"""The five seconds that the kiosk shows, and what a slow network takes."""
_SEEN_EVERY = timedelta(minutes=1)
_NOBODY = NotFound("No session of yours now.", code="no_session_now")
"""For a wrong code too: a kiosk tells nobody which codes there are."""


@dataclass(frozen=True, slots=True)
class KioskActor:
    """A kiosk whose token was checked."""

    kiosk_id: int
    name: str
    branch_id: int
    room_id: int | None


async def recognise_kiosk(session: AsyncSession, *, token: str | None) -> KioskActor:
    """Whose token it is. NotSignedIn says whether it never was one or was revoked."""
    return _actor(await _kiosk(session, token))


async def exchange_token(session: AsyncSession, *, token: str) -> tuple[KioskActor, str]:
    """The kiosk of a link, and the new token that its device keeps; the link's own is void from now on."""
    kiosk = await _kiosk(session, token, for_update=True)
    kept = new_token()
    kiosk.token_hash = fingerprint(kept)
    kiosk.last_seen_at = utc_now()
    announce(session, KIOSKS_TOPIC)
    return _actor(kiosk), kept


async def read_kiosk_state(session: AsyncSession, *, actor: KioskActor) -> KioskState:
    """What the kiosk shows of itself; counts as a sign of life."""
    settings = await current_settings(session)
    place = (await session.execute(queries.place_of(actor.kiosk_id))).one()
    seen = queries.seen(actor.kiosk_id, at=utc_now(), again_after=_SEEN_EVERY)
    if (await session.execute(seen)).scalar_one_or_none() is not None:
        announce(session, KIOSKS_TOPIC)
    return KioskState(
        name=actor.name,
        place=" · ".join(filter(None, [place.branch_name, place.room_name])),
        institute=settings.name,
        time_zone=settings.time_zone,
    )


async def check_in_at_kiosk(session: AsyncSession, *, actor: KioskActor, data: KioskCheckIn) -> KioskWelcome:
    """Check in whom the code names, to the session of the kiosk's place whose start is nearest.

    Raises TooManyTries, and NotFound in the same words for a wrong code, no session, another place, another time.
    """
    await limits.take_kiosk_try(actor.kiosk_id)
    settings = await current_settings(session)
    now = utc_now()
    codes = _codes(data.code)
    rows: Sequence[Any] = (
        await session.execute(
            queries.sessions_at_kiosk(
                codes,
                branch_id=actor.branch_id,
                room_id=actor.room_id,
                at=now,
                minutes_before=settings.check_in_opens_minutes_before,
            )
        )
    ).all()
    meant = next((code for code in codes if any(row.code == code for row in rows)), None)
    row = rules.nearest([row for row in rows if row.code == meant], now)
    if row is None:
        await limits.note_kiosk_failure(actor.kiosk_id)
        raise _NOBODY
    at = await session.scalar(
        queries.insert_check_in(
            {
                "session_id": row.session_id,
                "student_id": row.student_id,
                "at": now,
                "method": CheckInMethod.KIOSK,
                "kiosk_id": actor.kiosk_id,
            }
        )
    )
    is_new = at is not None
    if is_new:
        await limits.note_kiosk_success(actor.kiosk_id)
        announce(session, register_topic(row.session_id), f"student:{row.student_id}")
    else:
        at = await session.scalar(queries.check_in_time(row.session_id, row.student_id))
    return KioskWelcome(
        given_name=row.given_name,
        batch_name=row.batch_name,
        room_name=row.room_name,
        starts_at=row.starts_at,
        at=at or now,
        is_new=is_new,
    )


async def undo_at_kiosk(session: AsyncSession, *, actor: KioskActor, data: KioskCheckIn) -> KioskUndone:
    """Take back what this kiosk stored for this code in the last seconds; nothing older, nobody else's."""
    await limits.take_kiosk_try(actor.kiosk_id)
    since = utc_now() - _UNDO_GRACE
    statement = queries.undo_kiosk_check_in(_codes(data.code), kiosk_id=actor.kiosk_id, since=since)
    undone = (await session.execute(statement)).all()
    for session_id, student_id in undone:
        announce(session, register_topic(session_id), f"student:{student_id}")
    return KioskUndone(undone=bool(undone))


async def _kiosk(session: AsyncSession, token: str | None, *, for_update: bool = False) -> Kiosk:
    kiosk = None
    if token:
        statement = queries.kiosk_by_token(fingerprint(token))
        statement = statement.with_for_update() if for_update else statement
        kiosk = (await session.scalars(statement)).one_or_none()
    if kiosk is None:
        raise NotSignedIn(
            "This device is not set up as a kiosk. Open the kiosk's link on it.", code="kiosk_unknown"
        )
    if kiosk.revoked_at is not None:
        raise NotSignedIn("This kiosk was shut by an admin.", code="kiosk_revoked")
    return kiosk


def _actor(kiosk: Kiosk) -> KioskActor:
    return KioskActor(kiosk.id, kiosk.name, kiosk.branch_id, kiosk.room_id)


def _codes(typed: str) -> list[str]:
    """What the typed code can mean, the most literal first: `431` is also the number of `S-00431`."""
    code = typed.upper()
    if code.isascii() and code.isdecimal() and len(code) <= 12:
        return [code, f"{CODE_PREFIX}-{int(code):0{CODE_WIDTH}d}"]
    return [code]
