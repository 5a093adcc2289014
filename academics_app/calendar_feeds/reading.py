"""What a calendar link shows to whoever holds its address."""

import asyncio
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.accounts.authentication import actor_of_account
from academics_app.calendar_feeds import queries, wording
from academics_app.calendar_feeds.limits import ReadLimit
from academics_app.calendar_feeds.rendering import Entry, render
from academics_app.core.actor import Door
from academics_app.core.clock import local_date, utc_now
from academics_app.core.config import get_settings
from academics_app.core.errors import NotFound
from academics_app.core.permissions import Permission, may
from academics_app.core.security import fingerprint
from academics_app.institute.service import current_settings

DAYS_BACK, DAYS_AHEAD = 60, 365
_NOTE_READS = timedelta(minutes=10)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")

_reads = ReadLimit()


@dataclass(frozen=True, slots=True)
class FeedContent:
    """What a link answers with."""

    body: bytes
    etag: str
    changed_at: datetime


async def read_feed(session: AsyncSession, *, token: str) -> FeedContent:
    """What the link with this token shows now, by its owner's present rights.

    Without an actor: the token is the caller's only claim, and who asks is the link's owner. NotFound, always the
    same, for a token that is malformed, unknown or revoked, and for an owner whose account is not active.
    """
    feed = None
    if _TOKEN.fullmatch(token):
        feed = (await session.scalars(queries.feed_by_hash(fingerprint(token)))).one_or_none()
    actor = await actor_of_account(session, feed.user_id, door=Door.REST) if feed else None
    if feed is None or actor is None or not may(actor, Permission.CALENDAR_SUBSCRIBE):
        raise NotFound("There is no such calendar.")
    _reads.count(feed.id)
    settings = await current_settings(session)
    today = local_date(utc_now(), settings.zone)
    rows = await session.execute(
        queries.entries(
            actor,
            start=today - timedelta(days=DAYS_BACK),
            end=today + timedelta(days=DAYS_AHEAD),
            student_id=feed.student_id,
            batch_id=feed.batch_id,
            room_id=feed.room_id,
        )
    )
    several = (await session.scalar(queries.branch_count()) or 0) > 1
    entries = [_entry(row, several_branches=several) for row in rows]
    if feed.last_read_at is None or feed.last_read_at < utc_now() - _NOTE_READS:
        feed.last_read_at = utc_now()
    name = f"{feed.label} · {settings.name}"
    body = await asyncio.to_thread(render, name, entries)
    changed_at = max((entry.changed_at for entry in entries), default=feed.created_at)
    return FeedContent(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"', max(changed_at, feed.created_at))


def _entry(row: Row[*tuple[Any, ...]], *, several_branches: bool) -> Entry:
    session = row.LearningSession
    facts = wording.Facts(
        batch=row.batch_name,
        subject=row.subject_name,
        teacher=row.faculty_name or "",
        stands_in_for=row.substitute_for_name or "",
        children=row.children or (),
        is_cancelled=session.status == "cancelled",
        cancel_reason=session.cancel_reason or "",
        makes_up_for=row.made_up_date,
    )
    return Entry(
        key=f"{session.id} {session.created_at.isoformat()}",
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        changed_at=session.updated_at,
        sequence=session.sequence,
        is_cancelled=facts.is_cancelled,
        summary=wording.summary(facts),
        description=wording.description(facts),
        location=wording.location(row.room_name or "", row.branch_name if several_branches else ""),
        category=row.subject_name,
        url=f"{get_settings().base_url}/timetable?day={session.local_date.isoformat()}",
    )
