"""Who refers to a row: asked before a deletion that the database would silently pass on."""

from sqlalchemy import Column, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.core.tables import metadata


async def count_references(session: AsyncSession, key: Column[int], value: int) -> dict[str, int]:
    """Rows of every table that name the row `key` = `value` by a foreign key, by table name; only those that do.

    The caller holds the row with FOR UPDATE, so that no reference is added before it acts on the answer.
    """
    counts = [
        select(literal(table.name).label("name"), func.count().label("rows")).where(foreign.parent == value)
        for table in metadata.sorted_tables
        for foreign in table.foreign_keys
        if foreign.column is key
    ]
    found: dict[str, int] = {}
    if counts:
        for name, rows in await session.execute(union_all(*counts)):
            if rows:
                found[name] = found.get(name, 0) + rows
    return found
