"""Statements on students and guardians."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Executable,
    Select,
    SQLColumnExpression,
    func,
    or_,
    select,
    true,
)
from sqlmodel import col

from academics_app.core import search
from academics_app.core.actor import Actor, Role
from academics_app.institute.names import branch_name
from academics_app.students.models import Guardian, Student, StudentGuardian, StudentStatus
from academics_app.students.schemas import StudentSort
from academics_app.students.scope import visible_students

_ORDERS: dict[StudentSort, tuple[SQLColumnExpression[Any], ...]] = {
    StudentSort.NAME: (col(Student.search_text), col(Student.id)),
    StudentSort.NAME_DOWN: (col(Student.search_text).desc(), col(Student.id)),
    StudentSort.CODE: (col(Student.code), col(Student.id)),
    StudentSort.CODE_DOWN: (col(Student.code).desc(), col(Student.id)),
    StudentSort.OLDEST: (col(Student.created_at), col(Student.id)),
    StudentSort.NEWEST: (col(Student.created_at).desc(), col(Student.id).desc()),
}


def students(
    actor: Actor, *, status: StudentStatus | None = None, branch_id: int | None = None
) -> Select[Student]:
    """The actor's students by filter, without an order."""
    statement = select(Student).where(visible_students(actor))
    if status is not None:
        statement = statement.where(col(Student.status) == status)
    if branch_id is not None:
        statement = statement.where(col(Student.branch_id) == branch_id)
    return statement


def students_in_reach(actor: Actor) -> Select[Student]:
    """Every student of the branches that the actor may act in, taught by them or not."""
    within = true() if actor.branch_ids is None else col(Student.branch_id).in_(actor.branch_ids)
    return select(Student).where(or_(within, visible_students(actor)))


def student_id(wanted_id: BindParameter[int], actor: Actor) -> Executable:
    """The id again when the actor may know of the student."""
    return select(col(Student.id)).where(col(Student.id) == wanted_id, visible_students(actor))


def student(student_id: int, actor: Actor) -> Select[Student]:
    """The student, if the actor may know of them."""
    return select(Student).where(col(Student.id) == student_id, visible_students(actor))


def with_branch_name(statement: Select[Student]) -> Select[Student, str]:
    """Add what a student is shown with."""
    return statement.add_columns(branch_name(col(Student.branch_id)).label("branch_name"))


def student_order(query: str, sort: StudentSort | None) -> tuple[SQLColumnExpression[Any], ...]:
    """The chosen order; without one, best match first for a search and by name otherwise."""
    if sort is None and query.strip():
        return (
            search.relevance(col(Student.search_text), query).desc(),
            *_ORDERS[StudentSort.NAME],
        )
    return _ORDERS[sort or StudentSort.NAME]


def counts_by_status(actor: Actor) -> Select[StudentStatus, int]:
    """How many of the actor's students have each status."""
    return (
        select(col(Student.status), func.count().label("students"))
        .where(visible_students(actor))
        .group_by(col(Student.status))
    )


def visible_guardians(actor: Actor) -> ColumnElement[bool]:
    """The condition on Guardian: those of the actor's students; a guardian of nobody is the whole institute's."""
    if actor.role in {Role.ADMIN, Role.COUNSELOR} and actor.branch_ids is None:
        return true()
    linked = (
        select(col(StudentGuardian.guardian_id))
        .join(Student, col(Student.id) == col(StudentGuardian.student_id))
        .where(visible_students(actor))
    )
    return col(Guardian.id).in_(linked)


def guardians(actor: Actor) -> Select[Guardian]:
    """The guardians that the actor may see, without an order."""
    return select(Guardian).where(visible_guardians(actor))


def guardians_of(student_id: int) -> Select[Guardian, StudentGuardian]:
    """A student's guardians with the link to each, whom to call first on top."""
    return (
        select(Guardian, StudentGuardian)
        .join(StudentGuardian, col(StudentGuardian.guardian_id) == col(Guardian.id))
        .where(col(StudentGuardian.student_id) == student_id)
        .order_by(col(StudentGuardian.is_primary).desc(), col(Guardian.search_text), col(Guardian.id))
    )


def wards_of(guardian_ids: Collection[int], actor: Actor) -> Select[int, Student]:
    """The guardians' students that the actor may see, by guardian id and name."""
    return (
        select(col(StudentGuardian.guardian_id), Student)
        .join(Student, col(Student.id) == col(StudentGuardian.student_id))
        .where(col(StudentGuardian.guardian_id).in_(guardian_ids), visible_students(actor))
        .order_by(col(StudentGuardian.guardian_id), *_ORDERS[StudentSort.NAME])
    )
