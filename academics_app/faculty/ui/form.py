"""The panel in which a faculty member is added or changed."""

from typing import Any

import reflex as rx

from academics_app.core.db import reading, transaction
from academics_app.core.errors import Conflict
from academics_app.core.permissions import Permission
from academics_app.faculty.schemas import FacultyCreate, FacultyRead, FacultyUpdate
from academics_app.faculty.service import create_faculty, read_faculty, update_faculty
from academics_app.faculty.ui.wording import STATUS_OPTIONS
from academics_app.ui import routes
from academics_app.ui.components import form_dialog, saved, select_field, text_field
from academics_app.ui.forms import FormState
from academics_app.ui.i18n import _
from academics_app.ui.identity import current_actor
from academics_app.ui.policy import allow

FACULTY_NEW = f"{routes.FACULTY}/new"

_FIELDS = ("full_name", "phone", "email", "code", "status")


class FacultyForm(FormState, rx.State):
    """One faculty member's fields. Only what was changed here is sent."""

    faculty_id: int = 0
    name: str = ""
    opened: dict[str, str] = {}

    _version: int = 0

    @rx.event
    @allow(Permission.FACULTY_MANAGE)
    async def add(self) -> None:
        """Open empty. A page that is loaded again after a dropped connection keeps what was being typed."""
        if self.form_open and not self.faculty_id:
            return
        self.faculty_id, self.name, self._version = 0, "", 0
        self.opened = dict.fromkeys(_FIELDS, "") | {"status": "active"}
        self._forget_errors()
        self.form_open = True

    @rx.event
    @allow(Permission.FACULTY_MANAGE)
    async def edit(self, faculty_id: int) -> None:
        """Open with a faculty member."""
        async with reading() as session:
            member = await read_faculty(session, actor=current_actor(), faculty_id=int(faculty_id))
        self.faculty_id, self.name, self._version = member.id, member.full_name, member.version
        self.opened = _values(member)
        self._forget_errors()
        self.form_open = True

    @rx.event
    @allow(Permission.FACULTY_MANAGE)
    async def save(self, form: dict[str, Any]) -> Any:
        """Store the form, and show the faculty member."""
        if not self.form_open:
            return None
        with self._form_errors():
            values = {name: str(form.get(name, "")) for name in _FIELDS}
            try:
                async with transaction() as session:
                    member = await self._store(session, values)
            except Conflict as conflict:
                if conflict.code != "stale_version":
                    raise
                await self._explain_stale()
                return None
            self.form_open = False
            if self.faculty_id:
                return saved(_("{name} changed").format(name=member.full_name))
            return [
                saved(_("{name} added").format(name=member.full_name)),
                rx.redirect(routes.faculty_member(member.id)),
            ]
        return None

    @rx.event
    @allow(Permission.FACULTY_MANAGE)
    async def close_form(self) -> Any:
        """Close without saving; the address of the empty form becomes that of the list."""
        self.form_open = False
        self._forget_errors()
        if self.router.url.path.rstrip("/") == FACULTY_NEW:
            return rx.redirect(routes.FACULTY, replace=True)
        return None

    async def _store(self, session: Any, values: dict[str, str]) -> FacultyRead:
        actor = current_actor()
        if not self.faculty_id:
            return await create_faculty(session, actor=actor, data=FacultyCreate.model_validate(values))
        changed = {name: value for name, value in values.items() if value.strip() != self.opened[name]}
        data = FacultyUpdate.model_validate({**changed, "version": self._version})
        return await update_faculty(session, actor=actor, faculty_id=self.faculty_id, data=data)

    async def _explain_stale(self) -> None:
        async with reading() as session:
            member = await read_faculty(session, actor=current_actor(), faculty_id=self.faculty_id)
        self._version = member.version
        self.form_problem = _(
            "Somebody else changed this record since you opened the form. Nothing of yours was lost: save again to "
            "store your changes on top, or cancel to leave theirs."
        )


def faculty_form() -> rx.Component:
    """The panel; once on each page that opens it."""
    is_new = FacultyForm.faculty_id == 0
    return form_dialog(
        _text("full_name", _("Name"), required=True, auto_focus=True),
        _text("phone", _("Phone"), type="tel"),
        _text("email", _("E-mail"), type="email"),
        rx.el.div(
            _text("code", _("Code"), help=rx.cond(is_new, _("Empty: the next free one."), "")),
            select_field(
                "status",
                _("Status"),
                STATUS_OPTIONS,
                state=FacultyForm,
                value=FacultyForm.opened["status"],
                required=True,
            ),
            class_name="form-grid",
        ),
        state=FacultyForm,
        title=rx.cond(is_new, _("Add faculty member"), FacultyForm.name),
        submit=rx.cond(is_new, _("Add faculty member"), _("Save")),
        on_submit=FacultyForm.save,
        id="faculty-form",
        side=True,
    )


def _text(name: str, label: str, **props: Any) -> rx.Component:
    return text_field(
        name, label, state=FacultyForm, value=FacultyForm.opened[name], auto_complete="off", **props
    )


def _values(member: FacultyRead) -> dict[str, str]:
    return {
        "full_name": member.full_name,
        "phone": member.phone or "",
        "email": member.email or "",
        "code": member.code,
        "status": member.status.value,
    }
