"""Absenteeism: who misses many days, the worst first, and the sessions behind each number."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

import reflex as rx
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.attendance.absenteeism import DEFAULT_THRESHOLD_DAYS, list_irregular_students
from academics_app.attendance.schemas.absenteeism import IrregularStudent
from academics_app.core.clock import local_date, utc_now
from academics_app.core.db import reading
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission
from academics_app.institute.calendar import list_terms
from academics_app.institute.service import current_settings
from academics_app.ui import routes
from academics_app.ui.components import (
    Column,
    data_list,
    empty_state,
    filter_chip,
    filter_select,
    page_header,
    short_day,
)
from academics_app.ui.components.rate import percent, rate_button, rate_panel
from academics_app.ui.i18n import _, ngettext
from academics_app.ui.identity import current_actor
from academics_app.ui.listing import ListState
from academics_app.ui.pages import page
from academics_app.ui.policy import allow
from academics_app.ui.sections import attendance_tabs

_WEEKDAYS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
_THRESHOLDS = ("1", "3", "5", "8", "10", "15", "20")
_TERM, _DAYS, _MONTH = "term", "days", "month"
_DAYS_BACK = timedelta(days=29)


@dataclass
class IrregularRow:
    """A student who misses many days."""

    student_id: int
    name: str
    href: str
    days: str
    streak: str
    weekdays: str
    subjects: str
    last_present: str
    rate: str


class Absenteeism(ListState, rx.State):
    """Irregular students of a period; period and threshold live in the address."""

    FILTERS: ClassVar = {"period": (_TERM, _DAYS, _MONTH), "threshold": _THRESHOLDS}
    SORTS: ClassVar = ("name", "days", "streak", "rate")

    rows: list[IrregularRow] = []
    answer: str = ""
    start: str = ""
    end: str = ""
    download: str = ""

    @rx.event
    @allow(Permission.ATTENDANCE_ANALYSE)
    async def open(self) -> None:
        """Load by the address."""
        await self._open()

    async def _load(self) -> None:
        threshold = int(self.filters.get("threshold") or DEFAULT_THRESHOLD_DAYS)
        async with reading() as session:
            today = local_date(utc_now(), (await current_settings(session)).zone)
            chosen, start, end, said = await _period(session, self.filters.get("period", ""), today)
            found = await list_irregular_students(
                session, actor=current_actor(), start_date=start, end_date=end, threshold_days=threshold
            )
        self.is_narrowed = False
        self.filters = {**self.filters, "period": chosen}
        ordered = _ordered(found, self.sort)
        request = self._page_request()
        shown = ordered[request.skip : request.skip + request.limit]
        self.rows = [_row(student) for student in shown]
        self._count(len(shown), len(ordered))
        self.start, self.end = start.isoformat(), end.isoformat()
        self.download = routes.with_query(
            "/api/v1/attendance/analytics/absenteeism.csv",
            start_date=self.start,
            end_date=self.end,
            threshold_days=threshold,
        )
        self.answer = _answer(found, threshold, said)


async def _period(session: AsyncSession, chosen: str, today: date) -> tuple[str, date, date, str]:
    """The chip, first and last day, and the words for it; the running term, unless another is chosen or none runs."""
    if chosen == _MONTH:
        return _MONTH, today.replace(day=1), today, _("this month")
    if chosen != _DAYS:
        terms = await list_terms(session, actor=current_actor(), page=PageRequest(limit=200))
        for term in terms.items:
            if term.starts_on <= today <= term.ends_on:
                return _TERM, term.starts_on, today, _("this term")
    return _DAYS, today - _DAYS_BACK, today, _("in the last 30 days")


def _ordered(found: list[IrregularStudent], sort: str) -> list[IrregularStudent]:
    keys = {
        "name": lambda student: student.student_name.casefold(),
        "days": lambda student: student.absent_days,
        "streak": lambda student: student.streak_now,
        "rate": lambda student: -1.0 if student.rate is None else student.rate,
    }
    key = keys.get(sort.removeprefix("-"))
    return sorted(found, key=key, reverse=sort.startswith("-")) if key else found


def _answer(found: list[IrregularStudent], threshold: int, period: str) -> str:
    days = ngettext("{n} day", "{n} days", threshold).format(n=threshold)
    if not found:
        return _("Nobody was absent on {days} or more {period}.").format(days=days, period=period)
    now = sum(student.streak_now > 1 for student in found)
    said = ngettext(
        "{n} student was absent on {days} or more {period}.",
        "{n} students were absent on {days} or more {period}.",
        len(found),
    ).format(n=len(found), days=days, period=period)
    if not now:
        return said
    missing = ngettext(
        "{n} missed the last two sessions or more.", "{n} of them missed the last two sessions or more.", now
    ).format(n=now)
    return f"{said} {missing}"


def _row(student: IrregularStudent) -> IrregularRow:
    weekdays = sorted(student.by_weekday, key=lambda each: -each.absences)[:3]
    return IrregularRow(
        student_id=student.student_id,
        name=student.student_name,
        href=routes.student(student.student_id),
        days=str(student.absent_days),
        streak=_streak(student),
        weekdays=", ".join(f"{_WEEKDAYS[each.weekday]} {each.absences}" for each in weekdays),
        subjects=", ".join(f"{each.subject_name} {each.absences}" for each in student.by_subject[:2]),
        last_present=short_day(student.last_present) if student.last_present else _("never"),
        rate=percent(student.rate),
    )


def _streak(student: IrregularStudent) -> str:
    if not student.streak_now:
        return _("longest {n}").format(n=student.longest_streak)
    if student.streak_now == student.longest_streak:
        return _("{n} now").format(n=student.streak_now)
    return _("{now} now, longest {n}").format(now=student.streak_now, n=student.longest_streak)


@page(
    route=routes.ABSENTEEISM,
    title=_("Absenteeism"),
    permission=Permission.ATTENDANCE_ANALYSE,
    section=routes.ATTENDANCE,
    on_load=[Absenteeism.open],
)
def absenteeism_page() -> rx.Component:
    return rx.fragment(
        page_header(
            _("Absenteeism"),
            Absenteeism.answer,
            rx.el.a(_("Download CSV"), href=Absenteeism.download, class_name="btn", download=True),
        ),
        attendance_tabs(routes.ABSENTEEISM),
        data_list(
            Absenteeism,
            Absenteeism.rows,
            [
                Column(_("Student"), lambda row: row.name, width="20%", sort="name"),
                Column(_("Days absent"), _days, width="110px", align="end", sort="days"),
                Column(_("In a row"), lambda row: row.streak, width="150px", sort="streak"),
                Column(_("Most on"), lambda row: row.weekdays, width="180px", on_phone=False),
                Column(_("Most in"), lambda row: rx.el.span(row.subjects, title=row.subjects)),
                Column(_("Last present"), lambda row: row.last_present, width="110px"),
                Column(_("Rate"), _rate, width="90px", align="end", sort="rate"),
            ],
            label=_("Irregular students"),
            href=lambda row: row.href,
            filters=[
                filter_chip(Absenteeism, "period", _TERM, _("This term")),
                filter_chip(Absenteeism, "period", _DAYS, _("30 days")),
                filter_chip(Absenteeism, "period", _MONTH, _("This month")),
                filter_select(
                    Absenteeism,
                    "threshold",
                    _("At least {n} days").format(n=DEFAULT_THRESHOLD_DAYS),
                    [
                        (each, ngettext("At least {n} day", "At least {n} days", int(each)).format(n=each))
                        for each in _THRESHOLDS
                        if int(each) != DEFAULT_THRESHOLD_DAYS
                    ],
                ),
            ],
            empty=empty_state(
                _("Nobody is absent that often"),
                _("Students who miss that many days of the period stand here, the worst first."),
            ),
            retry=Absenteeism.open,
        ),
        rate_panel(),
    )


def _days(row: IrregularRow) -> rx.Component:
    return rate_button(
        row.days,
        student_id=row.student_id,
        start=Absenteeism.start,
        end=Absenteeism.end,
        absences=True,
        name=row.name,
    )


def _rate(row: IrregularRow) -> rx.Component:
    return rate_button(
        row.rate, student_id=row.student_id, start=Absenteeism.start, end=Absenteeism.end, name=row.name
    )
