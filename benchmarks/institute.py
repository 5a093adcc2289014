"""The database that is measured: the large demo institute, invented once and kept; each run works on a copy."""

import asyncio
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from academics_app.core import db, embedded_postgres
from academics_app.core.config import PROJECT_ROOT, get_settings
from academics_app.core.embedded_postgres import EmbeddedServer
from academics_app.demo import load_demo
from academics_app.launcher import migrations

COPY_NAME = "benchmark"


@contextmanager
def large_institute() -> Iterator[str]:
    """The address of a fresh copy; the server stops with the block, the original stays in the data folder."""
    directory = get_settings().data_dir / "benchmark"
    directory.mkdir(parents=True, exist_ok=True)
    with embedded_postgres.start(directory / "postgres") as server:
        original = f"large_{_fingerprint()}"
        if server.ensure_database(original):
            print("Inventing an institute of 2,000 students (once) …", flush=True)
            _fill(server, original)
        _execute(server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", COPY_NAME)
        _execute(server, "CREATE DATABASE {} TEMPLATE {}", COPY_NAME, original)
        yield server.url(COPY_NAME)


def _fill(server: EmbeddedServer, name: str) -> None:
    async def load() -> None:
        db.open_engine(server.url(name))
        try:
            await load_demo(size="large", time_zone="UTC")
        finally:
            await db.close_engine()

    try:
        migrations.upgrade(server.url(name))
        asyncio.run(load())
    except BaseException:
        _execute(server, "DROP DATABASE {} WITH (FORCE)", name)
        raise


def _fingerprint() -> str:
    """Of all that decides what is in the original."""
    digest = hashlib.sha256()
    for folder in ("academics_app/demo", "alembic/versions"):
        for path in sorted(Path(PROJECT_ROOT / folder).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _execute(server: EmbeddedServer, statement: str, *names: str) -> None:
    address = migrations.libpq_url(server.url("postgres"))
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))  # pyright: ignore[reportArgumentType]
