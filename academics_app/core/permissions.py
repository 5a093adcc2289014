"""What each role may do, as data. Which rows it may do it to is decided by each feature's scope function."""

from enum import StrEnum

from academics_app.core.actor import Actor, Role
from academics_app.core.errors import Forbidden


class Permission(StrEnum):
    """`<noun>:<verb>`; keep alphabetised."""

    ABSENCE_APPROVE = "absence:approve"
    ABSENCE_REQUEST = "absence:request"
    ATTENDANCE_ANALYSE = "attendance:analyse"
    ATTENDANCE_READ = "attendance:read"
    ATTENDANCE_REPAIR = "attendance:repair"
    AUDIT_READ = "audit:read"
    BATCH_MANAGE = "batch:manage"
    BATCH_READ = "batch:read"
    CALENDAR_MANAGE = "calendar:manage"
    CALENDAR_SUBSCRIBE = "calendar:subscribe"
    CHECK_IN = "check-in:self"
    CORRECTION_APPROVE = "correction:approve"
    CORRECTION_REQUEST = "correction:request"
    ENROLLMENT_MANAGE = "enrollment:manage"
    FACULTY_MANAGE = "faculty:manage"
    FACULTY_READ = "faculty:read"
    IMPORT_RUN = "import:run"
    KIOSK_MANAGE = "kiosk:manage"
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
    P.ABSENCE_REQUEST,
    P.ATTENDANCE_READ,
    P.BATCH_READ,
    P.CALENDAR_SUBSCRIBE,
    P.PROGRESS_READ,
    P.SESSION_READ,
    P.STUDENT_READ,
    P.SUBJECT_READ,
}
_STAFF = _OWN_RECORD | {P.FACULTY_READ, P.STUDENT_CREATE, P.STUDENT_LIST, P.STUDENT_UPDATE}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission) - {P.CHECK_IN},
    Role.FACULTY: frozenset(
        _STAFF
        | {P.ABSENCE_APPROVE, P.CORRECTION_REQUEST, P.PROGRESS_RECORD, P.REGISTER_MARK, P.REGISTER_READ}
    ),
    Role.COUNSELOR: frozenset(_STAFF | {P.ABSENCE_APPROVE, P.ENROLLMENT_MANAGE}),
    Role.STUDENT: frozenset(_OWN_RECORD | {P.CHECK_IN}),
    Role.GUARDIAN: frozenset(_OWN_RECORD),
}

DENIED: dict[Permission, str] = {
    P.ABSENCE_APPROVE: "Only staff may enter and decide planned absences.",
    P.ABSENCE_REQUEST: "You may not ask for an absence.",
    P.ATTENDANCE_ANALYSE: "Only an admin may see the institute's attendance.",
    P.ATTENDANCE_READ: "You may not see attendance.",
    P.ATTENDANCE_REPAIR: "Only an admin may check and repair attendance.",
    P.AUDIT_READ: "Only an admin may read the audit log.",
    P.BATCH_MANAGE: "Only an admin may change batches.",
    P.BATCH_READ: "You may not see batches.",
    P.CALENDAR_MANAGE: "Only an admin may change holidays and rooms.",
    P.CALENDAR_SUBSCRIBE: "You may not subscribe to a calendar.",
    P.CHECK_IN: "Only a student can check in.",
    P.CORRECTION_APPROVE: "Only an admin may decide corrections.",
    P.CORRECTION_REQUEST: "Only faculty and admins may ask for corrections.",
    P.ENROLLMENT_MANAGE: "Only an admin or a counselor may change enrolments.",
    P.FACULTY_MANAGE: "Only an admin may change faculty records.",
    P.FACULTY_READ: "Only staff may see faculty records.",
    P.IMPORT_RUN: "Only an admin may import data.",
    P.KIOSK_MANAGE: "Only an admin may manage kiosks.",
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
