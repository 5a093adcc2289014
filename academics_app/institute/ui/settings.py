"""The institute's settings: its name and clock, registration, when registers open and are overdue, and its places."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

import reflex as rx

from academics_app.core.clock import utc_now
from academics_app.core.db import reading, transaction
from academics_app.core.permissions import Permission
from academics_app.institute.schemas import SettingsUpdate
from academics_app.institute.service import read_settings, update_settings
from academics_app.institute.ui.places import PlaceLists, branch_card, place_dialogs, room_card
from academics_app.ui import errors, routes
from academics_app.ui.components import (
    button,
    by_phase,
    card,
    card_body,
    check_field,
    error_state,
    page_header,
    saved,
    select_field,
    skeleton,
    text_field,
)
from academics_app.ui.forms import FormState, filled
from academics_app.ui.i18n import _
from academics_app.ui.identity import current_actor
from academics_app.ui.listing import FAILED, LOADING, READY
from academics_app.ui.pages import page
from academics_app.ui.policy import allow
from academics_app.ui.watching import changes, guarded

_TECHNICAL = ("Etc/", "SystemV/", "posix/", "right/")
_FIELDS = {"name": "institute_name"}
"""The dialogs of this page have a field `name` too, and a field's name is its id."""
_CHECKS = ("registration_open", "excused_counts_against")
_NUMBERS: dict[str, tuple[int, int]] = {
    "register_opens_minutes_before": (0, 1440),
    "register_overdue_minutes_after": (0, 1440),
    "close_minutes_after": (0, 1440),
    "faculty_edit_days": (0, 366),
    "admin_edit_days": (0, 3660),
    "check_in_opens_minutes_before": (0, 240),
    "late_after_minutes": (0, 240),
    "generate_weeks_ahead": (1, 60),
}
"""Least and most of each number of the form, as in `InstituteSettings`."""
_CLOSING = (
    ("nothing", _("Leave the register not taken")),
    ("absent", _("Mark the unmarked absent and take it")),
    ("present", _("Mark the unmarked present and take it")),
)


class SettingsForm(FormState, rx.State):
    """The settings as they were when the page was opened; what is typed stays in the browser."""

    phase: str = LOADING
    problem: str = ""
    answer: str = ""
    epoch: int = 0
    """Grows with each load, so that the form is drawn anew with what is stored."""
    name: str = ""
    time_zone: str = ""
    registration_open: bool = False
    numbers: dict[str, str] = {}
    """Each number of `_NUMBERS` as it is stored."""
    close_fills: str = "nothing"
    excused_counts_against: bool = False
    zones: list[str] = []

    @rx.event
    @allow(Permission.SETTINGS_MANAGE)
    async def open(self) -> None:
        """Load what is stored."""
        try:
            await self._load()
        except Exception as error:  # noqa: BLE001 - shown and, if it is not ours, logged
            self.phase, self.problem = FAILED, errors.sentence(error)

    @rx.event
    @allow(Permission.SETTINGS_MANAGE)
    async def save(self, form: dict[str, Any]) -> Any:
        """Store the form. Another time zone moves the future sessions, so that their wall-clock times hold."""
        with self._form_errors():
            values = filled(form, checks=_CHECKS)
            values["name"] = values.pop("institute_name", None)
            data = SettingsUpdate.model_validate(values)
            async with transaction() as session:
                await update_settings(session, actor=current_actor(), data=data)
            await self._load()
            return saved(_("Settings saved"))
        self.form_errors = {_FIELDS.get(name, name): reason for name, reason in self.form_errors.items()}
        return None

    async def _load(self) -> None:
        async with reading() as session:
            settings = await read_settings(session, actor=current_actor())
        self.name, self.time_zone = settings.name, settings.time_zone
        self.registration_open = settings.registration_open
        self.excused_counts_against = settings.excused_counts_against
        self.numbers = {name: str(getattr(settings, name)) for name in _NUMBERS}
        self.close_fills = settings.close_fills
        self.zones = _zone_names()
        local = utc_now().astimezone(settings.zone)
        self.answer = _("{institute} runs on {zone}, where it is {time} now.").format(
            institute=settings.name, zone=settings.time_zone.replace("_", " "), time=f"{local:%H:%M}"
        )
        self.epoch += 1
        self.phase, self.problem = READY, ""


@cache
def _zone_names() -> list[str]:
    """Places, without the old and technical names that the database of zones also has."""
    places = {name for name in available_timezones() if "/" in name and not name.startswith(_TECHNICAL)}
    return [*sorted(places), "UTC"]


class SettingsWatch(rx.State):
    """Follows changes of branches and rooms; the form above them is left alone."""

    @rx.event(background=True)
    @allow(Permission.SETTINGS_MANAGE)
    async def watch(self) -> Any:
        """Load the lists again after a change."""
        async for _topics in changes("settings", at_once=False):
            with guarded():
                yield PlaceLists.open


@page(
    route=routes.SETTINGS,
    title=_("Settings"),
    permission=Permission.SETTINGS_MANAGE,
    on_load=[SettingsForm.open, PlaceLists.open, SettingsWatch.watch],
)
def settings_page() -> rx.Component:
    return rx.fragment(
        rx.el.link(rel="stylesheet", href="/week/week.css", custom_attrs={"precedence": "default"}),
        page_header(_("Settings"), SettingsForm.answer),
        by_phase(
            SettingsForm.phase,  # pyright: ignore[reportArgumentType]
            ready=rx.el.div(
                _settings_card(),
                rx.el.div(branch_card(), room_card(), class_name="stack"),
                class_name="settings-columns",
            ),
            loading=card(card_body(*[skeleton(width) for width in ("40%", "70%", "55%")])),
            failed=error_state(SettingsForm.problem, SettingsForm.open),
        ),
        place_dialogs(),
    )


def _settings_card() -> rx.Component:
    state = SettingsForm
    return rx.el.form(
        card(
            card_body(
                rx.el.div(
                    rx.cond(
                        state.form_problem,
                        rx.el.p(state.form_problem, class_name="form-problem", role="alert"),
                    ),
                    text_field(
                        "institute_name",
                        _("Name of the institute"),
                        state=state,
                        value=state.name,
                        required=True,
                        max_length=200,
                    ),
                    text_field(
                        "time_zone",
                        _("Time zone"),
                        state=state,
                        value=state.time_zone,
                        required=True,
                        list="time-zones",
                        auto_complete="off",
                        help=_(
                            "Schedules keep their wall-clock times: future sessions move when it changes."
                        ),
                    ),
                    rx.el.datalist(
                        rx.foreach(state.zones, lambda zone: rx.el.option(value=zone)), id="time-zones"
                    ),
                    _number("generate_weeks_ahead", _("Make sessions this many weeks ahead")),
                    check_field(
                        "registration_open",
                        _("Students who register may sign in without approval"),
                        value=state.registration_open,
                    ),
                    rx.el.h3(_("Registers")),
                    rx.el.div(
                        _number("register_opens_minutes_before", _("Opens, minutes before the start")),
                        _number("register_overdue_minutes_after", _("Overdue, minutes after the start")),
                        class_name="form-grid",
                    ),
                    rx.el.div(
                        _number(
                            "faculty_edit_days",
                            _("Faculty may mark, days after"),
                            help=_("Afterwards they ask for a correction. 0: on the day itself only."),
                        ),
                        _number(
                            "admin_edit_days",
                            _("Admins may mark, days after"),
                            help=_("Afterwards another admin approves their correction."),
                        ),
                        class_name="form-grid",
                    ),
                    rx.el.div(
                        select_field(
                            "close_fills",
                            _("When nobody took a register"),
                            _CLOSING,
                            state=state,
                            value=state.close_fills,
                            required=True,
                            help=_("Approved absences become excused, and check-ins count as they were."),
                        ),
                        _number("close_minutes_after", _("That happens, minutes after the end")),
                        class_name="form-grid",
                    ),
                    check_field(
                        "excused_counts_against",
                        _("Excused absences count in attendance percentages"),
                        value=state.excused_counts_against,
                    ),
                    rx.el.h3(_("Check-in by students")),
                    rx.el.div(
                        _number("check_in_opens_minutes_before", _("Opens, minutes before the start")),
                        _number("late_after_minutes", _("Late from, minutes after the start")),
                        class_name="form-grid",
                    ),
                    class_name="form",
                ),
            ),
            rx.el.div(button(_("Save settings"), kind="primary", type="submit"), class_name="card-foot"),
            title=_("Institute"),
        ),
        key=state.epoch.to(str),  # pyright: ignore[reportAttributeAccessIssue]
        on_submit=SettingsForm.save,
        reset_on_submit=False,
        custom_attrs={"noValidate": True},
    )


def _number(name: str, label: str, *, help: str | None = None) -> rx.Component:  # noqa: A002 - as of the field
    least, most = _NUMBERS[name]
    return text_field(
        name,
        label,
        state=SettingsForm,
        value=SettingsForm.numbers[name],
        required=True,
        type="number",
        min=str(least),
        max=str(most),
        help=help,
    )
