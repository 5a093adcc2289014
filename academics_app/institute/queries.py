"""Statements on the institute's own tables."""

from datetime import date

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlmodel import col

from academics_app.core.actor import Actor
from academics_app.institute.models import Branch, Holiday, Room, Setting, Term


def settings() -> Select[str, object]:
    """Every stored setting."""
    return select(col(Setting.key), col(Setting.value))


def visible_branches(actor: Actor) -> ColumnElement[bool]:
    """The condition on Branch: those that the actor may act in."""
    return true() if actor.branch_ids is None else col(Branch.id).in_(actor.branch_ids)


def visible_rooms(actor: Actor) -> ColumnElement[bool]:
    """The condition on Room: those of the branches that the actor may act in."""
    return true() if actor.branch_ids is None else col(Room.branch_id).in_(actor.branch_ids)


def visible_holidays(actor: Actor) -> ColumnElement[bool]:
    """The condition on Holiday: the whole institute's, and those of the actor's branches."""
    if actor.branch_ids is None:
        return true()
    return or_(col(Holiday.branch_id).is_(None), col(Holiday.branch_id).in_(actor.branch_ids))


def branches(actor: Actor) -> Select[Branch]:
    """The actor's branches by name."""
    return select(Branch).where(visible_branches(actor)).order_by(col(Branch.name), col(Branch.id))


def rooms(actor: Actor, *, branch_id: int | None = None) -> Select[Room, str]:
    """Rooms with their branch's name, by branch and name."""
    statement = (
        select(Room, col(Branch.name))
        .join(Branch, col(Branch.id) == col(Room.branch_id))
        .where(visible_rooms(actor))
        .order_by(col(Branch.name), col(Room.name), col(Room.id))
    )
    return statement if branch_id is None else statement.where(col(Room.branch_id) == branch_id)


def holidays(*, start: date | None = None, end: date | None = None) -> Select[Holiday]:
    """Holidays that touch the days from `start` to `end`, by first day."""
    statement = select(Holiday).order_by(col(Holiday.starts_on), col(Holiday.id))
    if start is not None:
        statement = statement.where(col(Holiday.ends_on) >= start)
    if end is not None:
        statement = statement.where(col(Holiday.starts_on) <= end)
    return statement


def terms() -> Select[Term]:
    """Terms by first day."""
    return select(Term).order_by(col(Term.starts_on), col(Term.id))
