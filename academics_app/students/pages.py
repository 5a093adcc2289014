"""The screens of students, and how the palette finds one."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.core.actor import Actor
from academics_app.core.permissions import Permission
from academics_app.students.service import find_students
from academics_app.students.ui.listing import new_student_page, students_page
from academics_app.students.ui.record import student_page
from academics_app.ui import routes
from academics_app.ui.i18n import _
from academics_app.ui.palette import Hit, add_source

PAGES = [students_page, new_student_page, student_page]


async def _find(session: AsyncSession, actor: Actor, query: str, limit: int) -> Sequence[Hit]:
    found = await find_students(session, actor=actor, query=query, limit=limit)
    return [
        Hit(student.full_name, _("Student {code}").format(code=student.code), routes.student(student.id))
        for student in found
    ]


add_source(Permission.STUDENT_LIST, _find)
