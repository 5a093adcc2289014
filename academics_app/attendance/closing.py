"""Closing: what becomes of a register that nobody took, by the institute's rule, some time after the session."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import true
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.attendance.access import SessionRow
from academics_app.attendance.models import AttendanceStatus, SuggestionReason
from academics_app.attendance.queries import closing as queries
from academics_app.attendance.queries import register as register_queries
from academics_app.attendance.service import fill_register
from academics_app.attendance.suggestions import Moment, read_facts, suggest
from academics_app.core.actor import Actor
from academics_app.core.clock import local_date, utc_now
from academics_app.core.errors import Conflict
from academics_app.core.permissions import Permission, require
from academics_app.institute.service import current_settings
from academics_app.institute.settings import InstituteSettings

LOOKS_BACK = timedelta(days=2)
"""A rule that is switched on today leaves last month alone, and so does a server that was off for a week."""
MOST_AT_ONCE = 200
_TELLING = frozenset({SuggestionReason.PLANNED_ABSENCE, SuggestionReason.CHECKED_IN})
"""Who said themselves that they would not come, or that they are here, is filled in as such."""


@dataclass(slots=True)
class Closed:
    """What one run did."""

    registers: int = 0
    marks: int = 0


async def list_closable(session: AsyncSession, *, actor: Actor) -> list[int]:
    """Ids of the sessions to close now; none where the institute closes nothing."""
    require(actor, Permission.SETTINGS_MANAGE)
    settings = await current_settings(session)
    if settings.close_fills == "nothing":
        return []
    now = utc_now()
    statement = queries.closable_sessions(
        started_after=now - LOOKS_BACK,
        ended_before=now - timedelta(minutes=settings.close_minutes_after),
        not_before=local_date(now, settings.zone) - timedelta(days=settings.admin_edit_days),
        limit=MOST_AT_ONCE,
    )
    return list(await session.scalars(statement))


async def close_session(session: AsyncSession, *, actor: Actor, session_id: int) -> int:
    """Fill in the unmarked and take the register; how many were filled in. Closing twice is closing once."""
    require(actor, Permission.SETTINGS_MANAGE)
    settings = await current_settings(session)
    if settings.close_fills == "nothing":
        raise Conflict("The institute does not close registers by itself.", code="closing_is_off")
    header = (await session.execute(register_queries.session_header(session_id, true()))).one()
    roster = await register_queries.ROSTER.rows(session, session_id=session_id)
    facts = await read_facts(session, header, roster, _moment(header, settings))
    suggested = {
        student_id: suggestion
        for student_id, known in facts.items()
        if (suggestion := suggest(known, _moment(header, settings))) and suggestion.reason in _TELLING
    }
    return await fill_register(
        session,
        actor=actor,
        session_id=session_id,
        status=AttendanceStatus(settings.close_fills),
        suggested=suggested,
    )


def _moment(header: SessionRow, settings: InstituteSettings) -> Moment:
    return Moment(
        starts_at=header.starts_at,
        ends_at=header.ends_at,
        local_date=header.local_date,
        now=utc_now(),
        zone=settings.zone,
        late_after_minutes=settings.late_after_minutes,
    )
