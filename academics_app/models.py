"""Every feature's tables: the one import that Alembic and the mappers need."""

from academics_app.absences.models import PlannedAbsence
from academics_app.accounts.models import AuditEvent, AuthSession, LoginThrottle, User, UserBranch
from academics_app.attendance.models import (
    Attendance,
    AttendanceEvent,
    Correction,
    IntegrityDismissal,
    RegisterEvent,
)
from academics_app.calendar_feeds.models import CalendarFeed
from academics_app.check_in.models import CheckIn, CheckInWindow, Kiosk
from academics_app.core.tables import metadata
from academics_app.faculty.models import Faculty
from academics_app.institute.models import Branch, Holiday, Room, Setting, Term
from academics_app.learning_sessions.models import (
    Batch,
    Enrollment,
    LearningSession,
    Seat,
    WalkIn,
    WeeklySchedule,
)
from academics_app.progress.models import TopicProgress
from academics_app.students.models import Guardian, Student, StudentGuardian
from academics_app.subjects.models import Subject, Topic
from academics_app.transfer.models import ImportedRecord, ImportRun

__all__ = [
    "Attendance",
    "AttendanceEvent",
    "AuditEvent",
    "AuthSession",
    "Batch",
    "Branch",
    "CalendarFeed",
    "CheckIn",
    "CheckInWindow",
    "Correction",
    "Enrollment",
    "Faculty",
    "Guardian",
    "Holiday",
    "ImportRun",
    "ImportedRecord",
    "IntegrityDismissal",
    "Kiosk",
    "LearningSession",
    "LoginThrottle",
    "PlannedAbsence",
    "RegisterEvent",
    "Room",
    "Seat",
    "Setting",
    "Student",
    "StudentGuardian",
    "Subject",
    "Term",
    "Topic",
    "TopicProgress",
    "User",
    "UserBranch",
    "WalkIn",
    "WeeklySchedule",
    "metadata",
]
