"""Accounts with a known password, hashed once a run."""

import pytest

from academics_app.core.security import hash_password

PASSWORD = "correct horse battery"


@pytest.fixture(scope="session")
async def password_hash() -> str:
    return await hash_password(PASSWORD)
