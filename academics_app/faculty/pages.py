"""The screens of faculty members, and how the palette finds one."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.core.actor import Actor
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission
from academics_app.faculty.service import list_faculty
from academics_app.faculty.ui.listing import faculty_page, new_faculty_page
from academics_app.faculty.ui.record import faculty_member_page
from academics_app.ui import routes
from academics_app.ui.i18n import _
from academics_app.ui.palette import Hit, add_source

PAGES = [faculty_page, new_faculty_page, faculty_member_page]


async def _find(session: AsyncSession, actor: Actor, query: str, limit: int) -> Sequence[Hit]:
    found = await list_faculty(session, actor=actor, page=PageRequest(limit=limit), query=query)
    return [Hit(member.full_name, _("Faculty"), routes.faculty_member(member.id)) for member in found.items]


add_source(Permission.FACULTY_READ, _find)
