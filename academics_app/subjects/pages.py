"""The screens of subjects, and how the palette finds one."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.core.actor import Actor
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission
from academics_app.subjects.service import list_subjects
from academics_app.subjects.ui.listing import subjects_page
from academics_app.subjects.ui.record import subject_page
from academics_app.ui import routes
from academics_app.ui.i18n import _
from academics_app.ui.palette import Hit, add_source

PAGES = [subjects_page, subject_page]


async def _find(session: AsyncSession, actor: Actor, query: str, limit: int) -> Sequence[Hit]:
    found = await list_subjects(session, actor=actor, page=PageRequest(limit=limit), query=query)
    return [Hit(subject.name, _("Subject"), routes.subject(subject.id)) for subject in found.items]


add_source(Permission.SUBJECT_READ, _find)
