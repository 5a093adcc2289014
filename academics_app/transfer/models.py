"""What was imported, as it was: the memory that keeps a second import from undoing what people changed since."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from academics_app.core.tables import id_column, reference, utc_column


class ImportRun(SQLModel, table=True):
    """One committed import: what was asked for and what came of it."""

    __tablename__ = "import_run"  # pyright: ignore[reportAssignmentType]

    id: int = id_column()
    source: str = Field(max_length=40)
    file_name: str = Field(max_length=300)
    file_digest: str = Field(max_length=64)
    at: datetime = utc_column(default_now=True)
    user_id: int | None = reference("user_account.id", nullable=True)
    summary: dict[str, Any] = Field(sa_type=JSONB)


class ImportedRecord(SQLModel, table=True):
    """The link from a record of another system to ours, with the values it last brought."""

    __tablename__ = "imported_record"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("ix_imported_record_kind_entity_id", "kind", "entity_id"),)

    source: str = Field(primary_key=True, max_length=40)
    kind: str = Field(primary_key=True, max_length=40)
    sourced_id: str = Field(primary_key=True, max_length=300)
    entity_id: int = Field(sa_type=BigInteger)
    values: dict[str, Any] = Field(sa_type=JSONB)
    run_id: int = reference("import_run.id")
