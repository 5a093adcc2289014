"""The panel in which a student is added or changed, on the list and on the student's page."""

from typing import Any

import reflex as rx

from academics_app.core.db import reading, transaction
from academics_app.core.errors import Conflict
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission
from academics_app.institute.service import list_branches
from academics_app.students.schemas import StudentCreate, StudentRead, StudentUpdate
from academics_app.students.service import create_student, read_student, update_student
from academics_app.students.ui.wording import STATUS_OPTIONS
from academics_app.ui import routes
from academics_app.ui.components import form_dialog, saved, select_field, text_area, text_field
from academics_app.ui.forms import FormState
from academics_app.ui.i18n import _
from academics_app.ui.identity import current_actor
from academics_app.ui.policy import allow

STUDENT_NEW = f"{routes.STUDENTS}/new"

_LABELS = {
    "given_name": _("Given name"),
    "family_name": _("Family name"),
    "code": _("Code"),
    "email": _("E-mail"),
    "phone": _("Phone"),
    "date_of_birth": _("Date of birth"),
    "status": _("Status"),
    "branch_id": _("Branch"),
    "notes": _("Notes"),
}


class StudentForm(FormState, rx.State):
    """One student's fields. Only what was changed here is sent, so nobody else's change is undone by the way."""

    student_id: int = 0
    name: str = ""
    opened: dict[str, str] = {}
    branches: list[list[str]] = []

    _version: int = 0

    @rx.event
    @allow(Permission.STUDENT_CREATE)
    async def add(self) -> None:
        """Open empty. A page that is loaded again after a dropped connection keeps what was being typed."""
        if self.form_open and not self.student_id:
            return
        await self._load_branches()
        self.student_id, self.name, self._version = 0, "", 0
        self.opened = dict.fromkeys(_LABELS, "") | {
            "status": "active",
            "branch_id": self.branches[0][0] if self.branches else "",
        }
        self._show_form()

    @rx.event
    @allow(Permission.STUDENT_UPDATE)
    async def edit(self, student_id: int) -> None:
        """Open with a student."""
        async with reading() as session:
            student = await read_student(session, actor=current_actor(), student_id=int(student_id))
        await self._load_branches()
        self.student_id, self.name, self._version = student.id, student.full_name, student.version
        self.opened = _values(student)
        self._show_form()

    @rx.event
    @allow(Permission.STUDENT_CREATE)
    async def save(self, form: dict[str, Any]) -> Any:
        """Store the form, and show the student."""
        if not self.form_open:
            return None
        with self._form_errors():
            values = {name: str(value) for name, value in form.items() if name in _LABELS}
            student = await (self._change(values) if self.student_id else self._create(values))
            if student is None:
                return None
            self.form_open = False
            if self.student_id:
                return saved(_("{name} changed").format(name=student.full_name))
            return [
                saved(_("{name} added").format(name=student.full_name)),
                rx.redirect(routes.student(student.id)),
            ]
        return None

    @rx.event
    @allow(Permission.STUDENT_CREATE)
    async def close_form(self) -> Any:
        """Close without saving; the address of the empty form becomes that of the list."""
        self.form_open = False
        self._forget_errors()
        if self.router.url.path.rstrip("/") == STUDENT_NEW:
            return rx.redirect(routes.STUDENTS, replace=True)
        return None

    async def _create(self, values: dict[str, str]) -> StudentRead:
        if not values.get("branch_id"):
            values.pop("branch_id", None)
        data = StudentCreate.model_validate(values)
        async with transaction() as session:
            return await create_student(session, actor=current_actor(), data=data)

    async def _change(self, values: dict[str, str]) -> StudentRead | None:
        changed = {name: value for name, value in values.items() if value.strip() != self.opened.get(name)}
        data = StudentUpdate.model_validate({**changed, "version": self._version})
        try:
            async with transaction() as session:
                return await update_student(
                    session, actor=current_actor(), student_id=self.student_id, data=data
                )
        except Conflict as conflict:
            if conflict.code != "stale_version":
                raise
        await self._explain_stale()
        return None

    async def _explain_stale(self) -> None:
        """Say what somebody else changed, and let a second try go through with that known."""
        async with reading() as session:
            student = await read_student(session, actor=current_actor(), student_id=self.student_id)
        stored = _values(student)
        differs = [name for name in _LABELS if stored[name] != self.opened.get(name)]
        changes = ", ".join(
            _("{field} is now “{value}”").format(field=_LABELS[name], value=self._said(name, stored[name]))
            for name in differs
        )
        self._version = student.version
        self.form_problem = _(
            "Somebody else changed this student since you opened the form: {changes}. Nothing of yours was lost. "
            "Save again to store your changes on top, or cancel to leave theirs."
        ).format(changes=changes or _("their guardians"))

    def _said(self, name: str, value: str) -> str:
        options = {"status": STATUS_OPTIONS, "branch_id": self.branches}.get(name, ())
        return next((label for key, label in options if key == value), value)

    async def _load_branches(self) -> None:
        async with reading() as session:
            page = await list_branches(session, actor=current_actor(), page=PageRequest(limit=1000))
        self.branches = [[str(branch.id), branch.name] for branch in page.items if branch.is_active]

    def _show_form(self) -> None:
        self._forget_errors()
        self.form_open = True


def student_form() -> rx.Component:
    """The panel; once on each page that opens it."""
    is_new = StudentForm.student_id == 0
    return form_dialog(
        rx.el.div(
            _text("given_name", required=True, auto_focus=True, auto_complete="off"),
            _text("family_name", auto_complete="off"),
            class_name="form-grid",
        ),
        rx.el.div(
            _text("phone", type="tel", auto_complete="off"),
            _text("email", type="email", auto_complete="off"),
            class_name="form-grid",
        ),
        rx.el.div(
            _text("date_of_birth", type="date"),
            _text("code", help=rx.cond(is_new, _("Empty: the next free one."), "")),
            class_name="form-grid",
        ),
        rx.el.div(
            _select("status", STATUS_OPTIONS),
            rx.cond(StudentForm.branches.length() > 1, _select("branch_id", StudentForm.branches)),  # pyright: ignore[reportAttributeAccessIssue]
            class_name="form-grid",
        ),
        text_area(
            "notes",
            _LABELS["notes"],
            state=StudentForm,
            value=StudentForm.opened["notes"],
            help=_("Only staff can read this."),
            rows=4,
        ),
        state=StudentForm,
        title=rx.cond(is_new, _("Add student"), StudentForm.name),
        submit=rx.cond(is_new, _("Add student"), _("Save")),
        on_submit=StudentForm.save,
        id="student-form",
        side=True,
    )


def _text(name: str, **props: Any) -> rx.Component:
    return text_field(name, _LABELS[name], state=StudentForm, value=StudentForm.opened[name], **props)


def _select(name: str, options: Any) -> rx.Component:
    return select_field(
        name, _LABELS[name], options, state=StudentForm, value=StudentForm.opened[name], required=True
    )


def _values(student: StudentRead) -> dict[str, str]:
    return {
        "given_name": student.given_name,
        "family_name": student.family_name,
        "code": student.code,
        "email": student.email or "",
        "phone": student.phone or "",
        "date_of_birth": student.date_of_birth.isoformat() if student.date_of_birth else "",
        "status": student.status.value,
        "branch_id": str(student.branch_id),
        "notes": student.notes or "",
    }
