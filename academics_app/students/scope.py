"""Which students an actor may know of: one rule for lists, details, searches, sockets and exports."""

from sqlalchemy import ColumnElement, or_, true
from sqlmodel import col

from academics_app.core.actor import Actor, Role
from academics_app.learning_sessions.scope import students_in_branches, students_taught_by
from academics_app.students.guardianship import own_student_ids
from academics_app.students.models import Student


def visible_students(actor: Actor) -> ColumnElement[bool]:
    """The condition on Student.

    Admins and counselors see their branches' students; faculty those they teach or have taught and those they
    entered themselves; students and guardians their own.
    """
    match actor.role:
        case Role.ADMIN | Role.COUNSELOR:
            if actor.branch_ids is None:
                return true()
            return or_(
                col(Student.branch_id).in_(actor.branch_ids),
                col(Student.id).in_(students_in_branches(actor.branch_ids)),
            )
        case Role.FACULTY:
            return or_(
                col(Student.id).in_(students_taught_by(actor.faculty_id)),
                col(Student.created_by_user_id) == actor.user_id,
            )
        case Role.STUDENT | Role.GUARDIAN:
            return col(Student.id).in_(own_student_ids(actor))
