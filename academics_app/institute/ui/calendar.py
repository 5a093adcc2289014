"""Terms and holidays: the lists, what overlaps, and what goes on now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import reflex as rx

from academics_app.core.clock import local_date, utc_now
from academics_app.core.db import reading
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission
from academics_app.institute.calendar import list_holidays, list_terms
from academics_app.institute.schemas import HolidayRead, TermKind, TermRead
from academics_app.institute.service import current_settings, list_branches
from academics_app.learning_sessions.wording import days_label
from academics_app.ui import errors
from academics_app.ui.components import (
    Column,
    badge,
    button,
    by_phase,
    card,
    card_body,
    error_state,
    page_header,
    plain_table,
    skeleton,
)
from academics_app.ui.i18n import _, ngettext
from academics_app.ui.identity import current_actor
from academics_app.ui.listing import FAILED, LOADING, READY
from academics_app.ui.policy import allow
from academics_app.ui.watching import changes, guarded

_ALL = PageRequest(limit=1000)
KINDS = {
    TermKind.TERM: _("Term"),
    TermKind.SEMESTER: _("Semester"),
    TermKind.SCHOOL_YEAR: _("School year"),
    TermKind.GRADING_PERIOD: _("Grading period"),
}


@dataclass
class CalendarRow:
    """A term or a holiday. `detail` is the term's kind or where the holiday is."""

    id: int = 0
    version: int = 0
    name: str = ""
    days: str = ""
    starts_on: str = ""
    ends_on: str = ""
    detail: str = ""
    kind: str = TermKind.TERM.value
    branch_id: str = ""
    is_now: bool = False
    is_past: bool = False
    overlaps: str = ""


class CalendarLists(rx.State):
    """Both lists."""

    phase: str = LOADING
    problem: str = ""
    answer: str = ""
    terms: list[CalendarRow] = []
    holidays: list[CalendarRow] = []
    branch_options: list[list[str]] = []
    has_branches: bool = False
    """Whether there are several: an institute with one never sees the word."""

    @rx.event
    @allow(Permission.CALENDAR_MANAGE)
    async def open(self) -> None:
        """Load both."""
        try:
            await self._load()
        except Exception as error:  # noqa: BLE001 - shown and, if it is not ours, logged
            self.phase, self.problem = FAILED, errors.sentence(error)

    @rx.event(background=True)
    @allow(Permission.CALENDAR_MANAGE)
    async def watch(self) -> None:
        """Load again after a change."""
        async for _topics in changes("settings", at_once=False):
            with guarded():
                async with self:
                    await self._load()

    async def _load(self) -> None:
        actor = current_actor()
        async with reading() as session:
            today = local_date(utc_now(), (await current_settings(session)).zone)
            branches = (await list_branches(session, actor=actor, page=_ALL)).items
            terms = (await list_terms(session, actor=actor, page=_ALL)).items
            holidays = (await list_holidays(session, actor=actor, page=_ALL)).items
        names = {each.id: each.name for each in branches}
        self.branch_options = [[str(each.id), each.name] for each in branches]
        self.has_branches = len(branches) > 1
        self.terms = [_term_row(each, terms, today) for each in terms]
        self.holidays = [_holiday_row(each, holidays, names, today) for each in holidays]
        self.answer = _answer(terms, holidays, [*self.terms, *self.holidays], today)
        self.phase, self.problem = READY, ""


def _term_row(term: TermRead, terms: Sequence[TermRead], today: date) -> CalendarRow:
    met = [each for each in terms if each.id != term.id and each.kind == term.kind and _meet(each, term)]
    return _row(term, met, today, detail=KINDS[TermKind(term.kind)], kind=term.kind, version=term.version)


def _holiday_row(
    holiday: HolidayRead, holidays: Sequence[HolidayRead], names: dict[int, str], today: date
) -> CalendarRow:
    met = [
        each
        for each in holidays
        if each.id != holiday.id
        and _meet(each, holiday)
        and (None in {each.branch_id, holiday.branch_id} or each.branch_id == holiday.branch_id)
    ]
    where = names.get(holiday.branch_id, "") if holiday.branch_id else _("All branches")
    return _row(holiday, met, today, detail=where, branch_id=str(holiday.branch_id or ""))


def _row(stretch: Any, met: Sequence[Any], today: date, **more: Any) -> CalendarRow:
    return CalendarRow(
        id=stretch.id,
        name=stretch.name,
        days=days_label(stretch.starts_on, stretch.ends_on),
        starts_on=stretch.starts_on.isoformat(),
        ends_on=stretch.ends_on.isoformat(),
        is_now=stretch.starts_on <= today <= stretch.ends_on,
        is_past=stretch.ends_on < today,
        overlaps=_("overlaps {names}").format(names=", ".join(each.name for each in met)) if met else "",
        **more,
    )


def _meet(one: Any, other: Any) -> bool:
    return one.starts_on <= other.ends_on and other.starts_on <= one.ends_on


def _answer(
    terms: Sequence[TermRead], holidays: Sequence[HolidayRead], rows: Sequence[CalendarRow], today: date
) -> str:
    sentences = []
    running = next((each for each in reversed(terms) if each.starts_on <= today <= each.ends_on), None)
    coming = next((each for each in terms if each.starts_on > today), None)
    if running:
        sentences.append(
            _("{term} runs until {day}.").format(
                term=running.name, day=days_label(running.ends_on, running.ends_on)
            )
        )
    elif coming:
        sentences.append(
            _("{term} begins {day}.").format(
                term=coming.name, day=days_label(coming.starts_on, coming.starts_on)
            )
        )
    holiday = next((each for each in holidays if each.ends_on >= today), None)
    if holiday:
        sentences.append(
            _("Next holiday: {holiday}, {days}.").format(
                holiday=holiday.name, days=days_label(holiday.starts_on, holiday.ends_on)
            )
        )
    overlapping = sum(bool(row.overlaps) for row in rows)
    if overlapping:
        sentences.append(
            ngettext("{n} entry overlaps another.", "{n} entries overlap.", overlapping).format(n=overlapping)
        )
    return " ".join(sentences) or _("No terms and no holidays yet.")


def calendar_page_of(term_form: Any, holiday_form: Any, dialogs: rx.Component) -> rx.Component:
    """The page, with the forms that its buttons open."""
    return rx.fragment(
        page_header(_("Terms and holidays"), CalendarLists.answer),
        by_phase(
            CalendarLists.phase,  # pyright: ignore[reportArgumentType]
            ready=rx.el.div(_terms_card(term_form), _holidays_card(holiday_form), class_name="stack narrow"),
            loading=card(card_body(*[skeleton(width) for width in ("40%", "70%", "55%")])),
            failed=error_state(CalendarLists.problem, CalendarLists.open),
        ),
        dialogs,
    )


def _terms_card(form: Any) -> rx.Component:
    return card(
        rx.cond(
            CalendarLists.terms.length() > 0,  # pyright: ignore[reportAttributeAccessIssue]
            plain_table(
                CalendarLists.terms,
                [
                    Column(_("Term"), _name),
                    Column(_("Days"), lambda row: row.days, width="220px"),
                    Column(_("Kind"), lambda row: row.detail, width="190px"),
                    Column(_("Action"), lambda row: _change(form, row), width="90px", phone_label=False),
                ],
                label=_("Terms"),
            ),
            card_body(
                rx.el.p(
                    _("No terms yet. Reports and absenteeism can be asked for by term."),
                    class_name="muted small",
                )
            ),
        ),
        title=_("Terms"),
        actions=(button(_("Add term"), kind="quiet", icon="plus", on_click=form.edit(0)),),
    )


def _holidays_card(form: Any) -> rx.Component:
    return card(
        rx.cond(
            CalendarLists.holidays.length() > 0,  # pyright: ignore[reportAttributeAccessIssue]
            plain_table(
                CalendarLists.holidays,
                [
                    Column(_("Holiday"), _name),
                    Column(_("Days"), lambda row: row.days, width="220px"),
                    Column(_("Where"), _where, width="190px"),
                    Column(_("Action"), lambda row: _change(form, row), width="90px", phone_label=False),
                ],
                label=_("Holidays"),
            ),
            card_body(
                rx.el.p(_("No holidays yet: every week of the year has sessions."), class_name="muted small")
            ),
        ),
        title=_("Holidays"),
        actions=(button(_("Add holiday"), kind="quiet", icon="plus", on_click=form.edit(0), creates=True),),
    )


def _name(row: CalendarRow) -> rx.Component:
    return rx.el.span(
        rx.el.span(row.name, class_name=rx.cond(row.is_past, "truncate muted", "truncate")),
        rx.cond(row.is_now, badge(_("now"), tone="accent")),
        rx.cond(row.overlaps, badge(row.overlaps, tone="late", icon="triangle-alert")),
        class_name="row",
    )


def _where(row: CalendarRow) -> rx.Component:
    return rx.el.span(rx.cond(CalendarLists.has_branches, row.detail, _("Everywhere")))


def _change(form: Any, row: CalendarRow) -> rx.Component:
    return rx.el.span(
        button(
            _("Change"), kind="quiet", on_click=form.edit(row.id), custom_attrs={"aria-description": row.name}
        ),
        class_name="row cell-actions",
    )
