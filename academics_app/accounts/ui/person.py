"""Finding the person behind an account by what an admin types: a code, or a name that fits just one."""

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.core.actor import Actor, Role
from academics_app.core.errors import InvalidInput
from academics_app.core.pagination import PageRequest
from academics_app.faculty.service import list_faculty
from academics_app.students.guardians import find_guardians
from academics_app.students.service import find_students
from academics_app.ui.i18n import _

_FIELDS = {Role.STUDENT: "student_id", Role.FACULTY: "faculty_id", Role.GUARDIAN: "guardian_id"}


async def person_of(session: AsyncSession, *, actor: Actor, role: Role, text: str) -> dict[str, int]:
    """The field of the account that names the person, with their id; empty for a role without a record."""
    field = _FIELDS.get(role)
    if field is None:
        return {}
    text = text.strip()
    if not text:
        raise _refusal(_("Please say whose account this is."))
    found = await _candidates(session, actor, role, text)
    exact = [each for each in found if text.casefold() in (each[1].casefold(), each[2].casefold())]
    best = exact or found
    if not best:
        raise _refusal(_("Nobody fits this."))
    if len(best) > 1:
        raise _refusal(
            _("Several fit: {names}. Please enter the code.").format(
                names=", ".join(_shown(each) for each in best[:4])
            )
        )
    return {field: best[0][0]}


async def _candidates(
    session: AsyncSession, actor: Actor, role: Role, text: str
) -> list[tuple[int, str, str]]:
    """Id, code and name of those who fit; a guardian has no code."""
    page = PageRequest(limit=5)
    if role is Role.STUDENT:
        students = await find_students(session, actor=actor, query=text, limit=page.limit)
        return [(each.id, each.code, each.full_name) for each in students]
    if role is Role.FACULTY:
        members = await list_faculty(session, actor=actor, page=page, query=text)
        return [(each.id, each.code, each.full_name) for each in members.items]
    guardians = await find_guardians(session, actor=actor, page=page, query=text)
    return [(each.id, each.email or "", each.full_name) for each in guardians.items]


def _shown(candidate: tuple[int, str, str]) -> str:
    _id, code, name = candidate
    return f"{name} ({code})" if code else name


def _refusal(reason: str) -> InvalidInput:
    return InvalidInput(reason, fields={"person": reason})
