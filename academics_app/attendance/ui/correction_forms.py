"""The forms of corrections: asking for one, and refusing one."""

from typing import Any

import reflex as rx

from academics_app.attendance.corrections import describe_target, refuse_correction, request_correction
from academics_app.attendance.schemas.corrections import CorrectionCreate, CorrectionRefusal
from academics_app.attendance.schemas.register import AttendanceStatus
from academics_app.attendance.ui.words import mark_words
from academics_app.core.db import reading, transaction
from academics_app.core.errors import AppError
from academics_app.core.permissions import Permission
from academics_app.institute.service import current_settings
from academics_app.ui import routes
from academics_app.ui.components import (
    MARKS,
    exact_time,
    facts,
    failed,
    form_dialog,
    saved,
    select_field,
    text_area,
    text_field,
)
from academics_app.ui.forms import FormState, filled
from academics_app.ui.i18n import _
from academics_app.ui.identity import current_actor
from academics_app.ui.policy import allow

_STATUS_OPTIONS = [(status.value, MARKS[status.value][1]) for status in AttendanceStatus]


class CorrectionForm(FormState, rx.State):
    """A request about one mark of a locked register; the register's screen links to it."""

    student: str = ""
    lesson: str = ""
    current: str = ""
    wanted: str = ""
    minutes: str = ""

    _session_id: int = 0
    _student_id: int = 0
    _version: int = 0

    @rx.event
    @allow(Permission.CORRECTION_REQUEST)
    async def ask_from_address(self) -> Any:
        """Open for the `session` and `student` of the address, and take them out of it, so that a reload asks nothing."""
        query = self.router.url.query_parameters
        session_id, student_id = _id(query.get("session", "")), _id(query.get("student", ""))
        if not session_id or not student_id:
            return None
        without_query = rx.redirect(routes.CORRECTIONS, replace=True)
        try:
            async with reading() as session:
                settings = await current_settings(session)
                target = await describe_target(
                    session, actor=current_actor(), session_id=session_id, student_id=student_id
                )
        except AppError as refusal:
            return [failed(refusal.detail), without_query]
        self._session_id, self._student_id, self._version = session_id, student_id, target.current.version
        self.student = target.student_name
        self.lesson = _("{batch}, {time}").format(
            batch=target.batch_name, time=exact_time(target.starts_at, settings.zone)
        )
        self.current = mark_words(target.current.status, target.current.minutes_late)
        self._forget_errors()
        self.form_open = True
        return without_query

    @rx.event
    @allow(Permission.CORRECTION_REQUEST)
    async def save(self, form: dict[str, Any]) -> Any:
        """Send the request."""
        if not self.form_open:
            return None
        with self._form_errors(form):
            data = CorrectionCreate.model_validate(
                {
                    **{name: value for name, value in filled(form).items() if value is not None},
                    "session_id": self._session_id,
                    "student_id": self._student_id,
                    "base_version": self._version,
                }
            )
            async with transaction() as session:
                await request_correction(session, actor=current_actor(), data=data)
            self.form_open = False
            return saved(_("Correction asked for"))
        return None


class RefusalForm(FormState, rx.State):
    """Why a correction is refused."""

    title: str = ""

    _correction_id: int = 0

    @rx.event
    @allow(Permission.CORRECTION_APPROVE)
    async def ask(self, correction_id: int, student: str) -> None:
        """Open for a correction."""
        self._correction_id = int(correction_id)
        self.title = _("Refuse the correction of {name}").format(name=str(student)[:200])
        self._forget_errors()
        self.form_open = True

    @rx.event
    @allow(Permission.CORRECTION_APPROVE)
    async def save(self, form: dict[str, Any]) -> Any:
        """Refuse it; the mark stays as it stands."""
        if not self.form_open:
            return None
        with self._form_errors(form):
            data = CorrectionRefusal(note=form.get("refusal_note") or "")
            async with transaction() as session:
                await refuse_correction(
                    session, actor=current_actor(), correction_id=self._correction_id, data=data
                )
            self.form_open = False
            return saved(_("Correction refused"))
        return None


def correction_dialogs() -> rx.Component:
    """Both dialogs, closed."""
    form, refusal = CorrectionForm, RefusalForm
    return rx.fragment(
        form_dialog(
            facts((_("Student"), form.student), (_("Session"), form.lesson), (_("Mark now"), form.current)),
            rx.el.div(
                select_field(
                    "status_wanted",
                    _("Should be"),
                    _STATUS_OPTIONS,
                    state=form,
                    required=True,
                    empty_label=_("Choose a mark"),
                ),
                text_field("minutes_late", _("Minutes late"), state=form, type="number", min="0", max="600"),
                class_name="form-grid",
            ),
            text_field("note", _("Note on the mark"), state=form, max_length=500),
            text_area(
                "reason",
                _("Reason"),
                state=form,
                required=True,
                max_length=500,
                help=_("An admin reads this and decides."),
            ),
            state=form,
            title=_("Ask for a correction"),
            submit=_("Send request"),
            on_submit=form.save,
            id="correction-form",
        ),
        form_dialog(
            rx.el.p(_("The mark stays as it stands. Who asked sees your note."), class_name="muted"),
            text_area("refusal_note", _("Note"), state=refusal, max_length=500),
            state=refusal,
            title=refusal.title,
            submit=_("Refuse"),
            on_submit=refusal.save,
            id="refusal-form",
        ),
    )


def _id(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0
