"""Names of faculty members for use inside other features' statements. Knows no other feature, so all may ask it."""

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, select
from sqlalchemy.orm import Mapped
from sqlmodel import col

from academics_app.faculty.models import Faculty


def faculty_name(faculty_id: ColumnElement[Any] | Mapped[int | None] | Mapped[int]) -> ScalarSelect[str]:
    """The name of the faculty member that another table's column names."""
    return select(col(Faculty.full_name)).where(col(Faculty.id) == faculty_id).scalar_subquery()
