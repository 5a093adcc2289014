"""Statements on faculty members. They belong to no branch: all staff may know of all of them."""

from typing import Any

from sqlalchemy import Select, SQLColumnExpression, select
from sqlmodel import col

from academics_app.core import search
from academics_app.faculty.models import Faculty, FacultyStatus
from academics_app.faculty.schemas import FacultySort

_ORDERS: dict[FacultySort, tuple[SQLColumnExpression[Any], ...]] = {
    FacultySort.NAME: (col(Faculty.search_text), col(Faculty.id)),
    FacultySort.NAME_DOWN: (col(Faculty.search_text).desc(), col(Faculty.id)),
    FacultySort.CODE: (col(Faculty.code), col(Faculty.id)),
    FacultySort.CODE_DOWN: (col(Faculty.code).desc(), col(Faculty.id)),
}


def faculty_members(*, status: FacultyStatus | None = None) -> Select[Faculty]:
    """Faculty members by filter, without an order."""
    statement = select(Faculty)
    return statement if status is None else statement.where(col(Faculty.status) == status)


def faculty_order(query: str, sort: FacultySort | None) -> tuple[SQLColumnExpression[Any], ...]:
    """The chosen order; without one, best match first for a search and by name otherwise."""
    if sort is None and query.strip():
        return (search.relevance(col(Faculty.search_text), query).desc(), *_ORDERS[FacultySort.NAME])
    return _ORDERS[sort or FacultySort.NAME]
