"""What every table shares: the constraint names, UTC time columns, and the row version behind "someone else saved"."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, DateTime, Enum, func
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = SQLModel.metadata


def utc_column(*, index: bool = False, nullable: bool = False, default_now: bool = False) -> Any:
    """A `timestamptz` field; PostgreSQL keeps it in UTC."""
    kwargs: dict[str, Any] = {"server_default": func.now()} if default_now else {}
    return Field(
        default=None, sa_type=DateTime(timezone=True), nullable=nullable, index=index, sa_column_kwargs=kwargs
    )


def enum_column(
    kind: type[StrEnum], *, default: Any = ..., nullable: bool = False, check: str | None = None
) -> Any:
    """A StrEnum kept as its value in a text column under a CHECK, so that a new member needs no ALTER TYPE.

    `check` names the constraint where a table has two columns of the kind.
    """
    return Field(
        default=None if nullable else default,
        nullable=nullable,
        sa_type=Enum(  # pyright: ignore[reportArgumentType]
            kind,
            native_enum=False,
            create_constraint=True,
            length=20,
            name=f"{check or kind.__name__.lower()}_known",
            values_callable=lambda members: [member.value for member in members],
        ),
    )


def id_column() -> Any:
    """A bigint identity key."""
    return Field(default=None, primary_key=True, sa_type=BigInteger)


def reference(target: str, *, nullable: bool = False, index: bool = True, ondelete: str | None = None) -> Any:
    """A foreign key to `table.column`, indexed unless another index already begins with it."""
    return Field(
        default=None,
        foreign_key=target,
        nullable=nullable,
        index=index,
        sa_type=BigInteger,
        ondelete=ondelete,  # pyright: ignore[reportArgumentType] - None means NO ACTION
    )


class Timestamped(SQLModel):
    """When the row was made and last changed, by the database's clock."""

    created_at: datetime = utc_column(default_now=True)
    updated_at: datetime = Field(
        default=None,
        sa_type=DateTime(timezone=True),  # pyright: ignore[reportArgumentType]
        nullable=False,
        sa_column_kwargs={"server_default": func.now(), "onupdate": func.now()},
    )


class Versioned(Timestamped):
    """A row that people edit: `version` grows by one with each change, so a stale form is refused, not saved."""

    version: int = Field(default=1, nullable=False, sa_column_kwargs={"server_default": "1"})
