"""Subjects and topics over REST."""

from typing import Annotated

from fastapi import APIRouter, Query

from academics_app.api.deps import ActorDep, Id, PageDep, ReadSessionDep, SessionDep
from academics_app.core.pagination import Page
from academics_app.subjects import service, topics
from academics_app.subjects.schemas import (
    SubjectCreate,
    SubjectRead,
    SubjectUpdate,
    TopicCreate,
    TopicOrder,
    TopicRead,
    TopicUpdate,
)

router = APIRouter(prefix="/subjects", tags=["subjects"])


@router.post("/", status_code=201)
async def create_subject(session: SessionDep, actor: ActorDep, data: SubjectCreate) -> SubjectRead:
    """Add a subject; admins only."""
    return await service.create_subject(session, actor=actor, data=data)


@router.get("/")
async def list_subjects(
    session: ReadSessionDep,
    actor: ActorDep,
    page: PageDep,
    is_active: Annotated[bool | None, Query()] = None,
    q: Annotated[str, Query(max_length=200, description="Typing errors are forgiven")] = "",
) -> Page[SubjectRead]:
    """Subjects with the number and hours of their topics."""
    return await service.list_subjects(session, actor=actor, page=page, is_active=is_active, query=q)


@router.get("/{subject_id}")
async def read_subject(session: ReadSessionDep, actor: ActorDep, subject_id: Id) -> SubjectRead:
    """One subject."""
    return await service.read_subject(session, actor=actor, subject_id=subject_id)


@router.put("/{subject_id}")
async def update_subject(
    session: SessionDep, actor: ActorDep, subject_id: Id, data: SubjectUpdate
) -> SubjectRead:
    """Change the fields that are sent; admins only."""
    return await service.update_subject(session, actor=actor, subject_id=subject_id, data=data)


@router.get("/{subject_id}/topics")
async def list_topics(session: ReadSessionDep, actor: ActorDep, subject_id: Id) -> Page[TopicRead]:
    """All topics of a subject in their order."""
    return await topics.list_topics(session, actor=actor, subject_id=subject_id)


@router.post("/{subject_id}/topics", status_code=201)
async def add_topic(session: SessionDep, actor: ActorDep, subject_id: Id, data: TopicCreate) -> TopicRead:
    """Add a topic; admins only."""
    return await topics.add_topic(session, actor=actor, subject_id=subject_id, data=data)


@router.put("/{subject_id}/topic-order")
async def reorder_topics(
    session: SessionDep, actor: ActorDep, subject_id: Id, data: TopicOrder
) -> Page[TopicRead]:
    """Put all topics in a new order; admins only."""
    return await topics.reorder_topics(session, actor=actor, subject_id=subject_id, data=data)


@router.put("/{subject_id}/topics/{topic_id}")
async def update_topic(
    session: SessionDep, actor: ActorDep, subject_id: Id, topic_id: Id, data: TopicUpdate
) -> TopicRead:
    """Change the fields that are sent; admins only."""
    return await topics.update_topic(
        session, actor=actor, subject_id=subject_id, topic_id=topic_id, data=data
    )


@router.delete("/{subject_id}/topics/{topic_id}", status_code=204)
async def delete_topic(session: SessionDep, actor: ActorDep, subject_id: Id, topic_id: Id) -> None:
    """Remove a topic that is not used; admins only."""
    await topics.delete_topic(session, actor=actor, subject_id=subject_id, topic_id=topic_id)
