"""What an admin can change about one session, in a panel beside the timetable; each change can be undone."""

from dataclasses import dataclass
from datetime import date, time
from typing import Any

import reflex as rx

from academics_app.core.db import reading, transaction
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission
from academics_app.faculty.schemas import FacultyStatus
from academics_app.faculty.service import list_faculty
from academics_app.institute.service import current_settings, list_rooms
from academics_app.learning_sessions.schemas import (
    SessionCancel,
    SessionRead,
    SessionStatus,
    SessionSubstitute,
    SessionUpdate,
)
from academics_app.learning_sessions.service import (
    assign_substitute,
    cancel_session,
    read_session,
    reinstate_session,
    update_session,
)
from academics_app.learning_sessions.wording import day_label, time_label
from academics_app.ui import routes
from academics_app.ui.components import (
    badge,
    button,
    dialog,
    facts,
    link_button,
    saved,
    select_field,
    text_field,
    undoable,
)
from academics_app.ui.forms import FormState, filled
from academics_app.ui.i18n import _
from academics_app.ui.identity import current_actor
from academics_app.ui.policy import allow

_ALL = PageRequest(limit=1000)


@dataclass
class Shown:
    """The session in the panel."""

    id: int = 0
    version: int = 0
    title: str = ""
    when: str = ""
    room: str = ""
    teacher: str = ""
    substitute_for: str = ""
    reason: str = ""
    is_cancelled: bool = False
    day: str = ""
    starts_at: str = ""
    ends_at: str = ""
    room_id: str = ""
    faculty_id: str = ""
    own_faculty_id: str = ""
    batch_href: str = ""
    register_href: str = ""


class SessionPanel(FormState, rx.State):
    """One session and its forms."""

    shown: Shown = Shown()
    faculty_options: list[list[str]] = []
    room_options: list[list[str]] = []

    @rx.event
    @allow(Permission.SESSION_MANAGE)
    async def open(self, session_id: int) -> None:
        """Show a session."""
        actor = current_actor()
        async with reading() as session:
            found = await read_session(session, actor=actor, session_id=int(session_id))
            zone = (await current_settings(session)).zone
            faculty = await list_faculty(session, actor=actor, page=_ALL, status=FacultyStatus.ACTIVE)
            rooms = await list_rooms(session, actor=actor, page=_ALL, branch_id=found.branch_id)
        begin, end = found.starts_at.astimezone(zone), found.ends_at.astimezone(zone)
        self.shown = Shown(
            id=found.id,
            version=found.version,
            title=found.batch_name,
            when=_("{day}, {time}").format(
                day=day_label(found.local_date), time=time_label(begin, end, zone)
            ),
            room=found.room_name or _("No room"),
            teacher=found.faculty_name or _("No teacher"),
            substitute_for=found.substitute_for_name or "",
            reason=found.cancel_reason or "",
            is_cancelled=found.status is SessionStatus.CANCELLED,
            day=found.local_date.isoformat(),
            starts_at=f"{begin:%H:%M}",
            ends_at=f"{end:%H:%M}",
            room_id=str(found.room_id or ""),
            faculty_id=str(found.faculty_id or ""),
            own_faculty_id=str(found.substitute_for_id or found.faculty_id or ""),
            batch_href=routes.batch(found.batch_id),
            register_href=routes.register(found.id),
        )
        self.faculty_options = [[str(each.id), each.full_name] for each in faculty.items]
        self.room_options = [[str(each.id), each.name] for each in rooms.items]
        self._forget_errors()
        self.form_open = True

    @rx.event
    @allow(Permission.SESSION_MANAGE)
    async def cancel(self, form: dict[str, Any]) -> Any:
        """Cancel the session with the form's reason."""
        if not self.form_open:
            return None
        with self._form_errors():
            data = SessionCancel.model_validate({**filled(form), "version": self.shown.version})
            async with transaction() as session:
                done = await cancel_session(
                    session, actor=current_actor(), session_id=self.shown.id, data=data
                )
            self.form_open = False
            return undoable(
                _("{session} is cancelled").format(session=_name(done)), SessionPanel.reinstate(done.id)
            )
        return None

    @rx.event
    @allow(Permission.SESSION_MANAGE)
    async def cancel_again(self, session_id: int, reason: str) -> Any:
        """Undo of a reinstatement."""
        async with transaction() as session:
            done = await cancel_session(
                session,
                actor=current_actor(),
                session_id=int(session_id),
                data=SessionCancel(reason=str(reason)),
            )
        return saved(_("{session} is cancelled").format(session=_name(done)))

    @rx.event
    @allow(Permission.SESSION_MANAGE)
    async def reinstate(self, session_id: int) -> Any:
        """Let a cancelled session take place."""
        async with transaction() as session:
            before = await read_session(session, actor=current_actor(), session_id=int(session_id))
            done = await reinstate_session(session, actor=current_actor(), session_id=int(session_id))
        self.form_open = False
        text = _("{session} takes place").format(session=_name(done))
        return undoable(text, SessionPanel.cancel_again(done.id, before.cancel_reason or _("Cancelled")))

    @rx.event
    @allow(Permission.SESSION_MANAGE)
    async def substitute(self, form: dict[str, Any]) -> Any:
        """Let the chosen teacher stand in."""
        if not self.form_open:
            return None
        before = self.shown.faculty_id
        with self._form_errors():
            data = SessionSubstitute.model_validate({**filled(form), "version": self.shown.version})
            async with transaction() as session:
                done = await assign_substitute(
                    session, actor=current_actor(), session_id=self.shown.id, data=data
                )
            self.form_open = False
            text = _("{name} takes {session}").format(name=done.faculty_name or "", session=_name(done))
            return undoable(text, SessionPanel.give_back(done.id, int(before))) if before else saved(text)
        return None

    @rx.event
    @allow(Permission.SESSION_MANAGE)
    async def give_back(self, session_id: int, faculty_id: int) -> Any:
        """Undo of a substitution: the teacher from before takes the session."""
        async with transaction() as session:
            done = await assign_substitute(
                session,
                actor=current_actor(),
                session_id=int(session_id),
                data=SessionSubstitute(faculty_id=int(faculty_id)),
            )
        return saved(_("{name} takes {session}").format(name=done.faculty_name or "", session=_name(done)))

    @rx.event
    @allow(Permission.SESSION_MANAGE)
    async def move(self, form: dict[str, Any]) -> Any:
        """Another date, time or room for this one session."""
        if not self.form_open:
            return None
        before = self.shown
        with self._form_errors():
            data = SessionUpdate.model_validate({**filled(form), "version": before.version})
            async with transaction() as session:
                done = await update_session(session, actor=current_actor(), session_id=before.id, data=data)
            self.form_open = False
            undo = SessionPanel.move_back(  # pyright: ignore[reportCallIssue]
                done.id, before.day, before.starts_at, before.ends_at, before.room_id
            )
            return undoable(_("{session} changed").format(session=_name(done)), undo)
        return None

    @rx.event
    @allow(Permission.SESSION_MANAGE)
    async def move_back(self, session_id: int, day: str, starts_at: str, ends_at: str, room_id: str) -> Any:
        """Undo of a move."""
        data = SessionUpdate(
            local_date=date.fromisoformat(day),
            starts_at=time.fromisoformat(starts_at),
            ends_at=time.fromisoformat(ends_at),
            room_id=int(room_id) if room_id else None,
        )
        async with transaction() as session:
            done = await update_session(session, actor=current_actor(), session_id=int(session_id), data=data)
        return saved(_("{session} is as it was").format(session=_name(done)))


def _name(session: SessionRead) -> str:
    return _("{batch} on {day}").format(batch=session.batch_name, day=day_label(session.local_date))


def session_panel() -> rx.Component:
    """The panel; `SessionPanel.open(session_id)` opens it."""
    shown = SessionPanel.shown
    return dialog(
        rx.el.div(
            rx.cond(
                SessionPanel.form_problem,
                rx.el.p(SessionPanel.form_problem, class_name="form-problem", role="alert"),
            ),
            facts(
                (_("When"), shown.when),
                (_("Room"), shown.room),
                (
                    _("Teacher"),
                    rx.fragment(
                        shown.teacher,
                        rx.cond(
                            shown.substitute_for,
                            rx.el.span(" ", _("for"), " ", shown.substitute_for, class_name="muted"),
                        ),
                    ),
                ),
            ),
            rx.el.div(
                link_button(_("Open register"), shown.register_href, icon="clipboard-check"),
                link_button(_("Batch"), shown.batch_href, kind="quiet"),
                class_name="row-wrap",
            ),
            rx.cond(shown.is_cancelled, _cancelled(), _forms()),
            class_name="stack",
        ),
        title=shown.title,
        is_open=SessionPanel.form_open,
        on_close=SessionPanel.close_form,
        id="session-panel",
        side=True,
    )


def _cancelled() -> rx.Component:
    shown = SessionPanel.shown
    return rx.el.div(
        rx.el.p(badge(_("Cancelled"), tone="absent", icon="x"), " ", shown.reason),
        rx.el.div(
            button(_("Reinstate session"), kind="primary", on_click=SessionPanel.reinstate(shown.id)),
            class_name="row",
        ),
        class_name="stack",
    )


def _forms() -> rx.Component:
    shown = SessionPanel.shown
    return rx.fragment(
        _form(
            _("Substitute"),
            select_field(
                "faculty_id",
                _("Who takes this session"),
                SessionPanel.faculty_options,  # pyright: ignore[reportArgumentType]
                state=SessionPanel,
                value=shown.faculty_id,
                required=True,
            ),
            submit=_("Assign"),
            on_submit=SessionPanel.substitute,
        ),
        _form(
            _("Date, time and room"),
            rx.el.div(
                text_field(
                    "local_date", _("Date"), state=SessionPanel, value=shown.day, type="date", required=True
                ),
                text_field(
                    "starts_at",
                    _("From"),
                    state=SessionPanel,
                    value=shown.starts_at,
                    type="time",
                    required=True,
                ),
                text_field(
                    "ends_at", _("To"), state=SessionPanel, value=shown.ends_at, type="time", required=True
                ),
                class_name="form-thirds",
            ),
            select_field(
                "room_id",
                _("Room"),
                SessionPanel.room_options,  # pyright: ignore[reportArgumentType]
                state=SessionPanel,
                value=shown.room_id,
                empty_label=_("No room"),
            ),
            submit=_("Change this session"),
            on_submit=SessionPanel.move,
        ),
        _form(
            _("Cancel the session"),
            text_field(
                "reason",
                _("Reason"),
                state=SessionPanel,
                required=True,
                max_length=500,
                help=_("Everybody who sees the timetable reads it."),
            ),
            submit=_("Cancel session"),
            on_submit=SessionPanel.cancel,
            kind="danger",
        ),
    )


def _form(
    title: str, *fields: rx.Component, submit: str, on_submit: Any, kind: Any = "plain"
) -> rx.Component:
    return rx.el.form(
        rx.el.h3(title),
        *fields,
        rx.el.div(button(submit, type="submit", kind=kind), class_name="row"),
        on_submit=on_submit,
        reset_on_submit=False,
        class_name="form panel-form",
        custom_attrs={"noValidate": True},
    )
