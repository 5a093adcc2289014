"""The screens of batches and the timetable."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.core.actor import Actor
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission
from academics_app.learning_sessions.service import list_batches
from academics_app.learning_sessions.ui.batch import batch_page
from academics_app.learning_sessions.ui.batches import batches_page
from academics_app.learning_sessions.ui.timetable_page import timetable_page
from academics_app.ui import palette, routes
from academics_app.ui.i18n import _


async def find_batches(session: AsyncSession, actor: Actor, query: str, limit: int) -> Sequence[palette.Hit]:
    """Batches for the palette."""
    page = await list_batches(session, actor=actor, page=PageRequest(limit=limit), query=query)
    return [palette.Hit(each.name, _("Batch"), routes.batch(each.id)) for each in page.items]


palette.add_source(Permission.BATCH_READ, find_batches)

PAGES = [batches_page, batch_page, timetable_page]
