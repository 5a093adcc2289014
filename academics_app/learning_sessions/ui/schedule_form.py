"""The editor of a batch's week: one line a meeting, as many as wanted, saved together."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from academics_app.core.db import reading, transaction
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission
from academics_app.institute.service import list_rooms
from academics_app.learning_sessions.schemas import ScheduleUpdate
from academics_app.learning_sessions.service import read_batch, set_schedule
from academics_app.learning_sessions.wording import LONG_WEEKDAYS
from academics_app.ui.components import button, form_dialog, icon_button, option_elements, saved
from academics_app.ui.forms import FormState
from academics_app.ui.i18n import _
from academics_app.ui.identity import current_actor
from academics_app.ui.policy import allow

_MOST_LINES = 50


@dataclass
class Line:
    """What a line begins with; what is typed stays in the browser. `key` names its fields."""

    key: str
    id: str
    weekday: str
    starts_at: str
    ends_at: str
    room_id: str
    starts_on: str = ""
    ends_on: str = ""
    has_dates: bool = False


class ScheduleForm(FormState, rx.State):
    """The week of one batch."""

    of_batch: int = 0
    version: int = 0
    lines: list[Line] = []
    room_options: list[list[str]] = []

    _next_key: int = 0

    @rx.event
    @allow(Permission.BATCH_MANAGE)
    async def edit(self, batch_id: int) -> None:
        """Open with a batch's week."""
        actor = current_actor()
        async with reading() as session:
            batch = await read_batch(session, actor=actor, batch_id=int(batch_id))
            rooms = await list_rooms(
                session, actor=actor, page=PageRequest(limit=1000), branch_id=batch.branch_id
            )
        self.of_batch, self.version = batch.id, batch.version
        self.room_options = [[str(each.id), each.name] for each in rooms.items]
        self.lines = [
            self._line(
                str(each.id),
                str(each.weekday),
                f"{each.starts_at:%H:%M}",
                f"{each.ends_at:%H:%M}",
                str(each.room_id or ""),
                each.starts_on.isoformat() if each.starts_on else "",
                each.ends_on.isoformat() if each.ends_on else "",
            )
            for each in batch.meetings
        ] or [self._line("", "0", "", "", "")]
        self._forget_errors()
        self.form_open = True

    @rx.event
    @allow(Permission.BATCH_MANAGE)
    async def add_line(self) -> None:
        """Another meeting."""
        if len(self.lines) < _MOST_LINES:
            last = self.lines[-1] if self.lines else None
            weekday = str(min(int(last.weekday) + 1, 6)) if last else "0"
            self.lines.append(
                self._line("", weekday, last.starts_at if last else "", last.ends_at if last else "", "")
            )

    @rx.event
    @allow(Permission.BATCH_MANAGE)
    async def set_dates(self, key: str) -> None:
        """Let a meeting have a first or last day of its own."""
        for line in self.lines:
            if line.key == key:
                line.has_dates = True

    @rx.event
    @allow(Permission.BATCH_MANAGE)
    async def remove_line(self, key: str) -> None:
        """Leave a meeting out."""
        self.lines = [line for line in self.lines if line.key != key]

    @rx.event
    @allow(Permission.BATCH_MANAGE)
    async def save(self, form: dict[str, Any]) -> Any:
        """Store the week; future sessions follow it."""
        if not self.form_open:
            return None
        meetings = [
            {
                "id": line.id or None,
                "weekday": form.get(f"weekday-{line.key}"),
                "starts_at": form.get(f"starts-{line.key}"),
                "ends_at": form.get(f"ends-{line.key}"),
                "room_id": form.get(f"room-{line.key}") or None,
                "starts_on": form.get(f"from-{line.key}") or None,
                "ends_on": form.get(f"until-{line.key}") or None,
            }
            for line in self.lines
        ]
        with self._form_errors():
            if any(not meeting["starts_at"] or not meeting["ends_at"] for meeting in meetings):
                self.form_problem = _(
                    "Each meeting needs a start and an end. Remove the lines that you don't need."
                )
                return None
            data = ScheduleUpdate.model_validate({"meetings": meetings, "version": self.version})
            async with transaction() as session:
                await set_schedule(session, actor=current_actor(), batch_id=self.of_batch, data=data)
            self.form_open = False
            return saved(_("Schedule saved; the sessions to come follow it"))
        self._name_the_line()
        return None

    def _name_the_line(self) -> None:
        """A reason about `meetings.2.ends_at` is said with the number of the line."""
        if self.form_problem:
            return
        for name, reason in self.form_errors.items():
            _list, _dot, place = name.partition(".")
            number = place.partition(".")[0]
            self.form_problem = (
                _("Meeting {n}: {reason}").format(n=int(number) + 1, reason=reason)
                if number.isdecimal()
                else reason
            )
            return

    def _line(
        self,
        meeting_id: str,
        weekday: str,
        starts_at: str,
        ends_at: str,
        room_id: str,
        starts_on: str = "",
        ends_on: str = "",
    ) -> Line:
        self._next_key += 1
        return Line(
            str(self._next_key),
            meeting_id,
            weekday,
            starts_at,
            ends_at,
            room_id,
            starts_on,
            ends_on,
            has_dates=bool(starts_on or ends_on),
        )


def schedule_dialog() -> rx.Component:
    """The editor; `ScheduleForm.edit(batch_id)` opens it."""
    return form_dialog(
        rx.el.p(
            _("Future sessions that nobody has touched move with their meeting. Times are the institute's."),
            class_name="muted small",
        ),
        rx.el.ol(rx.foreach(ScheduleForm.lines, _line_fields), class_name="meeting-lines"),
        rx.el.div(button(_("Add meeting"), icon="plus", on_click=ScheduleForm.add_line), class_name="row"),
        state=ScheduleForm,
        title=_("Weekly schedule"),
        submit=_("Save schedule"),
        on_submit=ScheduleForm.save,
        id="schedule-form",
        wide=True,
    )


def _line_fields(line: Line, index: rx.Var[int]) -> rx.Component:
    number = (index + 1).to(str)  # pyright: ignore[reportOperatorIssue]
    days = [(str(at), name) for at, name in enumerate(LONG_WEEKDAYS)]
    return rx.el.li(
        rx.el.select(
            option_elements(days),
            name="weekday-" + line.key,
            default_value=line.weekday,
            class_name="input",
            aria_label=_("Day of meeting {n}").format(n=number),
        ),
        rx.el.input(
            type="time",
            name="starts-" + line.key,
            default_value=line.starts_at,
            class_name="input",
            aria_label=_("Start of meeting {n}").format(n=number),
        ),
        rx.el.span("–", aria_hidden=True, class_name="muted"),
        rx.el.input(
            type="time",
            name="ends-" + line.key,
            default_value=line.ends_at,
            class_name="input",
            aria_label=_("End of meeting {n}").format(n=number),
        ),
        rx.el.select(
            rx.el.option(_("Batch's room"), value=""),
            option_elements(ScheduleForm.room_options),  # pyright: ignore[reportArgumentType]
            name="room-" + line.key,
            default_value=line.room_id,
            class_name="input",
            aria_label=_("Room of meeting {n}").format(n=number),
        ),
        rx.cond(
            line.has_dates,
            rx.el.span(
                _("From"),
                _date("from-" + line.key, line.starts_on, _("First day of meeting {n}").format(n=number)),
                _("until"),
                _date("until-" + line.key, line.ends_on, _("Last day of meeting {n}").format(n=number)),
                class_name="meeting-dates",
            ),
            button(
                _("Only for some weeks…"),
                kind="quiet",
                on_click=ScheduleForm.set_dates(line.key),
                custom_attrs={"aria-description": _("Meeting {n}").format(n=number)},
                class_name="meeting-dates",
            ),
        ),
        icon_button(
            "trash-2",
            label=_("Remove meeting {n}").format(n=number),
            on_click=ScheduleForm.remove_line(line.key),
        ),
        key=line.key,
    )


def _date(name: Any, value: Any, label: Any) -> rx.Component:
    return rx.el.input(type="date", name=name, default_value=value, class_name="input", aria_label=label)
