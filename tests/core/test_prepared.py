"""Statements that go to the driver by themselves: their rows, their errors, and a server that goes away."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from academics_app.core.db import reading
from academics_app.core.prepared import prepared

ANSWER = prepared("SELECT CAST(:number AS integer) AS number, 'x' AS letter")
PROCESS = prepared("SELECT pg_backend_pid() AS pid")


async def test_columns_are_attributes(session: AsyncSession) -> None:
    row = await ANSWER.first(session, number=42)
    assert row is not None
    assert (row.number, row.letter) == (42, "x")


async def test_it_sees_what_the_session_has_written(session: AsyncSession) -> None:
    await session.execute(text("CREATE TEMPORARY TABLE written (number integer) ON COMMIT DROP"))
    await session.execute(text("INSERT INTO written VALUES (7)"))
    assert [row.number for row in await prepared("SELECT number FROM written").rows(session)] == [7]


async def test_a_refusal_is_sqlalchemys_error(session: AsyncSession) -> None:
    twice = prepared("INSERT INTO setting (key, value) VALUES ('twice', '1'), ('twice', '2') RETURNING key")
    with pytest.raises(IntegrityError) as caught:
        await twice.rows(session)
    assert caught.value.orig is not None
    assert caught.value.orig.diag.constraint_name == "pk_setting"  # pyright: ignore[reportAttributeAccessIssue]


async def ask(number: int) -> int:
    async with reading() as session:
        row = await ANSWER.first(session, number=number)
    assert row is not None
    return row.number


async def test_a_server_that_went_away_is_noticed_once(engine: AsyncEngine, committed: None) -> None:
    """The connection that finds out says so; the pool renews those that are as old, so that nobody else notices."""
    async with engine.connect() as other:
        async with reading() as idle:
            pids = [row.pid for row in await PROCESS.rows(idle)]
        async with reading() as one:
            pids += [row.pid for row in await PROCESS.rows(one)]
            await other.execute(
                text("SELECT pg_terminate_backend(pid) FROM unnest(:pids) AS pid"), {"pids": pids}
            )
            with pytest.raises(OperationalError):
                await ANSWER.first(one, number=2)
        assert [await ask(number) for number in range(5)] == [0, 1, 2, 3, 4]
