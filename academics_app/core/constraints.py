"""What the database refuses, as the business failure that it is."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from copy import copy

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.core.errors import AppError


@asynccontextmanager
async def refusals(session: AsyncSession, failures: Mapping[str, AppError]) -> AsyncIterator[None]:
    """Write what the block adds and changes, in a savepoint; a named constraint's violation raises its failure.

    Changes made before the block are flushed by the savepoint and are not covered. A constraint without a failure
    raises as it is: a defect, not the caller's mistake.
    """
    try:
        async with session.begin_nested():
            yield
            await session.flush()  # the constraints answer now, inside the savepoint
    except IntegrityError as error:
        diagnosis = getattr(error.orig, "diag", None)
        failure = failures.get(getattr(diagnosis, "constraint_name", None) or "")
        if failure is None:
            raise
        raise copy(failure) from error  # a shared instance would gather a traceback with each raise
