"""What a client that follows a session is told: who may follow, a snapshot, and what differs between two."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from academics_app.attendance.access import access_header
from academics_app.attendance.queries import register as queries
from academics_app.core.actor import Actor
from academics_app.core.clock import utc_now
from academics_app.core.db import reading
from academics_app.core.permissions import Permission, require
from academics_app.progress import service as progress_service
from academics_app.students.guardianship import own_student_ids


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Marks by student, as (version, status, when), and progress in percent by (student, topic)."""

    marks: dict[int, tuple[int, str | None, datetime | None]]
    progress: dict[tuple[int, int], int]


async def snapshot(session_id: int, *, actor: Actor) -> Snapshot:
    """What the actor may see of the session now: markers all of it, students and guardians their own rows.

    Raises NotFound or Forbidden for everybody else.
    """
    async with reading() as session:
        await access_header(session, session_id, actor=actor)
        if actor.is_staff:
            require(actor, Permission.REGISTER_READ)
        rows = await queries.MARKS.rows(session, session_id=session_id)
        own = None if actor.is_staff else set((await session.scalars(own_student_ids(actor))).all())
        progress = await progress_service.session_progress(session, actor=actor, session_id=session_id)
    return Snapshot(
        marks={
            row.student_id: (row.version, row.status, row.marked_at)
            for row in rows
            if own is None or row.student_id in own
        },
        progress={key: value for key, value in progress.items() if own is None or key[0] in own},
    )


def changes(before: Snapshot, after: Snapshot) -> Iterator[dict[str, Any]]:
    """The messages that lead a client from one snapshot to the other. A null status: the mark was cleared."""
    for student_id, (version, status, marked_at) in after.marks.items():
        if before.marks.get(student_id, (0, None, None))[0] != version:
            timestamp = (marked_at or utc_now()).isoformat()
            yield {
                "type": "attendance_update",
                "student_id": student_id,
                "status": status,
                "timestamp": timestamp,
                "version": version,
            }
    for (student_id, topic_id), progress in after.progress.items():
        if before.progress.get((student_id, topic_id)) != progress:
            yield {
                "type": "progress_update",
                "student_id": student_id,
                "topic_id": topic_id,
                "progress": progress,
            }
