"""Names of subjects for use inside other features' statements. Knows no other feature, so all may ask it."""

from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import Mapped
from sqlmodel import col

from academics_app.subjects.models import Subject


def subject_name(subject_id: Mapped[int]) -> ScalarSelect[str]:
    """The name of the subject that another table's column names."""
    return select(col(Subject.name)).where(col(Subject.id) == subject_id).scalar_subquery()
