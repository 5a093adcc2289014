"""The dialogs of the list of users: add and change, approve, and the one-time link."""

from typing import Any

import reflex as rx

from academics_app.accounts.schemas import UserCreate, UserUpdate
from academics_app.accounts.service import (
    access_user,
    approve_user,
    create_invitation,
    create_user,
    read_user,
    update_user,
)
from academics_app.accounts.ui.person import person_of
from academics_app.core.db import reading, transaction
from academics_app.core.permissions import Permission
from academics_app.institute.service import current_settings
from academics_app.students.service import find_students
from academics_app.ui.components import (
    button,
    dialog,
    exact_time,
    form_dialog,
    saved,
    select_field,
    text_field,
)
from academics_app.ui.forms import FormState, filled
from academics_app.ui.i18n import _
from academics_app.ui.identity import current_actor
from academics_app.ui.policy import allow

ROLES = (
    ("admin", _("Admin")),
    ("faculty", _("Faculty")),
    ("counselor", _("Counselor")),
    ("student", _("Student")),
    ("guardian", _("Guardian")),
)
_HAS_RECORD = ("faculty", "student", "guardian")
_LIKELY = 6


class UserForm(FormState, rx.State):
    """Adding and changing an account. Saving ends with an event that the list watches for."""

    user_id: int = 0
    version: int = 0
    username: str = ""
    full_name: str = ""
    email: str = ""
    role: str = ""
    asks_person: bool = False

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
    async def choose_role(self, role: str) -> None:
        """A role with a record behind it asks for the person."""
        self.asks_person = role in _HAS_RECORD and role != self.role

    @rx.event
    @allow(Permission.USER_MANAGE)
    async def save(self, form: dict[str, Any]) -> Any:
        """Store the form."""
        if not self.form_open:
            return None
        with self._form_errors(form):
            actor, values = current_actor(), filled(form)
            text = values.pop("person", None) or ""
            async with transaction() as session:
                if self.user_id:
                    data = UserUpdate.model_validate({**values, "version": self.version})
                    if data.role and data.role.value != self.role:
                        person = await person_of(session, actor=actor, role=data.role, text=text)
                        data = data.model_copy(update={**_NOBODY, **person})
                        data.model_fields_set.update(_NOBODY)
                    user = await update_user(session, actor=actor, user_id=self.user_id, data=data)
                else:
                    data = UserCreate.model_validate(values)
                    person = await person_of(session, actor=actor, role=data.role, text=text)
                    user = await create_user(session, actor=actor, data=data.model_copy(update=person))
            self.form_open = False
            if self.user_id:
                return saved(_("{name} changed").format(name=user.full_name))
            return InvitationLink.make(user.id)
        return None

    def _fill(self, user_id: int, version: int, username: str, full_name: str, email: str, role: str) -> None:
        self.user_id, self.version = user_id, version
        self.username, self.full_name, self.email, self.role = username, full_name, email, role
        self.asks_person = False
        self._forget_errors()
        self.form_open = True


_NOBODY: dict[str, None] = {"student_id": None, "faculty_id": None, "guardian_id": None}


class Approval(FormState, rx.State):
    """Letting a waiting student in, with the record that is theirs."""

    user_id: int = 0
    name: str = ""
    records: list[list[str]] = []

    @rx.event
    @allow(Permission.USER_MANAGE)
    async def ask(self, user_id: int) -> None:
        """Open with the records that may be this student's."""
        actor = current_actor()
        async with reading() as session:
            user = read_user(await access_user(session, int(user_id), actor=actor))
            likely = await find_students(session, actor=actor, query=user.full_name, limit=_LIKELY)
        self.user_id, self.name = user.id, user.full_name
        self.records = [[str(each.id), f"{each.full_name} ({each.code})"] for each in likely]
        self._forget_errors()
        self.form_open = True

    @rx.event
    @allow(Permission.USER_MANAGE)
    async def save(self, form: dict[str, Any]) -> Any:
        """Approve."""
        if not self.form_open:
            return None
        with self._form_errors(form):
            chosen = str(form.get("student_id") or "")
            student_id = int(chosen) if chosen.isdecimal() and len(chosen) < 19 else None
            async with transaction() as session:
                user = await approve_user(
                    session, actor=current_actor(), user_id=self.user_id, student_id=student_id
                )
            self.form_open = False
            return saved(_("{name} can sign in now").format(name=user.full_name))
        return None


class InvitationLink(rx.State):
    """A one-time link, shown once to the admin, who hands it over. It is gone when the dialog is closed."""

    url: str = ""
    name: str = ""
    expires: str = ""

    @rx.event
    @allow(Permission.USER_MANAGE)
    async def make(self, user_id: int) -> None:
        """Make a link; an earlier one, and the sign-ins of the account, end."""
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


def dialogs() -> rx.Component:
    """All of them; each is closed until its state opens it."""
    return rx.fragment(_user_dialog(), _approval_dialog(), _invitation_dialog())


def _user_dialog() -> rx.Component:
    is_new = UserForm.user_id == 0
    return form_dialog(
        text_field("full_name", _("Full name"), state=UserForm, value=UserForm.full_name, required=True),
        rx.cond(
            is_new,
            text_field(
                "username",
                _("User name"),
                state=UserForm,
                value=UserForm.username,
                required=True,
                auto_complete="off",
            ),
        ),
        text_field("email", _("E-mail"), state=UserForm, value=UserForm.email, type="email"),
        select_field(
            "role",
            _("Role"),
            ROLES,
            state=UserForm,
            value=UserForm.role,
            required=True,
            help=rx.cond(is_new, "", _("A new role ends the sign-ins of the account.")),
            on_change=UserForm.choose_role,
        ),
        rx.cond(
            UserForm.asks_person,
            text_field(
                "person",
                _("Whose account is it?"),
                state=UserForm,
                required=True,
                help=_("The code, or the name, of the student, faculty member or guardian on record."),
            ),
        ),
        state=UserForm,
        title=rx.cond(is_new, _("Add user"), _("Change user")),
        submit=rx.cond(is_new, _("Add and invite"), _("Save")),
        on_submit=UserForm.save,
        id="user-form",
    )


def _approval_dialog() -> rx.Component:
    return form_dialog(
        rx.el.p(rx.el.strong(Approval.name), _(" signed up and waits to be let in.")),
        select_field(
            "student_id",
            _("Student record"),
            Approval.records,
            state=Approval,
            required=True,
            empty_label=_("Make a new one"),
            help=_("Choose theirs if it is here already, so that nobody is on record twice."),
        ),
        state=Approval,
        title=_("Approve account"),
        submit=_("Approve"),
        on_submit=Approval.save,
        id="approval-form",
    )


def _invitation_dialog() -> rx.Component:
    url = rx.Var.create(InvitationLink.url)
    copy = rx.Var(f"window.academics.copy({url!s})", _var_data=url._get_all_var_data())  # noqa: SLF001 - Reflex's way
    return dialog(
        rx.el.div(
            rx.el.p(
                _("Hand this link over. It is not sent by itself and not shown again. It lets "),
                rx.el.strong(InvitationLink.name),
                _(" choose a password, once, until "),
                InvitationLink.expires,
                ".",
            ),
            rx.el.input(default_value=url, read_only=True, class_name="input", aria_label=_("One-time link")),
            class_name="stack",
        ),
        title=_("One-time link"),
        is_open=url != "",
        on_close=InvitationLink.close,
        id="invitation-link",
        footer=rx.fragment(
            button(_("Copy link"), kind="primary", icon="copy", on_click=rx.call_script(copy)),
            button(_("Done"), on_click=InvitationLink.close),
        ),
    )
