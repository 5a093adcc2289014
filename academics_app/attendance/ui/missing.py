"""Registers that were not taken: the sentence, the list with the way to each, and how each faculty member's were taken."""

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

import reflex as rx

from academics_app.attendance.missing import USUAL_DAYS, count_by_faculty, list_missing
from academics_app.attendance.schemas.missing import FacultyRegisters, MissingRegister, RegistersByFaculty
from academics_app.attendance.service import REGISTERS_TOPIC
from academics_app.core.actor import Actor
from academics_app.core.clock import local_date, utc_now
from academics_app.core.db import reading
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission, may
from academics_app.institute.service import current_settings, list_branches
from academics_app.ui import routes
from academics_app.ui.components import (
    Column,
    card,
    data_list,
    empty_state,
    filter_chip,
    filter_select,
    link,
    link_button,
    page_header,
    plain_table,
    short_day,
)
from academics_app.ui.i18n import _, ngettext
from academics_app.ui.identity import current_actor
from academics_app.ui.listing import ListState
from academics_app.ui.pages import page
from academics_app.ui.policy import allow
from academics_app.ui.sections import attendance_tabs
from academics_app.ui.watching import changes, guarded

_SETTLE_SECONDS = 2.0
"""Every mark of every register is heard of here."""
_PERIODS = {
    "30": _("Last 30 days"),
    "90": _("Last 90 days"),
    "365": _("Last year"),
}
_ALL = PageRequest(limit=1000)


@dataclass
class MissingRow:
    """A register of the list."""

    href: str
    batch: str
    when: str
    place: str
    faculty: str
    marked: str
    can_take: bool


@dataclass
class FacultyRow:
    """How a faculty member's registers were taken."""

    name: str
    href: str
    missing: str
    late: str
    on_time: str
    closed: str
    share: str


class MissingRegisters(ListState, rx.State):
    """The registers that fit the address: by default those of the last seven days."""

    FILTERS: ClassVar = {"days": tuple(_PERIODS), "branch": (), "faculty": ()}

    rows: list[MissingRow] = []
    answer: str = ""
    by_faculty: list[FacultyRow] = []
    branch_options: list[list[str]] = []
    faculty_options: list[list[str]] = []
    sees_all: bool = False

    @rx.event
    @allow(Permission.REGISTER_READ)
    async def open(self) -> None:
        """Load by the address."""
        await self._open()

    @rx.event(background=True)
    @allow(Permission.REGISTER_READ)
    async def watch(self) -> None:
        """Load again when a register was taken or the timetable has changed."""
        async for _topics in changes(REGISTERS_TOPIC, "timetable", at_once=False):
            with guarded():
                async with self:
                    await self._load()
            await asyncio.sleep(_SETTLE_SECONDS)

    async def _load(self) -> None:
        actor = current_actor()
        days = int(self.filters.get("days") or USUAL_DAYS)
        branch_id, faculty_id = _id(self.filters.get("branch")), _id(self.filters.get("faculty"))
        self.sees_all = may(actor, Permission.ATTENDANCE_ANALYSE)
        async with reading() as session:
            end_date = local_date(utc_now(), (await current_settings(session)).zone)
            start_date = end_date - timedelta(days=days - 1)
            found = await list_missing(
                session,
                actor=actor,
                page=self._page_request(),
                start_date=start_date,
                end_date=end_date,
                branch_id=branch_id,
                faculty_id=faculty_id,
            )
            counts = await count_by_faculty(
                session, actor=actor, start_date=start_date, end_date=end_date, branch_id=branch_id
            )
            branches = await list_branches(session, actor=actor, page=_ALL)
        self.rows = [_row(register, end_date) for register in found.items]
        self._count(len(found.items), found.total)
        self.branch_options = [[str(branch.id), branch.name] for branch in branches.items]
        self.faculty_options = sorted(
            ([str(item.faculty_id), item.faculty_name or ""] for item in counts.items if item.faculty_id),
            key=lambda option: option[1].lower(),
        )
        self.by_faculty = [_faculty_row(item, self.filters) for item in counts.items]
        chosen = [item for item in counts.items if faculty_id in (None, item.faculty_id)]
        self.answer = _sentence(counts.model_copy(update={"items": chosen}), days=days, actor=actor)


@page(
    route=routes.ATTENDANCE,
    title=_("Attendance"),
    permission=Permission.REGISTER_READ,
    on_load=[MissingRegisters.open, MissingRegisters.watch],
)
def missing_page() -> rx.Component:
    state = MissingRegisters
    return rx.fragment(
        page_header(_("Attendance"), state.answer),
        attendance_tabs(routes.ATTENDANCE),
        data_list(
            state,
            state.rows,
            [
                Column(
                    _("Register"), lambda row: rx.el.span(row.batch, class_name="truncate", title=row.batch)
                ),
                Column(_("When"), lambda row: rx.el.span(row.when, class_name="nowrap"), width="190px"),
                Column(_("Faculty"), lambda row: row.faculty, width="20%"),
                Column(_("Room"), lambda row: row.place, width="13%", on_phone=False),
                Column(_("Marked"), lambda row: row.marked, width="120px"),
                Column(_("Actions"), _take, width="140px", align="end", phone_label=False),
            ],
            label=_("Registers that were not taken"),
            href=lambda row: row.href,
            filters=[
                *[filter_chip(state, "days", days, label) for days, label in _PERIODS.items()],
                rx.cond(
                    state.sees_all & (state.branch_options.length() > 1),  # pyright: ignore[reportAttributeAccessIssue]
                    filter_select(state, "branch", _("Any branch"), state.branch_options),  # pyright: ignore[reportArgumentType]
                ),
                rx.cond(
                    state.sees_all,
                    filter_select(state, "faculty", _("Anybody's"), state.faculty_options),  # pyright: ignore[reportArgumentType]
                ),
            ],
            empty=empty_state(
                _("Every register was taken"),
                _("Registers that are overdue appear here, with the way to take each."),
                link_button(_("Open the timetable"), routes.TIMETABLE),
            ),
            retry=state.open,
        ),
        rx.cond(
            state.sees_all & (state.by_faculty.length() > 0),  # pyright: ignore[reportAttributeAccessIssue]
            rx.el.div(
                card(
                    plain_table(state.by_faculty, _FACULTY_COLUMNS, label=_("Registers by faculty member")),
                    title=_("By faculty member"),
                ),
                class_name="below-list",
            ),
        ),
    )


def _take(row: MissingRow) -> rx.Component:
    return rx.cond(
        row.can_take,
        link_button(
            _("Take register"),
            row.href,
            class_name="above-link",
            custom_attrs={"aria-description": row.batch + ", " + row.when},
        ),
        rx.el.span(_("Locked"), class_name="muted"),
    )


_FACULTY_COLUMNS = [
    Column(_("Faculty"), lambda row: link(row.name, href=row.href, replace=True)),
    Column(_("Not taken"), lambda row: row.missing, width="110px", align="end"),
    Column(_("Taken late"), lambda row: row.late, width="110px", align="end", on_phone=False),
    Column(_("Taken in time"), lambda row: row.on_time, width="120px", align="end", on_phone=False),
    Column(_("Closed by itself"), lambda row: row.closed, width="130px", align="end", on_phone=False),
    Column(_("In time"), lambda row: row.share, width="90px", align="end"),
]


def _row(register: MissingRegister, today: date) -> MissingRow:
    day = short_day(register.local_date)
    if register.local_date.year != today.year:
        day = _("{day} {year}").format(day=day, year=register.local_date.year)
    return MissingRow(
        href=routes.register(register.session_id),
        batch=register.batch_name,
        when=_("{day}, {time}").format(day=day, time=register.time_label),
        place=register.room_name or "",
        faculty=register.faculty_name or _("Nobody"),
        marked=_("{stored} of {n}").format(stored=register.stored, n=register.expected)
        if register.stored
        else _("nobody of {n}").format(n=register.expected),
        can_take=register.can_take,
    )


def _faculty_row(counts: FacultyRegisters, filters: dict[str, str]) -> FacultyRow:
    due = counts.on_time + counts.late + counts.closed + counts.missing
    own_filters = {**filters, "faculty": str(counts.faculty_id or "")}
    return FacultyRow(
        name=counts.faculty_name or _("Nobody"),
        href=routes.with_query(routes.ATTENDANCE, **own_filters),
        missing=str(counts.missing),
        late=str(counts.late),
        on_time=str(counts.on_time),
        closed=str(counts.closed),
        share=_("{n} %").format(n=round(100 * counts.on_time / due)) if due else "–",
    )


def _sentence(counts: RegistersByFaculty, *, days: int, actor: Actor) -> str:
    """How many are missing, and whose most of them are."""
    missing = sum(item.missing for item in counts.items)
    due = sum(item.on_time + item.late + item.closed + item.missing for item in counts.items)
    if not due:
        return _("No register was due in the last {days} days.").format(days=days)
    if not missing:
        return ngettext(
            "The {due} register of the last {days} days was taken.",
            "All {due} registers of the last {days} days were taken.",
            due,
        ).format(due=due, days=days)
    if may(actor, Permission.ATTENDANCE_ANALYSE):
        words = ngettext(
            "{n} register of the last {days} days was not taken.",
            "{n} registers of the last {days} days were not taken.",
            missing,
        )
    else:
        words = ngettext(
            "{n} register of yours of the last {days} days was not taken.",
            "{n} registers of yours of the last {days} days were not taken.",
            missing,
        )
    words = words.format(n=missing, days=days)
    worst = max(counts.items, key=lambda item: item.missing)
    if len(counts.items) > 1 and worst.missing > 1 and worst.faculty_name:
        whose = ngettext("{n} of them is {name}'s.", "{n} of them are {name}'s.", worst.missing)
        words = f"{words} {whose.format(n=worst.missing, name=worst.faculty_name)}"
    return words


def _id(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 and int(text) else None
