"""Statements of the busiest paths, compiled once and handed to the driver as they are.

SQLAlchemy builds, keys and looks up a `select()` anew for each execution, and wraps the driver's cursor and rows, which
costs more processor time than PostgreSQL needs for the answer. Rows come back with the driver's types: an enum column
as its text.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from functools import cache
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import BigInteger, BindParameter, Executable, bindparam, text
from sqlalchemy.dialects.postgresql.psycopg import dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
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
        self._query = self._sql.encode()
        self._constants = {
            name: value.value if isinstance(value, Enum) else value
            for name, value in (compiled.params or {}).items()
            if value is not None
        }

    async def rows(self, session: AsyncSession, **values: Any) -> Sequence[Any]:
        """Execute with the parameters' values, by the driver itself; a row's columns are its attributes.

        Raises what SQLAlchemy would for the driver's error.
        """
        asynchronous = await session.connection()
        connection = asynchronous.sync_connection
        assert connection is not None  # noqa: S101 - the session has just made sure of it
        parameters = self._constants | values
        connection.dispatch.before_cursor_execute(connection, None, self._sql, parameters, None, False)
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.AsyncConnection)  # noqa: S101 - the engine has no other
        cursor = driver.cursor(row_factory=namedtuple_row)
        try:
            await cursor.execute(self._query, parameters)
            return await cursor.fetchall()
        except psycopg.Error as error:
            if driver.closed:
                # As SQLAlchemy does for its own statements: the server went away, so the pool renews what is older.
                connection.engine.pool._invalidate(connection.connection, error, _checkin=False)  # noqa: SLF001
                await asynchronous.invalidate(error)
            raise DBAPIError.instance(
                self._sql, parameters, error, psycopg.Error, connection_invalidated=driver.closed
            ) from error

    async def first(self, session: AsyncSession, **values: Any) -> Any | None:
        """The first row, if there is one."""
        rows = await self.rows(session, **values)
        return rows[0] if rows else None


def prepared(sql: str) -> Prepared:
    """The statement of this SQL text, its parameters written `:name`."""
    return Prepared(text(sql))


Build = Callable[[BindParameter[int], Actor], Executable]
"""From the wanted row's id and an actor to a statement within the actor's scope."""


async def first_in_scope(session: AsyncSession, build: Build, wanted_id: int, *, actor: Actor) -> Any | None:
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
