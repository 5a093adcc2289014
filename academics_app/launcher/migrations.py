"""The schema's version: what the code wants, what a database has, and the way from one to the other."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from academics_app.core.config import PROJECT_ROOT

if TYPE_CHECKING:
    from alembic.config import Config

_ASSIGNMENT = re.compile(r"^(revision|down_revision)\b[^=]*=(.*)$", re.MULTILINE)
_QUOTED = re.compile(r"""["']([^"']+)["']""")
LOCK_KEY = 0x41636164
"""Any number that nothing else locks; it keeps two processes from migrating one database at once."""


def wanted_heads(versions: Path = PROJECT_ROOT / "alembic" / "versions") -> set[str]:
    """The newest revisions, read from the files: loading Alembic would cost every start half a second."""
    revisions: dict[str, set[str]] = {"revision": set(), "down_revision": set()}
    for file in versions.glob("*.py"):
        for name, value in _ASSIGNMENT.findall(file.read_text()):
            revisions[name].update(_QUOTED.findall(value))
    return revisions["revision"] - revisions["down_revision"]


def present_heads(url: str) -> set[str]:
    """The revisions that a database is at; none when it was never migrated."""
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
            return set()
        return {row[0] for row in connection.execute("SELECT version_num FROM alembic_version")}


def upgrade(url: str) -> bool:
    """Bring a database to the newest version, one process at a time; tells whether there was anything to do."""
    if present_heads(url) == wanted_heads():
        return False
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])
        _run_alembic(url, "upgrade", "head")
    return True


def write_revision(url: str, message: str) -> Path:
    """Write a migration from the difference between the models and a database that is at the newest version."""
    script = _run_alembic(url, "revision", message=message, autogenerate=True)
    return Path(script.path)


def alembic_config() -> "Config":
    """Alembic's configuration, wherever the process was started."""
    from alembic.config import Config

    configuration = Config(PROJECT_ROOT / "alembic.ini")
    configuration.set_main_option("path_separator", "os")
    return configuration


def libpq_url(url: str) -> str:
    """A SQLAlchemy address as libpq reads it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _run_alembic(url: str, name: str, *arguments: str, **options: Any) -> Any:
    """Run one of Alembic's commands on a connection that is closed afterwards, which its own would not be."""
    from alembic import command
    from sqlalchemy import NullPool, create_engine

    configuration = alembic_config()
    with create_engine(url, poolclass=NullPool).connect() as connection:
        configuration.attributes["connection"] = connection
        return getattr(command, name)(configuration, *arguments, **options)
