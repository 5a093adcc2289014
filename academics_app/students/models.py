"""Students and their guardians."""

from datetime import date
from enum import StrEnum

from sqlalchemy import BigInteger, Column, Computed, ForeignKey, Index, String
from sqlmodel import Field

from academics_app.core.tables import Timestamped, Versioned, enum_column, id_column, reference


class StudentStatus(StrEnum):
    ACTIVE = "active"
    ON_HOLD = "on_hold"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"


def trigram_index(table: str) -> Index:
    """For searching `search_text`; without a pending list, which would slow searches down after a bulk load."""
    return Index(
        f"ix_{table}_search_text",
        "search_text",
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
        postgresql_with={"fastupdate": "off"},
    )


def full_name_column() -> Column[str]:
    """`given_name family_name`, kept by the database."""
    return Column("full_name", String, Computed("btrim(given_name || ' ' || family_name)", persisted=True))


class Student(Versioned, table=True):
    __table_args__ = (
        trigram_index("student"),
        Index("ix_student_status_full_name", "status", "full_name", "id"),
    )

    id: int = id_column()
    code: str = Field(max_length=60, unique=True)
    given_name: str = Field(max_length=200)
    family_name: str = Field(default="", max_length=200)
    full_name: str = Field(default=None, sa_column=full_name_column())
    email: str | None = Field(default=None, max_length=254)
    phone: str | None = Field(default=None, max_length=40)
    date_of_birth: date | None = None
    status: StudentStatus = enum_column(StudentStatus, default=StudentStatus.ACTIVE)
    branch_id: int = reference("branch.id")
    """The home branch; a student may be taught in others too."""
    notes: str = Field(default="", max_length=4000)
    created_by_user_id: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger,
            ForeignKey("user_account.id", name="fk_student_created_by", use_alter=True),
            index=True,
        ),
    )
    search_text: str = Field(default="")


class Guardian(Versioned, table=True):
    __table_args__ = (trigram_index("guardian"),)

    id: int = id_column()
    full_name: str = Field(max_length=200)
    email: str | None = Field(default=None, max_length=254)
    phone: str | None = Field(default=None, max_length=40)
    search_text: str = Field(default="")


class StudentGuardian(Timestamped, table=True):
    """A guardian of a student; several of each are usual."""

    __tablename__ = "student_guardian"  # pyright: ignore[reportAssignmentType]

    student_id: int = Field(
        foreign_key="student.id", primary_key=True, sa_type=BigInteger, ondelete="CASCADE"
    )
    guardian_id: int = Field(
        foreign_key="guardian.id", primary_key=True, sa_type=BigInteger, ondelete="CASCADE", index=True
    )
    relation: str = Field(default="guardian", max_length=40)
    is_primary: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
