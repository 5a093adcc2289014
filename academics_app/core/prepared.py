"""Statements of the busiest paths, compiled once and handed to the driver as they are.

SQLAlchemy builds, keys and looks up a `select()` anew for each execution, which costs more processor time than
PostgreSQL needs for the answer. Rows come back with the driver's types: an enum column as its text.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, BindParameter, Executable, Row, bindparam, text
from sqlalchemy.dialects.postgresql.psycopg import dialect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlalchemy.sql import ClauseElement

from academics_app.core.actor import Actor, Door, Role

_DIALECT = dialect()
_PERSON = ("user_id", "student_id", "faculty_id", "guardian_id")


class Prepared:
    """A statement with named bind parameters, as SQL text."""

    def __init__(self, statement: Executable) -> None:
        assert isinstance(statement, ClauseElement)  # noqa: S101 - every Executable of ours is one
        compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
        self._sql = str(compiled)
        self._constants = {
            name: value.value if isinstance(value, Enum) else value
            for name, value in (compiled.params or {}).items()
            if value is not None
        }

    async def rows(self, session: AsyncSession, **values: Any) -> Sequence[Row[*tuple[Any, ...]]]:
        """Execute with the parameters' values."""
        parameters = self._constants | values

        def execute(sync_session: Session) -> Sequence[Row[*tuple[Any, ...]]]:
            return sync_session.connection().exec_driver_sql(self._sql, parameters).all()

        return await session.run_sync(execute)

    async def first(self, session: AsyncSession, **values: Any) -> Row[*tuple[Any, ...]] | None:
        """The first row, if there is one."""
        rows = await self.rows(session, **values)
        return rows[0] if rows else None


def prepared(sql: str) -> Prepared:
    """The statement of this SQL text, its parameters written `:name`."""
    return Prepared(text(sql))


Build = Callable[[BindParameter[int], Actor], Executable]
"""From the wanted row's id and an actor to a statement within the actor's scope."""


async def first_in_scope(
    session: AsyncSession, build: Build, wanted_id: int, *, actor: Actor
) -> Row[*tuple[Any, ...]] | None:
    """The row that `build` selects for the actor, by a statement that was compiled once for the actor's role.

    An actor who is limited to branches has a statement of their own each time: their number of branches is part of it.
    """
    if actor.branch_ids is not None:
        statement = build(bindparam("wanted_id", wanted_id, type_=BigInteger), actor)
        return (await session.execute(statement)).first()
    person = {name: getattr(actor, name) for name in _PERSON}
    return await _for_role(build, actor.role).first(session, wanted_id=wanted_id, **person)


@cache
def _for_role(build: Build, role: Role) -> Prepared:
    anyone: Any = {name: bindparam(name, type_=BigInteger) for name in _PERSON}
    return Prepared(
        build(bindparam("wanted_id", type_=BigInteger), Actor(role=role, name="", door=Door.REST, **anyone))
    )
