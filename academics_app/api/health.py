"""Whether this process can do its work: it reaches the database, and Redis where it is configured."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from academics_app.core.db import reading
from academics_app.core.live import bus

router = APIRouter(tags=["operations"])


class Health(BaseModel):
    """`status` is "ok" or "failing"; each part says "ok", "failing" or "not configured"."""

    status: str
    database: str
    redis: str


@router.get("/health", response_model=Health, summary="Is the service healthy?")
async def health() -> JSONResponse:
    database, redis = await _database(), await _redis()
    failing = "failing" in (database, redis)
    body = Health(status="failing" if failing else "ok", database=database, redis=redis)
    return JSONResponse(body.model_dump(), status_code=503 if failing else 200)


async def _database() -> str:
    try:
        async with reading() as session:
            await session.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError):
        return "failing"
    return "ok"


async def _redis() -> str:
    client = bus().redis
    if client is None:
        return "not configured"
    try:
        await client.execute_command("PING")
    except (RedisError, OSError):
        return "failing"
    return "ok"
