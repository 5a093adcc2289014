"""How a register came to be: its moments, the register as it stood at each, and what is another now."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import reflex as rx

from academics_app.attendance.history import as_of, history_of, read_ledger
from academics_app.attendance.models import RegisterAction
from academics_app.attendance.moments import Moment, moments
from academics_app.attendance.register import read_register
from academics_app.attendance.schemas.history import PastRow, RegisterAsOf
from academics_app.attendance.service import live_topic
from academics_app.attendance.ui.words import DOORS, day_words, mark_words, moment_words, source_words
from academics_app.core.clock import utc_now
from academics_app.core.db import reading
from academics_app.core.permissions import Permission
from academics_app.institute.service import current_settings
from academics_app.ui import routes
from academics_app.ui.components import (
    Column,
    badge,
    card,
    card_body,
    icon_button,
    link,
    link_button,
    page_header,
    plain_table,
)
from academics_app.ui.components.badge import MARKS
from academics_app.ui.i18n import _, ngettext
from academics_app.ui.identity import current_actor
from academics_app.ui.pages import page
from academics_app.ui.policy import allow
from academics_app.ui.records import RecordState, record_phases
from academics_app.ui.watching import changes, guarded

_INSTANT = timedelta(microseconds=1)
_NAMED = 2
"""A moment of so many marks names the students; one of more counts them."""


@dataclass
class MomentRow:
    """A step of the time line."""

    index: int
    time: str
    who: str
    what: str


@dataclass
class HistoryRow:
    """A student of the register as it stood."""

    name: str
    mark: str
    tone: str
    note: str
    who: str
    before: str
    """The mark until then, where this moment changed it."""
    later: str
    """The mark that stands now, where it is another one."""
    later_tone: str
    is_sought: bool


class RegisterHistoryPage(RecordState, rx.State):
    """One register's past. `chosen` is the moment that is shown; it stays while new ones arrive."""

    PARAMETER: ClassVar = "session_id"

    title: str = ""
    answer: str = ""
    register: str = ""
    moment_rows: list[MomentRow] = []
    chosen: int = 0
    last: int = 0
    shown_time: str = ""
    shown_state: str = ""
    rows: list[HistoryRow] = []
    student: str = ""
    all_href: str = ""

    _moments: int = 0

    @rx.event
    @allow(Permission.REGISTER_READ)
    async def open(self) -> AsyncIterator[None]:
        """Load the register of the address, at its newest moment."""
        async for _step in self._open():
            yield

    @rx.event(background=True)
    @allow(Permission.REGISTER_READ)
    async def watch(self) -> None:
        """Follow the register: what is done to it now becomes a moment too."""
        async with self:
            session_id = self._asked()
        async for _topics in changes(live_topic(session_id), at_once=False):
            with guarded():
                async with self:
                    await self._reload(session_id)

    @rx.event
    @allow(Permission.REGISTER_READ)
    async def choose(self, index: str) -> None:
        """Show another moment."""
        given = str(index)
        if given.isdecimal() and len(given) < 9 and int(given) <= self.last:
            self.chosen = int(given)
            await self._reload(self._asked())

    @rx.event
    @allow(Permission.REGISTER_READ)
    async def step(self, by: int) -> None:
        """One moment on or back."""
        self.chosen = min(max(self.chosen + (1 if int(by) > 0 else -1), 0), self.last)
        await self._reload(self._asked())

    def _clear(self) -> None:
        self.title = self.answer = self.shown_time = self.shown_state = self.student = ""
        self.moment_rows, self.rows = [], []
        self.chosen = self.last = self._moments = 0

    async def _load(self, record_id: int) -> None:
        sought = self.router.url.query_parameters.get("student", "")
        student_id = int(sought) if sought.isdecimal() and len(sought) < 19 else None
        actor = current_actor()
        async with reading() as session:
            zone = (await current_settings(session)).zone
            header = (await read_register(session, actor=actor, session_id=record_id)).session
            ledger = await read_ledger(session, actor=actor, session_id=record_id)
        past = moments(history_of(ledger), student_id=student_id)
        if self._moments == 0 or self.chosen >= self._moments - 1:
            self.chosen = max(0, len(past) - 1)
        self._moments, self.last = len(past), max(0, len(past) - 1)
        self.title = _("History of {batch}").format(batch=header.batch_name)
        self.register = routes.register(record_id)
        self.all_href = routes.register_history(record_id)
        self.student = next((each.name for each in ledger.people if each.student_id == student_id), "")
        self.answer = _answer(past, header.local_date, header.time_label)
        self.moment_rows = [_moment_row(index, each, zone) for index, each in enumerate(past)]
        if not past:
            self.rows, self.shown_time, self.shown_state = [], "", ""
            return
        moment = past[min(self.chosen, self.last)]
        shown = as_of(ledger, at=moment.at, until=max(utc_now(), moment.at))
        before = as_of(ledger, at=moment.begins_at - _INSTANT, until=moment.at)
        self.shown_time = moment_words(moment.at, zone)
        self.shown_state = _state_words(shown)
        self.rows = _rows(shown, before, student_id=student_id, zone=zone)


def _answer(past: list[Moment], day: Any, time_label: str) -> str:
    people = {moment.by for moment in past if moment.by}
    changed = sum(len(moment.marks) for moment in past)
    when = _("{day}, {time}.").format(day=day_words(day), time=time_label)
    if not past:
        return _("{when} Nothing was done to this register yet.").format(when=when)
    told = ngettext("{n} change of a mark", "{n} changes of marks", changed).format(n=changed)
    by = ngettext("by {n} person.", "by {n} people.", len(people)).format(n=len(people))
    return f"{when} {told} {by}"


def _moment_row(index: int, moment: Moment, zone: ZoneInfo) -> MomentRow:
    names = [
        _("{student}: {before} → {after}").format(
            student=mark.student_name,
            before=mark_words(mark.before.status, mark.before.minutes_late),
            after=mark_words(mark.after.status, mark.after.minutes_late),
        )
        for mark in moment.marks
    ]
    what = (
        names
        if len(names) <= _NAMED
        else [ngettext("{n} mark", "{n} marks", len(names)).format(n=len(names))]
    )
    taken = {
        RegisterAction.TAKEN: _("register taken"),
        RegisterAction.UNTAKEN: _("register given back"),
    }
    what = [*what, *(taken[change.action] for change in moment.register_changes)]
    door = DOORS[moment.door]
    who = moment.by or _("The system")
    return MomentRow(
        index=index,
        time=moment_words(moment.at, zone),
        who=_("{name} {door}").format(name=who, door=door) if door else who,
        what=" · ".join(what),
    )


def _state_words(shown: RegisterAsOf) -> str:
    marked = _("{stored} of {n} marked").format(stored=shown.stored, n=shown.expected)
    if shown.taken_at is None:
        taken = _("register not taken")
    else:
        taken = _("register taken by {name}").format(name=shown.taken_by or _("the system"))
    changed = (
        ngettext(
            "{n} student is marked otherwise now", "{n} students are marked otherwise now", shown.changed
        )
        if shown.changed
        else _("as it stands now")
    )
    return _("{marked}, {taken}, {changed}.").format(
        marked=marked, taken=taken, changed=changed.format(n=shown.changed)
    )


def _rows(
    shown: RegisterAsOf, before: RegisterAsOf, *, student_id: int | None, zone: ZoneInfo
) -> list[HistoryRow]:
    earlier = {row.student_id: row for row in before.rows}
    return [_row(row, earlier.get(row.student_id), student_id=student_id, zone=zone) for row in shown.rows]


def _row(row: PastRow, earlier: PastRow | None, *, student_id: int | None, zone: ZoneInfo) -> HistoryRow:
    made = ""
    if row.marked_at is not None:
        made = _("{name}, {time}").format(
            name=row.marked_by or _("The system"), time=f"{row.marked_at.astimezone(zone):%H:%M:%S}"
        )
        source = source_words(row.source, row.suggested_by, None)
        made = _("{made}, {source}").format(made=made, source=source) if source else made
    return HistoryRow(
        name=row.name,
        mark=mark_words(row.status, row.minutes_late),
        tone=MARKS[row.status or ""][2],
        note=row.note,
        who=made,
        before=mark_words(earlier.status, earlier.minutes_late) if earlier and earlier.is_changed else "",
        later=_later(row) if row.is_changed else "",
        later_tone=MARKS[row.later.status or ""][2],
        is_sought=row.student_id == student_id,
    )


def _later(row: PastRow) -> str:
    words = mark_words(row.later.status, row.later.minutes_late)
    if (row.later.status, row.later.minutes_late) == (row.status, row.minutes_late):
        return _("{mark}, another note").format(mark=words)
    return words


@page(
    route=routes.REGISTER_HISTORY_ROUTE,
    title=_("Register history"),
    permission=Permission.REGISTER_READ,
    on_load=[RegisterHistoryPage.open, RegisterHistoryPage.watch],
    section=routes.ATTENDANCE,
)
def history_page() -> rx.Component:
    state = RegisterHistoryPage
    return record_phases(
        state,
        rx.fragment(
            page_header(
                state.title,
                state.answer,
                link_button(_("Open register"), state.register, icon="clipboard-list"),
            ),
            rx.cond(
                state.student,
                rx.el.p(
                    rx.el.span(_("Changes of {name} only").format(name=""), class_name="sr-only"),
                    rx.el.strong(state.student),
                    " ",
                    link(_("Show all changes"), href=state.all_href),
                    class_name="notice history-notice",
                ),
            ),
            rx.cond(
                state.moment_rows.length() > 0,  # pyright: ignore[reportAttributeAccessIssue]
                rx.el.div(_time_line(), _register(), class_name="history-columns"),
                rx.el.div(
                    rx.el.h2(_("No history yet")),
                    rx.el.p(_("Marks, and the taking of the register, will stand here in their order.")),
                    class_name="empty",
                ),
            ),
        ),
        retry=state.open,
        kind=_("Register history"),
        missing=_("No such register"),
    )


def _time_line() -> rx.Component:
    state = RegisterHistoryPage
    return card(
        rx.el.ol(
            rx.foreach(
                state.moment_rows,
                lambda row: rx.el.li(
                    rx.el.button(
                        rx.el.span(row.time, class_name="small muted tabular"),
                        rx.el.span(row.who, class_name="strong"),
                        rx.el.span(row.what, class_name="small"),
                        type="button",
                        class_name="history-moment",
                        on_click=state.choose(row.index.to(str)),  # pyright: ignore[reportAttributeAccessIssue]
                        custom_attrs={"aria-current": rx.cond(state.chosen == row.index, "step", "false")},
                    )
                ),
            ),
            class_name="history-moments",
            aria_label=_("Moments"),
        ),
        title=_("What was done"),
    )


def _register() -> rx.Component:
    state = RegisterHistoryPage
    return card(
        card_body(
            rx.el.div(
                icon_button("chevron-left", label=_("Moment before"), on_click=state.step(-1)),
                rx.el.input(
                    type="range",
                    min="0",
                    max=state.last.to(str),  # pyright: ignore[reportAttributeAccessIssue]
                    value=state.chosen.to(str),  # pyright: ignore[reportAttributeAccessIssue]
                    on_change=state.choose,
                    class_name="history-slider",
                    aria_label=_("Moment"),
                    custom_attrs={"aria-valuetext": state.shown_time},
                ),
                icon_button("chevron-right", label=_("Moment after"), on_click=state.step(1)),
                class_name="row",
            ),
            rx.el.p(rx.el.strong(state.shown_time), class_name="tabular"),
            rx.el.p(state.shown_state, class_name="muted small", role="status"),
        ),
        plain_table(
            state.rows,
            [
                Column(_("Student"), _name, width="25%"),
                Column(_("Stood as"), _mark),
                Column(_("Marked by"), _made, width="34%"),
                Column(_("Now"), _now, width="14%"),
            ],
            label=_("The register at that moment"),
        ),
        title=_("The register as it stood"),
    )


def _name(row: HistoryRow) -> rx.Component:
    return rx.el.span(
        row.name, title=row.name, class_name=rx.cond(row.is_sought, "truncate history-sought", "truncate")
    )


def _mark(row: HistoryRow) -> rx.Component:
    return rx.el.span(
        rx.cond(row.before, rx.el.span(row.before, " → ", class_name="small muted")),
        badge(row.mark, tone=row.tone),
        rx.cond(row.note, rx.el.span("“", row.note, "”", class_name="small muted")),
        class_name="row-wrap cell-wrap",
    )


def _made(row: HistoryRow) -> rx.Component:
    return rx.el.span(row.who, title=row.who, class_name="small muted truncate")


def _now(row: HistoryRow) -> rx.Component:
    return rx.cond(
        row.later, badge(row.later, tone=row.later_tone), rx.el.span(_("the same"), class_name="muted small")
    )
