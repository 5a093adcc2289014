"""Selects on past imports."""

from sqlalchemy import Select, select
from sqlmodel import col

from academics_app.accounts.models import User
from academics_app.transfer.models import ImportRun


def import_runs() -> Select[ImportRun, str]:
    """Past imports with the name of who ran them, newest first."""
    return (
        select(ImportRun, col(User.full_name))
        .outerjoin(User, col(User.id) == col(ImportRun.user_id))
        .order_by(col(ImportRun.id).desc())
    )
