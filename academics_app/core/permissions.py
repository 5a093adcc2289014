"""What each role may do, as data. Which rows it may do it to is decided by each feature's scope function."""

from enum import StrEnum

from academics_app.core.actor import Actor, Role
from academics_app.core.errors import Forbidden


class Permission(StrEnum):
    """`<noun>:<verb>`; keep alphabetised."""

    ATTENDANCE_READ = "attendance:read"
    AUDIT_READ = "audit:read"
    BATCH_MANAGE = "batch:manage"
    BATCH_READ = "batch:read"
    CALENDAR_MANAGE = "calendar:manage"
    ENROLLMENT_MANAGE = "enrollment:manage"
    FACULTY_MANAGE = "faculty:manage"
    FACULTY_READ = "faculty:read"
    IMPORT_RUN = "import:run"
    PROGRESS_READ = "progress:read"
    PROGRESS_RECORD = "progress:record"
    REGISTER_MARK = "register:mark"
    REGISTER_READ = "register:read"
    SESSION_MANAGE = "session:manage"
    SESSION_READ = "session:read"
    SETTINGS_MANAGE = "settings:manage"
    STUDENT_CREATE = "student:create"
    STUDENT_LIST = "student:list"
    STUDENT_READ = "student:read"
    STUDENT_UPDATE = "student:update"
    SUBJECT_MANAGE = "subject:manage"
    SUBJECT_READ = "subject:read"
    USER_MANAGE = "user:manage"


P = Permission
_OWN_RECORD = {
    P.ATTENDANCE_READ,
    P.BATCH_READ,
    P.PROGRESS_READ,
    P.SESSION_READ,
    P.STUDENT_READ,
    P.SUBJECT_READ,
}
_STAFF = _OWN_RECORD | {P.FACULTY_READ, P.STUDENT_CREATE, P.STUDENT_LIST, P.STUDENT_UPDATE}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission),
    Role.FACULTY: frozenset(_STAFF | {P.PROGRESS_RECORD, P.REGISTER_MARK, P.REGISTER_READ}),
    Role.COUNSELOR: frozenset(_STAFF | {P.ENROLLMENT_MANAGE}),
    Role.STUDENT: frozenset(_OWN_RECORD),
    Role.GUARDIAN: frozenset(_OWN_RECORD),
}

DENIED: dict[Permission, str] = {
    P.ATTENDANCE_READ: "You may not see attendance.",
    P.AUDIT_READ: "Only an admin may read the audit log.",
    P.BATCH_MANAGE: "Only an admin may change batches.",
    P.BATCH_READ: "You may not see batches.",
    P.CALENDAR_MANAGE: "Only an admin may change holidays and rooms.",
    P.ENROLLMENT_MANAGE: "Only an admin or a counselor may change enrolments.",
    P.FACULTY_MANAGE: "Only an admin may change faculty records.",
    P.FACULTY_READ: "Only staff may see faculty records.",
    P.IMPORT_RUN: "Only an admin may import data.",
    P.PROGRESS_READ: "You may not see progress.",
    P.PROGRESS_RECORD: "Only faculty and admins may record progress.",
    P.REGISTER_MARK: "Only the session's faculty or an admin may mark this register.",
    P.REGISTER_READ: "Only the session's faculty or an admin may open this register.",
    P.SESSION_MANAGE: "Only an admin may change sessions.",
    P.SESSION_READ: "You may not see sessions.",
    P.SETTINGS_MANAGE: "Only an admin may change settings.",
    P.STUDENT_CREATE: "Only staff may add students.",
    P.STUDENT_LIST: "Only staff may list and search students.",
    P.STUDENT_READ: "You may not see students.",
    P.STUDENT_UPDATE: "Only staff may change student records.",
    P.SUBJECT_MANAGE: "Only an admin may change subjects.",
    P.SUBJECT_READ: "You may not see subjects.",
    P.USER_MANAGE: "Only an admin may manage accounts.",
}


def may(actor: Actor, permission: Permission) -> bool:
    """Whether the actor's role holds the permission."""
    return permission in ROLE_PERMISSIONS[actor.role]


def require(actor: Actor, permission: Permission) -> None:
    """Raise Forbidden with the permission's sentence unless the actor's role holds it."""
    if not may(actor, permission):
        raise Forbidden(DENIED[permission])
