"""Kiosks as their admin has them: made, given a link, moved, revoked."""

import secrets
from typing import Any

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.accounts.audit import record
from academics_app.check_in import queries
from academics_app.check_in.models import Kiosk
from academics_app.check_in.schemas import KioskCreate, KioskLink, KioskRead, KioskUpdate
from academics_app.core.actor import Actor
from academics_app.core.clock import utc_now
from academics_app.core.config import get_settings
from academics_app.core.db import announce
from academics_app.core.errors import Conflict, InvalidInput, NotFound
from academics_app.core.pagination import Page, PageRequest
from academics_app.core.permissions import Permission, require
from academics_app.core.security import fingerprint
from academics_app.institute.service import access_branch, access_room

KIOSKS_TOPIC = "kiosks"
_TOKEN_BYTES = 32


def live_topic(kiosk_id: int) -> str:
    """Published when the kiosk was renamed, given another link or revoked; the kiosk itself waits for it."""
    return f"kiosk:{kiosk_id}"


def new_token() -> str:
    """A kiosk's token: 256 random bits."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


async def list_kiosks(session: AsyncSession, *, actor: Actor, page: PageRequest) -> Page[KioskRead]:
    """The kiosks of the actor's branches, those in use first."""
    require(actor, Permission.KIOSK_MANAGE)
    statement = queries.kiosks(actor)
    counted = statement.with_only_columns(func.count(), maintain_column_froms=True).order_by(None)
    total = await session.scalar(counted)
    rows = await session.execute(statement.offset(page.skip).limit(page.limit))
    return Page(items=[_read(row) for row in rows], total=total or 0, skip=page.skip, limit=page.limit)


async def create_kiosk(session: AsyncSession, *, actor: Actor, data: KioskCreate) -> KioskLink:
    """Add a kiosk; the answer alone holds the token of its link."""
    require(actor, Permission.KIOSK_MANAGE)
    await access_branch(session, data.branch_id, actor=actor, to=Permission.KIOSK_MANAGE)
    await _check_room(session, actor=actor, room_id=data.room_id, branch_id=data.branch_id)
    token = new_token()
    kiosk = Kiosk(**data.model_dump(), token_hash=fingerprint(token), created_by_id=actor.user_id)
    session.add(kiosk)
    await session.flush()  # the answer and the audit row name its id
    record(
        session,
        actor=actor,
        action="kiosk.create",
        subject_kind="kiosk",
        subject_id=kiosk.id,
        after=data.model_dump(),
    )
    announce(session, KIOSKS_TOPIC)
    return _link(await _read_one(session, actor=actor, kiosk_id=kiosk.id), token)


async def update_kiosk(session: AsyncSession, *, actor: Actor, kiosk_id: int, data: KioskUpdate) -> KioskRead:
    """Rename a kiosk or put it into another room of its branch."""
    kiosk = await access_kiosk(session, kiosk_id, actor=actor, to=Permission.KIOSK_MANAGE)
    _refuse_revoked(kiosk)
    values = data.model_dump(exclude_unset=True)
    if "room_id" in values:
        await _check_room(session, actor=actor, room_id=values["room_id"], branch_id=kiosk.branch_id)
    before = kiosk.model_dump(include={"name", "room_id"})
    kiosk.sqlmodel_update(values)
    _note(session, actor, "kiosk.update", kiosk, before=before, after=before | values)
    await session.flush()  # the answer reads the new names
    return await _read_one(session, actor=actor, kiosk_id=kiosk_id)


async def renew_kiosk(session: AsyncSession, *, actor: Actor, kiosk_id: int) -> KioskLink:
    """A new link; the device that was set up with an earlier one stops at once."""
    kiosk = await access_kiosk(session, kiosk_id, actor=actor, to=Permission.KIOSK_MANAGE)
    _refuse_revoked(kiosk)
    token = new_token()
    kiosk.token_hash = fingerprint(token)
    kiosk.last_seen_at = None
    _note(session, actor, "kiosk.renew", kiosk)
    await session.flush()  # the answer says that no device has used the link
    return _link(await _read_one(session, actor=actor, kiosk_id=kiosk_id), token)


async def revoke_kiosk(session: AsyncSession, *, actor: Actor, kiosk_id: int) -> None:
    """Shut a kiosk for good. What was checked in at it stays."""
    kiosk = await access_kiosk(session, kiosk_id, actor=actor, to=Permission.KIOSK_MANAGE)
    if kiosk.revoked_at is None:
        kiosk.revoked_at = utc_now()
        _note(session, actor, "kiosk.revoke", kiosk)


async def access_kiosk(session: AsyncSession, kiosk_id: int, *, actor: Actor, to: Permission) -> Kiosk:
    """The kiosk, held until the transaction ends. Only admins may know which there are."""
    require(actor, to)
    statement = queries.kiosk(actor, kiosk_id).with_for_update()
    kiosk = (await session.scalars(statement, execution_options={"populate_existing": True})).one_or_none()
    if kiosk is None:
        raise NotFound("There is no such kiosk.")
    return kiosk


async def _check_room(session: AsyncSession, *, actor: Actor, room_id: int | None, branch_id: int) -> None:
    if room_id is None:
        return
    try:
        room = await access_room(session, room_id, actor=actor, to=Permission.KIOSK_MANAGE)
    except NotFound as error:
        raise InvalidInput(error.detail, fields={"room_id": "is not a room"}) from error
    if room.branch_id != branch_id:
        raise InvalidInput(
            "This room is in another branch.", fields={"room_id": "is in another branch than the kiosk"}
        )


def _refuse_revoked(kiosk: Kiosk) -> None:
    if kiosk.revoked_at is not None:
        raise Conflict("This kiosk was revoked. Add a new one.", code="kiosk_revoked")


def _note(session: AsyncSession, actor: Actor, action: str, kiosk: Kiosk, **facts: Any) -> None:
    record(session, actor=actor, action=action, subject_kind="kiosk", subject_id=kiosk.id, **facts)
    announce(session, KIOSKS_TOPIC, live_topic(kiosk.id))


async def _read_one(session: AsyncSession, *, actor: Actor, kiosk_id: int) -> KioskRead:
    statement = queries.kiosks(actor).where(col(Kiosk.id) == kiosk_id)
    return _read((await session.execute(statement, execution_options={"populate_existing": True})).one())


def _read(row: Any) -> KioskRead:
    kiosk: Kiosk = row.Kiosk
    return KioskRead(
        id=kiosk.id,
        name=kiosk.name,
        branch_id=kiosk.branch_id,
        branch_name=row.branch_name,
        room_id=kiosk.room_id,
        room_name=row.room_name,
        is_set_up=kiosk.last_seen_at is not None,
        last_seen_at=kiosk.last_seen_at,
        revoked_at=kiosk.revoked_at,
        created_at=kiosk.created_at,
    )


def _link(kiosk: KioskRead, token: str) -> KioskLink:
    """The token stands behind the `#`, which no browser sends to a server and no log holds."""
    return KioskLink(kiosk=kiosk, token=token, url=f"{get_settings().base_url}/kiosk#{token}")
