"""Registers of earlier days, for the tests of what may still be done with them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.attendance.models import AttendanceStatus
from academics_app.attendance.schemas.register import BulkMark, MarkCommand, TakeRegister
from academics_app.attendance.service import mark_many
from academics_app.core import clock
from academics_app.core.actor import Actor
from academics_app.institute.schemas import SettingsUpdate
from academics_app.institute.service import update_settings
from academics_app.learning_sessions.models import LearningSession
from tests import factories as make
from tests.attendance.conftest import Classroom

NOW = datetime(2027, 3, 31, 9, tzinfo=UTC)
"""A Wednesday long after the factories' term has begun."""


async def session_at(
    session: AsyncSession, classroom: Classroom, *, days_ago: float, **values: Any
) -> LearningSession:
    return await make.create_session(
        session, batch=classroom.batch, starts_at=NOW - timedelta(days=days_ago), **values
    )


async def take(
    session: AsyncSession,
    classroom: Classroom,
    lesson: LearningSession,
    *,
    actor: Actor | None = None,
    minutes_after: float = 5,
    **marks: AttendanceStatus,
) -> None:
    """Take the register some minutes after its start; `s0=...` marks the first student, and so on."""
    students = classroom.students
    with clock.frozen_at(lesson.starts_at + timedelta(minutes=minutes_after)):
        await mark_many(
            session,
            actor=actor or classroom.teacher,
            data=BulkMark(
                session_id=lesson.id,
                marks=[
                    MarkCommand(student_id=students[int(name[1:])].id, status=status, base_version=0)
                    for name, status in marks.items()
                ],
                take_register=TakeRegister(student_ids=[student.id for student in students]),
            ),
        )


async def set_settings(session: AsyncSession, classroom: Classroom, **values: Any) -> None:
    await update_settings(session, actor=classroom.admin, data=SettingsUpdate(**values))
