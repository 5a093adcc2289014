"""The only way to a planned absence by its id: not found unless its student is visible, forbidden unless allowed."""

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.absences import queries
from academics_app.absences.models import PlannedAbsence
from academics_app.core.actor import Actor
from academics_app.core.errors import NotFound
from academics_app.core.permissions import Permission, require


async def access_absence(
    session: AsyncSession, absence_id: int, *, actor: Actor, to: Permission, for_update: bool = False
) -> PlannedAbsence:
    """The absence; `for_update` holds it against another change until the transaction ends."""
    statement = queries.absence(absence_id, actor)
    if for_update:
        statement = statement.with_for_update(of=PlannedAbsence, key_share=True)
        statement = statement.execution_options(populate_existing=True)
    found = (await session.scalars(statement)).one_or_none()
    if found is None:
        raise NotFound("There is no such absence.")
    require(actor, to)
    return found
