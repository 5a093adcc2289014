"""Whose record is whose own: a student's, or a guardian's children's. Knows no other feature, so all may ask it."""

from sqlalchemy import Select, false, select
from sqlmodel import col

from academics_app.core.actor import Actor, Role
from academics_app.students.models import Student, StudentGuardian


def own_student_ids(actor: Actor) -> Select[int]:
    """Ids of the students that the actor is, or is a guardian of; none for staff."""
    if actor.role is Role.STUDENT and actor.student_id is not None:
        return select(col(Student.id)).where(col(Student.id) == actor.student_id)
    if actor.role is Role.GUARDIAN and actor.guardian_id is not None:
        return select(col(StudentGuardian.student_id)).where(
            col(StudentGuardian.guardian_id) == actor.guardian_id
        )
    return select(col(Student.id)).where(false())
