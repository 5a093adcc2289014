"""The list's address: what is read from it, what is written to it, and what is refused."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.accounts.models import UserStatus
from academics_app.accounts.ui.users import UserList
from academics_app.core.actor import Role
from tests.factories import create_user
from tests.ui.conftest import SignInTab, Tab


@pytest.fixture
async def admin_tab(tab: Tab, session: AsyncSession, sign_in_tab: SignInTab) -> Tab:
    """An admin's tab; three more users are on record."""
    await sign_in_tab(tab, await create_user(session, role=Role.ADMIN, full_name="Ada Admin"))
    await create_user(session, role=Role.COUNSELOR, full_name="Berta Both")
    await create_user(session, role=Role.COUNSELOR, full_name="Cora Counsel", status=UserStatus.DISABLED)
    return tab


async def test_address_decides_what_is_shown(admin_tab: Tab) -> None:
    await admin_tab.send(UserList.open, "/users?role=counselor&status=disabled")

    state = await admin_tab.state(UserList)
    assert [row.name for row in state.rows] == ["Cora Counsel"]
    assert state.count_line == "1–1 of 1"
    assert state.is_narrowed


async def test_nonsense_in_the_address_is_ignored(admin_tab: Tab) -> None:
    await admin_tab.send(UserList.open, "/users?role=king&status=&page=-3&sort=password_hash&page=x")

    state = await admin_tab.state(UserList)
    assert state.filters == {}
    assert (state.page_number, state.sort) == (1, "")
    assert len(state.rows) == 3


async def test_search_goes_to_the_address(admin_tab: Tab) -> None:
    await admin_tab.send(UserList.open, "/users?role=counselor&page=1")
    await admin_tab.send(UserList.search, "/users?role=counselor", text="  berta & co ")

    assert admin_tab.redirects == ["/users?q=berta+%26+co&role=counselor"]


async def test_filter_toggles(admin_tab: Tab) -> None:
    await admin_tab.send(UserList.open, "/users?status=disabled")
    await admin_tab.send(UserList.set_filter, "/users?status=disabled", name="status", value="disabled")

    assert admin_tab.redirects == ["/users"]


@pytest.mark.parametrize(("name", "value"), [("status", "king"), ("password", "x"), ("role", "x" * 500)])
async def test_unknown_filter_does_nothing(admin_tab: Tab, name: str, value: str) -> None:
    await admin_tab.send(UserList.set_filter, "/users", name=name, value=value)

    assert admin_tab.redirects == []


async def test_search_box_is_drawn_anew_only_when_the_address_came_from_elsewhere(admin_tab: Tab) -> None:
    await admin_tab.send(UserList.open, "/users")
    before = (await admin_tab.state(UserList)).search_epoch
    await admin_tab.send(UserList.search, "/users", text="ada")
    await admin_tab.send(UserList.open, "/users?q=ada")
    typed = (await admin_tab.state(UserList)).search_epoch
    await admin_tab.send(UserList.open, "/users?q=berta")

    assert typed == before
    assert (await admin_tab.state(UserList)).search_epoch == before + 1
