from typing import TYPE_CHECKING

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.accounts.models import AuditEvent
from academics_app.core import db
from academics_app.core.actor import Actor, Door, Role, system_actor
from academics_app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission
from academics_app.institute import service
from academics_app.institute.models import Setting
from academics_app.institute.schemas import (
    BranchCreate,
    BranchUpdate,
    RoomCreate,
    RoomUpdate,
    SettingsUpdate,
)
from academics_app.institute.settings import InstituteSettings
from tests import factories
from tests.factories import actor_of

if TYPE_CHECKING:
    from tests.conftest import CountQueries, SignIn

OTHERS = [Role.FACULTY, Role.COUNSELOR, Role.STUDENT, Role.GUARDIAN]


async def test_settings_have_defaults_and_follow_a_change_at_once(session: AsyncSession) -> None:
    admin = actor_of(await factories.create_user(session))
    assert await service.current_settings(session) == InstituteSettings()

    await service.update_settings(session, actor=admin, data=SettingsUpdate(time_zone="Europe/Paris"))

    assert (await service.current_settings(session)).time_zone == "Europe/Paris"
    async with db.reading() as elsewhere:
        assert (await service.current_settings(elsewhere)).time_zone == "Europe/Paris"
    await session.flush()  # as the commit would
    event = (
        await session.scalars(select(AuditEvent).where(col(AuditEvent.action) == "settings.update"))
    ).one()
    assert (event.before, event.after) == ({"time_zone": "UTC"}, {"time_zone": "Europe/Paris"})


@pytest.mark.usefixtures("committed")
async def test_a_settings_change_that_is_rolled_back_is_seen_by_nobody() -> None:
    admin = system_actor(Door.COMMAND_LINE)
    with pytest.raises(RuntimeError):
        await _change_and_fail(admin)
    async with db.reading() as elsewhere:
        assert (await service.current_settings(elsewhere)).name == "Academics"


async def _change_and_fail(admin: Actor) -> None:
    async with db.transaction() as changing:
        await service.update_settings(changing, actor=admin, data=SettingsUpdate(name="Never"))
        async with db.reading() as elsewhere:
            assert (await service.current_settings(elsewhere)).name == "Academics"
        raise RuntimeError


@pytest.mark.usefixtures("committed")
async def test_a_committed_settings_change_reaches_other_sessions() -> None:
    async with db.reading() as before:
        assert (await service.current_settings(before)).name == "Academics"
    async with db.transaction() as changing:
        await service.update_settings(
            changing, actor=system_actor(Door.COMMAND_LINE), data=SettingsUpdate(name="École")
        )
    async with db.reading() as after:
        assert (await service.current_settings(after)).name == "École"


async def test_whole_settings_are_checked_even_when_copied_unchecked(session: AsyncSession) -> None:
    admin = actor_of(await factories.create_user(session))
    broken = InstituteSettings().model_copy(update={"time_zone": "Mars/Olympus", "generate_weeks_ahead": 0})
    with pytest.raises(InvalidInput) as refusal:
        await service.update_settings(session, actor=admin, data=broken)
    assert set(refusal.value.fields or {}) == {"time_zone", "generate_weeks_ahead"}


async def test_a_stored_setting_that_no_longer_fits_falls_back_to_its_default(session: AsyncSession) -> None:
    session.add_all(
        [
            Setting(key="time_zone", value="Nowhere"),
            Setting(key="name", value="Kept"),
            Setting(key="gone", value=1),
        ]
    )
    await session.flush()
    settings = await service.current_settings(session)
    assert (settings.time_zone, settings.name) == ("UTC", "Kept")


@pytest.mark.parametrize("role", OTHERS)
async def test_only_an_admin_changes_the_institute(session: AsyncSession, role: Role) -> None:
    actor = actor_of(await factories.create_user(session, role=role))
    branch = await factories.create_branch(session)
    room = await factories.create_room(session, branch=branch)
    with pytest.raises(Forbidden):
        await service.update_settings(session, actor=actor, data=SettingsUpdate(name="Mine"))
    with pytest.raises(Forbidden):
        await service.create_branch(session, actor=actor, data=BranchCreate(code="X", name="X"))
    with pytest.raises(Forbidden):
        await service.update_branch(session, actor=actor, branch_id=branch.id, data=BranchUpdate(name="X"))
    with pytest.raises(Forbidden):
        await service.create_room(session, actor=actor, data=RoomCreate(branch_id=branch.id, name="X"))
    with pytest.raises(Forbidden):
        await service.update_room(session, actor=actor, room_id=room.id, data=RoomUpdate(name="X"))
    with pytest.raises(Forbidden):
        await service.delete_room(session, actor=actor, room_id=room.id)
    assert (await service.read_settings(session, actor=actor)).name == "Academics"


async def test_an_admin_of_one_branch_stays_in_it(session: AsyncSession) -> None:
    own, other = await factories.create_branch(session), await factories.create_branch(session)
    foreign_room = await factories.create_room(session, branch=other)
    admin = actor_of(await factories.create_user(session), branch_ids=frozenset({own.id}))
    page = PageRequest()

    assert [each.id for each in (await service.list_branches(session, actor=admin, page=page)).items] == [
        own.id
    ]
    assert (await service.list_rooms(session, actor=admin, page=page)).total == 0
    with pytest.raises(NotFound):
        await service.access_branch(session, other.id, actor=admin, to=Permission.BATCH_READ)
    with pytest.raises(NotFound):
        await service.update_room(session, actor=admin, room_id=foreign_room.id, data=RoomUpdate(name="X"))
    with pytest.raises(NotFound):
        await service.create_room(session, actor=admin, data=RoomCreate(branch_id=other.id, name="X"))
    with pytest.raises(Forbidden):
        await service.update_settings(session, actor=admin, data=SettingsUpdate(name="Mine"))
    assert await service.create_room(session, actor=admin, data=RoomCreate(branch_id=own.id, name="X"))


async def test_branches_and_rooms_with_odd_names(session: AsyncSession) -> None:
    admin = actor_of(await factories.create_user(session))
    branch = await service.create_branch(
        session, actor=admin, data=BranchCreate(code="Z%_'", name="  Žižkov – 東 ")
    )
    assert branch.name == "Žižkov – 東"
    with pytest.raises(Conflict) as taken:
        await service.create_branch(session, actor=admin, data=BranchCreate(code="Z%_'", name="Other"))
    assert taken.value.fields == {"code": "is taken"}

    room = await service.create_room(
        session, actor=admin, data=RoomCreate(branch_id=branch.id, name="O'Hara \\ 2")
    )
    with pytest.raises(Conflict):
        await service.create_room(
            session, actor=admin, data=RoomCreate(branch_id=branch.id, name="O'Hara \\ 2")
        )
    changed = await service.update_room(
        session, actor=admin, room_id=room.id, data=RoomUpdate(capacity=12, version=1)
    )
    assert (changed.name, changed.capacity, changed.version) == ("O'Hara \\ 2", 12, 2)
    with pytest.raises(Conflict) as stale:
        await service.update_room(
            session, actor=admin, room_id=room.id, data=RoomUpdate(capacity=13, version=1)
        )
    assert stale.value.code == "stale_version"


async def test_a_room_in_use_stays(session: AsyncSession) -> None:
    admin = actor_of(await factories.create_user(session))
    free, used = await factories.create_room(session), await factories.create_room(session)
    await factories.create_batch(session, branch_id=used.branch_id, room_id=used.id)
    await service.delete_room(session, actor=admin, room_id=free.id)
    with pytest.raises(Conflict):
        await service.delete_room(session, actor=admin, room_id=used.id)
    with pytest.raises(NotFound):
        await service.delete_room(session, actor=admin, room_id=free.id)


async def test_the_routes(
    session: AsyncSession, client: httpx.AsyncClient, sign_in: "SignIn", count_queries: "CountQueries"
) -> None:
    admin = await sign_in(await factories.create_user(session))
    student = await sign_in(await factories.create_user(session, role=Role.STUDENT))

    assert (await client.get("/api/v1/settings")).status_code == 401
    assert (await client.get("/api/v1/settings", headers=student)).json()["time_zone"] == "UTC"
    assert (await client.put("/api/v1/settings", headers=student, json={"name": "X"})).status_code == 403
    changed = await client.put(
        "/api/v1/settings", headers=admin, json={"name": "Lycée", "time_zone": "Asia/Kolkata"}
    )
    assert changed.json()["time_zone"] == "Asia/Kolkata"
    for wrong in (
        {"time_zone": "Nowhere"},
        {"name": None},
        {"name": "a\x00b"},
        {"unknown": 1},
        {"generate_weeks_ahead": 10**9},
    ):
        assert (await client.put("/api/v1/settings", headers=admin, json=wrong)).status_code == 422, wrong

    branch = (
        await client.post("/api/v1/branches/", headers=admin, json={"code": "N", "name": "North"})
    ).json()
    room = await client.post("/api/v1/rooms/", headers=admin, json={"branch_id": branch["id"], "name": "1"})
    assert room.status_code == 201
    assert (
        await client.put(f"/api/v1/rooms/{room.json()['id']}", headers=admin, json={"name": None})
    ).status_code == 422
    holiday = {"name": "Break", "starts_on": "2026-12-21", "ends_on": "2027-01-03"}
    created = await client.post("/api/v1/holidays/", headers=admin, json=holiday)
    assert created.status_code == 201
    assert (await client.post("/api/v1/holidays/", headers=student, json=holiday)).status_code == 403
    assert (
        await client.post("/api/v1/holidays/", headers=admin, json=holiday | {"ends_on": "2026-12-01"})
    ).status_code == 422
    assert (
        await client.post("/api/v1/holidays/", headers=admin, json=holiday | {"branch_id": 10**15})
    ).status_code == 404
    term = {"name": "Autumn", "starts_on": "2026-09-01", "ends_on": "2026-12-18"}
    assert (await client.post("/api/v1/terms/", headers=admin, json=term)).status_code == 201
    for path in ("branches", "rooms", "holidays", "terms"):
        with count_queries() as statements:
            listed = await client.get(f"/api/v1/{path}/", headers=student)
        assert listed.json()["total"] >= 1
        assert sum("SAVEPOINT" not in each for each in statements) <= 3, statements
    assert (await client.delete(f"/api/v1/holidays/{created.json()['id']}", headers=admin)).status_code == 204
    assert (await client.delete(f"/api/v1/holidays/{created.json()['id']}", headers=admin)).status_code == 404
