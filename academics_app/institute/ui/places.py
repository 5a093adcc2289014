"""Branches and rooms on the settings screen: short lists, a form for each."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from academics_app.core.db import reading, transaction
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission
from academics_app.institute.schemas import (
    BranchCreate,
    BranchUpdate,
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


class PlaceLists(rx.State):
    """Both lists."""

    branches: list[BranchRow] = []
    rooms: list[RoomRow] = []
    branch_options: list[list[str]] = []

    @rx.event
    @allow(Permission.CALENDAR_MANAGE)
    async def open(self) -> None:
        """Load both."""
        actor = current_actor()
        async with reading() as session:
            branches = (await list_branches(session, actor=actor, page=_ALL)).items
            rooms = (await list_rooms(session, actor=actor, page=_ALL)).items
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


def place_dialogs() -> rx.Component:
    """Both forms."""
    return rx.fragment(_branch_dialog(), _room_dialog())


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
