"""Who is asking, and through which door. Every service function takes an Actor; it has no default."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    ADMIN = "admin"
    FACULTY = "faculty"
    COUNSELOR = "counselor"
    STUDENT = "student"
    GUARDIAN = "guardian"


STAFF = frozenset({Role.ADMIN, Role.FACULTY, Role.COUNSELOR})


class Door(StrEnum):
    """The way a change came in; stored with marks and audit rows."""

    SCREEN = "screen"
    REST = "rest"
    WEBSOCKET = "websocket"
    IMPORT = "import"
    JOB = "job"
    COMMAND_LINE = "command_line"


@dataclass(frozen=True, slots=True)
class Actor:
    """An authenticated caller, resolved anew from the database for each request or event.

    `branch_ids` is None where the actor may act in every branch. `student_id`, `faculty_id` and `guardian_id` are
    the person behind the account; a guardian's children are found through `guardian_id`.
    """

    user_id: int | None
    role: Role
    name: str
    door: Door
    auth_session_id: UUID | None = None
    student_id: int | None = None
    faculty_id: int | None = None
    guardian_id: int | None = None
    branch_ids: frozenset[int] | None = None

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF


def system_actor(door: Door) -> Actor:
    """The product itself, for jobs, importers and the command line: an admin without an account."""
    return Actor(user_id=None, role=Role.ADMIN, name="System", door=door)
