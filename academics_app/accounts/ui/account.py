"""One's own account: password, the devices that are signed in, the look."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import reflex as rx
from reflex_base.style import color_mode, set_color_mode

from academics_app.accounts.schemas import PasswordChange, SignInRead
from academics_app.accounts.service import (
    change_password,
    end_other_sign_ins,
    end_sign_in,
    list_sign_ins,
    own_account,
)
from academics_app.core.db import reading, transaction
from academics_app.core.errors import InvalidInput
from academics_app.institute.service import current_settings
from academics_app.ui import routes
from academics_app.ui.components import (
    Column,
    badge,
    button,
    card,
    card_body,
    exact_time,
    facts,
    form_dialog,
    link_button,
    page_header,
    plain_table,
    relative_time,
    saved,
    text_field,
)
from academics_app.ui.forms import FormState
from academics_app.ui.i18n import _, ngettext
from academics_app.ui.identity import current_actor
from academics_app.ui.pages import page
from academics_app.ui.policy import signed_in
from academics_app.ui.session_state import Shell
from academics_app.ui.watching import changes, guarded

_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@dataclass
class SignInRow:
    """A device."""

    id: str
    device: str
    address: str
    since: str
    since_exact: str
    is_current: bool


class Account(rx.State):
    """The account's own facts and devices."""

    username: str = ""
    email: str = ""
    sign_ins: list[SignInRow] = []
    answer: str = ""
    has_others: bool = False

    @rx.event
    @signed_in
    async def open(self) -> None:
        """Load."""
        await self._load()

    @rx.event(background=True)
    @signed_in
    async def watch(self) -> None:
        """Follow the account's own changes."""
        async for _topics in changes(f"user:{current_actor().user_id}", at_once=False):
            with guarded():
                async with self:
                    await self._load()

    @rx.event
    @signed_in
    async def end(self, auth_session_id: str) -> Any:
        """Sign one device out."""
        try:
            wanted = UUID(str(auth_session_id))
        except ValueError:
            return None
        async with transaction() as session:
            await end_sign_in(session, actor=current_actor(), auth_session_id=wanted)
        await self._load()
        return saved(_("That device is signed out"))

    @rx.event
    @signed_in
    async def end_others(self) -> Any:
        """Sign every other device out."""
        async with transaction() as session:
            ended = await end_other_sign_ins(session, actor=current_actor())
        await self._load()
        return saved(
            ngettext("{n} other device is signed out", "{n} other devices are signed out", ended).format(
                n=ended
            )
        )

    async def _load(self) -> None:
        actor = current_actor()
        async with reading() as session:
            settings = await current_settings(session)
            user = await own_account(session, actor=actor)
            found = await list_sign_ins(session, actor=actor)
        self.username, self.email = user.username, user.email or "–"
        self.sign_ins = [_row(item, settings.zone) for item in found]
        self.has_others = any(not item.is_current for item in found)
        self.answer = ngettext("Signed in on {n} device.", "Signed in on {n} devices.", len(found)).format(
            n=len(found)
        )


class PasswordForm(FormState, rx.State):
    """Choosing another password."""

    @rx.event
    @signed_in
    async def edit(self) -> None:
        """Open."""
        self._forget_errors()
        self.form_open = True

    @rx.event
    @signed_in
    async def save(self, form: dict[str, Any]) -> Any:
        """Change it and end the other sign-ins."""
        if not self.form_open:
            return None
        with self._form_errors():
            repeated = form.pop("repeated", "")
            data = PasswordChange.model_validate(form)
            if repeated != data.new_password:
                reason = _("The two are not the same.")
                raise InvalidInput(reason, fields={"repeated": reason})
            async with transaction() as session:
                await change_password(
                    session, actor=current_actor(), current=data.current_password, new=data.new_password
                )
            self.form_open = False
            return [saved(_("Password changed. Your other devices are signed out.")), Account.open]
        return None


@page(route=routes.ACCOUNT, title=_("My account"), on_load=[Account.open, Account.watch])
def account_page() -> rx.Component:
    return rx.fragment(
        page_header(_("My account"), Account.answer),
        rx.el.div(
            card(
                card_body(
                    facts(
                        (_("Name"), Shell.name),
                        (_("User name"), Account.username),
                        (_("E-mail"), Account.email),
                        (_("Role"), Shell.role_name),
                    )
                ),
                title=_("You"),
                actions=(button(_("Change password"), on_click=PasswordForm.edit),),
            ),
            card(
                card_body(
                    rx.el.div(
                        _theme_choice("system", _("Like the device")),
                        _theme_choice("light", _("Light")),
                        _theme_choice("dark", _("Dark")),
                        class_name="chips",
                        role="group",
                        aria_label=_("Theme"),
                    )
                ),
                title=_("Theme"),
            ),
            card(
                card_body(
                    rx.el.p(
                        _("See the timetable in your phone's or computer's calendar."), class_name="muted"
                    )
                ),
                title=_("Calendar"),
                actions=(link_button(_("Calendar links"), routes.ACCOUNT_CALENDAR),),
            ),
            card(
                plain_table(
                    Account.sign_ins,
                    [
                        Column(_("Device"), _device),
                        Column(_("Address"), lambda row: row.address, width="150px"),
                        Column(
                            _("Since"), lambda row: relative_time(row.since, row.since_exact), width="120px"
                        ),
                        Column(_("Action"), _end, width="110px", align="end", phone_label=False),
                    ],
                    label=_("Devices that are signed in"),
                ),
                title=_("Devices that are signed in"),
                actions=(
                    rx.cond(
                        Account.has_others, button(_("Sign out the others"), on_click=Account.end_others)
                    ),
                ),
            ),
            class_name="stack narrow",
        ),
        form_dialog(
            _password("current_password", _("Current password"), "current-password", auto_focus=True),
            _password("new_password", _("New password"), "new-password", help=_("At least 10 characters.")),
            _password("repeated", _("New password again"), "new-password"),
            state=PasswordForm,
            title=_("Change password"),
            submit=_("Change password"),
            on_submit=PasswordForm.save,
            id="password-form",
        ),
    )


def _password(name: str, label: str, auto_complete: str, **props: Any) -> rx.Component:
    return text_field(
        name, label, state=PasswordForm, type="password", required=True, auto_complete=auto_complete, **props
    )


def _theme_choice(mode: Any, label: str) -> rx.Component:
    return rx.el.button(
        label,
        type="button",
        class_name="chip",
        on_click=set_color_mode(mode),
        custom_attrs={"aria-pressed": rx.cond(color_mode == mode, "true", "false")},
    )


def _device(row: SignInRow) -> rx.Component:
    return rx.el.span(
        rx.el.span(row.device, class_name="truncate"),
        rx.cond(row.is_current, badge(_("this device"), tone="accent")),
        class_name="row",
    )


def _end(row: SignInRow) -> rx.Component:
    return rx.cond(
        row.is_current,
        rx.fragment(),
        rx.el.span(
            button(
                _("Sign out"),
                kind="quiet",
                on_click=Account.end(row.id),
                custom_attrs={"aria-description": row.device},
            ),
            class_name="row cell-actions",
        ),
    )


def _row(item: SignInRead, zone: Any) -> SignInRow:
    return SignInRow(
        id=str(item.id),
        device=_device_name(item),
        address=item.ip_address,
        since=item.created_at.isoformat(),
        since_exact=exact_time(item.created_at, zone),
        is_current=item.is_current,
    )


def _device_name(item: SignInRead) -> str:
    browser = next((name for sign, name in _BROWSERS if sign in item.user_agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in item.user_agent), "")
    if browser and system:
        return _("{browser} on {system}").format(browser=browser, system=system)
    return browser or system or (_("Program by the API") if item.door.value != "screen" else _("Browser"))
