"""Recording how far a student is with a topic, as it is shown in a session."""

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.accounts.audit import record
from academics_app.attendance.access import lock_register
from academics_app.core.actor import Actor
from academics_app.core.db import announce
from academics_app.core.errors import InvalidInput
from academics_app.core.permissions import Permission, require
from academics_app.progress import queries
from academics_app.progress.models import ProgressStatus

COMPLETE = 100


def live_topic(session_id: int) -> str:
    """Published when progress was recorded in the session."""
    return f"progress:{session_id}"


async def record_topic_progress(
    session: AsyncSession, *, actor: Actor, session_id: int, student_id: int, topic_id: int, progress: int
) -> None:
    """Store that a student of the session is `progress` percent (0 to 100) through a topic of its subject.

    The evidence is dated by the session, not by now. Who may mark the session's register may record it.
    """
    require(actor, Permission.PROGRESS_RECORD)
    register = await lock_register(session, session_id, actor=actor)
    if not 0 <= progress <= COMPLETE:
        raise InvalidInput("Progress is a percentage.", fields={"progress": "must be from 0 to 100"})
    if not await session.scalar(queries.is_topic_of_batch(topic_id, register.batch_id)):
        raise InvalidInput(
            "This topic is not of the session's subject.", fields={"topic_id": "is of another subject"}
        )
    if not await session.scalar(queries.belongs_in_session(student_id, session_id)):
        raise InvalidInput(
            "This student is not in this session.", fields={"student_id": "is not in this session"}
        )
    status = ProgressStatus.COMPLETED if progress == COMPLETE else ProgressStatus.IN_PROGRESS
    await session.execute(
        queries.upsert_progress(
            student_id=student_id,
            topic_id=topic_id,
            status=status if progress else ProgressStatus.NOT_STARTED,
            mastery=progress,
            evidence_on=register.local_date,
            session_id=session_id,
            recorded_by_id=actor.user_id,
        )
    )
    record(
        session,
        actor=actor,
        action="progress.record",
        subject_kind="student",
        subject_id=student_id,
        after={"topic_id": topic_id, "progress": progress, "session_id": session_id},
    )
    announce(session, live_topic(session_id), f"student:{student_id}")


async def session_progress(
    session: AsyncSession, *, actor: Actor, session_id: int
) -> dict[tuple[int, int], int]:
    """Progress in percent by (student, topic), as recorded in the session; the caller has reached the session."""
    require(actor, Permission.PROGRESS_READ)
    rows = await session.execute(queries.recorded_in(session_id))
    return {(row.student_id, row.topic_id): row.mastery for row in rows}
