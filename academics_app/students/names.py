"""Names of students for use inside other features' statements. Knows no other feature, so all may ask it."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, select
from sqlalchemy.orm import Mapped
from sqlmodel import col

from academics_app.students.models import Student


def student_name(student_id: ColumnElement[Any] | Mapped[int]) -> ScalarSelect[str]:
    """The full name of the student that another table's column names."""
    return select(col(Student.full_name)).where(col(Student.id) == student_id).scalar_subquery()


def student_code(student_id: Mapped[int]) -> ScalarSelect[str]:
    """The code of the student that another table's column names."""
    return select(col(Student.code)).where(col(Student.id) == student_id).scalar_subquery()


def student_names(student_ids: Collection[int]) -> Select[int, str]:
    """Ids and full names of these students; the caller adds whom the actor may see."""
    return select(col(Student.id), col(Student.full_name)).where(col(Student.id).in_(student_ids))
