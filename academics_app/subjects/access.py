"""The only way to a subject or a topic by id. Subjects are no secret: who may read them at all may read each."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.core.actor import Actor
from academics_app.core.errors import NotFound
from academics_app.core.permissions import Permission, require
from academics_app.subjects import queries
from academics_app.subjects.models import Subject, Topic


async def access_subject(
    session: AsyncSession,
    subject_id: int,
    *,
    actor: Actor,
    to: Permission = Permission.SUBJECT_READ,
    for_update: bool = False,
) -> Subject:
    """The subject; `for_update` holds it and the order of its topics until the transaction ends."""
    statement = select(Subject).where(col(Subject.id) == subject_id)
    if for_update:
        statement = statement.with_for_update(key_share=True).execution_options(populate_existing=True)
    subject = (await session.scalars(statement)).one_or_none()
    if subject is None:
        raise NotFound("There is no such subject.")
    require(actor, to)
    return subject


async def access_topic(
    session: AsyncSession, subject: Subject, topic_id: int, *, for_update: bool = False
) -> Topic:
    """A topic of a subject that the caller has fetched; `for_update` also keeps others from referring to it."""
    statement = queries.topics_of(subject.id).where(col(Topic.id) == topic_id)
    if for_update:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    topic = (await session.scalars(statement)).one_or_none()
    if topic is None:
        raise NotFound("The subject has no such topic.")
    return topic
