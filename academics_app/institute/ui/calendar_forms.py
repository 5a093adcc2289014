"""Adding, changing and deleting terms and holidays, and the page that does it."""

from datetime import date, timedelta
from typing import Any

import reflex as rx
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.core.clock import local_date, utc_now
from academics_app.core.db import transaction
from academics_app.core.pagination import Page, PageRequest
from academics_app.core.permissions import Permission
from academics_app.institute.calendar import (
    create_holiday,
    create_term,
    delete_holiday,
    delete_term,
    update_holiday,
    update_term,
)
from academics_app.institute.schemas import HolidayCreate, HolidayUpdate, TermCreate, TermUpdate
from academics_app.institute.service import current_settings
from academics_app.institute.ui.calendar import KINDS, CalendarLists, CalendarRow, calendar_page_of
from academics_app.learning_sessions.schemas import SessionRead, SessionStatus
from academics_app.learning_sessions.service import list_sessions
from academics_app.ui import routes
from academics_app.ui.components import button, dialog, form_dialog, saved, select_field, text_field, undoable
from academics_app.ui.forms import FormState, filled
from academics_app.ui.i18n import _, ngettext
from academics_app.ui.identity import current_actor
from academics_app.ui.pages import page
from academics_app.ui.policy import allow

_MOST = PageRequest(limit=1000)
_LONGEST = timedelta(days=366)

Span = tuple[date | None, date | None]
"""First and last day, or nothing for a holiday that is not stored yet."""


class TermForm(FormState, rx.State):
    """One term."""

    row: CalendarRow = CalendarRow()
    is_deleting: bool = False

    @rx.event
    @allow(Permission.CALENDAR_MANAGE)
    async def edit(self, row_id: int) -> None:
        """Open with a term, or empty for 0."""
        rows = (await self.get_state(CalendarLists)).terms
        self.row = next((each for each in rows if each.id == int(row_id)), CalendarRow())
        self._forget_errors()
        self.form_open = True

    @rx.event
    @allow(Permission.CALENDAR_MANAGE)
    async def save(self, form: dict[str, Any]) -> Any:
        """Store the form."""
        if not self.form_open:
            return None
        with self._form_errors(form):
            actor, values = current_actor(), filled(form)
            async with transaction() as session:
                if self.row.id:
                    data = TermUpdate.model_validate({**values, "version": self.row.version})
                    term = await update_term(session, actor=actor, term_id=self.row.id, data=data)
                else:
                    term = await create_term(session, actor=actor, data=TermCreate.model_validate(values))
            self.form_open = False
            return [saved(_("{name} saved").format(name=term.name)), CalendarLists.open]
        return None

    @rx.event
    @allow(Permission.CALENDAR_MANAGE)
    async def ask(self) -> None:
        """Ask before the term is deleted."""
        self.form_open, self.is_deleting = False, self.row.id > 0

    @rx.event
    @allow(Permission.CALENDAR_MANAGE)
    async def keep(self) -> None:
        """Don't delete it."""
        self.is_deleting = False

    @rx.event
    @allow(Permission.CALENDAR_MANAGE)
    async def remove(self) -> Any:
        """Delete the term."""
        if not self.is_deleting:
            return None
        self.is_deleting, row = False, self.row
        async with transaction() as session:
            await delete_term(session, actor=current_actor(), term_id=row.id)
        undo = TermForm.put_back(row.name, row.kind, row.starts_on, row.ends_on)  # pyright: ignore[reportCallIssue]
        return [undoable(_("{name} is deleted").format(name=row.name), undo), CalendarLists.open]

    @rx.event
    @allow(Permission.CALENDAR_MANAGE)
    async def put_back(self, name: str, kind: str, starts_on: str, ends_on: str) -> Any:
        """Undo of a deletion."""
        data = TermCreate.model_validate(
            {"name": name, "kind": kind, "starts_on": starts_on, "ends_on": ends_on}
        )
        async with transaction() as session:
            await create_term(session, actor=current_actor(), data=data)
        return [saved(_("{name} is back").format(name=data.name)), CalendarLists.open]


class HolidayForm(FormState, rx.State):
    """One holiday; the sessions to come follow at once, and the answer counts them."""

    row: CalendarRow = CalendarRow()
    is_deleting: bool = False

    @rx.event
    @allow(Permission.CALENDAR_MANAGE)
    async def edit(self, row_id: int) -> None:
        """Open with a holiday, or empty for 0."""
        rows = (await self.get_state(CalendarLists)).holidays
        self.row = next((each for each in rows if each.id == int(row_id)), CalendarRow())
        self._forget_errors()
        self.form_open = True

    @rx.event
    @allow(Permission.CALENDAR_MANAGE)
    async def save(self, form: dict[str, Any]) -> Any:
        """Store the form."""
        if not self.form_open:
            return None
        with self._form_errors(form):
            values = {"branch_id": None, **filled(form)}
            change = HolidayUpdate.model_validate(values) if self.row.id else None
            data = change or HolidayCreate.model_validate(values)
            days = [self._stored_days(), (data.starts_on, data.ends_on)]
            actor = current_actor()
            async with transaction() as session:
                before = await _sessions_on(session, *days)
                holiday = (
                    await update_holiday(session, actor=actor, holiday_id=self.row.id, data=change)
                    if change
                    else await create_holiday(session, actor=actor, data=data)  # pyright: ignore[reportArgumentType]
                )
                after = await _sessions_on(session, *days)
                stay = await _sessions_on(session, days[1], branch_id=holiday.branch_id)
            self.form_open = False
            staying = sum(
                each.status is not SessionStatus.CANCELLED and each.local_date <= holiday.ends_on
                for each in stay.items
            )
            counts = _difference(before.total, after.total, staying)
            text = _("{name} saved. {counts}").format(name=holiday.name, counts=counts)
            return [saved(text.strip()), CalendarLists.open]
        return None

    @rx.event
    @allow(Permission.CALENDAR_MANAGE)
    async def ask(self) -> None:
        """Ask before the holiday is deleted."""
        self.form_open, self.is_deleting = False, self.row.id > 0

    @rx.event
    @allow(Permission.CALENDAR_MANAGE)
    async def keep(self) -> None:
        """Don't delete it."""
        self.is_deleting = False

    @rx.event
    @allow(Permission.CALENDAR_MANAGE)
    async def remove(self) -> Any:
        """Delete the holiday; the sessions that it kept out are made."""
        if not self.is_deleting:
            return None
        self.is_deleting, row, days = False, self.row, [self._stored_days()]
        async with transaction() as session:
            before = await _sessions_on(session, *days)
            await delete_holiday(session, actor=current_actor(), holiday_id=row.id)
            after = await _sessions_on(session, *days)
        counts = _difference(before.total, after.total, 0)
        text = _("{name} is deleted. {counts}").format(name=row.name, counts=counts)
        undo = HolidayForm.put_back(row.name, row.starts_on, row.ends_on, row.branch_id)  # pyright: ignore[reportCallIssue]
        return [undoable(text.strip(), undo), CalendarLists.open]

    @rx.event
    @allow(Permission.CALENDAR_MANAGE)
    async def put_back(self, name: str, starts_on: str, ends_on: str, branch_id: str) -> Any:
        """Undo of a deletion."""
        data = HolidayCreate.model_validate(
            {"name": name, "starts_on": starts_on, "ends_on": ends_on, "branch_id": branch_id or None}
        )
        async with transaction() as session:
            await create_holiday(session, actor=current_actor(), data=data)
        return [saved(_("{name} is back").format(name=data.name)), CalendarLists.open]

    def _stored_days(self) -> Span:
        if not self.row.id:
            return None, None
        return date.fromisoformat(self.row.starts_on), date.fromisoformat(self.row.ends_on)


async def _sessions_on(
    session: AsyncSession, *spans: Span, branch_id: int | None = None
) -> Page[SessionRead]:
    """The sessions from today on within the days that the spans cover together."""
    today = local_date(utc_now(), (await current_settings(session)).zone)
    known = [(first, last) for first, last in spans if first and last]
    start = max(today, min(first for first, _last in known))
    end = max(start, min(max(last for _first, last in known), start + _LONGEST))
    return await list_sessions(
        session, actor=current_actor(), start_date=start, end_date=end, page=_MOST, branch_id=branch_id
    )


def _difference(before: int, after: int, staying: int) -> str:
    sentences = []
    if after < before:
        gone = before - after
        sentences.append(
            ngettext("{n} session is taken away.", "{n} sessions are taken away.", gone).format(n=gone)
        )
    elif after > before:
        made = after - before
        sentences.append(ngettext("{n} session is added.", "{n} sessions are added.", made).format(n=made))
    if staying:
        sentences.append(
            ngettext(
                "{n} session that somebody changed stays on these days.",
                "{n} sessions that somebody changed stay on these days.",
                staying,
            ).format(n=staying)
        )
    return " ".join(sentences)


@page(
    route=routes.CALENDAR,
    title=_("Terms and holidays"),
    permission=Permission.CALENDAR_MANAGE,
    on_load=[CalendarLists.open, CalendarLists.watch],
)
def calendar_page() -> rx.Component:
    dialogs = rx.fragment(_term_dialog(), _holiday_dialog(), _delete_term_dialog(), _delete_holiday_dialog())
    return calendar_page_of(TermForm, HolidayForm, dialogs)


def _term_dialog() -> rx.Component:
    state = TermForm
    is_new = state.row.id == 0
    return form_dialog(
        *_name_and_days(state),
        select_field(
            "kind",
            _("Kind"),
            [(kind.value, label) for kind, label in KINDS.items()],
            state=state,
            value=state.row.kind,
            required=True,
        ),
        state=state,
        title=rx.cond(is_new, _("Add term"), _("Change term")),
        submit=rx.cond(is_new, _("Add term"), _("Save")),
        on_submit=state.save,
        id="term-form",
        extra=(rx.cond(~is_new, button(_("Delete"), kind="danger", on_click=state.ask)),),
    )


def _holiday_dialog() -> rx.Component:
    state = HolidayForm
    is_new = state.row.id == 0
    return form_dialog(
        *_name_and_days(state),
        rx.cond(
            CalendarLists.has_branches,
            select_field(
                "branch_id",
                _("Where"),
                CalendarLists.branch_options,  # pyright: ignore[reportArgumentType]
                state=state,
                value=state.row.branch_id,
                empty_label=_("All branches"),
            ),
        ),
        rx.el.p(
            _("Sessions to come on these days are taken away, unless somebody has touched them."),
            class_name="muted small",
        ),
        state=state,
        title=rx.cond(is_new, _("Add holiday"), _("Change holiday")),
        submit=rx.cond(is_new, _("Add holiday"), _("Save")),
        on_submit=state.save,
        id="holiday-form",
        extra=(rx.cond(~is_new, button(_("Delete"), kind="danger", on_click=state.ask)),),
    )


def _name_and_days(state: Any) -> tuple[rx.Component, rx.Component]:
    days = [
        text_field(name, label, state=state, value=value, type="date", required=True)
        for name, label, value in (
            ("starts_on", _("First day"), state.row.starts_on),
            ("ends_on", _("Last day"), state.row.ends_on),
        )
    ]
    return (
        text_field(
            "name",
            _("Name"),
            state=state,
            value=state.row.name,
            required=True,
            auto_focus=True,
            max_length=200,
        ),
        rx.el.div(*days, class_name="form-grid"),
    )


def _delete_term_dialog() -> rx.Component:
    lost = _(
        "Its dates are lost: reports can't be asked for by this term any more. Sessions and attendance stay."
    )
    return _delete_dialog(TermForm, _("Delete this term?"), lost, "delete-term")


def _delete_holiday_dialog() -> rx.Component:
    lost = _("Weekly sessions are made on these days again, as far ahead as the timetable goes.")
    return _delete_dialog(HolidayForm, _("Delete this holiday?"), lost, "delete-holiday")


def _delete_dialog(state: Any, title: str, lost: str, dialog_id: str) -> rx.Component:
    return dialog(
        rx.el.div(
            rx.el.p(rx.el.strong(state.row.name), ", ", state.row.days),
            rx.el.p(lost),
            class_name="stack",
        ),
        title=title,
        is_open=state.is_deleting,
        on_close=state.keep,
        id=dialog_id,
        footer=rx.fragment(
            button(_("Keep it"), on_click=state.keep),
            button(_("Delete"), kind="danger", on_click=state.remove),
        ),
    )
