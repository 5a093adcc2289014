"""The list of batches, and the form that adds and changes one."""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

import reflex as rx

from academics_app.core.clock import local_date, utc_now
from academics_app.core.db import reading, transaction
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission, may
from academics_app.faculty.schemas import FacultyStatus
from academics_app.faculty.service import list_faculty
from academics_app.institute.service import current_settings, list_branches, list_rooms
from academics_app.learning_sessions.schemas import BatchCreate, BatchRead, BatchStatus, BatchUpdate
from academics_app.learning_sessions.service import create_batch, list_batches, read_batch, update_batch
from academics_app.learning_sessions.wording import week_label
from academics_app.subjects.service import list_subjects
from academics_app.ui import routes
from academics_app.ui.components import (
    Column,
    badge,
    button,
    data_list,
    empty_state,
    filter_chip,
    filter_select,
    form_dialog,
    page_header,
    saved,
    select_field,
    text_field,
)
from academics_app.ui.forms import FormState, filled
from academics_app.ui.i18n import _, ngettext
from academics_app.ui.identity import current_actor
from academics_app.ui.listing import ListState
from academics_app.ui.pages import page
from academics_app.ui.policy import allow
from academics_app.ui.watching import changes, guarded

STATUSES = {
    "active": (_("Active"), "present"),
    "completed": (_("Completed"), "untaken"),
    "cancelled": (_("Cancelled"), "absent"),
}
_ALL = PageRequest(limit=1000)


@dataclass
class BatchRow:
    """A line of the list."""

    id: int
    name: str
    code: str
    subject: str
    teacher: str
    week: str
    room: str
    enrolled: str
    status: str
    status_label: str
    tone: str


class BatchList(ListState, rx.State):
    """The batches that fit the address."""

    FILTERS: ClassVar = {"status": tuple(STATUSES), "subject": (), "faculty": ()}

    rows: list[BatchRow] = []
    answer: str = ""
    may_manage: bool = False
    may_filter_faculty: bool = False
    subject_options: list[list[str]] = []
    faculty_options: list[list[str]] = []

    @rx.event
    @allow(Permission.BATCH_READ)
    async def open(self) -> None:
        """Load by the address."""
        await self._open()

    @rx.event(background=True)
    @allow(Permission.BATCH_READ)
    async def watch(self) -> None:
        """Load again when a batch or an enrolment has changed."""
        async for _topics in changes("batches", at_once=False):
            with guarded():
                async with self:
                    await self._load()

    async def _load(self) -> None:
        actor, status = current_actor(), self.filters.get("status")
        async with reading() as session:
            today = local_date(utc_now(), (await current_settings(session)).zone)
            found = await list_batches(
                session,
                actor=actor,
                page=self._page_request(),
                query=self.q,
                status=BatchStatus(status) if status else None,
                subject_id=_id(self.filters.get("subject")),
                faculty_id=_id(self.filters.get("faculty")),
            )
            active = await list_batches(
                session, actor=actor, page=PageRequest(limit=1), status=BatchStatus.ACTIVE
            )
            subjects = await list_subjects(session, actor=actor, page=_ALL)
            self.may_filter_faculty = may(actor, Permission.FACULTY_READ) and actor.faculty_id is None
            if self.may_filter_faculty:
                faculty = await list_faculty(session, actor=actor, page=_ALL)
                self.faculty_options = [[str(each.id), each.full_name] for each in faculty.items]
        self.may_manage = may(actor, Permission.BATCH_MANAGE)
        self.subject_options = [[str(each.id), each.name] for each in subjects.items]
        self.rows = [_row(batch, today) for batch in found.items]
        self._count(len(found.items), found.total)
        self.answer = ngettext("{n} active batch.", "{n} active batches.", active.total).format(
            n=active.total
        )


class BatchForm(FormState, rx.State):
    """Adding a batch and changing one."""

    editing_id: int = 0
    version: int = 0
    code: str = ""
    name: str = ""
    subject_id: str = ""
    faculty_id: str = ""
    branch_id: str = ""
    room_id: str = ""
    starts_on: str = ""
    ends_on: str = ""
    status: str = "active"
    subject_options: list[list[str]] = []
    faculty_options: list[list[str]] = []
    branch_options: list[list[str]] = []
    room_options: list[list[str]] = []

    @rx.event
    @allow(Permission.BATCH_MANAGE)
    async def add(self) -> None:
        """Open empty."""
        await self._load_options()
        self.editing_id, self.version = 0, 0
        self.code = self.name = self.subject_id = self.faculty_id = self.room_id = ""
        self.starts_on = self.ends_on = ""
        self.branch_id = self.branch_options[0][0] if self.branch_options else ""
        self.status = BatchStatus.ACTIVE.value
        self._forget_errors()
        self.form_open = True

    @rx.event
    @allow(Permission.BATCH_MANAGE)
    async def edit(self, batch_id: int) -> None:
        """Open with a batch."""
        await self._load_options()
        async with reading() as session:
            batch = await read_batch(session, actor=current_actor(), batch_id=int(batch_id))
        self.editing_id, self.version = batch.id, batch.version
        self.code, self.name, self.status = batch.code, batch.name, batch.status.value
        self.subject_id, self.branch_id = str(batch.subject_id), str(batch.branch_id)
        self.faculty_id, self.room_id = str(batch.faculty_id or ""), str(batch.room_id or "")
        self.starts_on = batch.starts_on.isoformat()
        self.ends_on = batch.ends_on.isoformat() if batch.ends_on else ""
        self._forget_errors()
        self.form_open = True

    @rx.event
    @allow(Permission.BATCH_MANAGE)
    async def save(self, form: dict[str, Any]) -> Any:
        """Store the form; a new batch's page opens, for its schedule and students."""
        if not self.form_open:
            return None
        with self._form_errors():
            actor, values = current_actor(), filled(form)
            values.setdefault("branch_id", self.branch_id)
            async with transaction() as session:
                if self.editing_id:
                    data = BatchUpdate.model_validate({**values, "version": self.version})
                    batch = await update_batch(session, actor=actor, batch_id=self.editing_id, data=data)
                else:
                    given = {name: value for name, value in values.items() if value is not None}
                    batch = await create_batch(session, actor=actor, data=BatchCreate.model_validate(given))
            self.form_open = False
            if self.editing_id:
                return saved(_("{name} changed").format(name=batch.name))
            return [saved(_("{name} added").format(name=batch.name)), rx.redirect(routes.batch(batch.id))]
        return None

    async def _load_options(self) -> None:
        actor = current_actor()
        async with reading() as session:
            subjects = await list_subjects(session, actor=actor, page=_ALL, is_active=True)
            faculty = await list_faculty(session, actor=actor, page=_ALL, status=FacultyStatus.ACTIVE)
            branches = await list_branches(session, actor=actor, page=_ALL)
            rooms = await list_rooms(session, actor=actor, page=_ALL)
        several = len(branches.items) > 1
        self.subject_options = [[str(each.id), each.name] for each in subjects.items]
        self.faculty_options = [[str(each.id), each.full_name] for each in faculty.items]
        self.branch_options = [[str(each.id), each.name] for each in branches.items if each.is_active]
        self.room_options = [
            [str(each.id), room_label(each.name, each.branch_name, several=several)] for each in rooms.items
        ]


def room_label(room: str, branch: str, *, several: bool) -> str:
    """The room's name, with its branch where the institute has several."""
    return _("{room} · {branch}").format(room=room, branch=branch) if several else room


def _id(text: str | None) -> int | None:
    return min(int(text), 2**63 - 1) if text and text.isdecimal() else None


def _row(batch: BatchRead, today: date) -> BatchRow:
    label, tone = STATUSES[batch.status.value]
    return BatchRow(
        id=batch.id,
        name=batch.name,
        code=batch.code,
        subject=batch.subject_name,
        teacher=batch.faculty_name or _("No teacher"),
        week=week_label(batch.meetings, since=today) or _("No weekly schedule"),
        room=batch.room_name or "",
        enrolled=str(batch.enrolled_count),
        status=batch.status.value,
        status_label=label,
        tone=tone,
    )


@page(
    route=routes.BATCHES,
    title=_("Batches"),
    permission=Permission.BATCH_READ,
    on_load=[BatchList.open, BatchList.watch],
)
def batches_page() -> rx.Component:
    return rx.fragment(
        page_header(
            _("Batches"),
            BatchList.answer,
            rx.cond(
                BatchList.may_manage,
                button(_("Add batch"), kind="primary", icon="plus", on_click=BatchForm.add, creates=True),
            ),
        ),
        data_list(
            BatchList,
            BatchList.rows,
            [
                Column(_("Batch"), _name, width="24%"),
                Column(_("Subject"), lambda row: row.subject, width="14%"),
                Column(_("Teacher"), lambda row: row.teacher, width="17%"),
                Column(_("Week"), lambda row: rx.el.span(row.week, title=row.week)),
                Column(_("Students"), lambda row: row.enrolled, width="90px", align="end"),
                Column(_("Status"), lambda row: badge(row.status_label, tone=row.tone), width="110px"),
            ],
            label=_("Batches"),
            href=lambda row: routes.batch(row.id),
            search=_("Name or code"),
            filters=[
                filter_chip(BatchList, "status", "active", _("Active")),
                filter_chip(BatchList, "status", "completed", _("Completed")),
                filter_select(BatchList, "subject", _("Any subject"), BatchList.subject_options),  # pyright: ignore[reportArgumentType]
                rx.cond(
                    BatchList.may_filter_faculty,
                    filter_select(BatchList, "faculty", _("Any teacher"), BatchList.faculty_options),  # pyright: ignore[reportArgumentType]
                ),
            ],
            empty=empty_state(
                _("No batches yet"),
                _("A batch is a teaching group of one subject: its teacher, its week and its students."),
                rx.cond(
                    BatchList.may_manage,
                    button(_("Add batch"), kind="primary", icon="plus", on_click=BatchForm.add),
                ),
            ),
            retry=BatchList.open,
        ),
        batch_dialog(),
    )


def _name(row: BatchRow) -> rx.Component:
    return rx.el.span(
        rx.el.span(row.name, class_name="truncate", title=row.name),
        rx.el.span(row.code, class_name="muted tiny nowrap"),
        class_name="row",
    )


def batch_dialog() -> rx.Component:
    """The form; `BatchForm.add` and `BatchForm.edit(batch_id)` open it."""
    is_new = BatchForm.editing_id == 0
    return form_dialog(
        rx.el.div(
            text_field(
                "name", _("Name"), state=BatchForm, value=BatchForm.name, required=True, auto_focus=True
            ),
            text_field("code", _("Code"), state=BatchForm, value=BatchForm.code, required=True),
            select_field(
                "subject_id",
                _("Subject"),
                BatchForm.subject_options,  # pyright: ignore[reportArgumentType]
                state=BatchForm,
                value=BatchForm.subject_id,
                required=True,
                empty_label=_("Choose a subject"),
            ),
            select_field(
                "faculty_id",
                _("Teacher"),
                BatchForm.faculty_options,  # pyright: ignore[reportArgumentType]
                state=BatchForm,
                value=BatchForm.faculty_id,
                empty_label=_("No teacher yet"),
            ),
            rx.cond(
                BatchForm.branch_options.length() > 1,  # pyright: ignore[reportAttributeAccessIssue]
                select_field(
                    "branch_id",
                    _("Branch"),
                    BatchForm.branch_options,  # pyright: ignore[reportArgumentType]
                    state=BatchForm,
                    value=BatchForm.branch_id,
                    required=True,
                ),
            ),
            select_field(
                "room_id",
                _("Room"),
                BatchForm.room_options,  # pyright: ignore[reportArgumentType]
                state=BatchForm,
                value=BatchForm.room_id,
                empty_label=_("No room"),
            ),
            text_field(
                "starts_on",
                _("First day"),
                state=BatchForm,
                value=BatchForm.starts_on,
                type="date",
                required=True,
            ),
            text_field("ends_on", _("Last day"), state=BatchForm, value=BatchForm.ends_on, type="date"),
            class_name="form-grid",
        ),
        rx.cond(
            ~is_new,
            select_field(
                "status",
                _("Status"),
                [(value, label) for value, (label, _tone) in STATUSES.items()],
                state=BatchForm,
                value=BatchForm.status,
                required=True,
                help=_("A batch that is not active has no further sessions."),
            ),
        ),
        state=BatchForm,
        title=rx.cond(is_new, _("Add batch"), _("Change batch")),
        submit=rx.cond(is_new, _("Add batch"), _("Save")),
        on_submit=BatchForm.save,
        id="batch-form",
        wide=True,
    )
