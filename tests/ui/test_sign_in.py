"""The sign-in screens: where they lead, and how a code in the address becomes a sentence."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.accounts.ui.sign_in import SignIn
from academics_app.core.actor import Role
from tests.factories import create_user
from tests.ui.conftest import SignInTab, Tab


@pytest.fixture
async def institute(session: AsyncSession) -> None:
    """An institute that has its first admin."""
    await create_user(session, role=Role.ADMIN)


async def test_new_institute_goes_to_its_first_run(tab: Tab) -> None:
    await tab.send(SignIn.open, "/login")

    assert tab.redirects == ["/setup"]


async def test_first_run_is_over_once_there_is_an_admin(tab: Tab, institute: None) -> None:
    await tab.send(SignIn.open, "/setup")

    assert tab.redirects == ["/login"]


async def test_who_is_signed_in_goes_on(tab: Tab, session: AsyncSession, sign_in_tab: SignInTab) -> None:
    await sign_in_tab(tab, await create_user(session, role=Role.ADMIN))

    await tab.send(SignIn.open, "/login")

    assert tab.redirects == ["/overview"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("error=wrong_credentials", "The user name or the password is wrong."),
        ("error=account_pending", "An admin has not approved this account yet."),
        ("error=too_many_tries&wait=30", "Too many tries. Please wait 30 seconds and try again."),
        ("error=<script>", "Please check what you have entered."),
    ],
)
async def test_code_becomes_a_sentence(tab: Tab, institute: None, query: str, sentence: str) -> None:
    await tab.send(SignIn.open, f"/login?{query}&username=mina&next=/today")

    state = await tab.state(SignIn)
    assert state.problem == sentence
    assert state.typed == {"username": "mina"}
    assert state.next_path == "/today"


async def test_field_is_named(tab: Tab, institute: None) -> None:
    await tab.send(SignIn.open, "/register?error=invalid_input&field=email&full_name=Mina")

    state = await tab.state(SignIn)
    assert state.field_errors == {"email": "This is not an e-mail address."}
    assert state.problem == ""


async def test_password_in_the_address_is_not_taken_up(tab: Tab, institute: None) -> None:
    await tab.send(SignIn.open, "/login?password=hunter2hunter2&username=mina")

    assert "hunter2" not in str((await tab.state(SignIn)).dict())
