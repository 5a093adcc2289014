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
from academics_app.learning_sessions.enrollments import enroll_students, list_enrollments, update_enrollment
from academics_app.learning_sessions.generation import follow_calendar, generate_sessions
from academics_app.learning_sessions.sessions import (
    assign_substitute,
    cancel_session,
    create_session,
    list_sessions,
    read_session,
    reinstate_session,
    update_session,
)

__all__ = [
    "access_batch",
    "access_enrollment",
    "access_session",
    "assign_substitute",
    "cancel_session",
    "create_batch",
    "create_session",
    "enroll_students",
    "follow_calendar",
    "generate_sessions",
    "list_batches",
    "list_enrollments",
    "list_sessions",
    "read_batch",
    "read_schedule",
    "read_session",
    "reinstate_session",
    "set_schedule",
    "update_batch",
    "update_enrollment",
    "update_session",
]
