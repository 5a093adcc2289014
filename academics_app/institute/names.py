"""Names of rooms and branches for use inside other features' statements. Knows no other feature, so all may ask it."""

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, select
from sqlalchemy.orm import Mapped
from sqlmodel import col

from academics_app.core.actor import Actor
from academics_app.institute.models import Branch, Room


def room_name(room_id: ColumnElement[Any] | Mapped[int | None] | Mapped[int]) -> ScalarSelect[str]:
    """The name of the room that another table's column names."""
    return select(col(Room.name)).where(col(Room.id) == room_id).scalar_subquery()


def branch_name(branch_id: Mapped[int]) -> ScalarSelect[str]:
    """The name of the branch that another table's column names."""
    return select(col(Branch.name)).where(col(Branch.id) == branch_id).scalar_subquery()


def branches_in_reach(actor: Actor, branch_id: int | None = None) -> Select[int]:
    """Ids of the active branches that the actor may act in, the oldest first; or of this one, if it is among them."""
    statement = select(col(Branch.id)).where(col(Branch.is_active)).order_by(col(Branch.id))
    if actor.branch_ids is not None:
        statement = statement.where(col(Branch.id).in_(actor.branch_ids))
    return statement if branch_id is None else statement.where(col(Branch.id) == branch_id)
