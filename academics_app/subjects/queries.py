"""Statements on subjects and topics. They belong to no branch: all who are signed in may read them."""

from typing import Any

from sqlalchemy import Select, SQLColumnExpression, func, select
from sqlmodel import col

from academics_app.core import search
from academics_app.subjects.models import Subject, Topic


def subjects(*, is_active: bool | None = None) -> Select[Subject]:
    """Subjects by filter, without an order."""
    statement = select(Subject)
    return statement if is_active is None else statement.where(col(Subject.is_active) == is_active)


def with_totals(statement: Select[Subject]) -> Select[Any]:
    """Add how many topics each subject has and their planned hours together."""
    mine = col(Topic.subject_id) == col(Subject.id)
    count = select(func.count()).where(mine).scalar_subquery()
    hours = select(func.coalesce(func.sum(col(Topic.planned_hours)), 0)).where(mine).scalar_subquery()
    return statement.add_columns(count.label("topic_count"), hours.label("planned_hours"))


def subject_order(query: str) -> tuple[SQLColumnExpression[Any], ...]:
    """Best match first for a search; otherwise by name."""
    by_name = (col(Subject.search_text), col(Subject.id))
    return (search.relevance(col(Subject.search_text), query).desc(), *by_name) if query.strip() else by_name


def topics_of(subject_id: int) -> Select[Topic]:
    """A subject's topics in their order."""
    return select(Topic).where(col(Topic.subject_id) == subject_id).order_by(col(Topic.position))
