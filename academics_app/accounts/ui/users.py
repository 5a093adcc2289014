"""The admin's list of users: approve, add, invite by a one-time link, change, disable.

Also the example of a list screen: a view row, a ListState, a page.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import reflex as rx

from academics_app.accounts.schemas import UserRead, UserStatus
from academics_app.accounts.service import list_users, set_user_status
from academics_app.accounts.ui.user_forms import ROLES, Approval, InvitationLink, UserForm, dialogs
from academics_app.core.actor import Role
from academics_app.core.db import reading, transaction
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission
from academics_app.ui import routes
from academics_app.ui.components import (
    Column,
    badge,
    button,
    data_list,
    empty_state,
    filter_chip,
    filter_select,
    initials_of,
    page_header,
    person,
    undoable,
)
from academics_app.ui.i18n import _, ngettext
from academics_app.ui.identity import current_actor
from academics_app.ui.listing import ListState
from academics_app.ui.pages import page
from academics_app.ui.policy import allow
from academics_app.ui.watching import changes, guarded

_ROLE_LABELS = dict(ROLES)
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
        return undoable(text, undo)

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
                Column(_("Actions"), _actions, width="230px", align="end", phone_label=False),
            ],
            label=_("Users"),
            search=_("Name, user name or e-mail"),
            filters=[
                filter_chip(UserList, "status", "pending", _("Waiting")),
                filter_chip(UserList, "status", "disabled", _("Disabled")),
                filter_select(UserList, "role", _("Any role"), ROLES),
            ],
            empty=empty_state(_("No users yet"), _("Everybody who may sign in will be listed here.")),
            retry=UserList.open,
        ),
        dialogs(),
    )


def _actions(row: UserRow) -> rx.Component:
    named: dict[str, Any] = {"custom_attrs": {"aria-description": row.name}}
    change = button(_("Change"), kind="quiet", on_click=UserForm.edit(row.id), **named)
    return rx.el.span(
        rx.match(
            row.status,
            ("pending", button(_("Approve"), kind="primary", on_click=Approval.ask(row.id), **named)),
            ("disabled", button(_("Let in again"), on_click=UserList.set_status(row.id, "active"), **named)),
            rx.fragment(
                button(_("Invite"), kind="quiet", on_click=InvitationLink.make(row.id), **named),
                change,
                button(_("Disable"), kind="quiet", on_click=UserList.set_status(row.id, "disabled"), **named),
            ),
        ),
        class_name="row cell-actions",
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
