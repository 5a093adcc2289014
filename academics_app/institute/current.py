"""The settings in force and the holidays, for whoever needs them. Knows no other feature, so all may ask it."""

from collections.abc import Sequence
from datetime import date

import structlog
from pydantic import ValidationError
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.core.cache import Cached
from academics_app.institute import queries
from academics_app.institute.models import Holiday
from academics_app.institute.settings import InstituteSettings

log = structlog.get_logger(__name__)

_cached: Cached[InstituteSettings] = Cached(10)
_CHANGED = "institute_settings"


async def current_settings(session: AsyncSession) -> InstituteSettings:
    """The settings in force; another process's change shows after ten seconds at most."""
    changed_here = session.info.get(_CHANGED)
    if changed_here is not None:
        return changed_here

    async def load() -> InstituteSettings:
        return _built({row.key: row.value for row in await session.execute(queries.settings())})

    return await _cached.get(load)


def forget_settings() -> None:
    """Load them anew at the next use: for tests, and for a process that changes its database."""
    _cached.forget()


def use_settings(session: AsyncSession, settings: InstituteSettings) -> None:
    """Let the rest of this session work with settings that it has changed, and every other once it has committed."""
    session.info[_CHANGED] = settings
    forget_settings()

    @event.listens_for(session.sync_session, "after_commit", once=True)
    def _committed(_session: object) -> None:
        session.info.pop(_CHANGED, None)
        forget_settings()


async def holidays_between(session: AsyncSession, start: date, end: date) -> Sequence[Holiday]:
    """The holidays of every branch that touch the days from `start` to `end`, both included."""
    return (await session.scalars(queries.holidays(start=start, end=end))).all()


def _built(stored: dict[str, object]) -> InstituteSettings:
    known = {key: value for key, value in stored.items() if key in InstituteSettings.model_fields}
    try:
        return InstituteSettings.model_validate(known)
    except ValidationError as error:
        wrong = {str(problem["loc"][0]) for problem in error.errors()}
        log.exception("settings_invalid", keys=sorted(wrong))
        return InstituteSettings.model_validate({key: known[key] for key in known.keys() - wrong})
