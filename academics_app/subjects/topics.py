"""A subject's topics: an order without gaps, changed by admins."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.accounts.audit import record
from academics_app.core.actor import Actor
from academics_app.core.db import announce
from academics_app.core.errors import Conflict
from academics_app.core.pagination import Page
from academics_app.core.permissions import Permission
from academics_app.core.references import count_references
from academics_app.core.tables import metadata
from academics_app.subjects import queries, rules
from academics_app.subjects.access import access_subject, access_topic
from academics_app.subjects.models import Subject, Topic
from academics_app.subjects.schemas import MOST_TOPICS, TopicCreate, TopicOrder, TopicRead, TopicUpdate

_AUDITED = {"title", "planned_hours", "position"}


async def list_topics(session: AsyncSession, *, actor: Actor, subject_id: int) -> Page[TopicRead]:
    """All topics of a subject in their order."""
    subject = await access_subject(session, subject_id, actor=actor)
    return _page(await _topics(session, subject))


async def add_topic(session: AsyncSession, *, actor: Actor, subject_id: int, data: TopicCreate) -> TopicRead:
    """Add a topic at a position or at the end."""
    subject = await _change(session, actor, subject_id)
    topics = await _topics(session, subject)
    if len(topics) >= MOST_TOPICS:
        raise Conflict(f"A subject can have {MOST_TOPICS} topics.", code="too_many")
    last = len(topics) + 1
    topic = Topic(subject_id=subject.id, title=data.title, planned_hours=data.planned_hours, position=last)
    session.add(topic)
    await session.flush()  # its id is needed for the order
    _put_in_order(
        [*topics, topic], rules.moved([other.id for other in topics], topic.id, data.position or last)
    )
    _log(session, actor, "topic.create", topic, after=topic.model_dump(include=_AUDITED))
    return TopicRead.model_validate(topic)


async def update_topic(
    session: AsyncSession, *, actor: Actor, subject_id: int, topic_id: int, data: TopicUpdate
) -> TopicRead:
    """Change what `data` sets; a new position moves the topics between."""
    subject = await _change(session, actor, subject_id)
    topic = await access_topic(session, subject, topic_id)
    before = topic.model_dump(include=_AUDITED)
    wanted = data.model_dump(exclude_unset=True)
    if "position" in wanted:
        topics = await _topics(session, subject)
        _put_in_order(topics, rules.moved([other.id for other in topics], topic.id, wanted.pop("position")))
    for field, value in wanted.items():
        setattr(topic, field, value)
    after = topic.model_dump(include=_AUDITED)
    if after != before:
        _log(session, actor, "topic.update", topic, before=before, after=after)
    return TopicRead.model_validate(topic)


async def reorder_topics(
    session: AsyncSession, *, actor: Actor, subject_id: int, data: TopicOrder
) -> Page[TopicRead]:
    """Put all topics in a new order; refused when topics were added or removed since."""
    subject = await _change(session, actor, subject_id)
    topics = await _topics(session, subject)
    before = [topic.id for topic in topics]
    rules.check_order(data.topic_ids, before)
    if data.topic_ids != before:
        _put_in_order(topics, data.topic_ids)
        record(
            session,
            actor=actor,
            action="topic.reorder",
            subject_kind="subject",
            subject_id=subject.id,
            before={"topic_ids": before},
            after={"topic_ids": data.topic_ids},
        )
    return _page(sorted(topics, key=lambda topic: topic.position))


async def delete_topic(session: AsyncSession, *, actor: Actor, subject_id: int, topic_id: int) -> None:
    """Remove a topic that nothing refers to; the rest closes up."""
    subject = await _change(session, actor, subject_id)
    topic = await access_topic(session, subject, topic_id, for_update=True)
    rules.check_unused(await count_references(session, metadata.tables["topic"].c.id, topic.id))
    before = topic.model_dump(include=_AUDITED)
    rest = [other for other in await _topics(session, subject) if other.id != topic.id]
    await session.delete(topic)
    _put_in_order(rest, [other.id for other in rest])
    _log(session, actor, "topic.delete", topic, before=before)


async def _change(session: AsyncSession, actor: Actor, subject_id: int) -> Subject:
    subject = await access_subject(
        session, subject_id, actor=actor, to=Permission.SUBJECT_MANAGE, for_update=True
    )
    announce(session, f"subject:{subject.id}", "subjects")
    return subject


async def _topics(session: AsyncSession, subject: Subject) -> list[Topic]:
    return list(await session.scalars(queries.topics_of(subject.id)))


def _put_in_order(topics: Sequence[Topic], topic_ids: Sequence[int]) -> None:
    """The unique key on the position is checked at the commit, so positions may meet on the way."""
    position = {topic_id: at for at, topic_id in enumerate(topic_ids, start=1)}
    for topic in topics:
        if topic.position != position[topic.id]:
            topic.position = position[topic.id]


def _page(topics: Sequence[Topic]) -> Page[TopicRead]:
    items = [TopicRead.model_validate(topic) for topic in topics]
    return Page(items=items, total=len(items), skip=0, limit=max(len(items), 1))


def _log(
    session: AsyncSession,
    actor: Actor,
    action: str,
    topic: Topic,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    record(
        session,
        actor=actor,
        action=action,
        subject_kind="topic",
        subject_id=topic.id,
        before=before,
        after=after,
    )
