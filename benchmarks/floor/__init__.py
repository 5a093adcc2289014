"""The floor: a bare Starlette route that executes the statements which the app sends, by psycopg alone.

It knows nothing of the request but its number: no body is read, nobody is authenticated, no answer is built. It is
what any program in this language would take that asks PostgreSQL the same.
"""

import os
import pickle
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

_FIRST_ID = int.from_bytes(os.urandom(4)) << 96
_ids = count(_FIRST_ID)


def app() -> Starlette:
    """For granian; `FLOOR_TRACES` names the pickled traces, `FLOOR_DATABASE` is libpq's address."""
    traces = pickle.loads(Path(os.environ["FLOOR_TRACES"]).read_bytes())
    pools: dict[bool, AsyncConnectionPool[Any]] = {}

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        for is_transaction in (False, True):
            pools[is_transaction] = AsyncConnectionPool(
                os.environ["FLOOR_DATABASE"],
                min_size=10,
                max_size=10,
                open=False,
                kwargs={
                    "autocommit": not is_transaction,
                    "options": "-c timezone=UTC -c jit=off",
                    "prepare_threshold": 3,
                },
            )
            await pools[is_transaction].open(wait=True)
        yield
        for pool in pools.values():
            await pool.close()

    async def replay(request: Request) -> PlainTextResponse:
        rows = 0
        for is_transaction, statements in traces[request.path_params["key"]][request.path_params["number"]]:
            async with pools[is_transaction].connection() as connection:
                for statement, parameters in statements:
                    cursor = await connection.execute(statement, _renewed(parameters))
                    if cursor.description:
                        rows += len(await cursor.fetchall())
        return PlainTextResponse(str(rows))

    return Starlette(routes=[Route("/{key}/{number:int}", replay)], lifespan=lifespan)


def _renewed(parameters: Any) -> Any:
    """With new ids for marks, since the ledger takes each only once."""
    if isinstance(parameters, dict):
        for name, value in parameters.items():
            if isinstance(value, list) and value and isinstance(value[0], UUID):
                return parameters | {name: [UUID(int=next(_ids)) for _ in value]}
    return parameters
