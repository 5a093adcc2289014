"""The guardians on a student's page: who they are, adding, linking, changing and removing them."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from academics_app.core.db import reading, transaction
from academics_app.core.errors import InvalidInput, NotFound
from academics_app.core.permissions import Permission
from academics_app.students.guardians import (
    add_guardian,
    list_guardians,
    remove_guardian,
    update_guardian,
)
from academics_app.students.schemas import GuardianAdd, GuardianUpdate, StudentGuardianRead
from academics_app.students.ui.guardian_search import GuardianSearch, guardian_search
from academics_app.ui.components import (
    Column,
    badge,
    button,
    card,
    card_body,
    check_field,
    form_dialog,
    icon_button,
    plain_table,
    saved,
    text_field,
    undoable,
)
from academics_app.ui.forms import FormState
from academics_app.ui.i18n import _
from academics_app.ui.identity import current_actor
from academics_app.ui.policy import allow


@dataclass
class GuardianRow:
    """A guardian of the student."""

    id: int
    name: str
    relation: str
    phone: str
    email: str
    is_primary: bool
    others: str
    """The names of their other students."""


class GuardianForm(FormState, rx.State):
    """Adding a new guardian, and changing one."""

    guardian_id: int = 0
    name: str = ""
    opened: dict[str, str] = {}
    is_primary: bool = False
    others: str = ""

    _student_id: int = 0
    _version: int = 0
    _removed: tuple[int, int, dict[str, str]] = (0, 0, {})

    @rx.event
    @allow(Permission.STUDENT_UPDATE)
    async def add(self, student_id: int) -> None:
        """Open empty, for a student."""
        self._student_id, self.guardian_id, self._version = int(student_id), 0, 0
        self.name, self.others, self.is_primary = "", "", False
        self.opened = {"full_name": "", "relation": "", "phone": "", "email": ""}
        self._forget_errors()
        self.form_open = True

    @rx.event
    @allow(Permission.STUDENT_UPDATE)
    async def edit(self, student_id: int, guardian_id: int) -> None:
        """Open with one of a student's guardians."""
        guardian = await _stored(int(student_id), int(guardian_id))
        self._student_id, self.guardian_id, self._version = int(student_id), guardian.id, guardian.version
        self.name, self.is_primary = guardian.full_name, guardian.is_primary
        self.others = _others(guardian, self._student_id)
        self.opened = _values(guardian)
        self._forget_errors()
        self.form_open = True

    @rx.event
    @allow(Permission.STUDENT_UPDATE)
    async def save(self, form: dict[str, Any]) -> Any:
        """Store the form; the page follows by its watch."""
        if not self.form_open:
            return None
        with self._form_errors():
            values: dict[str, Any] = {name: str(form.get(name, "")) for name in self.opened}
            is_primary = "is_primary" in form
            async with transaction() as session:
                if self.guardian_id:
                    values["relation"] = values["relation"].strip() or self.opened["relation"]
                    changed = {name: value for name, value in values.items() if value != self.opened[name]}
                    if is_primary != self.is_primary:
                        changed["is_primary"] = is_primary
                    guardian = await update_guardian(
                        session,
                        actor=current_actor(),
                        student_id=self._student_id,
                        guardian_id=self.guardian_id,
                        data=GuardianUpdate.model_validate({**changed, "version": self._version}),
                    )
                else:
                    if not values["full_name"].strip():
                        empty = _("Please fill this in.")
                        raise InvalidInput(empty, fields={"full_name": empty})
                    data = {name: value for name, value in values.items() if value.strip()}
                    guardian = await add_guardian(
                        session,
                        actor=current_actor(),
                        student_id=self._student_id,
                        data=GuardianAdd.model_validate(data | ({"is_primary": True} if is_primary else {})),
                    )
            self.form_open = False
            done = _("{name} changed") if self.guardian_id else _("{name} added")
            return saved(done.format(name=guardian.full_name))
        return None

    @rx.event
    @allow(Permission.STUDENT_UPDATE)
    async def remove(self, student_id: int, guardian_id: int) -> Any:
        """Unlink a guardian, with Undo."""
        guardian = await _stored(int(student_id), int(guardian_id))
        async with transaction() as session:
            await remove_guardian(
                session, actor=current_actor(), student_id=int(student_id), guardian_id=guardian.id
            )
        self._removed = (int(student_id), guardian.id, _values(guardian))
        self.is_primary = guardian.is_primary
        return undoable(_("{name} removed").format(name=guardian.full_name), GuardianForm.undo_remove)

    @rx.event
    @allow(Permission.STUDENT_UPDATE)
    async def undo_remove(self) -> Any:
        """Link the guardian that was removed last again."""
        student_id, guardian_id, values = self._removed
        if not student_id:
            return None
        self._removed = (0, 0, {})
        link: dict[str, Any] = {"relation": values["relation"], "is_primary": self.is_primary}
        try:
            data = GuardianAdd.model_validate({**link, "guardian_id": guardian_id})
            async with transaction() as session:
                await add_guardian(session, actor=current_actor(), student_id=student_id, data=data)
        except NotFound:
            # Without the link, the guardian is nobody whom a faculty member may know of.
            data = GuardianAdd.model_validate({**link, **values})
            async with transaction() as session:
                await add_guardian(session, actor=current_actor(), student_id=student_id, data=data)
        return saved(_("{name} is a guardian again").format(name=values["full_name"]))


def guardian_row(guardian: StudentGuardianRead, student_id: int) -> GuardianRow:
    """The line of one of a student's guardians."""
    return GuardianRow(
        id=guardian.id,
        name=guardian.full_name,
        relation=guardian.relation,
        phone=guardian.phone or "",
        email=guardian.email or "",
        is_primary=guardian.is_primary,
        others=_others(guardian, student_id),
    )


def guardians_card(rows: Any, student_id: Any, may_edit: Any) -> rx.Component:
    """The section with its dialogs; they are there for who may edit alone."""
    add = button(_("Add guardian"), icon="plus", on_click=GuardianForm.add(student_id))
    nobody = rx.el.p(_("Nobody yet. Add whom to call when the student is missing."), class_name="muted small")
    return rx.fragment(
        card(
            rx.cond(
                rows.length() > 0,
                plain_table(rows, _columns(student_id, may_edit), label=_("Guardians")),
                card_body(nobody),
            ),
            title=_("Guardians"),
            actions=(rx.cond(may_edit, add),),
        ),
        rx.cond(may_edit, rx.fragment(_form_dialog(student_id), guardian_search())),
    )


def _columns(student_id: Any, may_edit: Any) -> list[Column]:
    return [
        Column(_("Name"), _name, width="32%"),
        Column(_("Relation"), lambda row: row.relation, width="16%"),
        Column(_("Phone"), lambda row: _contact("tel", row.phone), width="150px"),
        Column(_("E-mail"), lambda row: _contact("mailto", row.email)),
        Column(
            _("Actions"),
            lambda row: rx.cond(may_edit, _actions(student_id, row)),
            width="96px",
            align="end",
        ),
    ]


def _contact(scheme: str, value: Any) -> rx.Component:
    unknown = rx.el.span("–", class_name="muted")
    return rx.cond(
        value, rx.el.a(value, href=f"{scheme}:{value}", title=value, class_name="truncate"), unknown
    )


def _actions(student_id: Any, row: GuardianRow) -> rx.Component:
    return rx.el.span(
        icon_button(
            "pencil",
            label=_("Change {name}").format(name=row.name),
            on_click=GuardianForm.edit(student_id, row.id),
        ),
        icon_button(
            "x",
            label=_("Remove {name}").format(name=row.name),
            on_click=GuardianForm.remove(student_id, row.id),
        ),
        class_name="row cell-actions",
    )


def _name(row: GuardianRow) -> rx.Component:
    return rx.el.span(
        rx.el.span(row.name, class_name="truncate", title=row.name),
        rx.cond(row.is_primary, badge(_("Call first"), tone="accent")),
        class_name="row",
    )


def _form_dialog(student_id: Any) -> rx.Component:
    is_new = GuardianForm.guardian_id == 0
    return form_dialog(
        rx.cond(
            GuardianForm.others,
            rx.el.p(
                _("Also a guardian of {others}: name, phone and e-mail change there too.").format(
                    others=GuardianForm.others
                ),
                class_name="notice",
            ),
        ),
        _text("full_name", _("Name"), required=True, auto_focus=True),
        _text("relation", _("Relation"), placeholder=_("Mother, father, aunt…"), max_length=40),
        rx.el.div(
            _text("phone", _("Phone"), type="tel"),
            _text("email", _("E-mail"), type="email"),
            class_name="form-grid",
        ),
        check_field("is_primary", _("Call this guardian first"), value=GuardianForm.is_primary),
        state=GuardianForm,
        title=rx.cond(is_new, _("Add guardian"), GuardianForm.name),
        submit=rx.cond(is_new, _("Add guardian"), _("Save")),
        on_submit=GuardianForm.save,
        id="guardian-form",
        extra=(
            rx.cond(
                is_new,
                button(
                    _("Link an existing one"),
                    kind="quiet",
                    icon="link",
                    on_click=[GuardianForm.close_form, GuardianSearch.show(student_id)],
                ),
            ),
        ),
    )


def _text(name: str, label: str, **props: Any) -> rx.Component:
    return text_field(
        name, label, state=GuardianForm, value=GuardianForm.opened[name], auto_complete="off", **props
    )


async def _stored(student_id: int, guardian_id: int) -> StudentGuardianRead:
    async with reading() as session:
        found = await list_guardians(session, actor=current_actor(), student_id=student_id)
    guardian = next((guardian for guardian in found.items if guardian.id == guardian_id), None)
    if guardian is None:
        raise NotFound(_("This guardian was removed meanwhile."))
    return guardian


def _values(guardian: StudentGuardianRead) -> dict[str, str]:
    return {
        "full_name": guardian.full_name,
        "relation": guardian.relation,
        "phone": guardian.phone or "",
        "email": guardian.email or "",
    }


def _others(guardian: StudentGuardianRead, student_id: int) -> str:
    return ", ".join(ward.full_name for ward in guardian.students if ward.id != student_id)
