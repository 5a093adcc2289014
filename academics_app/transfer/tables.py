"""Which tables the records of a bundle are kept in, and which of their columns an import reads and writes.

With `lookup` and `store` the one place outside `analytics` and `reports` that handles other features' tables itself:
going through their services would cost several statements for each of a hundred thousand rows.
"""

from sqlmodel import SQLModel

from academics_app.accounts.models import User
from academics_app.faculty.models import Faculty
from academics_app.institute.models import Branch, Term
from academics_app.learning_sessions.models import Batch, Enrollment, LearningSession
from academics_app.students.models import Guardian, Student
from academics_app.subjects.models import Subject
from academics_app.transfer.oneroster.plan import Kind

ONEROSTER, EDFI = "oneroster", "edfi"
"""`ImportedRecord.source` and `ImportRun.source`."""

MODELS: dict[Kind, type[SQLModel]] = {
    Kind.BRANCH: Branch,
    Kind.TERM: Term,
    Kind.SUBJECT: Subject,
    Kind.FACULTY: Faculty,
    Kind.GUARDIAN: Guardian,
    Kind.STUDENT: Student,
    Kind.ACCOUNT: User,
    Kind.BATCH: Batch,
    Kind.ENROLLMENT: Enrollment,
    Kind.SESSION: LearningSession,
}
"""In the order in which rows refer to one another."""

COLUMNS: dict[Kind, dict[str, str]] = {
    Kind.BRANCH: {"code": "text", "name": "text", "is_active": "boolean"},
    Kind.TERM: {"name": "text", "kind": "text", "starts_on": "date", "ends_on": "date"},
    Kind.SUBJECT: {"code": "text", "name": "text", "is_active": "boolean"},
    Kind.FACULTY: {"code": "text", "full_name": "text", "email": "text", "phone": "text", "status": "text"},
    Kind.GUARDIAN: {"full_name": "text", "email": "text", "phone": "text"},
    Kind.STUDENT: {
        "code": "text",
        "given_name": "text",
        "family_name": "text",
        "email": "text",
        "phone": "text",
        "date_of_birth": "date",
        "status": "text",
        "branch_id": "bigint",
    },
    Kind.ACCOUNT: {
        "username": "text",
        "email": "text",
        "full_name": "text",
        "role": "text",
        "status": "text",
        "student_id": "bigint",
        "faculty_id": "bigint",
        "guardian_id": "bigint",
    },
    Kind.BATCH: {
        "code": "text",
        "name": "text",
        "subject_id": "bigint",
        "faculty_id": "bigint",
        "branch_id": "bigint",
        "starts_on": "date",
        "ends_on": "date",
        "status": "text",
    },
    Kind.ENROLLMENT: {"student_id": "bigint", "batch_id": "bigint", "starts_on": "date", "ends_on": "date"},
    Kind.SESSION: {
        "batch_id": "bigint",
        "branch_id": "bigint",
        "local_date": "date",
        "starts_at": "timestamptz",
        "ends_at": "timestamptz",
        "status": "text",
        "register_taken_at": "timestamptz",
    },
}
CONSTANTS: dict[Kind, dict[str, object]] = {
    Kind.SUBJECT: {"description": ""},
    Kind.STUDENT: {"notes": ""},
    Kind.ACCOUNT: {"token_version": 1},
    Kind.SESSION: {"sequence": 0, "overlap_allowed": True},
}
