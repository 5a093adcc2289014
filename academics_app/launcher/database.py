"""The database that a command works on: the one in DATABASE_URL, else the embedded one in the data folder."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from academics_app.core import embedded_postgres
from academics_app.core.config import Settings, get_settings
from academics_app.core.embedded_postgres import EmbeddedPostgresError, EmbeddedServer
from academics_app.launcher import migrations
from academics_app.launcher.console import Console
from academics_app.launcher.errors import LaunchError

_NAME = "academics"
_UNFINISHED = "academics_unfinished"


class Database:
    """A reachable server, and the product's database on it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._embedded: EmbeddedServer | None = None
        self.url = settings.database_url
        if not self.url:
            try:
                self._embedded = embedded_postgres.start(settings.data_dir / "postgres")
            except EmbeddedPostgresError as error:
                raise LaunchError(str(error)) from error
            self.url = self._embedded.url(_NAME)

    @property
    def is_embedded(self) -> bool:
        """Whether the server is ours."""
        return self._embedded is not None

    def prepare(self, console: Console) -> None:
        """Make the schema the newest one; a new embedded database is filled with the demo institute if wanted.

        A new database gets its name when it is complete, so an interrupted first start begins again.
        """
        if self._embedded is None or not self._is_new():
            self.migrate(console)
            return
        self._drop_unfinished()
        self._embedded.ensure_database(_UNFINISHED)
        url = self._embedded.url(_UNFINISHED)
        with console.step("Tables") as step:
            migrations.upgrade(url)
            step.outcome = "created"
        if self._settings.demo and self._settings.environment == "development":
            with console.step("Demo institute") as step:
                _load_demo(url)
                step.outcome = "loaded"
        self._execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*map(sql.Identifier, (_UNFINISHED, _NAME)))
        )

    def migrate(self, console: Console) -> None:
        """Make the schema the newest one; nothing is shown when it is."""
        if self._embedded is not None:
            self._embedded.ensure_database(_NAME)
        try:
            if migrations.present_heads(self.url) == migrations.wanted_heads():
                return
        except psycopg.OperationalError as error:
            raise LaunchError(f"The database cannot be reached: {error}") from error
        with console.step("Tables") as step:
            migrations.upgrade(self.url)
            step.outcome = "brought up to date"

    def close(self) -> None:
        """Leave the server; the embedded one stops unless another process uses it."""
        if self._embedded is not None:
            self._embedded.stop()

    def _is_new(self) -> bool:
        return self._execute(sql.SQL("SELECT true FROM pg_database WHERE datname = {}").format(_NAME)) is None

    def _drop_unfinished(self) -> None:
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(_UNFINISHED)))

    def _execute(self, statement: sql.Composed) -> tuple[object, ...] | None:
        if self._embedded is None:
            raise RuntimeError("Only the embedded server is administered")
        with psycopg.connect(
            migrations.libpq_url(self._embedded.url("postgres")), autocommit=True
        ) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchone() if cursor.description else None


@contextmanager
def for_command(settings: Settings) -> Iterator[str]:
    """The migrated database for one command, as this process's DATABASE_URL; left as it was found."""
    database = Database(settings)
    try:
        database.migrate(Console())
        os.environ["DATABASE_URL"] = database.url
        get_settings.cache_clear()
        yield database.url
    finally:
        database.close()


def _load_demo(url: str) -> None:
    """Load it in a process of its own, so that the launcher stays small."""
    result = subprocess.run(
        [sys.executable, "-m", "academics_app", "demo"],
        env={**os.environ, "DATABASE_URL": url},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode:
        raise LaunchError(f"The demo institute could not be loaded:\n\n{result.stdout.strip()[-4000:]}")
