"""The panel in which an absence is asked for, entered or changed, and the dialog that refuses one."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from academics_app.absences.schemas import (
    AbsenceCreate,
    AbsenceDecision,
    AbsenceRead,
    AbsenceUpdate,
    Decision,
)
from academics_app.absences.service import (
    create_absence,
    decide_absence,
    read_absence,
    update_absence,
)
from academics_app.absences.ui.wording import KINDS, when
from academics_app.core.actor import Actor
from academics_app.core.clock import local_date, utc_now
from academics_app.core.db import reading, transaction
from academics_app.core.permissions import Permission
from academics_app.institute.current import current_settings
from academics_app.students.service import find_students, list_own_students, read_student
from academics_app.ui import routes
from academics_app.ui.components import (
    form_dialog,
    icon_button,
    saved,
    select_field,
    text_area,
    text_field,
)
from academics_app.ui.forms import FormState, filled
from academics_app.ui.i18n import _
from academics_app.ui.identity import current_actor
from academics_app.ui.policy import allow

_FIELDS = ("starts_on", "ends_on", "starts_at", "ends_at", "kind", "reason")
_HITS = 6
_MOST_CHARS = 100


@dataclass
class Person:
    """A student who can be chosen."""

    id: int
    name: str
    code: str


class AbsenceForm(FormState, rx.State):
    """One absence. Staff look the student up; a family chooses among its own."""

    absence_id: int = 0
    is_staff: bool = False
    student_id: int = 0
    student_name: str = ""
    own: list[list[str]] = []
    hits: list[Person] = []
    nobody: bool = False
    search_epoch: int = 0
    opened: dict[str, str] = {}

    _version: int = 0

    @rx.event
    @allow(Permission.ABSENCE_REQUEST)
    async def open_by_address(self) -> None:
        """Open empty on an address that asks for it (`?new=1`), with its student."""
        query = self.router.url.query_parameters
        if not query.get("new") or self.form_open:
            return
        chosen = query.get("student", "")
        await self._begin(int(chosen) if chosen.isdecimal() and len(chosen) < 19 else 0)

    @rx.event
    @allow(Permission.ABSENCE_REQUEST)
    async def add(self) -> None:
        """Open empty, for the student of the address if there is one."""
        chosen = self.router.url.query_parameters.get("student", "")
        await self._begin(int(chosen) if chosen.isdecimal() and len(chosen) < 19 else 0)

    @rx.event
    @allow(Permission.ABSENCE_REQUEST)
    async def edit(self, absence_id: int) -> None:
        """Open with an absence."""
        actor = current_actor()
        async with reading() as session:
            absence = await read_absence(session, actor=actor, absence_id=int(absence_id))
        self._start(actor)
        self.absence_id, self._version = absence.id, absence.version
        self.student_id, self.student_name = absence.student_id, absence.student_name
        self.opened = _values(absence)
        self.form_open = True

    @rx.event
    @allow(Permission.ABSENCE_APPROVE)
    async def search(self, text: str) -> None:
        """Find students by name or code."""
        query = str(text).strip()[:_MOST_CHARS]
        self.hits, self.nobody = [], False
        if not query:
            return
        async with reading() as session:
            found = await find_students(session, actor=current_actor(), query=query, limit=_HITS)
        self.hits = [Person(each.id, each.full_name, each.code) for each in found]
        self.nobody = not self.hits

    @rx.event
    @allow(Permission.ABSENCE_APPROVE)
    async def choose(self, student_id: int) -> Any:
        """Take one of the hits."""
        picked = next((each for each in self.hits if each.id == int(student_id)), None)
        if picked is None:
            return None
        self.student_id, self.student_name = picked.id, picked.name
        self.hits, self.nobody = [], False
        return rx.set_focus("field-starts_on")

    @rx.event
    @allow(Permission.ABSENCE_APPROVE)
    async def drop(self) -> Any:
        """Look for somebody else."""
        self.student_id, self.student_name = 0, ""
        self.search_epoch += 1
        return rx.set_focus("absence-student")

    @rx.event
    @allow(Permission.ABSENCE_REQUEST)
    async def save(self, form: dict[str, Any]) -> Any:
        """Send the request, or store what staff entered."""
        if not self.form_open:
            return None
        values = filled({name: str(form.get(name) or "") for name in _FIELDS})
        with self._form_errors(form):
            absence = await (self._change(values) if self.absence_id else self._create(values, form))
            if absence is None:
                return None
            self.form_open = False
            return [saved(self._said(absence)), *self._leave_address()]
        return None

    @rx.event
    @allow(Permission.ABSENCE_REQUEST)
    async def close_form(self) -> Any:
        """Close without saving."""
        self.form_open = False
        self._forget_errors()
        return self._leave_address()

    async def _begin(self, student_id: int) -> None:
        actor = current_actor()
        self._start(actor)
        self.absence_id, self._version = 0, 0
        self.student_id, self.student_name = 0, ""
        async with reading() as session:
            today = local_date(utc_now(), (await current_settings(session)).zone)
            if not self.is_staff:
                children = await list_own_students(session, actor=actor)
                self.own = [[str(each.id), each.full_name] for each in children]
                known = {each.id for each in children}
                self.student_id = student_id if student_id in known else next(iter(known), 0)
            elif student_id:
                student = await read_student(session, actor=actor, student_id=student_id)
                self.student_id, self.student_name = student.id, student.full_name
        self.opened = dict.fromkeys(_FIELDS, "") | {
            "starts_on": today.isoformat(),
            "kind": "illness",
            "student_id": str(self.student_id),
        }
        self.form_open = True

    def _start(self, actor: Actor) -> None:
        self._forget_errors()
        self.is_staff, self.own, self.hits, self.nobody = actor.is_staff, [], [], False
        self.search_epoch += 1

    async def _create(self, values: dict[str, Any], form: dict[str, Any]) -> AbsenceRead | None:
        student_id = self.student_id
        if not self.is_staff and len(self.own) > 1:
            student_id = next((int(key) for key, _name in self.own if key == form.get("student_id")), 0)
        if not student_id:
            self._forget_errors()
            self.form_problem = _("Choose the student.")
            return None
        given = {name: value for name, value in values.items() if value is not None}
        data = AbsenceCreate.model_validate({**given, "student_id": student_id})
        async with transaction() as session:
            return await create_absence(session, actor=current_actor(), data=data)

    async def _change(self, values: dict[str, Any]) -> AbsenceRead:
        values |= {"reason": values["reason"] or "", "ends_on": values["ends_on"] or values["starts_on"]}
        data = AbsenceUpdate.model_validate({**values, "version": self._version})
        async with transaction() as session:
            return await update_absence(session, actor=current_actor(), absence_id=self.absence_id, data=data)

    def _said(self, absence: AbsenceRead) -> str:
        if self.absence_id:
            return _("Absence of {name} changed").format(name=absence.student_name)
        if self.is_staff:
            return _("Absence of {name} entered").format(name=absence.student_name)
        return _("Sent. The answer will stand here.")

    def _leave_address(self) -> list[Any]:
        if not self.router.url.query_parameters.get("new"):
            return []
        student = self.router.url.query_parameters.get("student")
        return [rx.redirect(routes.with_query(routes.ABSENCES, student=student), replace=True)]


class Refusal(FormState, rx.State):
    """Why a request is refused."""

    absence_id: int = 0
    about: str = ""

    _version: int = 0

    @rx.event
    @allow(Permission.ABSENCE_APPROVE)
    async def ask(self, absence_id: int) -> None:
        """Open for a request."""
        async with reading() as session:
            absence = await read_absence(session, actor=current_actor(), absence_id=int(absence_id))
            today = local_date(utc_now(), (await current_settings(session)).zone)
        self.absence_id, self._version = absence.id, absence.version
        self.about = _("{name}, {days}").format(name=absence.student_name, days=when(absence, today))
        self._forget_errors()
        self.form_open = True

    @rx.event
    @allow(Permission.ABSENCE_APPROVE)
    async def save(self, form: dict[str, Any]) -> Any:
        """Refuse."""
        if not self.form_open:
            return None
        with self._form_errors(form):
            data = AbsenceDecision(
                decision=Decision.REFUSED, note=str(form.get("note") or ""), version=self._version
            )
            async with transaction() as session:
                absence = await decide_absence(
                    session, actor=current_actor(), absence_id=self.absence_id, data=data
                )
            self.form_open = False
            return saved(_("Absence of {name} refused").format(name=absence.student_name))
        return None


def absence_form() -> rx.Component:
    """The panel; once on the page."""
    state = AbsenceForm
    is_new = state.absence_id == 0
    several = state.own.length() > 1  # pyright: ignore[reportAttributeAccessIssue] - a var of a list
    title_new = rx.cond(state.is_staff, _("Add an absence"), _("Ask for an absence"))
    return form_dialog(
        rx.cond(
            is_new & state.is_staff,
            _student_search(),
            rx.cond(
                is_new & several,
                select_field(
                    "student_id",
                    _("Student"),
                    state.own,
                    state=state,
                    value=state.opened["student_id"],
                    required=True,
                ),
                rx.cond(state.student_name, rx.el.p(state.student_name, class_name="strong")),
            ),
        ),
        rx.el.div(
            _text("starts_on", _("First day"), type="date", required=True),
            _text("ends_on", _("Last day"), type="date", help=_("Empty: one day.")),
            class_name="form-grid",
        ),
        rx.el.div(
            _text("starts_at", _("From"), type="time", help=_("Empty: the whole day.")),
            _text("ends_at", _("Until"), type="time"),
            class_name="form-grid",
        ),
        select_field("kind", _("Why"), KINDS, state=state, value=state.opened["kind"], required=True),
        text_area("reason", _("In your words"), state=state, value=state.opened["reason"], max_length=500),
        state=state,
        title=rx.cond(is_new, title_new, _("Change the absence")),
        submit=rx.cond(is_new, rx.cond(state.is_staff, _("Add absence"), _("Send request")), _("Save")),
        on_submit=state.save,
        id="absence-form",
        side=True,
    )


def refusal_dialog() -> rx.Component:
    """`Refusal.ask(absence_id)` opens it."""
    return form_dialog(
        rx.el.p(Refusal.about, class_name="strong"),
        text_area(
            "note",
            _("Reason"),
            state=Refusal,
            help=_("Who asked will read it."),
            max_length=500,
            auto_focus=True,
        ),
        state=Refusal,
        title=_("Refuse this request"),
        submit=_("Refuse"),
        on_submit=Refusal.save,
        id="absence-refusal",
    )


def _text(name: str, label: str, **props: Any) -> rx.Component:
    return text_field(name, label, state=AbsenceForm, value=AbsenceForm.opened[name], **props)


def _student_search() -> rx.Component:
    state = AbsenceForm
    chosen = rx.el.div(
        rx.el.span(state.student_name, class_name="strong grow truncate"),
        icon_button("x", label=_("Choose somebody else"), on_click=state.drop),
        class_name="row",
    )
    search = rx.el.div(
        rx.el.label(_("Student"), html_for="absence-student"),
        rx.el.input(
            id="absence-student",
            name="query",
            key=state.search_epoch.to(str),  # pyright: ignore[reportAttributeAccessIssue]
            type="search",
            class_name="input",
            placeholder=_("Name or code"),
            auto_complete="off",
            auto_focus=True,
            on_change=state.search.debounce(200),
        ),
        rx.el.div(
            rx.cond(
                state.hits.length() > 0,  # pyright: ignore[reportAttributeAccessIssue] - a var of a list
                rx.el.ul(rx.foreach(state.hits, _hit), class_name="card", aria_label=_("Found")),
            ),
            rx.cond(state.nobody, rx.el.p(_("Nobody of that name."), class_name="muted small")),
            role="status",
        ),
        class_name="field",
    )
    return rx.cond(state.student_id > 0, chosen, search)


def _hit(row: Person) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            rx.el.span(row.name, class_name="truncate grow"),
            rx.el.span(row.code, class_name="muted tiny"),
            type="button",
            class_name="menu-item",
            on_click=AbsenceForm.choose(row.id),
        )
    )


def _values(absence: AbsenceRead) -> dict[str, str]:
    return {
        "starts_on": absence.starts_on.isoformat(),
        "ends_on": absence.ends_on.isoformat() if absence.ends_on != absence.starts_on else "",
        "starts_at": f"{absence.starts_at:%H:%M}" if absence.starts_at else "",
        "ends_at": f"{absence.ends_at:%H:%M}" if absence.ends_at else "",
        "kind": absence.kind.value,
        "reason": absence.reason,
        "student_id": str(absence.student_id),
    }
