"""Calendar links: a person's own list of them. What a link shows is in `reading`."""

import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.accounts.audit import record
from academics_app.calendar_feeds import queries
from academics_app.calendar_feeds.models import CalendarFeed
from academics_app.calendar_feeds.schemas import FeedCreate, FeedCreated, FeedRead
from academics_app.core.actor import Actor, Role
from academics_app.core.clock import utc_now
from academics_app.core.config import get_settings
from academics_app.core.db import announce
from academics_app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from academics_app.core.pagination import Page, PageRequest
from academics_app.core.permissions import Permission, require
from academics_app.core.security import fingerprint
from academics_app.institute.service import access_room
from academics_app.learning_sessions.service import access_batch
from academics_app.students.access import access_student

MOST_FEEDS = 10
RESTORABLE = timedelta(minutes=10)
"""For how long a revocation can be taken back."""
_TOKEN_BYTES = 32
_OWN_TIMETABLE = frozenset({Role.FACULTY, Role.STUDENT, Role.GUARDIAN})


async def list_feeds(session: AsyncSession, *, actor: Actor, page: PageRequest) -> Page[FeedRead]:
    """The actor's own links that still work, oldest first."""
    require(actor, Permission.CALENDAR_SUBSCRIBE)
    feeds = (await session.scalars(queries.living_feeds(_owner(actor)))).all()
    items = [FeedRead.model_validate(feed) for feed in feeds[page.skip : page.skip + page.limit]]
    return Page(items=items, total=len(feeds), skip=page.skip, limit=page.limit)


async def create_feed(session: AsyncSession, *, actor: Actor, data: FeedCreate) -> FeedCreated:
    """A new link; its address is in this answer and nowhere else."""
    require(actor, Permission.CALENDAR_SUBSCRIBE)
    owner_id = _owner(actor)
    shown = await _shown(session, actor=actor, data=data)
    await session.execute(queries.hold_user(owner_id))
    await _refuse_too_many(session, owner_id)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    values: dict[str, Any] = data.model_dump() | {"label": (data.label or shown)[:100]}
    feed = CalendarFeed(user_id=owner_id, token_hash=fingerprint(token), **values)
    session.add(feed)
    await session.flush()  # its id and time of creation are part of the answer
    await session.refresh(feed, ["created_at"])
    record(
        session,
        actor=actor,
        action="calendar_feed.create",
        subject_kind="calendar_feed",
        subject_id=feed.id,
        after=values,
    )
    announce(session, f"user:{owner_id}")
    return FeedCreated(**FeedRead.model_validate(feed).model_dump(), url=_address(token))


async def revoke_feed(session: AsyncSession, *, actor: Actor, feed_id: int) -> FeedRead:
    """End a link: whoever has its address finds nothing there from now on."""
    feed = await access_feed(session, feed_id, actor=actor, to=Permission.CALENDAR_SUBSCRIBE)
    if feed.revoked_at is not None:
        raise NotFound("There is no such calendar link.")
    feed.revoked_at = utc_now()
    _record(session, actor, feed, "calendar_feed.revoke")
    return FeedRead.model_validate(feed)


async def restore_feed(session: AsyncSession, *, actor: Actor, feed_id: int) -> FeedRead:
    """Take a revocation back, soon after it; the address is the same."""
    feed = await access_feed(session, feed_id, actor=actor, to=Permission.CALENDAR_SUBSCRIBE)
    if feed.revoked_at is None:
        return FeedRead.model_validate(feed)
    if feed.revoked_at < utc_now() - RESTORABLE:
        raise Conflict("This was revoked too long ago. Make a new calendar link.", code="too_late")
    await session.execute(queries.hold_user(_owner(actor)))
    await _refuse_too_many(session, _owner(actor))
    feed.revoked_at = None
    _record(session, actor, feed, "calendar_feed.restore")
    return FeedRead.model_validate(feed)


async def access_feed(session: AsyncSession, feed_id: int, *, actor: Actor, to: Permission) -> CalendarFeed:
    """The actor's own link, a revoked one too; held until the transaction ends."""
    feed = await session.get(CalendarFeed, feed_id, with_for_update=True)
    if feed is None or feed.user_id != actor.user_id:
        raise NotFound("There is no such calendar link.")
    require(actor, to)
    return feed


async def _shown(session: AsyncSession, *, actor: Actor, data: FeedCreate) -> str:
    """The name of what the link will show, which the actor may see."""
    if data.student_id is not None:
        student = await access_student(session, data.student_id, actor=actor, to=Permission.STUDENT_READ)
        return student.full_name
    if data.batch_id is not None:
        return (await access_batch(session, data.batch_id, actor=actor, to=Permission.BATCH_READ)).name
    if data.room_id is not None:
        return (await access_room(session, data.room_id, actor=actor, to=Permission.SESSION_READ)).name
    if actor.role not in _OWN_TIMETABLE:
        raise InvalidInput(
            "You have no timetable of your own. Choose a student, a batch or a room.",
            fields={"student_id": "choose this, a batch or a room"},
        )
    return "My children" if actor.role is Role.GUARDIAN else "My timetable"


async def _refuse_too_many(session: AsyncSession, owner_id: int) -> None:
    living = queries.living_feeds(owner_id).order_by(None).subquery()
    if (await session.scalar(select(func.count()).select_from(living)) or 0) >= MOST_FEEDS:
        raise Conflict(
            f"You have {MOST_FEEDS} calendar links already. Revoke one that you no longer need.",
            code="too_many_feeds",
        )


def _owner(actor: Actor) -> int:
    if actor.user_id is None:
        raise Forbidden("Only a person can have calendar links.")
    return actor.user_id


def _address(token: str) -> str:
    return f"{get_settings().base_url}/api/v1/calendar/{token}.ics"


def _record(session: AsyncSession, actor: Actor, feed: CalendarFeed, action: str) -> None:
    record(session, actor=actor, action=action, subject_kind="calendar_feed", subject_id=feed.id)
    announce(session, f"user:{feed.user_id}")
