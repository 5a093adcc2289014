"""Statements on accounts."""

from typing import Any

from sqlalchemy import Integer, Select, Uuid, bindparam, func, or_, select
from sqlmodel import col

from academics_app.accounts.models import AuditEvent, AuthSession, User, UserBranch, UserStatus
from academics_app.core.actor import Role
from academics_app.core.prepared import Prepared

_branches = (
    select(func.array_agg(col(UserBranch.branch_id)))
    .where(col(UserBranch.user_id) == col(User.id))
    .scalar_subquery()
)

LIVING_SIGN_IN = Prepared(
    select(
        col(AuthSession.user_id),
        col(User.role),
        col(User.full_name),
        col(User.student_id),
        col(User.faculty_id),
        col(User.guardian_id),
        _branches.label("branch_ids"),
    )
    .join(User, col(User.id) == col(AuthSession.user_id))
    .where(
        col(AuthSession.id) == bindparam("auth_session_id", type_=Uuid()),
        col(AuthSession.revoked_at).is_(None),
        col(AuthSession.expires_at) > func.now(),
        col(User.status) == UserStatus.ACTIVE,
        col(User.token_version) == bindparam("token_version", type_=Integer()),
    )
)
"""Who the sign-in that a token names belongs to, as long as it is good; asked for each request and event."""


def active_account(user_id: int) -> Select[*tuple[Any, ...]]:
    """What an actor is made of, when the account is active."""
    return select(
        col(User.role),
        col(User.full_name),
        col(User.student_id),
        col(User.faculty_id),
        col(User.guardian_id),
        _branches.label("branch_ids"),
    ).where(col(User.id) == user_id, col(User.status) == UserStatus.ACTIVE)


def user_by_login(name: str) -> Select[User]:
    """The user with this user name, or with this e-mail address when only one has it."""
    wanted = name.strip().lower()
    return (
        select(User)
        .where(or_(func.lower(col(User.username)) == wanted, func.lower(col(User.email)) == wanted))
        .order_by((func.lower(col(User.username)) == wanted).desc())
        .limit(2)
    )


def users(*, role: Role | None, status: UserStatus | None) -> Select[User]:
    """Accounts by filter, those that wait for approval first."""
    statement = select(User).order_by(
        (col(User.status) == UserStatus.PENDING).desc(), col(User.full_name), col(User.id)
    )
    if role is not None:
        statement = statement.where(col(User.role) == role)
    if status is not None:
        statement = statement.where(col(User.status) == status)
    return statement


def audit_events(*, subject_kind: str | None, subject_id: int | None) -> Select[*tuple[Any, ...]]:
    """Audit rows, newest first, with the name of who did it."""
    statement = (
        select(AuditEvent, col(User.full_name))
        .join(User, col(User.id) == col(AuditEvent.user_id), isouter=True)
        .order_by(col(AuditEvent.at).desc(), col(AuditEvent.id).desc())
    )
    if subject_kind is not None:
        statement = statement.where(col(AuditEvent.subject_kind) == subject_kind)
    if subject_id is not None:
        statement = statement.where(col(AuditEvent.subject_id) == subject_id)
    return statement
