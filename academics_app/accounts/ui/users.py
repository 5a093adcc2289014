"""The admin's list of users: approve, add, invite by a one-time link, change, disable. Also the example of a list screen."""

from dataclasses import dataclass
from typing import Any, ClassVar

import reflex as rx

from academics_app.accounts.schemas import UserCreate, UserRead, UserStatus, UserUpdate
from academics_app.accounts.service import (
    access_user,
    approve_user,
    create_invitation,
    create_user,
    list_users,
    read_user,
    set_user_status,
    update_user,
)
from academics_app.core.actor import Role
from academics_app.core.pagination import PageRequest
from academics_app.core.db import reading, transaction
from academics_app.core.permissions import Permission
from academics_app.institute.service import current_settings
from academics_app.ui import routes
from academics_app.ui.components import (
    Column,
    badge,
    button,
    data_list,
    dialog,
    empty_state,
    exact_time,
    filter_chip,
    filter_select,
    form_dialog,
    initials_of,
    page_header,
    person,
    saved,
    select_field,
    text_field,
    undoable,
)
from academics_app.ui.forms import FormState, filled
from academics_app.ui.i18n import _, ngettext
from academics_app.ui.identity import current_actor
from academics_app.ui.listing import ListState
from academics_app.ui.pages import page
from academics_app.ui.policy import allow
from academics_app.ui.watching import changes, guarded

_ROLES = (
    ("admin", _("Admin")),
    ("faculty", _("Faculty")),
    ("counselor", _("Counselor")),
    ("student", _("Student")),
    ("guardian", _("Guardian")),
)
_ROLE_LABELS = dict(_ROLES)
_STATUSES = {
    "pending": (_("Waiting for approval"), "late"),
    "invited": (_("No password yet"), "excused"),
    "active": (_("Active"), "present"),
    "disabled": (_("Disabled"), "untaken"),
}


@dataclass
class UserRow:
    """A line of the list."""

    id: int
    name: str
    initials: str
    username: str
    email: str
    role: str
    status: str
    status_label: str
    tone: str


class UserList(ListState, rx.State):
    """The users that fit the address."""

    FILTERS: ClassVar = {"status": ("pending", "active", "disabled"), "role": tuple(_ROLE_LABELS)}

    rows: list[UserRow] = []
    answer: str = ""

    @rx.event
    @allow(Permission.USER_MANAGE)
    async def open(self) -> None:
        """Load by the address."""
        await self._open()

    @rx.event(background=True)
    @allow(Permission.USER_MANAGE)
    async def watch(self) -> None:
        """Load again when an account has changed."""
        async for _topics in changes("users", at_once=False):
            with guarded():
                async with self:
                    await self._load()

    @rx.event
    @allow(Permission.USER_MANAGE)
    async def approve(self, user_id: int) -> Any:
        """Let a waiting student in, with a new student record."""
        async with transaction() as session:
            user = await approve_user(session, actor=current_actor(), user_id=int(user_id))
        return [saved(_("{name} can sign in now").format(name=user.full_name)), UserList.open]

    @rx.event
    @allow(Permission.USER_MANAGE)
    async def set_status(self, user_id: int, status: str) -> Any:
        """Disable an account or let it in again."""
        async with transaction() as session:
            user = await set_user_status(
                session, actor=current_actor(), user_id=int(user_id), status=UserStatus(status)
            )
        if user.status is UserStatus.DISABLED:
            text = _("{name} is disabled and was signed out everywhere").format(name=user.full_name)
            undo = UserList.set_status(user.id, UserStatus.ACTIVE.value)
        else:
            text = _("{name} may sign in again").format(name=user.full_name)
            undo = UserList.set_status(user.id, UserStatus.DISABLED.value)
        return [undoable(text, undo), UserList.open]

    async def _load(self) -> None:
        role, status = self.filters.get("role"), self.filters.get("status")
        async with reading() as session:
            actor = current_actor()
            found = await list_users(
                session,
                actor=actor,
                page=self._page_request(),
                query=self.q,
                role=Role(role) if role else None,
                status=UserStatus(status) if status else None,
            )
            waiting = await list_users(
                session, actor=actor, page=PageRequest(limit=1), status=UserStatus.PENDING
            )
        self.rows = [_row(user) for user in found.items]
        self._count(len(found.items), found.total)
        self.answer = (
            ngettext(
                "{n} student waits for your approval.", "{n} students wait for your approval.", waiting.total
            ).format(n=waiting.total)
            if waiting.total
            else _("Nobody waits for approval.")
        )


class UserForm(FormState, rx.State):
    """Adding and changing an account."""

    user_id: int = 0
    version: int = 0
    username: str = ""
    full_name: str = ""
    email: str = ""
    role: str = ""

    @rx.event
    @allow(Permission.USER_MANAGE)
    async def add(self) -> None:
        """Open empty."""
        self._fill(0, 0, "", "", "", "counselor")

    @rx.event
    @allow(Permission.USER_MANAGE)
    async def edit(self, user_id: int) -> None:
        """Open with an account."""
        async with reading() as session:
            user = read_user(await access_user(session, int(user_id), actor=current_actor()))
        self._fill(user.id, user.version, user.username, user.full_name, user.email or "", user.role.value)

    @rx.event
    @allow(Permission.USER_MANAGE)
    async def save(self, form: dict[str, Any]) -> Any:
        """Store the form."""
        if not self.form_open:
            return None
        with self._form_errors():
            actor, values = current_actor(), filled(form)
            async with transaction() as session:
                if self.user_id:
                    data = UserUpdate.model_validate({**values, "version": self.version})
                    user = await update_user(session, actor=actor, user_id=self.user_id, data=data)
                else:
                    user = await create_user(session, actor=actor, data=UserCreate.model_validate(values))
            self.form_open = False
            if self.user_id:
                return [saved(_("{name} changed").format(name=user.full_name)), UserList.open]
            return [UserList.open, InvitationLink.make(user.id)]
        return None

    def _fill(self, user_id: int, version: int, username: str, full_name: str, email: str, role: str) -> None:
        self.user_id, self.version = user_id, version
        self.username, self.full_name, self.email, self.role = username, full_name, email, role
        self._forget_errors()
        self.form_open = True


class InvitationLink(rx.State):
    """A one-time link, shown once to the admin, who hands it over. It is gone when the dialog is closed."""

    url: str = ""
    name: str = ""
    expires: str = ""

    @rx.event
    @allow(Permission.USER_MANAGE)
    async def make(self, user_id: int) -> None:
        """Make a link; an earlier one, and the present password's sign-ins, end."""
        async with transaction() as session:
            invitation = await create_invitation(session, actor=current_actor(), user_id=int(user_id))
            settings = await current_settings(session)
        self.url, self.name = invitation.url, invitation.user.full_name
        self.expires = exact_time(invitation.expires_at, settings.zone)

    @rx.event
    @allow(Permission.USER_MANAGE)
    async def close(self) -> None:
        """Forget the link."""
        self.reset()


@page(
    route=routes.USERS,
    title=_("Users"),
    permission=Permission.USER_MANAGE,
    on_load=[UserList.open, UserList.watch],
)
def users_page() -> rx.Component:
    return rx.fragment(
        page_header(
            _("Users"),
            UserList.answer,
            button(_("Add user"), kind="primary", icon="plus", on_click=UserForm.add, creates=True),
        ),
        data_list(
            UserList,
            UserList.rows,
            [
                Column(_("Name"), lambda row: person(row.name, row.initials), width="26%"),
                Column(_("User name"), lambda row: row.username),
                Column(_("E-mail"), lambda row: row.email, on_phone=False),
                Column(_("Role"), lambda row: row.role, width="110px"),
                Column(_("Status"), lambda row: badge(row.status_label, tone=row.tone), width="170px"),
                Column(_("Actions"), _actions, width="230px"),
            ],
            label=_("Users"),
            search=_("Name, user name or e-mail"),
            filters=[
                filter_chip(UserList, "status", "pending", _("Waiting")),
                filter_chip(UserList, "status", "disabled", _("Disabled")),
                filter_select(UserList, "role", _("Any role"), _ROLES),
            ],
            empty=empty_state(_("No users yet"), _("Everybody who may sign in will be listed here.")),
            retry=UserList.open,
        ),
        _user_dialog(),
        _invitation_dialog(),
    )


def _actions(row: UserRow) -> rx.Component:
    named = {"custom_attrs": {"aria-description": row.name}}
    change = button(_("Change"), kind="quiet", on_click=UserForm.edit(row.id), **named)
    return rx.el.span(
        rx.match(
            row.status,
            ("pending", button(_("Approve"), kind="primary", on_click=UserList.approve(row.id), **named)),
            ("disabled", button(_("Let in again"), on_click=UserList.set_status(row.id, "active"), **named)),
            rx.fragment(
                button(_("Invite"), kind="quiet", on_click=InvitationLink.make(row.id), **named),
                change,
                button(_("Disable"), kind="quiet", on_click=UserList.set_status(row.id, "disabled"), **named),
            ),
        ),
        class_name="row cell-actions",
    )


def _user_dialog() -> rx.Component:
    is_new = UserForm.user_id == 0
    return form_dialog(
        text_field("full_name", _("Full name"), state=UserForm, value=UserForm.full_name, required=True, auto_focus=True),
        rx.cond(
            is_new,
            text_field("username", _("User name"), state=UserForm, value=UserForm.username, required=True, auto_complete="off"),
        ),
        text_field("email", _("E-mail"), state=UserForm, value=UserForm.email, type="email"),
        select_field(
            "role",
            _("Role"),
            _ROLES,
            state=UserForm,
            value=UserForm.role,
            required=True,
            help=_("A new role ends the sign-ins of the account."),
        ),
        state=UserForm,
        title=rx.cond(is_new, _("Add user"), _("Change user")),
        submit=rx.cond(is_new, _("Add and invite"), _("Save")),
        on_submit=UserForm.save,
        id="user-form",
    )


def _invitation_dialog() -> rx.Component:
    return dialog(
        rx.el.div(
            rx.el.p(
                _("Hand this link over; it is not sent by itself, and it is not shown again. With it "),
                rx.el.strong(InvitationLink.name),
                _(" chooses a password, once, until "),
                InvitationLink.expires,
                ".",
            ),
            rx.el.input(
                default_value=InvitationLink.url, read_only=True, class_name="input", aria_label=_("One-time link"), auto_focus=True
            ),
            class_name="stack",
        ),
        title=_("One-time link"),
        is_open=InvitationLink.url != "",
        on_close=InvitationLink.close,
        id="invitation-link",
        footer=rx.fragment(
            button(
                _("Copy link"),
                kind="primary",
                icon="copy",
                on_click=rx.call_script(rx.Var(f"window.academics.copy({InvitationLink.url!s})", _var_data=InvitationLink.url._get_all_var_data())),
            ),
            button(_("Done"), on_click=InvitationLink.close),
        ),
    )


def _row(user: UserRead) -> UserRow:
    status = user.status.value
    if user.status is UserStatus.ACTIVE and not user.has_password:
        status = "invited"
    label, tone = _STATUSES[status]
    return UserRow(
        id=user.id,
        name=user.full_name,
        initials=initials_of(user.full_name),
        username=user.username,
        email=user.email or "",
        role=_ROLE_LABELS[user.role.value],
        status=status,
        status_label=label,
        tone=tone,
    )
