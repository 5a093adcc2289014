"""Accounts and who may manage them."""

from dataclasses import replace

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.accounts import service
from academics_app.accounts.models import UserStatus
from academics_app.accounts.schemas import Registration, UserCreate, UserUpdate
from academics_app.core.actor import Door, Role
from academics_app.core.errors import Conflict, Forbidden, InvalidInput
from academics_app.core.pagination import PageRequest
from tests import factories as make
from tests.accounts.conftest import PASSWORD
from tests.conftest import CountQueries, SignIn

ODD_NAMES = ["Siobhán O'Brien", "José", "王小明", "<script>alert(1)</script>", "x" * 200]


@pytest.mark.parametrize("name", ODD_NAMES)
async def test_registering_and_approving_makes_a_student(session: AsyncSession, name: str) -> None:
    admin = make.actor_of(await make.create_user(session))
    await make.create_branch(session)
    data = Registration(username="someone", email="s@example.org", full_name=name, password=PASSWORD)
    registered = await service.register_student(session, data=data, door=Door.REST)
    assert (registered.role, registered.status) == (Role.STUDENT, UserStatus.PENDING)

    approved = await service.approve_user(session, actor=admin, user_id=registered.id)
    assert approved.status is UserStatus.ACTIVE
    assert approved.student_id is not None
    with pytest.raises(Conflict):
        await service.approve_user(session, actor=admin, user_id=registered.id)


async def test_approving_links_a_student_who_has_no_account(session: AsyncSession) -> None:
    admin = make.actor_of(await make.create_user(session))
    known = await make.create_student(session)
    data = Registration(username="someone", email="s@example.org", full_name="Some One", password=PASSWORD)
    registered = await service.register_student(session, data=data, door=Door.REST)
    approved = await service.approve_user(session, actor=admin, user_id=registered.id, student_id=known.id)
    assert approved.student_id == known.id

    other = await service.register_student(
        session, data=data.model_copy(update={"username": "other"}), door=Door.REST
    )
    with pytest.raises(Conflict) as taken:
        await service.approve_user(session, actor=admin, user_id=other.id, student_id=known.id)
    assert taken.value.fields == {"student_id": "has an account"}


@pytest.mark.parametrize("role", [Role.FACULTY, Role.COUNSELOR, Role.STUDENT, Role.GUARDIAN])
async def test_only_admins_manage_accounts(session: AsyncSession, role: Role) -> None:
    actor = make.actor_of(await make.create_user(session, role=role))
    target = await make.create_user(session, role=Role.COUNSELOR)
    with pytest.raises(Forbidden):
        await service.list_users(session, actor=actor, page=PageRequest())
    with pytest.raises(Forbidden):
        await service.update_user(session, actor=actor, user_id=target.id, data=UserUpdate(role=Role.ADMIN))
    with pytest.raises(Forbidden):
        await service.create_invitation(session, actor=actor, user_id=target.id)
    with pytest.raises(Forbidden):
        await service.create_user(
            session, actor=actor, data=UserCreate(username="new", full_name="New", role=Role.ADMIN)
        )


async def test_the_last_admin_stays(session: AsyncSession) -> None:
    admin = await make.create_user(session)
    actor = make.actor_of(admin)
    with pytest.raises(Conflict) as last:
        await service.update_user(
            session, actor=actor, user_id=admin.id, data=UserUpdate(role=Role.COUNSELOR)
        )
    assert last.value.code == "last_admin"


@pytest.mark.parametrize("other", ["without a password", "of one branch"])
async def test_an_admin_who_cannot_take_over_is_not_another_one(session: AsyncSession, other: str) -> None:
    admin = await make.create_user(session, password_hash="x")
    invited = await make.create_user(session, password_hash=None if other == "without a password" else "x")
    if other == "of one branch":
        branch = await make.create_branch(session)
        await service.update_user(
            session, actor=make.actor_of(admin), user_id=invited.id, data=UserUpdate(branch_ids=[branch.id])
        )
    with pytest.raises(Conflict) as last:
        await service.update_user(
            session, actor=make.actor_of(admin), user_id=admin.id, data=UserUpdate(status=UserStatus.DISABLED)
        )
    assert last.value.code == "last_admin"


async def test_an_admin_of_some_branches_manages_no_accounts(session: AsyncSession) -> None:
    branch = await make.create_branch(session)
    admin = await make.create_user(session)
    limited = replace(make.actor_of(admin), branch_ids=frozenset({branch.id}))
    with pytest.raises(Forbidden, match="whole institute"):
        await service.update_user(session, actor=limited, user_id=admin.id, data=UserUpdate(branch_ids=[]))
    with pytest.raises(Forbidden, match="whole institute"):
        await service.create_invitation(session, actor=limited, user_id=admin.id)
    with pytest.raises(Forbidden, match="whole institute"):
        await service.list_users(session, actor=limited, page=PageRequest())
    with pytest.raises(Forbidden, match="whole institute"):
        await service.list_audit_events(session, actor=limited, page=PageRequest())


async def test_an_account_needs_its_person(session: AsyncSession) -> None:
    actor = make.actor_of(await make.create_user(session))
    faculty = await make.create_faculty(session)
    with pytest.raises(InvalidInput) as missing:
        await service.create_user(
            session, actor=actor, data=UserCreate(username="prof", full_name="Prof", role=Role.FACULTY)
        )
    assert missing.value.fields == {"faculty_id": "is required for this role"}
    with pytest.raises(InvalidInput):
        await service.create_user(
            session,
            actor=actor,
            data=UserCreate(username="prof2", full_name="Prof", role=Role.ADMIN, faculty_id=faculty.id),
        )
    made = await service.create_user(
        session,
        actor=actor,
        data=UserCreate(username="prof3", full_name="Prof", role=Role.FACULTY, faculty_id=faculty.id),
    )
    assert not made.has_password


async def test_a_stale_form_is_refused(session: AsyncSession) -> None:
    actor = make.actor_of(await make.create_user(session))
    target = await make.create_user(session, role=Role.COUNSELOR)
    data = UserUpdate(full_name="First", version=target.version)
    await service.update_user(session, actor=actor, user_id=target.id, data=data)
    with pytest.raises(Conflict) as stale:
        await service.update_user(
            session, actor=actor, user_id=target.id, data=data.model_copy(update={"full_name": "Second"})
        )
    assert stale.value.code == "stale_version"


async def test_the_list_finds_with_typing_errors_and_counts(
    session: AsyncSession, client: httpx.AsyncClient, sign_in: SignIn, count_queries: CountQueries
) -> None:
    admin = await make.create_user(session, full_name="Root Admin")
    for name in ("Jonathan Smith", "Josefine Smid", "Unrelated Person"):
        await make.create_user(session, role=Role.COUNSELOR, full_name=name)
    headers = await sign_in(admin)

    with count_queries() as statements:
        found = await client.get("/api/v1/users/", params={"q": "jonathn smith"}, headers=headers)
    assert found.json()["items"][0]["full_name"] == "Jonathan Smith"
    assert "Unrelated Person" not in found.text
    assert len(statements) == 4, "who asks, how many exact hits, how many in all, the page"


async def test_the_audit_log_tells_what_changed_and_no_secret(
    session: AsyncSession, client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    admin = await make.create_user(session)
    target = await make.create_user(session, role=Role.COUNSELOR, full_name="Before")
    headers = await sign_in(admin)
    await client.put(f"/api/v1/users/{target.id}", json={"full_name": "After"}, headers=headers)

    rows = (
        await client.get(
            "/api/v1/audit/", params={"subject_id": target.id, "subject_kind": "user"}, headers=headers
        )
    ).json()
    assert (rows[0]["action"], rows[0]["before"], rows[0]["after"]) == (
        "user.update",
        {"full_name": "Before"},
        {"full_name": "After"},
    )
    counselor = await sign_in(target)
    assert (await client.get("/api/v1/audit/", headers=counselor)).status_code == 403
