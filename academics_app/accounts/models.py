"""Users, their sign-ins, the throttle on failed ones, and the audit log."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Column, Index, String, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from academics_app.core.actor import Door, Role
from academics_app.core.tables import Versioned, enum_column, id_column, reference, utc_column


class UserStatus(StrEnum):
    PENDING = "pending"
    """Registered by themselves; an admin has not approved them yet."""
    ACTIVE = "active"
    DISABLED = "disabled"


class User(Versioned, table=True):
    """An account. One role; the person behind it is a student, a faculty member or a guardian, or nobody."""

    __tablename__ = "user_account"  # pyright: ignore[reportAssignmentType] - "user" is reserved in SQL
    __table_args__ = (
        Index("uq_user_account_username_lower", func.lower(Column("username", String)), unique=True),
        Index("ix_user_account_email_lower", func.lower(Column("email", String))),
    )

    id: int = id_column()
    username: str = Field(max_length=100)
    email: str | None = Field(default=None, max_length=254)
    full_name: str = Field(max_length=200)
    role: Role = enum_column(Role)
    status: UserStatus = enum_column(UserStatus, default=UserStatus.ACTIVE)
    password_hash: str | None = Field(default=None)
    """None until the person has been invited or has chosen one: such an account cannot sign in."""
    token_version: int = Field(default=1)
    """Raised to end every sign-in of the user at once."""
    student_id: int | None = reference("student.id", nullable=True)
    faculty_id: int | None = reference("faculty.id", nullable=True)
    guardian_id: int | None = reference("guardian.id", nullable=True)
    search_text: str = Field(default="")


class UserBranch(SQLModel, table=True):
    """A branch that a user is limited to; a user without any acts in all of them."""

    __tablename__ = "user_branch"  # pyright: ignore[reportAssignmentType]

    user_id: int = Field(
        foreign_key="user_account.id", primary_key=True, sa_type=BigInteger, ondelete="CASCADE"
    )
    branch_id: int = Field(foreign_key="branch.id", primary_key=True, sa_type=BigInteger)


class AuthSession(SQLModel, table=True):
    """One sign-in on one device. Tokens name it, and it is looked up each time: revoked here, it is over everywhere."""

    __tablename__ = "auth_session"  # pyright: ignore[reportAssignmentType]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    user_id: int = reference("user_account.id", ondelete="CASCADE")
    door: Door = enum_column(Door)
    refresh_fingerprint: str | None = Field(default=None)
    """Of the one refresh token that is still good; an older one that shows up again ends the sign-in."""
    created_at: datetime = utc_column(default_now=True)
    expires_at: datetime = utc_column()
    revoked_at: datetime | None = utc_column(nullable=True)
    user_agent: str = Field(default="", max_length=300)
    ip_address: str = Field(default="", max_length=64)


class LoginThrottle(SQLModel, table=True):
    """Failures in a row for a user name or an address, and until when further tries are refused."""

    __tablename__ = "login_throttle"  # pyright: ignore[reportAssignmentType]

    key: str = Field(primary_key=True, max_length=200)
    failures: int = Field(default=0)
    last_failure_at: datetime = utc_column()
    blocked_until: datetime | None = utc_column(nullable=True)


class AuditEvent(SQLModel, table=True):
    """Who changed what, through which door; written in the change's own transaction and never changed."""

    __tablename__ = "audit_event"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("ix_audit_event_subject", "subject_kind", "subject_id", "at"),)

    id: int = id_column()
    at: datetime = utc_column(default_now=True, index=True)
    user_id: int | None = reference("user_account.id", nullable=True)
    door: Door = enum_column(Door)
    action: str = Field(max_length=60)
    subject_kind: str = Field(max_length=40)
    subject_id: int | None = Field(default=None, sa_type=BigInteger)
    before: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    after: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    request_id: str = Field(default="-", max_length=64)
