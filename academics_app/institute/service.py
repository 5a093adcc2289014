"""The institute's settings, branches and rooms; holidays and terms are in `calendar`."""

from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.accounts.audit import record
from academics_app.core.actor import Actor
from academics_app.core.constraints import refusals
from academics_app.core.db import announce
from academics_app.core.errors import AppError, Conflict, Forbidden, InvalidInput, NotFound
from academics_app.core.pagination import Page, PageRequest
from academics_app.core.permissions import Permission, require
from academics_app.core.versions import refuse_stale
from academics_app.institute import queries
from academics_app.institute.current import current_settings, forget_settings, use_settings
from academics_app.institute.models import Branch, Room, Setting
from academics_app.institute.schemas import (
    BranchCreate,
    BranchRead,
    BranchUpdate,
    RoomCreate,
    RoomRead,
    RoomUpdate,
    SettingsRead,
    SettingsUpdate,
)
from academics_app.institute.settings import InstituteSettings
from academics_app.learning_sessions.generation import follow_calendar

__all__ = [
    "access_branch",
    "access_room",
    "create_branch",
    "create_room",
    "current_settings",
    "delete_room",
    "forget_settings",
    "list_branches",
    "list_rooms",
    "read_settings",
    "update_branch",
    "update_room",
    "update_settings",
]


async def read_settings(session: AsyncSession, *, actor: Actor) -> SettingsRead:
    """The settings in force. Nothing in them is secret: whoever reads sessions needs the time zone."""
    require(actor, Permission.SESSION_READ)
    return SettingsRead(**(await current_settings(session)).model_dump())


async def update_settings(
    session: AsyncSession, *, actor: Actor, data: SettingsUpdate | InstituteSettings
) -> SettingsRead:
    """Change what `data` sets. Another time zone or look-ahead moves the future sessions with it."""
    require(actor, Permission.SETTINGS_MANAGE)
    require_whole_institute(actor)
    before = (await current_settings(session)).model_dump()
    try:
        settings = InstituteSettings.model_validate(before | data.model_dump(exclude_unset=True))
    except ValidationError as error:
        wrong = {
            str(problem["loc"][0]): str(problem.get("ctx", {}).get("error", problem["msg"]))
            for problem in error.errors()
        }
        raise InvalidInput("Some settings are out of bounds.", fields=wrong) from error
    after = settings.model_dump()
    changed = {key: value for key, value in after.items() if before[key] != value}
    if changed:
        statement = insert(Setting).values([{"key": key, "value": value} for key, value in changed.items()])
        await session.execute(
            statement.on_conflict_do_update(
                index_elements=[col(Setting.key)],
                set_={"value": statement.excluded.value, "updated_at": func.now()},
            )
        )
        use_settings(session, settings)
        record(
            session,
            actor=actor,
            action="settings.update",
            subject_kind="settings",
            subject_id=None,
            before=before,
            after=after,
        )
        announce(session, "settings")
        if changed.keys() & {"time_zone", "generate_weeks_ahead"}:
            await follow_calendar(session, actor=actor)
    return SettingsRead(**after)


async def list_branches(session: AsyncSession, *, actor: Actor, page: PageRequest) -> Page[BranchRead]:
    """The branches that the actor may act in, by name."""
    require(actor, Permission.BATCH_READ)
    statement = queries.branches(actor)
    total = await session.scalar(
        select(func.count()).select_from(Branch).where(queries.visible_branches(actor))
    )
    rows = await session.scalars(statement.offset(page.skip).limit(page.limit))
    return Page(
        items=[BranchRead.model_validate(row) for row in rows],
        total=total or 0,
        skip=page.skip,
        limit=page.limit,
    )


async def create_branch(session: AsyncSession, *, actor: Actor, data: BranchCreate) -> BranchRead:
    require(actor, Permission.SETTINGS_MANAGE)
    require_whole_institute(actor)
    branch = Branch(**data.model_dump())
    async with refusals(session, _BRANCH_REFUSALS):
        session.add(branch)
    read = BranchRead.model_validate(branch)
    record(
        session,
        actor=actor,
        action="branch.create",
        subject_kind="branch",
        subject_id=branch.id,
        after=data.model_dump(),
    )
    announce(session, "settings")
    return read


async def update_branch(
    session: AsyncSession, *, actor: Actor, branch_id: int, data: BranchUpdate
) -> BranchRead:
    branch = await access_branch(session, branch_id, actor=actor, to=Permission.SETTINGS_MANAGE)
    require_whole_institute(actor)
    refuse_stale(branch.version, data.version)
    before = branch.model_dump(include={"code", "name", "is_active"})
    async with refusals(session, _BRANCH_REFUSALS):
        for field, value in data.model_dump(exclude_unset=True, exclude={"version"}).items():
            setattr(branch, field, value)
        branch.version += 1
    after = branch.model_dump(include=set(before))
    record(
        session,
        actor=actor,
        action="branch.update",
        subject_kind="branch",
        subject_id=branch.id,
        before=before,
        after=after,
    )
    announce(session, "settings")
    return BranchRead.model_validate(branch)


async def access_branch(session: AsyncSession, branch_id: int, *, actor: Actor, to: Permission) -> Branch:
    """The branch, if the actor may act in it and may do this."""
    statement = select(Branch).where(col(Branch.id) == branch_id, queries.visible_branches(actor))
    branch = (await session.scalars(statement)).one_or_none()
    if branch is None:
        raise NotFound("There is no such branch.")
    require(actor, to)
    return branch


async def list_rooms(
    session: AsyncSession, *, actor: Actor, page: PageRequest, branch_id: int | None = None
) -> Page[RoomRead]:
    """Rooms of the branches that the actor may act in, by branch and name."""
    require(actor, Permission.SESSION_READ)
    statement = queries.rooms(actor, branch_id=branch_id)
    total = await session.scalar(
        statement.with_only_columns(func.count(), maintain_column_froms=True).order_by(None)
    )
    rows = await session.execute(statement.offset(page.skip).limit(page.limit))
    items = [_read_room(room, branch_name) for room, branch_name in rows]
    return Page(items=items, total=total or 0, skip=page.skip, limit=page.limit)


async def create_room(session: AsyncSession, *, actor: Actor, data: RoomCreate) -> RoomRead:
    require(actor, Permission.CALENDAR_MANAGE)
    branch = await access_branch(session, data.branch_id, actor=actor, to=Permission.CALENDAR_MANAGE)
    room = Room(**data.model_dump())
    async with refusals(session, _ROOM_REFUSALS):
        session.add(room)
    record(
        session,
        actor=actor,
        action="room.create",
        subject_kind="room",
        subject_id=room.id,
        after=data.model_dump(),
    )
    announce(session, "settings")
    return _read_room(room, branch.name)


async def update_room(session: AsyncSession, *, actor: Actor, room_id: int, data: RoomUpdate) -> RoomRead:
    room = await access_room(session, room_id, actor=actor, to=Permission.CALENDAR_MANAGE)
    refuse_stale(room.version, data.version)
    before = room.model_dump(include={"name", "capacity"})
    async with refusals(session, _ROOM_REFUSALS):
        for field, value in data.model_dump(exclude_unset=True, exclude={"version"}).items():
            setattr(room, field, value)
        room.version += 1
    after = room.model_dump(include=set(before))
    record(
        session,
        actor=actor,
        action="room.update",
        subject_kind="room",
        subject_id=room.id,
        before=before,
        after=after,
    )
    announce(session, "settings", "timetable")
    branch = await access_branch(session, room.branch_id, actor=actor, to=Permission.CALENDAR_MANAGE)
    return _read_room(room, branch.name)


async def delete_room(session: AsyncSession, *, actor: Actor, room_id: int) -> None:
    """Remove a room that no batch, schedule or session names."""
    room = await access_room(session, room_id, actor=actor, to=Permission.CALENDAR_MANAGE)
    before = room.model_dump(include={"name", "capacity", "branch_id"})
    in_use = Conflict("This room is used by a batch or a session, so it stays.", code="in_use")
    references = (
        "fk_batch_room_id_room",
        "fk_weekly_schedule_room_id_room",
        "fk_learning_session_room_id_room",
    )
    async with refusals(session, dict.fromkeys(references, in_use)):
        await session.delete(room)
    record(session, actor=actor, action="room.delete", subject_kind="room", subject_id=room_id, before=before)
    announce(session, "settings")


async def access_room(session: AsyncSession, room_id: int, *, actor: Actor, to: Permission) -> Room:
    """The room, if its branch is one of the actor's and the actor may do this."""
    statement = select(Room).where(col(Room.id) == room_id, queries.visible_rooms(actor))
    room = (await session.scalars(statement)).one_or_none()
    if room is None:
        raise NotFound("There is no such room.")
    require(actor, to)
    return room


def require_whole_institute(actor: Actor) -> None:
    """Raise Forbidden for an actor who is limited to some branches."""
    if actor.branch_ids is not None:
        raise Forbidden("Only an admin of the whole institute may change this.")


def _read_room(room: Room, branch_name: str) -> RoomRead:
    return RoomRead(**room.model_dump(), branch_name=branch_name)


_BRANCH_REFUSALS: dict[str, AppError] = {
    "uq_branch_code": Conflict("This code is taken.", fields={"code": "is taken"}),
}
_ROOM_REFUSALS: dict[str, AppError] = {
    "uq_room_branch_id_name": Conflict("The branch has a room of this name.", fields={"name": "is taken"}),
}
