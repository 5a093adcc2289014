"""Enrolling students into a batch, and the dates of an enrolment."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import reflex as rx

from academics_app.core.clock import local_date, utc_now
from academics_app.core.db import reading, transaction
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission
from academics_app.institute.service import current_settings
from academics_app.learning_sessions.schemas import EnrollmentCreate, EnrollmentUpdate
from academics_app.learning_sessions.service import (
    access_enrollment,
    enroll_students,
    list_enrollments,
    update_enrollment,
)
from academics_app.students.service import find_students
from academics_app.ui.components import form_dialog, icon_button, saved, text_field, undoable
from academics_app.ui.forms import FormState, filled
from academics_app.ui.i18n import _, ngettext
from academics_app.ui.identity import current_actor
from academics_app.ui.policy import allow

_HITS = 8
_MOST_CHOSEN = 200


@dataclass
class Candidate:
    """A student who can be chosen."""

    id: int
    name: str
    code: str


class EnrollStudents(FormState, rx.State):
    """Choose students, say from when, enrol them all at once."""

    of_batch: int = 0
    today: str = ""
    hits: list[Candidate] = []
    is_empty: bool = False
    chosen: list[Candidate] = []
    submit: str = ""
    search_epoch: int = 0

    @rx.event
    @allow(Permission.ENROLLMENT_MANAGE)
    async def start(self, batch_id: int) -> None:
        """Open with nobody chosen."""
        async with reading() as session:
            zone = (await current_settings(session)).zone
        self.of_batch, self.today = int(batch_id), local_date(utc_now(), zone).isoformat()
        self.hits, self.chosen, self.is_empty = [], [], False
        self._say_how_many()
        self._forget_errors()
        self.form_open = True

    @rx.event
    @allow(Permission.ENROLLMENT_MANAGE)
    async def search(self, text: str) -> None:
        """Students whose name or code fits, without those who are in the batch or chosen already."""
        query = str(text).strip()[:100]
        self.hits, self.is_empty = [], False
        if not query:
            return
        async with reading() as session:
            actor = current_actor()
            found = await find_students(session, actor=actor, query=query, limit=_HITS * 3)
            present = await list_enrollments(
                session, actor=actor, batch_id=self.of_batch, page=PageRequest(limit=1000), current_only=True
            )
        taken = {each.student_id for each in present.items} | {each.id for each in self.chosen}
        free = [each for each in found if each.id not in taken]
        self.hits = [Candidate(each.id, each.full_name, each.code) for each in free[:_HITS]]
        self.is_empty = not self.hits

    @rx.event
    @allow(Permission.ENROLLMENT_MANAGE)
    async def choose(self, student_id: int) -> Any:
        """Take one of the hits; the search begins anew."""
        picked = next((each for each in self.hits if each.id == int(student_id)), None)
        if picked is None or len(self.chosen) >= _MOST_CHOSEN:
            return None
        self.chosen = [*self.chosen, picked]
        self.hits, self.is_empty = [], False
        self.search_epoch += 1
        self._say_how_many()
        return rx.set_focus("enroll-search")

    @rx.event
    @allow(Permission.ENROLLMENT_MANAGE)
    async def drop(self, student_id: int) -> None:
        """Leave a chosen student out."""
        self.chosen = [each for each in self.chosen if each.id != int(student_id)]
        self._say_how_many()

    @rx.event
    @allow(Permission.ENROLLMENT_MANAGE)
    async def save(self, form: dict[str, Any]) -> Any:
        """Enrol all of the chosen, or none."""
        if not self.form_open:
            return None
        if not self.chosen:
            self.form_problem = _("Choose at least one student.")
            return None
        with self._form_errors():
            values = filled({"starts_on": form.get("starts_on", ""), "ends_on": form.get("ends_on", "")})
            data = EnrollmentCreate.model_validate(
                {**values, "student_ids": [each.id for each in self.chosen]}
            )
            async with transaction() as session:
                made = await enroll_students(
                    session, actor=current_actor(), batch_id=self.of_batch, data=data
                )
            self.form_open = False
            return saved(
                ngettext("{n} student enrolled", "{n} students enrolled", len(made)).format(n=len(made))
            )
        self.form_problem = self.form_problem or self.form_errors.get("student_ids", "")
        return None

    def _say_how_many(self) -> None:
        count = len(self.chosen)
        self.submit = (
            ngettext("Enrol {n} student", "Enrol {n} students", count).format(n=count)
            if count
            else _("Enrol")
        )


class EnrollmentDates(FormState, rx.State):
    """First and last day of one enrolment."""

    enrollment_id: int = 0
    version: int = 0
    name: str = ""
    starts_on: str = ""
    ends_on: str = ""

    @rx.event
    @allow(Permission.ENROLLMENT_MANAGE)
    async def edit(self, batch_id: int, enrollment_id: int) -> None:
        """Open with an enrolment of the batch."""
        async with reading() as session:
            page = await list_enrollments(
                session, actor=current_actor(), batch_id=int(batch_id), page=PageRequest(limit=1000)
            )
        row = next((each for each in page.items if each.id == int(enrollment_id)), None)
        if row is None:
            return
        self.enrollment_id, self.version, self.name = row.id, row.version, row.student_name
        self.starts_on = row.starts_on.isoformat()
        self.ends_on = row.ends_on.isoformat() if row.ends_on else ""
        self._forget_errors()
        self.form_open = True

    @rx.event
    @allow(Permission.ENROLLMENT_MANAGE)
    async def save(self, form: dict[str, Any]) -> Any:
        """Store the dates."""
        if not self.form_open:
            return None
        with self._form_errors():
            data = EnrollmentUpdate.model_validate({**filled(form), "version": self.version})
            async with transaction() as session:
                row = await update_enrollment(
                    session, actor=current_actor(), enrollment_id=self.enrollment_id, data=data
                )
            self.form_open = False
            return saved(_("Dates of {name} changed").format(name=row.student_name))
        return None

    @rx.event
    @allow(Permission.ENROLLMENT_MANAGE)
    async def end_today(self, enrollment_id: int) -> Any:
        """Make today the last day."""
        async with transaction() as session:
            actor = current_actor()
            today = local_date(utc_now(), (await current_settings(session)).zone)
            stored = await access_enrollment(
                session, int(enrollment_id), actor=actor, to=Permission.ENROLLMENT_MANAGE
            )
            before = stored.ends_on.isoformat() if stored.ends_on else ""
            data = EnrollmentUpdate(ends_on=today)
            row = await update_enrollment(session, actor=actor, enrollment_id=stored.id, data=data)
        text = _("Today is the last day of {name}").format(name=row.student_name)
        return undoable(text, EnrollmentDates.open_again(row.id, before))

    @rx.event
    @allow(Permission.ENROLLMENT_MANAGE)
    async def open_again(self, enrollment_id: int, ends_on: str) -> Any:
        """Undo of an end: the last day from before, or none."""
        data = EnrollmentUpdate(ends_on=date.fromisoformat(ends_on) if ends_on else None)
        async with transaction() as session:
            row = await update_enrollment(
                session, actor=current_actor(), enrollment_id=int(enrollment_id), data=data
            )
        return saved(_("{name} stays enrolled").format(name=row.student_name))


def enroll_dialog() -> rx.Component:
    """`EnrollStudents.start(batch_id)` opens it."""
    state = EnrollStudents
    return form_dialog(
        rx.el.div(
            rx.el.label(_("Students"), html_for="enroll-search"),
            rx.el.input(
                id="enroll-search",
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
                    state.hits.length() > 0,  # pyright: ignore[reportAttributeAccessIssue]
                    rx.el.ul(rx.foreach(state.hits, _hit), class_name="pick-list", aria_label=_("Found")),
                ),
                rx.cond(state.is_empty, rx.el.p(_("Nobody else of that name."), class_name="muted small")),
                role="status",
            ),
            rx.el.ul(rx.foreach(state.chosen, _chosen), class_name="row-wrap", aria_label=_("Chosen")),
            class_name="field",
        ),
        rx.el.div(
            text_field(
                "starts_on", _("First day"), state=state, value=state.today, type="date", required=True
            ),
            text_field("ends_on", _("Last day"), state=state, type="date"),
            class_name="form-grid",
        ),
        state=state,
        title=_("Enrol students"),
        submit=state.submit,
        on_submit=state.save,
        id="enroll-form",
    )


def _hit(row: Candidate) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            rx.icon("plus", size=14, aria_hidden=True),
            rx.el.span(row.name, class_name="truncate grow"),
            rx.el.span(row.code, class_name="muted tiny"),
            type="button",
            class_name="menu-item",
            on_click=EnrollStudents.choose(row.id),
        )
    )


def _chosen(row: Candidate) -> rx.Component:
    return rx.el.li(
        rx.el.span(row.name, class_name="truncate"),
        icon_button(
            "x",
            label=_("Leave out {name}").format(name=row.name),
            on_click=EnrollStudents.drop(row.id),
            class_name="chosen-drop",
        ),
        class_name="chosen",
    )


def enrollment_dialog() -> rx.Component:
    """`EnrollmentDates.edit(batch_id, enrollment_id)` opens it."""
    state = EnrollmentDates
    return form_dialog(
        rx.el.p(state.name, class_name="strong"),
        rx.el.div(
            text_field(
                "starts_on", _("First day"), state=state, value=state.starts_on, type="date", required=True
            ),
            text_field(
                "ends_on",
                _("Last day"),
                state=state,
                value=state.ends_on,
                type="date",
                help=_("Empty: still enrolled."),
            ),
            class_name="form-grid",
        ),
        state=state,
        title=_("Dates of the enrolment"),
        submit=_("Save"),
        on_submit=state.save,
        id="enrollment-form",
    )
