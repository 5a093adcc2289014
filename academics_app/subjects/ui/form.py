"""The dialog in which a subject is added or changed."""

from typing import Any

import reflex as rx

from academics_app.core.db import reading, transaction
from academics_app.core.errors import Conflict
from academics_app.core.permissions import Permission
from academics_app.subjects.schemas import SubjectCreate, SubjectRead, SubjectUpdate
from academics_app.subjects.service import create_subject, read_subject, update_subject
from academics_app.ui import routes
from academics_app.ui.components import check_field, form_dialog, saved, text_area, text_field
from academics_app.ui.forms import FormState
from academics_app.ui.i18n import _
from academics_app.ui.identity import current_actor
from academics_app.ui.policy import allow

_FIELDS = ("name", "code", "description")


class SubjectForm(FormState, rx.State):
    """One subject's fields. Only what was changed here is sent."""

    subject_id: int = 0
    name: str = ""
    opened: dict[str, str] = {}
    is_active: bool = True

    _version: int = 0

    @rx.event
    @allow(Permission.SUBJECT_MANAGE)
    async def add(self) -> None:
        """Open empty."""
        self.subject_id, self.name, self._version, self.is_active = 0, "", 0, True
        self.opened = dict.fromkeys(_FIELDS, "")
        self._forget_errors()
        self.form_open = True

    @rx.event
    @allow(Permission.SUBJECT_MANAGE)
    async def edit(self, subject_id: int) -> None:
        """Open with a subject."""
        async with reading() as session:
            subject = await read_subject(session, actor=current_actor(), subject_id=int(subject_id))
        self.subject_id, self.name, self._version = subject.id, subject.name, subject.version
        self.opened = {"name": subject.name, "code": subject.code, "description": subject.description}
        self.is_active = subject.is_active
        self._forget_errors()
        self.form_open = True

    @rx.event
    @allow(Permission.SUBJECT_MANAGE)
    async def save(self, form: dict[str, Any]) -> Any:
        """Store the form, and show the subject."""
        if not self.form_open:
            return None
        with self._form_errors():
            values = {name: str(form.get(name, "")) for name in _FIELDS}
            try:
                async with transaction() as session:
                    subject = await self._store(session, values, is_active="is_active" in form)
            except Conflict as conflict:
                if conflict.code != "stale_version":
                    raise
                await self._explain_stale()
                return None
            self.form_open = False
            if self.subject_id:
                return saved(_("{name} changed").format(name=subject.name))
            return [
                saved(_("{name} added").format(name=subject.name)),
                rx.redirect(routes.subject(subject.id)),
            ]
        return None

    async def _store(self, session: Any, values: dict[str, str], *, is_active: bool) -> SubjectRead:
        actor = current_actor()
        if not self.subject_id:
            return await create_subject(session, actor=actor, data=SubjectCreate.model_validate(values))
        changed: dict[str, Any] = {
            name: value for name, value in values.items() if value.strip() != self.opened[name]
        }
        if is_active != self.is_active:
            changed["is_active"] = is_active
        data = SubjectUpdate.model_validate({**changed, "version": self._version})
        return await update_subject(session, actor=actor, subject_id=self.subject_id, data=data)

    async def _explain_stale(self) -> None:
        async with reading() as session:
            subject = await read_subject(session, actor=current_actor(), subject_id=self.subject_id)
        self._version = subject.version
        self.form_problem = _(
            "Somebody else changed this subject since you opened the form. Nothing of yours was lost: save again to "
            "store your changes on top, or cancel to leave theirs."
        )


def subject_form() -> rx.Component:
    """The dialog; once on each page that opens it."""
    is_new = SubjectForm.subject_id == 0
    return form_dialog(
        _text("name", _("Name"), required=True, auto_focus=True),
        _text(
            "code",
            _("Code"),
            help=rx.cond(is_new, _("Short and known to all, such as PHY-B. Empty: the next free one."), ""),
        ),
        text_area(
            "description",
            _("Description"),
            state=SubjectForm,
            value=SubjectForm.opened["description"],
            rows=4,
        ),
        rx.cond(
            is_new, rx.fragment(), check_field("is_active", _("Taught now"), value=SubjectForm.is_active)
        ),
        state=SubjectForm,
        title=rx.cond(is_new, _("Add subject"), SubjectForm.name),
        submit=rx.cond(is_new, _("Add subject"), _("Save")),
        on_submit=SubjectForm.save,
        id="subject-form",
    )


def _text(name: str, label: str, **props: Any) -> rx.Component:
    return text_field(
        name, label, state=SubjectForm, value=SubjectForm.opened[name], auto_complete="off", **props
    )
