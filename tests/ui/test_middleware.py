"""The gate: who gets through, what the others see, and what is left behind for the next person."""

import pytest
import reflex as rx
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.accounts.authentication import end_sign_ins
from academics_app.accounts.ui.account import Account
from academics_app.accounts.ui.users import UserList
from academics_app.core.actor import Role
from academics_app.ui.identity import current_actor
from academics_app.ui.policy import signed_in
from academics_app.ui.session_state import Shell
from tests.factories import create_user
from tests.ui.conftest import SignInTab, Tab


class Bare(rx.State):
    """Only for these tests."""

    seen: str = ""

    @rx.event
    async def without_policy(self) -> None:
        """Nobody said whom it serves."""
        self.seen = "reached"

    @rx.event
    @signed_in
    async def who(self) -> None:
        """Says who is asking."""
        self.seen = current_actor().name

    @rx.event
    @signed_in
    async def fail(self) -> None:
        """Fails in a way that nobody foresaw."""
        raise ZeroDivisionError


async def test_nobody_is_sent_to_login(tab: Tab) -> None:
    await tab.send(Bare.who)

    assert tab.was_sent_to_login
    assert (await tab.state(Bare)).seen == ""


@pytest.mark.parametrize("role", Role)
async def test_signed_in_handler_serves_every_role(
    tab: Tab, session: AsyncSession, sign_in_tab: SignInTab, role: Role
) -> None:
    user = await create_user(session, role=role)
    await sign_in_tab(tab, user)

    await tab.send(Bare.who)

    assert (await tab.state(Bare)).seen == user.full_name


@pytest.mark.parametrize("role", Role)
async def test_permission_decides(
    tab: Tab, session: AsyncSession, sign_in_tab: SignInTab, role: Role
) -> None:
    await sign_in_tab(tab, await create_user(session, role=role))

    await tab.send(UserList.open, "/users")

    state = await tab.state(UserList)
    if role is Role.ADMIN:
        assert state.phase == "ready"
        assert state.rows
    else:
        assert state.rows == []
        assert any("Only an admin" in script for script in tab.scripts)


async def test_handler_without_policy_is_refused(
    tab: Tab, session: AsyncSession, sign_in_tab: SignInTab
) -> None:
    await sign_in_tab(tab, await create_user(session, role=Role.ADMIN))

    await tab.send(Bare.without_policy)

    assert (await tab.state(Bare)).seen == ""


async def test_setvar_is_refused(tab: Tab, session: AsyncSession, sign_in_tab: SignInTab) -> None:
    await sign_in_tab(tab, await create_user(session, role=Role.ADMIN))

    await tab.send_named(f"{Bare.get_full_name()}.setvar", var_name="seen", value="reached")

    assert (await tab.state(Bare)).seen == ""


async def test_ended_sign_in_is_refused_at_the_next_event(
    tab: Tab, session: AsyncSession, sign_in_tab: SignInTab
) -> None:
    user = await create_user(session, role=Role.ADMIN)
    await sign_in_tab(tab, user)
    await tab.send(Bare.who)
    await end_sign_ins(session, user_id=user.id)
    await session.flush()

    await tab.send(UserList.open, "/users")

    assert tab.was_sent_to_login
    assert (await tab.state(UserList)).rows == []
    assert (await tab.state(Bare)).seen == "", "what was shown before is emptied"


async def test_next_person_in_the_tab_finds_nothing_of_the_one_before(
    tab: Tab, session: AsyncSession, sign_in_tab: SignInTab
) -> None:
    await sign_in_tab(tab, await create_user(session, role=Role.ADMIN))
    await tab.send(UserList.open, "/users")
    await tab.send(Account.open, "/account")
    assert (await tab.state(UserList)).rows
    await sign_in_tab(tab, await create_user(session, role=Role.STUDENT))

    await tab.send_named("reflex___state____state.hydrate_and_load", "/nowhere")

    assert (await tab.state(UserList)).rows == []
    assert (await tab.state(Account)).sign_ins == []


async def test_unforeseen_failure_shows_a_sentence_with_a_reference(
    tab: Tab, session: AsyncSession, sign_in_tab: SignInTab
) -> None:
    await sign_in_tab(tab, await create_user(session, role=Role.ADMIN))

    with pytest.raises(ZeroDivisionError):
        await tab.send(Bare.fail)
    await tab.send(Bare.who)

    assert any("Something went wrong on our side" in script for script in tab.scripts)
    assert not any("ZeroDivisionError" in script for script in tab.scripts)


async def test_wrong_role_is_led_home(tab: Tab, session: AsyncSession, sign_in_tab: SignInTab) -> None:
    await sign_in_tab(tab, await create_user(session, role=Role.COUNSELOR))

    await tab.send(Shell.enter, "/users", roles=["admin"])

    assert tab.redirects == ["/students"]


async def test_root_leads_each_role_home(tab: Tab, session: AsyncSession, sign_in_tab: SignInTab) -> None:
    homes = {
        Role.ADMIN: "/overview",
        Role.FACULTY: "/today",
        Role.COUNSELOR: "/students",
        Role.STUDENT: "/home",
        Role.GUARDIAN: "/home",
    }
    for role, home in homes.items():
        await sign_in_tab(tab, await create_user(session, role=role))
        tab.forget()

        await tab.send(Shell.go_home)

        assert tab.redirects == [home]
