"""Into the database by COPY, and by SQL what follows from it."""

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import Any

from psycopg import AsyncConnection, sql
from psycopg.types.json import Jsonb
from sqlalchemy import Column, Table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from academics_app.demo.registers import EVENT_COLUMNS

_CHUNK = 64 * 1024

ATTENDANCE_FROM_LEDGER = """
INSERT INTO attendance (session_id, student_id, status, minutes_late, note, source, version, marked_at, marked_by_id)
SELECT DISTINCT ON (session_id, student_id)
    session_id, student_id, after_status, after_minutes, after_note, source, id, at, user_id
FROM attendance_event
ORDER BY session_id, student_id, id DESC
"""
"""Each row as the last event left it."""

PROGRESS_FROM_ATTENDANCE = """
WITH current AS MATERIALIZED (
    SELECT DISTINCT ON (batch_id) batch_id, topic_id FROM learning_session
    WHERE status = 'held' ORDER BY batch_id, starts_at DESC
)
INSERT INTO topic_progress (student_id, topic_id, status, mastery, evidence_on, session_id, recorded_by_id)
SELECT a.student_id, s.topic_id,
    CASE WHEN s.topic_id = current.topic_id THEN 'in_progress' ELSE 'completed' END,
    CASE WHEN s.topic_id = current.topic_id THEN 20 ELSE 55 END + (a.student_id * 7 + s.topic_id * 13) % 40,
    max(s.local_date), max(s.id), max(s.register_taken_by_id)
FROM attendance a
JOIN learning_session s ON s.id = a.session_id
JOIN current ON current.batch_id = s.batch_id
WHERE a.status IN ('present', 'late') AND s.topic_id IS NOT NULL AND s.register_taken_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM walk_in w WHERE w.session_id = a.session_id AND w.student_id = a.student_id)
GROUP BY a.student_id, s.topic_id, current.topic_id
"""
"""Whoever was in a lesson on a topic has begun it; when the batch has gone on to the next one, it is completed."""


async def driver_of(session: AsyncSession) -> AsyncConnection[Any]:
    """The psycopg connection under the session, inside its transaction."""
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    if not isinstance(driver, AsyncConnection):
        raise TypeError("the demo is loaded with psycopg's COPY")
    return driver


async def copy_rows(connection: AsyncConnection[Any], model: type[SQLModel], rows: Sequence[Any]) -> None:
    """Write objects that have the model's columns as attributes.

    Columns that the database computes are left out, and so are those with a default of its own that no row sets.
    """
    table = _table(model)
    columns = [
        column.name
        for column in table.columns
        if column.computed is None and any(getattr(row, column.name, None) is not None for row in rows)
    ]
    if not columns:
        return
    async with connection.cursor() as cursor, cursor.copy(_copy(table.name, columns)) as copy:
        for row in rows:
            await copy.write_row([_plain(getattr(row, name, None), table.columns[name]) for name in columns])
    await restart_ids(connection, table)


async def copy_events(connection: AsyncConnection[Any], lines: Iterable[str]) -> None:
    """Write ready-made lines of COPY text into the ledger."""
    async with (
        connection.cursor() as cursor,
        cursor.copy(_copy("attendance_event", EVENT_COLUMNS)) as copy,
    ):
        for chunk in _chunks(lines):
            await copy.write(chunk)


async def restart_ids(connection: AsyncConnection[Any], table: Table) -> None:
    """Let the table's identity go on after the highest id."""
    if "id" not in table.columns or table.columns["id"].type.python_type is not int:
        return
    query = "SELECT setval(pg_get_serial_sequence({name}, 'id'), (SELECT max(id) FROM {table}))"
    await connection.execute(
        sql.SQL(query).format(name=sql.Literal(table.name), table=sql.Identifier(table.name))  # pyright: ignore[reportArgumentType]
    )


def _table(model: type[SQLModel]) -> Table:
    return model.__table__  # pyright: ignore[reportAttributeAccessIssue]


def _copy(table: str, columns: Sequence[str]) -> sql.Composed:
    return sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )


def _plain(value: Any, column: Column[Any]) -> Any:
    if isinstance(column.type, JSONB):
        return Jsonb(value)
    return value.value if isinstance(value, Enum) else value


def _chunks(lines: Iterable[str]) -> Iterator[str]:
    held: list[str] = []
    length = 0
    for line in lines:
        held.append(line)
        length += len(line)
        if length >= _CHUNK:
            yield "".join(held)
            held.clear()
            length = 0
    if held:
        yield "".join(held)
