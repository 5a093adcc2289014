"""The only way to a batch, an enrolment or a session by its id: not found unless visible, forbidden unless allowed."""

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.core.actor import Actor
from academics_app.core.errors import NotFound
from academics_app.core.permissions import Permission, require
from academics_app.learning_sessions.models import Batch, Enrollment, LearningSession
from academics_app.learning_sessions.queries import visible_enrollments
from academics_app.learning_sessions.scope import visible_batches, visible_sessions


async def access_batch(
    session: AsyncSession, batch_id: int, *, actor: Actor, to: Permission, for_update: bool = False
) -> Batch:
    """The batch; `for_update` holds it against another change until the transaction ends."""
    statement = select(Batch).where(col(Batch.id) == batch_id, visible_batches(actor))
    batch = (await session.scalars(_locked(statement, lock=for_update))).one_or_none()
    if batch is None:
        raise NotFound("There is no such batch.")
    require(actor, to)
    return batch


async def access_session(
    session: AsyncSession, session_id: int, *, actor: Actor, to: Permission, for_update: bool = False
) -> LearningSession:
    """The session; `for_update` holds it, and holds off new marks in it, until the transaction ends."""
    statement = select(LearningSession).where(col(LearningSession.id) == session_id, visible_sessions(actor))
    if for_update:
        statement = statement.with_for_update(of=LearningSession).execution_options(populate_existing=True)
    found = (await session.scalars(statement)).one_or_none()
    if found is None:
        raise NotFound("There is no such session.")
    require(actor, to)
    return found


async def access_enrollment(
    session: AsyncSession, enrollment_id: int, *, actor: Actor, to: Permission
) -> Enrollment:
    """The enrolment, held against another change until the transaction ends."""
    statement = select(Enrollment).where(col(Enrollment.id) == enrollment_id, visible_enrollments(actor))
    enrollment = (await session.scalars(_locked(statement, lock=True))).one_or_none()
    if enrollment is None:
        raise NotFound("There is no such enrolment.")
    require(actor, to)
    return enrollment


def _locked(statement: Select, *, lock: bool) -> Select:  # type: ignore[type-arg]
    if not lock:
        return statement
    return statement.with_for_update(key_share=True).execution_options(populate_existing=True)
