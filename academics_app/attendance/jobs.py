"""Periodic work on registers."""

import structlog
from apscheduler.triggers.cron import CronTrigger

from academics_app.attendance.closing import Closed, close_session, list_closable
from academics_app.core.actor import Door, system_actor
from academics_app.core.db import reading, transaction
from academics_app.core.errors import AppError
from academics_app.core.scheduler import Job

log = structlog.get_logger(__name__)


async def close_registers() -> Closed:
    """Close what is due, each register in a transaction of its own, so that a marker waits for one at most."""
    actor = system_actor(Door.JOB)
    closed = Closed()
    async with reading() as session:
        due = await list_closable(session, actor=actor)
    for session_id in due:
        try:
            async with transaction() as session:
                closed.marks += await close_session(session, actor=actor, session_id=session_id)
                closed.registers += 1
        except AppError as refusal:
            log.warning("register_not_closed", session_id=session_id, reason=refusal.detail)
    return closed


JOBS = [Job("close_registers", close_registers, CronTrigger(minute="*/5", timezone="UTC"))]
