"""The schema's version, against Alembic's own idea of it and a real database."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import psycopg
import pytest
from alembic.script import ScriptDirectory

from academics_app.core import embedded_postgres
from academics_app.core.embedded_postgres import EmbeddedServer
from academics_app.launcher import migrations


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    with embedded_postgres.start(tmp_path_factory.mktemp("cluster") / "postgres", fast=True) as running:
        yield running


def test_the_wanted_version_is_the_one_that_alembic_finds() -> None:
    script = ScriptDirectory.from_config(migrations.alembic_config())
    assert migrations.wanted_heads() == set(script.get_heads())
    assert len(migrations.wanted_heads()) == 1


def test_heads_are_what_nothing_follows(tmp_path: Path) -> None:
    revisions = {
        "first": "revision = 'a1'\ndown_revision = None\n",
        "left": 'revision: str = "b1"\ndown_revision: str | None = "a1"\n',
        "right": 'revision = "b2"\ndown_revision = "a1"\n',
        "merged": 'revision = "c1"\ndown_revision = ("b1", "b2")\n',
        "branch": 'revision = "b3"\ndown_revision = "a1"\n',
    }
    for name, content in revisions.items():
        (tmp_path / f"{name}.py").write_text(content)
    assert migrations.wanted_heads(tmp_path) == {"c1", "b3"}


def test_an_empty_database_is_brought_to_the_newest_version_once(server: EmbeddedServer) -> None:
    server.ensure_database("fresh")
    url = server.url("fresh")
    assert migrations.present_heads(url) == set()

    assert migrations.upgrade(url)
    assert migrations.present_heads(url) == migrations.wanted_heads()
    assert not migrations.upgrade(url)


def test_no_connection_is_left_behind(server: EmbeddedServer) -> None:
    server.ensure_database("left")
    migrations.upgrade(server.url("left"))
    with psycopg.connect(migrations.libpq_url(server.url("postgres")), autocommit=True) as connection:
        connection.execute('ALTER DATABASE "left" RENAME TO renamed')


def test_two_processes_that_start_together_migrate_once(server: EmbeddedServer) -> None:
    server.ensure_database("shared")
    url = server.url("shared")
    with psycopg.connect(migrations.libpq_url(url), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [migrations.LOCK_KEY])
        ours = Thread(target=migrations.upgrade, args=[url])
        ours.start()
        ours.join(0.5)
        assert ours.is_alive()
        assert migrations.present_heads(url) == set()
    ours.join(30)
    assert migrations.present_heads(url) == migrations.wanted_heads()
