"""Migrations: one head, dated names, and a database that is just what the models say."""

import re
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from academics_app.models import metadata

ROOT = Path(__file__).resolve().parents[2]
DATED_SLUG = re.compile(r"\d{4}_\d{2}_\d{2}_\d{4}-[a-z0-9_]+\.py")


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory.from_config(Config(ROOT / "alembic.ini")).get_heads()) == 1


def test_files_are_dated() -> None:
    names = [path.name for path in (ROOT / "alembic" / "versions").glob("*.py")]
    assert names
    assert [name for name in names if not DATED_SLUG.fullmatch(name)] == []


async def test_the_migrated_database_is_what_the_models_say(engine: AsyncEngine) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
