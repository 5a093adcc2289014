"""Alembic's environment: runs migrations on the connection it is handed, or on DATABASE_URL."""

from typing import Literal

from alembic import context
from sqlalchemy import Connection, create_engine, text
from sqlmodel.sql.sqltypes import AutoString

from academics_app.core.config import get_settings
from academics_app.models import metadata

LOCK_TIMEOUT = "4s"
"""A migration that can't have its lock soon gives up, rather than queue every reader behind it."""


def render_plain_string(kind: str, item: object, _autogen: object) -> str | Literal[False]:
    """Write SQLModel's string type as the SQLAlchemy one it is, so that a migration outlives SQLModel."""
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


def run_on(connection: Connection) -> None:
    """Run the migrations that `context` holds in one transaction."""
    connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.commit()
    context.configure(
        connection=connection, target_metadata=metadata, compare_type=True, render_item=render_plain_string
    )
    with context.begin_transaction():
        context.run_migrations()


handed = context.config.attributes.get("connection")
if handed is not None:
    run_on(handed)
else:
    url = context.config.attributes.get("url") or get_settings().database_url
    with create_engine(url).connect() as connection:
        run_on(connection)
