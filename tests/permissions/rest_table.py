"""What every REST route answers to every kind of caller.

A row: method and path → the status for nobody, student, other student, guardian, faculty, other faculty, counselor
and admin, in this order, and the body. "student" is enrolled in the batch of "faculty"; "guardian" is theirs; the
others have nothing to do with them. 404 means: not even to be known of.
"""

from typing import Any

PERIOD = "start_date=2026-09-01&end_date=2026-12-31"
WISH = "batch_id={batch_id}&local_date=2027-01-12&starts_at=10:00&ends_at=11:00"
MARK = {"student_id": "{student_id}", "status": "absent"}
COMMAND = "11111111-2222-4333-8444-555555555555"

EVERYBODY = "401 200 200 200 200 200 200 200"
STAFF = "401 403 403 403 200 200 200 200"
ADMIN = "401 403 403 403 403 403 403 200"
NOBODY = "401 401 401 401 401 401 401 401"
"""Of routes that know a kiosk's token alone."""

REGISTER_READERS = "401 403 403 403 200 200 403 200"
MARKERS = "401 403 404 403 200 404 403 200"
WHO_SEE = "401 200 404 200 200 404 200 200"

NO_FINDING = "401 403 403 403 403 403 403 404"

FROM = {"starts_on": "2026-09-01"}
DAYS = {"name": "New", "starts_on": "2027-02-01", "ends_on": "2027-02-02"}
RENAMED = {"name": "Renamed"}
LESSON = {"batch_id": "{batch_id}", "local_date": "2027-01-12", "starts_at": "10:00", "ends_at": "11:00"}
NEWCOMER = {
    "username": "newcomer",
    "email": "n@example.org",
    "full_name": "New Comer",
    "password": "a long new phrase",
}

ZIP = b"not a zip file"
"""An upload: an admin is told that it is no bundle, everybody else that they may not import."""

Row = tuple[str, Any]

ROWS: dict[str, Row] = {
    "GET /absences/": (EVERYBODY, None),
    "POST /absences/": (
        "401 201 404 201 201 404 201 201",
        {"student_id": "{student_id}", "starts_on": "{tomorrow}"},
    ),
    "GET /absences/{absence_id}": (WHO_SEE, None),
    "PUT /absences/{absence_id}": ("401 403 404 200 200 404 200 200", {"reason": "Changed"}),
    "POST /absences/{absence_id}/decision": ("401 403 404 403 200 404 200 200", {"decision": "refused"}),
    "POST /absences/{absence_id}/reopen": ("401 200 404 200 200 404 200 200", None),
    "POST /absences/{absence_id}/withdraw": ("401 403 404 200 200 404 200 200", None),
    "POST /attendance/bulk": (MARKERS, {"session_id": "{session_id}", "marks": [MARK]}),
    "GET /attendance/corrections": (REGISTER_READERS, None),
    "POST /attendance/corrections": (
        "401 403 403 403 201 404 403 201",
        {
            "session_id": "{locked_session_id}",
            "student_id": "{student_id}",
            "status_wanted": "excused",
            "reason": "Certificate came later",
        },
    ),
    "GET /attendance/corrections/{correction_id}": ("401 403 403 403 200 404 403 200", None),
    "POST /attendance/corrections/{correction_id}/approve": ("401 404 404 404 403 404 404 200", {}),
    "POST /attendance/corrections/{correction_id}/refuse": ("401 404 404 404 403 404 404 200", {}),
    "POST /attendance/corrections/{correction_id}/withdraw": ("401 404 404 404 200 404 404 403", None),
    "GET /attendance/registers/missing": (REGISTER_READERS, None),
    "GET /attendance/registers/by-faculty": (REGISTER_READERS, None),
    "GET /attendance/session/{session_id}/history": (MARKERS, None),
    "GET /attendance/session/{session_id}/register/as-of?at=2026-11-23T10:00:00Z": (MARKERS, None),
    "GET /attendance/faculty/{faculty_id}/today": ("401 403 403 403 200 403 403 200", None),
    "POST /attendance/session/{session_id}": (MARKERS, MARK),
    "GET /attendance/session/{session_id}/register": (MARKERS, None),
    "POST /attendance/session/{session_id}/undo-take": (MARKERS, {"command_id": COMMAND}),
    "GET /attendance/session/{session_id}/walk-in-candidates": (MARKERS, None),
    "POST /attendance/session/{session_id}/walk-ins": (
        "401 403 404 403 204 404 403 204",
        {"student_id": "{other_student_id}"},
    ),
    "DELETE /attendance/session/{session_id}/walk-ins/{guest_id}": ("401 403 404 403 204 404 403 204", None),
    f"GET /attendance/student/{{student_id}}?{PERIOD}": (WHO_SEE, None),
    f"GET /attendance/analytics/absenteeism?{PERIOD}": (ADMIN, None),
    f"GET /attendance/analytics/absenteeism.csv?{PERIOD}": (ADMIN, None),
    f"GET /attendance/batch/{{batch_id}}/rates?{PERIOD}": (WHO_SEE, None),
    "GET /attendance/checks": (ADMIN, None),
    "GET /attendance/checks/{check}/findings": (ADMIN, None),
    "POST /attendance/checks/{check}/preview": (NO_FINDING, {"subject": "session:1", "fix": "give_back"}),
    "POST /attendance/checks/{check}/fix": (NO_FINDING, {"subject": "session:1", "fix": "give_back"}),
    "POST /attendance/checks/{check}/dismiss": (NO_FINDING, {"subject": "session:1", "reason": "Known"}),
    "POST /attendance/checks/{check}/restore": (NO_FINDING, {"subject": "session:1"}),
    f"GET /students/{{student_id}}/attendance.csv?{PERIOD}": (WHO_SEE, None),
    "GET /audit/": (ADMIN, None),
    "POST /auth/login": ("401 401 401 401 401 401 401 401", None),
    "POST /auth/logout": ("401 204 204 204 204 204 204 204", None),
    "GET /auth/me": (EVERYBODY, None),
    "POST /auth/password": (
        "401 422 422 422 422 422 422 422",
        {"current_password": "x", "new_password": "a long new phrase"},
    ),
    "POST /auth/refresh": (EVERYBODY, None),
    "POST /auth/register": ("201 201 201 201 201 201 201 201", NEWCOMER),
    "GET /auth/sign-ins": (EVERYBODY, None),
    "GET /batches/": (EVERYBODY, None),
    "POST /batches/": (
        "401 403 403 403 403 403 403 201",
        {"code": "NEW", "name": "New", "subject_id": "{subject_id}", "branch_id": "{branch_id}"} | FROM,
    ),
    "GET /batches/{batch_id}": (WHO_SEE, None),
    "PUT /batches/{batch_id}": ("401 403 404 403 403 404 403 200", RENAMED),
    "GET /batches/{batch_id}/enrollments": (WHO_SEE, None),
    "POST /batches/{batch_id}/enrollments": (
        "401 403 404 403 403 404 201 201",
        {"student_ids": ["{other_student_id}"]} | FROM,
    ),
    "GET /batches/{batch_id}/schedule": (WHO_SEE, None),
    "PUT /batches/{batch_id}/schedule": ("401 403 404 403 403 404 403 200", {"meetings": []}),
    "GET /branches/": (EVERYBODY, None),
    "POST /branches/": ("401 403 403 403 403 403 403 201", {"code": "NEW", "name": "New"}),
    "PUT /branches/{branch_id}": (ADMIN, RENAMED),
    "PUT /enrollments/{enrollment_id}": ("401 404 404 404 403 404 200 200", {"ends_on": "2020-01-20"}),
    "GET /calendar-feeds/": (EVERYBODY, None),
    "POST /calendar-feeds/": (
        "401 201 404 201 201 404 201 201",
        {"student_id": "{student_id}", "label": "Phone"},
    ),
    "DELETE /calendar-feeds/{feed_id}": ("401 204 404 404 404 404 404 404", None),
    "GET /calendar/{token}.ics": ("200 200 200 200 200 200 200 200", None),
    "POST /faculty/": ("401 403 403 403 403 403 403 201", {"full_name": "New Person"}),
    "GET /check-in": ("401 200 200 403 403 403 403 403", None),
    "POST /check-in": ("401 409 409 403 403 403 403 403", {"code": "AAAAAA"}),
    "GET /check-in/kiosk": (NOBODY, None),
    "POST /check-in/kiosk": (NOBODY, {"code": "S-1"}),
    "POST /check-in/kiosk/exchange": (NOBODY, {"token": "x"}),
    "POST /check-in/kiosk/undo": (NOBODY, {"code": "S-1"}),
    "GET /check-in/kiosks/": (ADMIN, None),
    "POST /check-in/kiosks/": (
        "401 403 403 403 403 403 403 201",
        {"name": "Door", "branch_id": "{branch_id}"},
    ),
    "DELETE /check-in/kiosks/{kiosk_id}": ("401 403 403 403 403 403 403 204", None),
    "PUT /check-in/kiosks/{kiosk_id}": (ADMIN, RENAMED),
    "POST /check-in/kiosks/{kiosk_id}/link": (ADMIN, None),
    "DELETE /check-in/session/{session_id}/window": ("401 403 404 403 204 404 403 204", None),
    "GET /check-in/session/{session_id}/window": (MARKERS, None),
    "POST /check-in/session/{session_id}/window": ("401 403 404 403 201 404 403 201", None),
    "GET /faculty/": (STAFF, None),
    "GET /faculty/{faculty_id}": (STAFF, None),
    "PUT /faculty/{faculty_id}": (ADMIN, {"full_name": "Renamed"}),
    "GET /guardians/": (STAFF, None),
    "GET /health": ("200 200 200 200 200 200 200 200", None),
    "GET /holidays/": (EVERYBODY, None),
    "POST /holidays/": ("401 403 403 403 403 403 403 201", DAYS),
    "PUT /holidays/{holiday_id}": (ADMIN, RENAMED),
    "DELETE /holidays/{holiday_id}": ("401 403 403 403 403 403 403 204", None),
    "GET /rooms/": (EVERYBODY, None),
    "GET /imports/": (ADMIN, None),
    "POST /imports/": ("401 403 403 403 403 403 403 422", ZIP),
    "POST /imports/oneroster": ("401 403 403 403 403 403 403 422", ZIP),
    "POST /imports/oneroster/preview": ("401 403 403 403 403 403 403 422", ZIP),
    "POST /imports/preview": ("401 403 403 403 403 403 403 422", ZIP),
    "POST /rooms/": ("401 403 403 403 403 403 403 201", {"name": "New", "branch_id": "{branch_id}"}),
    "PUT /rooms/{room_id}": (ADMIN, RENAMED),
    "DELETE /rooms/{room_id}": ("401 403 403 403 403 403 403 204", None),
    f"GET /sessions/?{PERIOD}": (EVERYBODY, None),
    "POST /sessions/": ("401 403 404 403 403 404 403 201", LESSON),
    "GET /sessions/{session_id}": (WHO_SEE, None),
    "PUT /sessions/{session_id}": ("401 403 404 403 403 404 403 200", {"topic_id": "{topic_id}"}),
    f"GET /timetable/clashes?{WISH}": ("401 403 404 403 403 404 403 200", None),
    "GET /timetable/unplaced": (ADMIN, None),
    "POST /sessions/{later_session_id}/change": (
        "401 403 404 403 403 404 403 200",
        {"starts_at": "06:00", "ends_at": "06:30"},
    ),
    "POST /sessions/{cancelled_session_id}/make-up": (
        "401 403 404 403 403 404 403 201",
        {"local_date": "2027-01-13", "starts_at": "06:00", "ends_at": "06:30"},
    ),
    "POST /sessions/{later_session_id}/cancel-following": (
        "401 403 404 403 403 404 403 409",
        {"reason": "Storm"},
    ),
    "POST /sessions/{later_session_id}/cancel": ("401 403 404 403 403 404 403 200", {"reason": "Storm"}),
    "POST /sessions/{cancelled_session_id}/reinstate": ("401 403 404 403 403 404 403 200", None),
    "POST /sessions/{later_session_id}/substitute": (
        "401 403 404 403 403 404 403 200",
        {"faculty_id": "{substitute_id}"},
    ),
    "GET /settings": (EVERYBODY, None),
    "PUT /settings": (ADMIN, RENAMED),
    "POST /students/": ("401 403 403 403 201 201 201 201", {"given_name": "New", "branch_id": "{branch_id}"}),
    "GET /students/": (STAFF, None),
    "GET /students/{student_id}": (WHO_SEE, None),
    "PUT /students/{student_id}": ("401 403 404 403 200 404 200 200", {"given_name": "Renamed"}),
    f"GET /students/{{student_id}}/attendance?{PERIOD}": (WHO_SEE, None),
    "GET /students/{student_id}/absences": (WHO_SEE, None),
    "GET /students/{student_id}/guardians": (WHO_SEE, None),
    "POST /students/{student_id}/guardians": (
        "401 403 404 403 201 404 201 201",
        {"full_name": "New Guardian"},
    ),
    "PUT /students/{student_id}/guardians/{guardian_id}": (
        "401 403 404 403 200 404 200 200",
        {"relation": "aunt"},
    ),
    "DELETE /students/{student_id}/guardians/{guardian_id}": ("401 403 404 403 204 404 204 204", None),
    "POST /subjects/": ("401 403 403 403 403 403 403 201", {"name": "New", "code": "NEW"}),
    "GET /subjects/": (EVERYBODY, None),
    "GET /subjects/{subject_id}": (EVERYBODY, None),
    "PUT /subjects/{subject_id}": (ADMIN, RENAMED),
    "GET /subjects/{subject_id}/topics": (EVERYBODY, None),
    "POST /subjects/{subject_id}/topics": ("401 403 403 403 403 403 403 201", {"title": "New"}),
    "PUT /subjects/{subject_id}/topic-order": (ADMIN, {"topic_ids": ["{topic_id}"]}),
    "PUT /subjects/{subject_id}/topics/{topic_id}": (ADMIN, {"title": "Renamed"}),
    "DELETE /subjects/{subject_id}/topics/{topic_id}": ("401 403 403 403 403 403 403 204", None),
    "GET /terms/": (EVERYBODY, None),
    "POST /terms/": ("401 403 403 403 403 403 403 201", DAYS),
    "PUT /terms/{term_id}": (ADMIN, RENAMED),
    "DELETE /terms/{term_id}": ("401 403 403 403 403 403 403 204", None),
    "GET /users/": (ADMIN, None),
    "POST /users/": (
        "401 403 403 403 403 403 403 201",
        {"username": "made", "full_name": "Made", "role": "counselor"},
    ),
    "PUT /users/{user_id}": (ADMIN, {"full_name": "Renamed"}),
    "POST /users/{pending_user_id}/approve": (ADMIN, {}),
    "POST /users/{user_id}/invitation": ("401 403 403 403 403 403 403 201", None),
}
