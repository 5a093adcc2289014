"""The register on paper: as it is marked, or blank to be marked by hand."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import ClassVar

import reflex as rx

from academics_app.attendance.register import read_register
from academics_app.attendance.schemas.register import RegisterRead, RegisterRow
from academics_app.attendance.service import live_topic
from academics_app.attendance.ui.words import day_words, moment_words
from academics_app.core.db import reading
from academics_app.core.permissions import Permission
from academics_app.institute.service import current_settings
from academics_app.ui import routes
from academics_app.ui.components import MARKS, button, link_button, page_header, tabs
from academics_app.ui.i18n import _
from academics_app.ui.identity import current_actor
from academics_app.ui.pages import page
from academics_app.ui.policy import allow
from academics_app.ui.records import RecordState, record_phases
from academics_app.ui.watching import changes, guarded

_STATUSES = ("present", "absent", "late", "excused")
_MARKED, _BLANK = "marked", "blank"


@dataclass
class SheetRow:
    """A line of the sheet."""

    number: int
    name: str
    code: str
    status: str
    minutes: str
    note: str


class RegisterSheet(RecordState, rx.State):
    """One register, for the printer."""

    PARAMETER: ClassVar = "session_id"

    institute: str = ""
    batch: str = ""
    day: str = ""
    time: str = ""
    room: str = ""
    teacher: str = ""
    topic: str = ""
    taken: str = ""
    register: str = ""
    sheet: str = ""
    kind: str = _MARKED
    rows: list[SheetRow] = []

    @rx.event
    @allow(Permission.REGISTER_READ)
    async def open(self) -> AsyncIterator[None]:
        """Load the register of the address."""
        async for _step in self._open():
            yield

    @rx.event(background=True)
    @allow(Permission.REGISTER_READ)
    async def watch(self) -> None:
        """Follow the register until it is printed."""
        async with self:
            session_id = self._asked()
        async for _topics in changes(live_topic(session_id), at_once=False):
            with guarded():
                async with self:
                    await self._reload(session_id)

    def _clear(self) -> None:
        self.batch = self.day = self.time = self.room = self.teacher = self.topic = self.taken = ""
        self.rows = []

    async def _load(self, record_id: int) -> None:
        self.kind = _BLANK if self.router.url.query_parameters.get("kind") == _BLANK else _MARKED
        async with reading() as session:
            settings = await current_settings(session)
            read = await read_register(session, actor=current_actor(), session_id=record_id)
        header = read.session
        self.institute, self.batch, self.time = settings.name, header.batch_name, header.time_label
        self.day = day_words(header.local_date)
        self.room, self.topic = header.room_name or "–", header.topic_title or ""
        self.teacher = header.faculty_name or "–"
        self.register, self.sheet = routes.register(record_id), routes.register_sheet(record_id)
        self.taken = _taken(read, moment_words(read.taken_at, settings.zone) if read.taken_at else "")
        self.rows = [
            _row(number, row, is_blank=self.kind == _BLANK) for number, row in enumerate(read.rows, 1)
        ]


def _taken(read: RegisterRead, at: str) -> str:
    if not at:
        return _("Register not taken, {stored} of {n} marked").format(stored=read.stored, n=read.expected)
    return _("Register taken by {name}, {time}").format(name=read.taken_by or _("the system"), time=at)


def _row(number: int, row: RegisterRow, *, is_blank: bool) -> SheetRow:
    if is_blank:
        return SheetRow(number=number, name=row.name, code=row.code, status="", minutes="", note="")
    return SheetRow(
        number=number,
        name=row.name,
        code=row.code,
        status=row.status.value if row.status else "",
        minutes=str(row.minutes_late) if row.minutes_late is not None else "",
        note=row.note,
    )


@page(
    route=routes.REGISTER_SHEET_ROUTE,
    title=_("Register sheet"),
    permission=Permission.REGISTER_READ,
    on_load=[RegisterSheet.open, RegisterSheet.watch],
    section=routes.ATTENDANCE,
)
def sheet_page() -> rx.Component:
    state = RegisterSheet
    return record_phases(
        state,
        rx.fragment(
            rx.el.div(
                page_header(
                    _("Register sheet"),
                    _("A4, forty students on a page. Choose what is printed."),
                    link_button(_("Open register"), state.register),
                    button(
                        _("Print"), kind="primary", icon="printer", on_click=rx.call_script("window.print()")
                    ),
                ),
                tabs(
                    _("What is printed"),
                    [
                        (_MARKED, _("As marked"), state.sheet),
                        (_BLANK, _("Blank"), state.sheet + "?kind=" + _BLANK),
                    ],
                    state.kind,
                ),
                class_name="no-print",
            ),
            _sheet(),
        ),
        retry=state.open,
        kind=_("Register sheet"),
        missing=_("No such register"),
    )


def _sheet() -> rx.Component:
    state = RegisterSheet
    is_marked = state.kind == _MARKED
    return rx.el.section(
        rx.el.header(
            rx.el.div(
                rx.el.h2(state.batch),
                rx.el.p(rx.cond(state.topic, state.topic, state.institute)),
            ),
            rx.el.dl(
                *[
                    rx.el.div(rx.el.dt(label), rx.el.dd(value))
                    for label, value in (
                        (_("Day"), state.day),
                        (_("Time"), state.time),
                        (_("Room"), state.room),
                        (_("Teacher"), state.teacher),
                    )
                ]
            ),
            class_name="sheet-head",
        ),
        rx.el.div(
            rx.el.table(
                rx.el.thead(
                    rx.el.tr(
                        rx.el.th("#", scope="col", class_name="sheet-number"),
                        rx.el.th(_("Student"), scope="col"),
                        rx.el.th(_("Code"), scope="col", class_name="sheet-code"),
                        *[
                            rx.el.th(
                                rx.el.abbr(MARKS[status][0], title=MARKS[status][1]),
                                scope="col",
                                class_name="sheet-box",
                            )
                            for status in _STATUSES
                        ],
                        rx.el.th(_("Min"), scope="col", class_name="sheet-minutes"),
                        rx.el.th(_("Note"), scope="col", class_name="sheet-note"),
                    )
                ),
                rx.el.tbody(rx.foreach(state.rows, _line)),
                class_name="sheet-table",
                aria_label=_("Register"),
            ),
            class_name="sheet-scroll",
            tab_index=0,
            role="region",
            aria_label=_("Sheet"),
        ),
        rx.el.footer(
            rx.el.p(
                rx.cond(is_marked, state.taken, _("P present · A absent · L late, with minutes · E excused"))
            ),
            rx.el.p(_("Signature"), class_name="sheet-signature"),
            class_name="sheet-foot",
        ),
        class_name="sheet",
        aria_label=_("Sheet of the register"),
    )


def _line(row: SheetRow) -> rx.Component:
    return rx.el.tr(
        rx.el.td(row.number, class_name="sheet-number"),
        rx.el.th(rx.el.span(row.name, title=row.name), scope="row"),
        rx.el.td(row.code, class_name="sheet-code"),
        *[
            rx.el.td(
                rx.cond(
                    row.status == status,
                    rx.el.span("✕", role="img", aria_label=MARKS[status][1]),
                ),
                class_name="sheet-box",
            )
            for status in _STATUSES
        ],
        rx.el.td(row.minutes, class_name="sheet-minutes"),
        rx.el.td(rx.el.span(row.note, title=row.note), class_name="sheet-note"),
    )
