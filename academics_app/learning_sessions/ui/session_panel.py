"""What an admin can change about one session, a form at a time; each change can be undone where that is possible."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

import reflex as rx

from academics_app.core.db import reading, transaction
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission
from academics_app.faculty.schemas import FacultyStatus
from academics_app.faculty.service import list_faculty
from academics_app.institute.service import current_settings, list_rooms
from academics_app.learning_sessions.schemas import (
    ChangeScope,
    MakeUp,
    SessionCancel,
    SessionChange,
    SessionChanged,
    SessionLink,
    SessionRead,
    SessionStatus,
    SessionSubstitute,
)
from academics_app.learning_sessions.service import (
    add_make_up,
    assign_substitute,
    cancel_following,
    cancel_session,
    change_session,
    read_session,
    reinstate_session,
)
from academics_app.learning_sessions.wording import LONG_WEEKDAYS, day_label, time_label
from academics_app.ui import routes
from academics_app.ui.components import saved, undoable
from academics_app.ui.forms import FormState, filled
from academics_app.ui.i18n import _, ngettext
from academics_app.ui.identity import current_actor
from academics_app.ui.policy import allow

CHANGE, SUBSTITUTE, CANCEL, MAKE_UP = "change", "substitute", "cancel", "make-up"
_FORMS = (CHANGE, SUBSTITUTE, CANCEL, MAKE_UP)
_ALL = PageRequest(limit=1000)
_PLACE = ("local_date", "starts_at", "ends_at", "room_id")


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
    makes_up_for: str = ""
    made_up_by: str = ""
    is_cancelled: bool = False
    is_weekly: bool = False
    weekday: str = ""
    day: str = ""
    starts_at: str = ""
    ends_at: str = ""
    room_id: str = ""
    faculty_id: str = ""
    batch_href: str = ""
    register_href: str = ""


class SessionPanel(FormState, rx.State):
    """One session and the form that is open."""

    shown: Shown = Shown()
    form_name: str = ""
    plans_make_up: bool = False
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
        self.shown = _shown(found, zone)
        self.faculty_options = [[str(each.id), each.full_name] for each in faculty.items]
        self.room_options = [[str(each.id), each.name] for each in rooms.items]
        self.form_name, self.plans_make_up = "", False
        self._forget_errors()
        self.form_open = True

    @rx.event
    @allow(Permission.SESSION_MANAGE)
    async def show_form(self, name: str) -> None:
        """Open one of the forms, or none."""
        self.form_name, self.plans_make_up = name if name in _FORMS else "", False
        self._forget_errors()

    @rx.event
    @allow(Permission.SESSION_MANAGE)
    async def toggle_make_up(self) -> None:
        """Ask for the make-up's date and time too, or no longer."""
        self.plans_make_up = not self.plans_make_up

    @rx.event
    @allow(Permission.SESSION_MANAGE)
    async def change(self, form: dict[str, Any]) -> Any:
        """Another date, time or room: for this session, for it and those that follow, or for the weekly meeting."""
        if not self.form_open:
            return None
        before = self.shown
        with self._form_errors(form):
            sent = _changed(form, before)
            if not sent:
                self.form_problem = _("Nothing is different yet.")
                return None
            scope = ChangeScope(_scope(form))
            data = SessionChange.model_validate({**sent, "scope": scope, "version": before.version})
            async with transaction() as session:
                done = await change_session(session, actor=current_actor(), session_id=before.id, data=data)
            self.form_open = False
            undo = SessionPanel.change_back(  # pyright: ignore[reportCallIssue]
                before.id, scope.value, before.day, before.starts_at, before.ends_at, before.room_id
            )
            return undoable(_result(before, scope, done), undo)
        return None

    @rx.event
    @allow(Permission.SESSION_MANAGE)
    async def change_back(
        self, session_id: int, scope: str, day: str, starts_at: str, ends_at: str, room_id: str
    ) -> Any:
        """Undo of a change."""
        data = SessionChange(
            scope=ChangeScope(scope),
            local_date=date.fromisoformat(day),
            starts_at=time.fromisoformat(starts_at),
            ends_at=time.fromisoformat(ends_at),
            room_id=int(room_id) if room_id else None,
        )
        async with transaction() as session:
            await change_session(session, actor=current_actor(), session_id=int(session_id), data=data)
        return saved(_("The timetable is as it was"))

    @rx.event
    @allow(Permission.SESSION_MANAGE)
    async def cancel(self, form: dict[str, Any]) -> Any:
        """Cancel the session with the form's reason, with a make-up or the whole rest of the series if wanted."""
        if not self.form_open:
            return None
        with self._form_errors(form):
            values = {"reason": filled(form).get("reason"), "version": self.shown.version}
            ends_series = _scope(form) == ChangeScope.FOLLOWING.value
            if self.plans_make_up and not ends_series:
                values["make_up"] = MakeUp.model_validate(_place(form))
            data = SessionCancel.model_validate(values)
            return await (self._cancel_following(data) if ends_series else self._cancel_one(data))
        return None

    async def _cancel_one(self, data: SessionCancel) -> Any:
        async with transaction() as session:
            done = await cancel_session(session, actor=current_actor(), session_id=self.shown.id, data=data)
        self.form_open = False
        if data.make_up:
            return saved(
                _("{session} is cancelled and made up on {day}").format(
                    session=_name(done), day=day_label(data.make_up.local_date)
                )
            )
        return undoable(
            _("{session} is cancelled").format(session=_name(done)), SessionPanel.reinstate(done.id)
        )

    async def _cancel_following(self, data: SessionCancel) -> Any:
        title = self.shown.title
        async with transaction() as session:
            done = await cancel_following(session, actor=current_actor(), session_id=self.shown.id, data=data)
        self.form_open = False
        return saved(_("{batch}: {counts}").format(batch=title, counts=_counts(done, cancelled=1)))

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
        """Let a cancelled session take place; what is in the way of it is said in the panel."""
        with self._form_errors({}):
            async with transaction() as session:
                before = await read_session(session, actor=current_actor(), session_id=int(session_id))
                done = await reinstate_session(session, actor=current_actor(), session_id=int(session_id))
            self.form_open = False
            text = _("{session} takes place").format(session=_name(done))
            return undoable(text, SessionPanel.cancel_again(done.id, before.cancel_reason or _("Cancelled")))
        return None

    @rx.event
    @allow(Permission.SESSION_MANAGE)
    async def make_up(self, form: dict[str, Any]) -> Any:
        """Plan a session instead of the cancelled one."""
        if not self.form_open:
            return None
        with self._form_errors(form):
            data = MakeUp.model_validate(_place(form))
            async with transaction() as session:
                made = await add_make_up(session, actor=current_actor(), session_id=self.shown.id, data=data)
            self.form_open = False
            return saved(_("{session} is the make-up").format(session=_name(made)))
        return None

    @rx.event
    @allow(Permission.SESSION_MANAGE)
    async def substitute(self, form: dict[str, Any]) -> Any:
        """Let the chosen teacher stand in."""
        if not self.form_open:
            return None
        before = self.shown.faculty_id
        with self._form_errors(form):
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


def _shown(found: SessionRead, zone: ZoneInfo) -> Shown:
    begin, end = found.starts_at.astimezone(zone), found.ends_at.astimezone(zone)
    return Shown(
        id=found.id,
        version=found.version,
        title=found.batch_name,
        when=_("{day}, {time}").format(day=day_label(found.local_date), time=time_label(begin, end, zone)),
        room=found.room_name or _("No room"),
        teacher=found.faculty_name or _("No teacher"),
        substitute_for=found.substitute_for_name or "",
        reason=found.cancel_reason or "",
        makes_up_for=_linked(found.makes_up_for, zone),
        made_up_by=_linked(found.made_up_by, zone),
        is_cancelled=found.status is SessionStatus.CANCELLED,
        is_weekly=found.schedule_id is not None,
        weekday=LONG_WEEKDAYS[found.local_date.weekday()],
        day=found.local_date.isoformat(),
        starts_at=f"{begin:%H:%M}",
        ends_at=f"{end:%H:%M}",
        room_id=str(found.room_id or ""),
        faculty_id=str(found.faculty_id or ""),
        batch_href=routes.batch(found.batch_id),
        register_href=routes.register(found.id),
    )


def _linked(other: SessionLink | None, zone: ZoneInfo) -> str:
    if other is None:
        return ""
    return _("{day}, {time}").format(
        day=day_label(other.local_date), time=time_label(other.starts_at, other.ends_at, zone)
    )


def _place(form: Mapping[str, Any]) -> dict[str, Any]:
    return filled({name: form.get(name, "") for name in _PLACE})


def _changed(form: Mapping[str, Any], before: Shown) -> dict[str, Any]:
    """What the form has that the session has not."""
    stored = {
        "local_date": before.day,
        "starts_at": before.starts_at,
        "ends_at": before.ends_at,
        "room_id": before.room_id,
    }
    return filled({name: form[name] for name in _PLACE if name in form and form[name] != stored[name]})


def _scope(form: Mapping[str, Any]) -> str:
    wanted = str(form.get("scope") or ChangeScope.THIS.value)
    return wanted if wanted in {each.value for each in ChangeScope} else ChangeScope.THIS.value


def _name(session: SessionRead) -> str:
    return _("{batch} on {day}").format(batch=session.batch_name, day=day_label(session.local_date))


def _result(before: Shown, scope: ChangeScope, done: SessionChanged) -> str:
    if scope is ChangeScope.THIS:
        name = _name(done.session) if done.session else before.title
        return _("{session} changed").format(session=name)
    return _("{batch}: {counts}").format(batch=before.title, counts=_counts(done))


def _counts(done: SessionChanged, *, cancelled: int = 0) -> str:
    """As "12 sessions moved, 1 left as it is"."""
    words = []
    if cancelled:
        words.append(
            ngettext("{n} session cancelled", "{n} sessions cancelled", cancelled).format(n=cancelled)
        )
    if done.moved:
        words.append(ngettext("{n} session moved", "{n} sessions moved", done.moved).format(n=done.moved))
    if done.added:
        words.append(ngettext("{n} added", "{n} added", done.added).format(n=done.added))
    if done.removed:
        words.append(ngettext("{n} removed", "{n} removed", done.removed).format(n=done.removed))
    if done.left_alone:
        words.append(
            ngettext("{n} left as it is", "{n} left as they are", done.left_alone).format(n=done.left_alone)
        )
    return ", ".join(words) or _("the schedule is changed")
