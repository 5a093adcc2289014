"""Signing in, signing up, the first run, and the answer to an invitation: forms that the browser sends by itself."""

from typing import Any

import reflex as rx

from academics_app.accounts.service import needs_setup
from academics_app.core.db import reading
from academics_app.ui import routes
from academics_app.ui.components import NativeForm, button, link, text_field
from academics_app.ui.i18n import _
from academics_app.ui.identity import current_actor_or_none
from academics_app.ui.navigation import home_of
from academics_app.ui.pages import bare_page
from academics_app.ui.policy import public

_MAX_TYPED = 200

_REASONS = {
    "wrong_credentials": _("The user name or the password is wrong."),
    "account_pending": _("An admin has not approved this account yet."),
    "account_disabled": _("This account is disabled. Please ask an admin."),
    "too_many_tries": _("Too many tries. Please wait a moment and try again."),
    "already_set_up": _("There is an admin already. Please ask them for an account."),
    "invitation_void": _(
        "This invitation was used already or has run out. Please ask an admin for a new one."
    ),
    "conflict": _("This user name is taken."),
    "invalid_input": _("Please check what you have entered."),
}
_FIELD_REASONS = {
    "username": _("Use at least 3 characters without spaces; another one may be taken already."),
    "email": _("This is not an e-mail address."),
    "full_name": _("Please fill this in."),
    "password": _("Use at least 10 characters, four of them different."),
    "institute_name": _("Please fill this in."),
    "time_zone": _("This is not a time zone name such as Europe/Paris."),
}
_NOTICES = {
    "pending": _("Your account was made. You can sign in once an admin has approved it."),
    "registered": _("Your account was made. You can sign in now."),
}


class SignIn(rx.State):
    """What the address says of the last try: never a password, never a token."""

    problem: str = ""
    notice: str = ""
    field_errors: dict[str, str] = {}
    typed: dict[str, str] = {}
    next_path: str = "/"

    @rx.event
    @public
    async def open(self) -> Any:
        """Read the address; somebody who is signed in goes on, a new institute goes to its first run."""
        if (actor := current_actor_or_none()) is not None:
            return rx.redirect(home_of(actor.role), replace=True)
        is_setup = self.router.url.path.rstrip("/") == routes.SETUP
        async with reading() as session:
            is_new = await needs_setup(session)
        if is_new != is_setup:
            return rx.redirect(routes.SETUP if is_new else routes.LOGIN, replace=True)
        self._read_address()
        return None

    @rx.event
    @public
    async def open_invitation(self) -> None:
        """Read the address of the page that an invitation leads to."""
        self._read_address()

    def _read_address(self) -> None:
        query = self.router.url.query_parameters
        error, field = query.get("error", ""), query.get("field", "")
        self.field_errors = {field: _FIELD_REASONS[field]} if error and field in _FIELD_REASONS else {}
        self.problem = (
            "" if self.field_errors or not error else _REASONS.get(error, _REASONS["invalid_input"])
        )
        wait = query.get("wait", "")
        if error == "too_many_tries" and wait.isdecimal():
            self.problem = _("Too many tries. Please wait {n} seconds and try again.").format(n=wait)
        self.notice = _NOTICES.get(query.get("notice", ""), "")
        self.typed = {
            name: query.get(name, "")[:_MAX_TYPED]
            for name in ("username", "email", "full_name", "institute_name", "time_zone")
            if query.get(name)
        }
        self.next_path = query.get("next", "/")[:2000]


@bare_page(route=routes.LOGIN, title=_("Sign in"), on_load=[SignIn.open])
def login_page() -> rx.Component:
    return _form(
        _("Sign in"),
        routes.SCREEN_LOGIN,
        rx.el.input(type="hidden", name="next", value=SignIn.next_path, read_only=True),
        _field("username", _("User name or e-mail"), auto_complete="username", auto_focus=True),
        _password(_("Password"), "current-password"),
        submit=_("Sign in"),
        below=rx.fragment(_("New student? "), link(_("Sign up"), href=routes.SIGN_UP)),
    )


@bare_page(route=routes.SIGN_UP, title=_("Sign up"), on_load=[SignIn.open])
def sign_up_page() -> rx.Component:
    return _form(
        _("Sign up as a student"),
        routes.SCREEN_SIGN_UP,
        _field("full_name", _("Full name"), auto_complete="name", auto_focus=True),
        _field("email", _("E-mail"), type="email", auto_complete="email"),
        _field("username", _("User name"), auto_complete="username"),
        _password(_("Password"), "new-password", help=_("At least 10 characters.")),
        submit=_("Sign up"),
        intro=_("An admin approves new accounts before the first sign-in."),
        below=rx.fragment(_("Have an account? "), link(_("Sign in"), href=routes.LOGIN)),
    )


@bare_page(route=routes.SETUP, title=_("First run"), on_load=[SignIn.open])
def setup_page() -> rx.Component:
    return _form(
        _("Set up your institute"),
        routes.SCREEN_SETUP,
        _field("institute_name", _("Name of the institute"), auto_complete="organization", auto_focus=True),
        _field(
            "time_zone",
            _("Time zone"),
            fallback="UTC",
            help=_("Such as Europe/Paris. You can change it later."),
        ),
        _field("full_name", _("Your name"), auto_complete="name"),
        _field("email", _("Your e-mail"), type="email", auto_complete="email"),
        _field("username", _("User name"), auto_complete="username"),
        _password(_("Password"), "new-password", help=_("At least 10 characters.")),
        submit=_("Create the first admin"),
        intro=_("There is no admin yet. This account will be the first one."),
    )


@bare_page(route=routes.INVITATION, title=_("Choose a password"), on_load=[SignIn.open_invitation])
def invitation_page() -> rx.Component:
    return _form(
        _("Choose a password"),
        routes.SCREEN_INVITATION,
        _password(_("New password"), "new-password", help=_("At least 10 characters."), auto_focus=True),
        submit=_("Save and sign in"),
        intro=_("You were invited. Choose the password that you will sign in with."),
    )


def _form(
    title: str,
    action: str,
    *fields: rx.Component,
    submit: str,
    intro: str = "",
    below: rx.Component | None = None,
) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.span("A", class_name="brand-mark", aria_hidden=True),
            rx.el.h1(title),
            class_name="row bare-head",
        ),
        *([rx.el.p(intro, class_name="muted small")] if intro else []),
        rx.cond(SignIn.notice, rx.el.p(SignIn.notice, class_name="notice notice-present", role="status")),
        rx.cond(SignIn.problem, rx.el.p(SignIn.problem, class_name="form-problem", role="alert")),
        NativeForm.create(
            *fields,
            button(submit, kind="primary", type="submit", class_name="btn-block"),
            action=action,
            method="post",
            class_name="form",
        ),
        *([rx.el.p(below, class_name="small muted")] if below is not None else []),
        class_name="bare-card stack",
    )


def _field(name: str, label: str, *, fallback: str = "", **props: Any) -> rx.Component:
    typed = SignIn.typed[name]
    return text_field(
        name,
        label,
        value=rx.cond(typed, typed, fallback),
        error=SignIn.field_errors[name],
        required=True,
        key=rx.cond(typed, typed, name),
        **props,
    )


def _password(label: str, auto_complete: str, **props: Any) -> rx.Component:
    return text_field(
        "password",
        label,
        type="password",
        error=SignIn.field_errors["password"],
        required=True,
        auto_complete=auto_complete,
        **props,
    )
