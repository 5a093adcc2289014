"""Periodic work on sessions."""

from apscheduler.triggers.cron import CronTrigger

from academics_app.core.actor import Door, system_actor
from academics_app.core.db import transaction
from academics_app.core.scheduler import Job
from academics_app.learning_sessions.generation import Generated
from academics_app.learning_sessions.service import follow_calendar


async def generate_daily() -> Generated:
    """Extend every active batch's sessions to the institute's look-ahead."""
    async with transaction() as session:
        return await follow_calendar(session, actor=system_actor(Door.JOB))


JOBS = [
    Job("generate_sessions", generate_daily, CronTrigger(hour=0, minute=40, timezone="UTC"), at_start=True),
]
