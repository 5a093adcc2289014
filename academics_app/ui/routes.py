"""Every address of the screens, as constants, and builders for those with an id in them.

`*_ROUTE` is what `page(route=...)` takes; the function beside it builds a link.
"""

from typing import Any
from urllib.parse import urlencode

import reflex as rx

HOME = "/"
LOGIN = "/login"
SIGN_UP = "/register"
SETUP = "/setup"
INVITATION = "/invitation"
ACCOUNT = "/account"
ACCOUNT_CALENDAR = "/account/calendar"
"""Addresses for calendar programs."""

TODAY = "/today"
OVERVIEW = "/overview"
MY_HOME = "/home"
TIMETABLE = "/timetable"
STUDENTS = "/students"
STUDENT_ROUTE = "/students/[student_id]"
BATCHES = "/batches"
BATCH_ROUTE = "/batches/[batch_id]"
FACULTY = "/faculty"
FACULTY_MEMBER_ROUTE = "/faculty/[faculty_id]"
SUBJECTS = "/subjects"
SUBJECT_ROUTE = "/subjects/[subject_id]"
REGISTER_ROUTE = "/sessions/[session_id]/register"
REGISTER_HISTORY_ROUTE = "/sessions/[session_id]/history"
REGISTER_SHEET_ROUTE = "/sessions/[session_id]/sheet"
SESSION_CODE_ROUTE = "/sessions/[session_id]/code"
"""The rotating code on the wall."""
CHECK_IN = "/check-in"
KIOSK = "/kiosk"
ABSENCES = "/absences"
ATTENDANCE = "/attendance"
"""Registers not taken; the other tabs of attendance are below it."""
CORRECTIONS = "/attendance/corrections"
CHECKS = "/attendance/checks"
ABSENTEEISM = "/attendance/absenteeism"
KIOSKS = "/attendance/kiosks"
CALENDAR = "/terms"
"""Terms and holidays."""
USERS = "/users"
IMPORT = "/import"
SETTINGS = "/settings"

SCREEN_LOGIN = "/api/v1/auth/screen/login"
SCREEN_SIGN_UP = "/api/v1/auth/screen/register"
SCREEN_SETUP = "/api/v1/auth/screen/setup"
SCREEN_INVITATION = "/api/v1/auth/screen/invitation"
SCREEN_LOGOUT = "/api/v1/auth/screen/logout"

Id = int | rx.Var[int] | Any
"""An id, or a var that holds one inside a component."""


def student(student_id: Id) -> Any:
    """The student's page."""
    return _join(STUDENTS, student_id)


def batch(batch_id: Id) -> Any:
    """The batch's page."""
    return _join(BATCHES, batch_id)


def faculty_member(faculty_id: Id) -> Any:
    """The faculty member's page."""
    return _join(FACULTY, faculty_id)


def subject(subject_id: Id) -> Any:
    """The subject's page with its topics."""
    return _join(SUBJECTS, subject_id)


def register(session_id: Id) -> Any:
    """The register of a session."""
    return _join("/sessions", session_id, "/register")


def register_history(session_id: Id) -> Any:
    """How the register of a session came to be."""
    return _join("/sessions", session_id, "/history")


def register_sheet(session_id: Id) -> Any:
    """The register of a session on paper."""
    return _join("/sessions", session_id, "/sheet")


def session_code(session_id: Id) -> Any:
    """The session's rotating code."""
    return _join("/sessions", session_id, "/code")


def of_one(path: str, filter_name: str, record_id: Id) -> Any:
    """A screen with its filter set to one record, such as the timetable of a student."""
    return _join(f"{path}?{filter_name}=", record_id)


def with_query(path: str, **parameters: str | int | None) -> str:
    """The path with the parameters that are not empty."""
    query = urlencode({name: value for name, value in parameters.items() if value not in (None, "")})
    return f"{path}?{query}" if query else path


def _join(prefix: str, value: Id, suffix: str = "") -> Any:
    if isinstance(value, rx.Var):
        return rx.Var.create(_start(prefix)) + value.to(str) + suffix
    return f"{_start(prefix)}{value}{suffix}"


def _start(prefix: str) -> str:
    return prefix if prefix.endswith("=") else f"{prefix}/"
