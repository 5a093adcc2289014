"""Branches, rooms and holidays on the settings screen: short lists, a form for each."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import reflex as rx

from academics_app.core.db import reading, transaction
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission
from academics_app.institute.calendar import create_holiday, delete_holiday, list_holidays, update_holiday
from academics_app.institute.schemas import (
    BranchCreate,
    BranchUpdate,
    HolidayCreate,
    HolidayUpdate,
    RoomCreate,
    RoomUpdate,
)
from academics_app.institute.service import (
    create_branch,
    create_room,
    delete_room,
    list_branches,
    list_rooms,
    update_branch,
    update_room,
)
from academics_app.ui.components import (
    Column,
    button,
    card,
    card_body,
    check_field,
    form_dialog,
    plain_table,
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
_MONTHS = (
    _("Jan"), _("Feb"), _("Mar"), _("Apr"), _("May"), _("Jun"),
    _("Jul"), _("Aug"), _("Sep"), _("Oct"), _("Nov"), _("Dec"),
)  # fmt: skip


@dataclass
class BranchRow:
    id: int
    version: int
    name: str
    code: str
    is_active: bool
    state: str


@dataclass
class RoomRow:
    id: int
    version: int
    name: str
    branch: str
    branch_id: str
    capacity: str


@dataclass
class HolidayRow:
    id: int
    name: str
    days: str
    branch: str
    branch_id: str
    starts_on: str
    ends_on: str


class PlaceLists(rx.State):
    """The three lists."""

    branches: list[BranchRow] = []
    rooms: list[RoomRow] = []
    holidays: list[HolidayRow] = []
    branch_options: list[list[str]] = []

    @rx.event
    @allow(Permission.CALENDAR_MANAGE)
    async def open(self) -> None:
        """Load all three."""
        actor = current_actor()
        async with reading() as session:
            branches = (await list_branches(session, actor=actor, page=_ALL)).items
            rooms = (await list_rooms(session, actor=actor, page=_ALL)).items
            holidays = (await list_holidays(session, actor=actor, page=_ALL)).items
        names = {each.id: each.name for each in branches}
        self.branch_options = [[str(each.id), each.name] for each in branches]
        self.branches = [
            BranchRow(
                each.id,
                each.version,
                each.name,
                each.code,
                each.is_active,
                _("open") if each.is_active else _("closed"),
            )
            for each in branches
        ]
        self.rooms = [
            RoomRow(
                each.id,
                each.version,
                each.name,
                each.branch_name,
                str(each.branch_id),
                str(each.capacity or ""),
            )
            for each in rooms
        ]
        self.holidays = [
            HolidayRow(
                each.id,
                each.name,
                _days(each.starts_on, each.ends_on),
                names.get(each.branch_id, "") if each.branch_id else _("All branches"),
                str(each.branch_id or ""),
                each.starts_on.isoformat(),
                each.ends_on.isoformat(),
            )
            for each in holidays
        ]


class BranchForm(FormState, rx.State):
    """Adding and changing a branch."""

    row: BranchRow = BranchRow(0, 0, "", "", is_active=True, state="")

    @rx.event
    @allow(Permission.SETTINGS_MANAGE)
    async def edit(self, row_id: int) -> None:
        """Open with a branch, or empty for 0."""
        rows = (await self.get_state(PlaceLists)).branches
        empty = BranchRow(0, 0, "", "", is_active=True, state="")
        self.row = next((each for each in rows if each.id == int(row_id)), empty)
        self._forget_errors()
        self.form_open = True

    @rx.event
    @allow(Permission.SETTINGS_MANAGE)
    async def save(self, form: dict[str, Any]) -> Any:
        """Store the form."""
        if not self.form_open:
            return None
        with self._form_errors():
            actor = current_actor()
            async with transaction() as session:
                if self.row.id:
                    values = {**filled(form, checks=("is_active",)), "version": self.row.version}
                    data = BranchUpdate.model_validate(values)
                    branch = await update_branch(session, actor=actor, branch_id=self.row.id, data=data)
                else:
                    created = BranchCreate.model_validate(filled(form))
                    branch = await create_branch(session, actor=actor, data=created)
            self.form_open = False
            return [saved(_("{name} saved").format(name=branch.name)), PlaceLists.open]
        return None


class RoomForm(FormState, rx.State):
    """Adding and changing a room."""

    row: RoomRow = RoomRow(0, 0, "", "", "", "")

    @rx.event
    @allow(Permission.CALENDAR_MANAGE)
    async def edit(self, row_id: int) -> None:
        """Open with a room, or empty for 0."""
        lists = await self.get_state(PlaceLists)
        first = lists.branch_options[0][0] if lists.branch_options else ""
        empty = RoomRow(0, 0, "", "", first, "")
        self.row = next((each for each in lists.rooms if each.id == int(row_id)), empty)
        self._forget_errors()
        self.form_open = True

    @rx.event
    @allow(Permission.CALENDAR_MANAGE)
    async def save(self, form: dict[str, Any]) -> Any:
        """Store the form."""
        if not self.form_open:
            return None
        with self._form_errors():
            actor, values = current_actor(), filled(form)
            async with transaction() as session:
                if self.row.id:
                    data = RoomUpdate.model_validate({**values, "version": self.row.version})
                    room = await update_room(session, actor=actor, room_id=self.row.id, data=data)
                else:
                    created = RoomCreate.model_validate({"branch_id": self.row.branch_id, **values})
                    room = await create_room(session, actor=actor, data=created)
            self.form_open = False
            return [saved(_("{name} saved").format(name=room.name)), PlaceLists.open]
        return None

    @rx.event
    @allow(Permission.CALENDAR_MANAGE)
    async def remove(self) -> Any:
        """Remove a room that nothing uses."""
        if not self.form_open:
            return None
        row = self.row
        with self._form_errors():
            async with transaction() as session:
                await delete_room(session, actor=current_actor(), room_id=row.id)
            self.form_open = False
            undo = RoomForm.put_back(row.branch_id, row.name, row.capacity)
            return [undoable(_("{name} is removed").format(name=row.name), undo), PlaceLists.open]
        return None

    @rx.event
    @allow(Permission.CALENDAR_MANAGE)
    async def put_back(self, branch_id: str, name: str, capacity: str) -> Any:
        """Undo of a removal."""
        data = RoomCreate.model_validate({"branch_id": branch_id, "name": name, "capacity": capacity or None})
        async with transaction() as session:
            await create_room(session, actor=current_actor(), data=data)
        return [saved(_("{name} is back").format(name=data.name)), PlaceLists.open]


class HolidayForm(FormState, rx.State):
    """Adding and changing a holiday; the sessions to come follow at once."""

    row: HolidayRow = HolidayRow(0, "", "", "", "", "", "")

    @rx.event
    @allow(Permission.CALENDAR_MANAGE)
    async def edit(self, row_id: int) -> None:
        """Open with a holiday, or empty for 0."""
        rows = (await self.get_state(PlaceLists)).holidays
        empty = HolidayRow(0, "", "", "", "", "", "")
        self.row = next((each for each in rows if each.id == int(row_id)), empty)
        self._forget_errors()
        self.form_open = True

    @rx.event
    @allow(Permission.CALENDAR_MANAGE)
    async def save(self, form: dict[str, Any]) -> Any:
        """Store the form."""
        if not self.form_open:
            return None
        with self._form_errors():
            actor, values = current_actor(), filled(form)
            async with transaction() as session:
                if self.row.id:
                    data = HolidayUpdate.model_validate(values)
                    holiday = await update_holiday(session, actor=actor, holiday_id=self.row.id, data=data)
                else:
                    holiday = await create_holiday(
                        session, actor=actor, data=HolidayCreate.model_validate(values)
                    )
            self.form_open = False
            return [
                saved(_("{name} saved; the timetable follows").format(name=holiday.name)),
                PlaceLists.open,
            ]
        return None

    @rx.event
    @allow(Permission.CALENDAR_MANAGE)
    async def remove(self) -> Any:
        """Remove the holiday; the sessions that it kept out are made."""
        if not self.form_open:
            return None
        row = self.row
        with self._form_errors():
            async with transaction() as session:
                await delete_holiday(session, actor=current_actor(), holiday_id=row.id)
            self.form_open = False
            undo = HolidayForm.put_back(row.name, row.starts_on, row.ends_on, row.branch_id)
            return [
                undoable(_("{name} is removed; the timetable follows").format(name=row.name), undo),
                PlaceLists.open,
            ]
        return None

    @rx.event
    @allow(Permission.CALENDAR_MANAGE)
    async def put_back(self, name: str, starts_on: str, ends_on: str, branch_id: str) -> Any:
        """Undo of a removal."""
        data = HolidayCreate.model_validate(
            {"name": name, "starts_on": starts_on, "ends_on": ends_on, "branch_id": branch_id or None}
        )
        async with transaction() as session:
            await create_holiday(session, actor=current_actor(), data=data)
        return [saved(_("{name} is back").format(name=data.name)), PlaceLists.open]


def _days(first: date, last: date) -> str:
    def label(day: date) -> str:
        return _("{day} {month} {year}").format(day=day.day, month=_MONTHS[day.month - 1], year=day.year)

    return (
        label(first) if first == last else _("{first} – {last}").format(first=label(first), last=label(last))
    )


def _change(handler: Any, row: Any) -> rx.Component:
    return rx.el.span(
        button(
            _("Change"), kind="quiet", on_click=handler(row.id), custom_attrs={"aria-description": row.name}
        ),
        class_name="row cell-actions",
    )


def branch_card() -> rx.Component:
    return card(
        plain_table(
            PlaceLists.branches,
            [
                Column(_("Branch"), lambda row: row.name),
                Column(_("Code"), lambda row: row.code, width="110px"),
                Column(_("State"), lambda row: row.state, width="70px"),
                Column(_("Actions"), lambda row: _change(BranchForm.edit, row), width="90px"),
            ],
            label=_("Branches"),
        ),
        title=_("Branches"),
        actions=(button(_("Add branch"), kind="quiet", icon="plus", on_click=BranchForm.edit(0)),),
    )


def room_card() -> rx.Component:
    return card(
        rx.cond(
            PlaceLists.rooms.length() > 0,  # pyright: ignore[reportAttributeAccessIssue]
            plain_table(
                PlaceLists.rooms,
                [
                    Column(_("Room"), lambda row: row.name),
                    Column(_("Branch"), lambda row: row.branch),
                    Column(_("Seats"), lambda row: row.capacity, width="70px", align="end"),
                    Column(_("Actions"), lambda row: _change(RoomForm.edit, row), width="90px"),
                ],
                label=_("Rooms"),
            ),
            card_body(rx.el.p(_("No rooms yet."), class_name="muted small")),
        ),
        title=_("Rooms"),
        actions=(button(_("Add room"), kind="quiet", icon="plus", on_click=RoomForm.edit(0)),),
    )


def holiday_card() -> rx.Component:
    return card(
        rx.cond(
            PlaceLists.holidays.length() > 0,  # pyright: ignore[reportAttributeAccessIssue]
            plain_table(
                PlaceLists.holidays,
                [
                    Column(_("Holiday"), lambda row: row.name),
                    Column(_("Days"), lambda row: row.days),
                    Column(_("Where"), lambda row: row.branch, width="120px"),
                    Column(_("Actions"), lambda row: _change(HolidayForm.edit, row), width="90px"),
                ],
                label=_("Holidays"),
            ),
            card_body(
                rx.el.p(_("No holidays yet: every week of the year has sessions."), class_name="muted small")
            ),
        ),
        title=_("Holidays"),
        actions=(
            button(_("Add holiday"), kind="quiet", icon="plus", on_click=HolidayForm.edit(0), creates=True),
        ),
    )


def place_dialogs() -> rx.Component:
    """The three forms."""
    return rx.fragment(_branch_dialog(), _room_dialog(), _holiday_dialog())


def _branch_dialog() -> rx.Component:
    state = BranchForm
    is_new = state.row.id == 0
    return form_dialog(
        text_field("name", _("Name"), state=state, value=state.row.name, required=True, auto_focus=True),
        text_field("code", _("Code"), state=state, value=state.row.code, required=True, max_length=40),
        rx.cond(
            ~is_new,
            check_field("is_active", _("Open: may be chosen for new batches"), value=state.row.is_active),
        ),
        state=state,
        title=rx.cond(is_new, _("Add branch"), _("Change branch")),
        submit=rx.cond(is_new, _("Add branch"), _("Save")),
        on_submit=state.save,
        id="branch-form",
    )


def _room_dialog() -> rx.Component:
    state = RoomForm
    is_new = state.row.id == 0
    return form_dialog(
        text_field(
            "name",
            _("Name"),
            state=state,
            value=state.row.name,
            required=True,
            auto_focus=True,
            max_length=100,
        ),
        rx.cond(
            is_new,
            select_field(
                "branch_id",
                _("Branch"),
                PlaceLists.branch_options,  # pyright: ignore[reportArgumentType]
                state=state,
                value=state.row.branch_id,
                required=True,
            ),
        ),
        text_field("capacity", _("Seats"), state=state, value=state.row.capacity, type="number", min="1"),
        state=state,
        title=rx.cond(is_new, _("Add room"), _("Change room")),
        submit=rx.cond(is_new, _("Add room"), _("Save")),
        on_submit=state.save,
        id="room-form",
        extra=(rx.cond(~is_new, button(_("Remove"), kind="danger", on_click=state.remove)),),
    )


def _holiday_dialog() -> rx.Component:
    state = HolidayForm
    is_new = state.row.id == 0
    return form_dialog(
        text_field("name", _("Name"), state=state, value=state.row.name, required=True, auto_focus=True),
        rx.el.div(
            text_field(
                "starts_on",
                _("First day"),
                state=state,
                value=state.row.starts_on,
                type="date",
                required=True,
            ),
            text_field(
                "ends_on", _("Last day"), state=state, value=state.row.ends_on, type="date", required=True
            ),
            class_name="form-grid",
        ),
        select_field(
            "branch_id",
            _("Where"),
            PlaceLists.branch_options,  # pyright: ignore[reportArgumentType]
            state=state,
            value=state.row.branch_id,
            empty_label=_("All branches"),
            help=_("Sessions to come on these days are taken away, unless somebody has touched them."),
        ),
        state=state,
        title=rx.cond(is_new, _("Add holiday"), _("Change holiday")),
        submit=rx.cond(is_new, _("Add holiday"), _("Save")),
        on_submit=state.save,
        id="holiday-form",
        extra=(rx.cond(~is_new, button(_("Remove"), kind="danger", on_click=state.remove)),),
    )
