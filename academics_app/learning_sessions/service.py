"""What other features and the doors may call. The functions live beside their noun."""

from academics_app.learning_sessions.access import access_batch, access_enrollment, access_session
from academics_app.learning_sessions.batches import (
    create_batch,
    list_batches,
    read_batch,
    read_schedule,
    set_schedule,
    update_batch,
)
from academics_app.learning_sessions.clashes import clashing_enrollments, find_clashes, hold_timetable
from academics_app.learning_sessions.enrollments import enroll_students, list_enrollments, update_enrollment
from academics_app.learning_sessions.generation import (
    follow_calendar,
    generate_sessions,
    list_unplaced_meetings,
)
from academics_app.learning_sessions.rules import WantedEnrollment
from academics_app.learning_sessions.series import cancel_following, change_session
from academics_app.learning_sessions.sessions import (
    add_make_up,
    assign_substitute,
    cancel_session,
    create_session,
    list_sessions,
    read_session,
    reinstate_session,
    update_session,
)

__all__ = [
    "WantedEnrollment",
    "access_batch",
    "access_enrollment",
    "access_session",
    "add_make_up",
    "assign_substitute",
    "cancel_following",
    "cancel_session",
    "change_session",
    "clashing_enrollments",
    "create_batch",
    "create_session",
    "enroll_students",
    "find_clashes",
    "follow_calendar",
    "generate_sessions",
    "hold_timetable",
    "list_batches",
    "list_enrollments",
    "list_sessions",
    "list_unplaced_meetings",
    "read_batch",
    "read_schedule",
    "read_session",
    "reinstate_session",
    "set_schedule",
    "update_batch",
    "update_enrollment",
    "update_session",
]
