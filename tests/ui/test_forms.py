"""A form's refusal: beside the field, above the form, and with what was typed kept."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.accounts.ui.account import PasswordForm
from academics_app.accounts.ui.user_forms import InvitationLink, UserForm
from academics_app.core.actor import Role
from academics_app.ui.forms import filled
from tests.factories import create_faculty, create_user
from tests.ui.conftest import SignInTab, Tab

NEW = {"full_name": "Ruth Kim", "username": "ruth.kim", "email": "", "role": "counselor"}


@pytest.fixture
async def admin_tab(tab: Tab, session: AsyncSession, sign_in_tab: SignInTab) -> Tab:
    """An admin's tab with the form for a new user open."""
    await sign_in_tab(tab, await create_user(session, role=Role.ADMIN))
    await tab.send(UserForm.add, "/users")
    return tab


async def test_saved_form_closes_and_leads_to_the_link(admin_tab: Tab) -> None:
    await admin_tab.send(UserForm.save, "/users", form=NEW)

    assert not (await admin_tab.state(UserForm)).form_open
    link = await admin_tab.state(InvitationLink)
    assert (link.name, "/api/v1/auth/screen/invitation?token=" in link.url) == ("Ruth Kim", True)


async def test_malformed_values_are_said_beside_the_fields(admin_tab: Tab) -> None:
    await admin_tab.send(
        UserForm.save, "/users", form={**NEW, "username": "x", "email": "nobody", "full_name": ""}
    )

    state = await admin_tab.state(UserForm)
    assert state.form_open
    assert state.form_errors == {
        "username": "At least 3 characters.",
        "email": "This is not an e-mail address.",
        "full_name": "Please fill this in.",
    }


async def test_taken_name_is_said_beside_the_field(admin_tab: Tab, session: AsyncSession) -> None:
    await create_user(session, role=Role.COUNSELOR, username="ruth.kim")

    await admin_tab.send(UserForm.save, "/users", form=NEW)

    assert (await admin_tab.state(UserForm)).form_errors == {"username": "Is taken"}


async def test_what_has_no_field_is_said_above_the_form(admin_tab: Tab) -> None:
    await admin_tab.send(UserForm.save, "/users", form={**NEW, "role": "faculty"})

    assert (await admin_tab.state(UserForm)).form_problem == "Please say whose account this is."


async def test_person_is_found_by_code(admin_tab: Tab, session: AsyncSession) -> None:
    member = await create_faculty(session)

    await admin_tab.send(UserForm.save, "/users", form={**NEW, "role": "faculty", "person": member.code})

    assert not (await admin_tab.state(UserForm)).form_open


async def test_second_click_saves_nothing(admin_tab: Tab) -> None:
    await admin_tab.send(UserForm.save, "/users", form=NEW)
    await admin_tab.send(UserForm.save, "/users", form=NEW)

    assert (await admin_tab.state(UserForm)).form_errors == {}


async def test_link_is_gone_once_the_dialog_is_closed(admin_tab: Tab) -> None:
    await admin_tab.send(UserForm.save, "/users", form=NEW)
    await admin_tab.send(InvitationLink.close, "/users")

    assert (await admin_tab.state(InvitationLink)).url == ""


async def test_passwords_must_agree(admin_tab: Tab) -> None:
    await admin_tab.send(PasswordForm.edit, "/account")
    typed = {
        "current_password": "whatever it is",
        "new_password": "a long pass phrase",
        "repeated": "another one here",
    }

    await admin_tab.send(PasswordForm.save, "/account", form=typed)

    assert (await admin_tab.state(PasswordForm)).form_errors == {"repeated": "The two are not the same."}


def test_filled_knows_check_boxes_that_are_off() -> None:
    assert filled({"name": "", "note": "x"}, checks=("is_active",)) == {
        "name": None,
        "note": "x",
        "is_active": False,
    }
