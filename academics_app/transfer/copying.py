"""Writing many rows of one table at once, by PostgreSQL's COPY."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from psycopg import AsyncConnection, sql
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_CHUNK_ROWS = 10_000


async def copy_rows(
    session: AsyncSession,
    table: str,
    columns: Sequence[str],
    rows: Sequence[Any],
    line: Callable[[Any], str],
    advance: Callable[[int], None],
) -> None:
    """COPY the rows into the table; `line` makes a row's text, `advance` hears how many more are written."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    driver = await _driver(session)
    async with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for chunk in chunks(rows):
            await copy.write(await asyncio.to_thread(lambda chunk=chunk: "".join(map(line, chunk))))
            advance(len(chunk))


async def new_ids(session: AsyncSession, table: str, count: int) -> list[int]:
    """As many ids of the table's sequence."""
    statement = text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)")
    return list(await session.scalars(statement, {"name": table, "count": count}))


def chunks(rows: Sequence[Any]) -> list[Sequence[Any]]:
    """The rows in parts that fit a statement or a COPY."""
    return [rows[at : at + _CHUNK_ROWS] for at in range(0, len(rows), _CHUNK_ROWS)]


async def _driver(session: AsyncSession) -> AsyncConnection[Any]:
    """The psycopg connection under the session, inside its transaction: SQLAlchemy knows no COPY."""
    raw = await (await session.connection()).get_raw_connection()
    driver = raw.driver_connection
    if not isinstance(driver, AsyncConnection):
        raise TypeError("imports are written with psycopg's COPY")
    return driver


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_line(values: Sequence[Any]) -> str:
    """One line of COPY's text format."""
    return "\t".join(map(_copied, values)) + "\n"


def _copied(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(value).translate(_ESCAPES)
