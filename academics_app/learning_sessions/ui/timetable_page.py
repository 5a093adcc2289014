"""The timetable: an hour grid where it fits, cards or lines where many meet at once, rooms side by side for a day, and
a list on a phone."""

from typing import Any

import reflex as rx

from academics_app.core.permissions import Permission
from academics_app.learning_sessions.ui.session_forms import session_panel
from academics_app.learning_sessions.ui.session_panel import SessionPanel
from academics_app.learning_sessions.ui.timetable import Timetable
from academics_app.learning_sessions.ui.timetable_filters import TimetableFilters, filters, student_search
from academics_app.learning_sessions.ui.timetable_view import Column, DayLink, Lesson
from academics_app.learning_sessions.ui.unplaced import Unplaced, unplaced_line, unplaced_panel
from academics_app.ui import routes
from academics_app.ui.components import (
    by_phase,
    empty_state,
    error_state,
    icon_button,
    link,
    link_button,
    page_header,
    skeleton,
)
from academics_app.ui.i18n import _
from academics_app.ui.pages import Key, page


@page(
    route=routes.TIMETABLE,
    title=_("Timetable"),
    on_load=[Timetable.open, TimetableFilters.load, Unplaced.load, Timetable.watch, Unplaced.watch],
    permission=Permission.SESSION_READ,
    keys=[
        Key("←", _("Before")),
        Key("→", _("After")),
        Key("t", _("Today")),
        Key("w", _("Week")),
        Key("d", _("Day")),
    ],
)
def timetable_page() -> rx.Component:
    return rx.fragment(
        rx.el.link(rel="stylesheet", href="/week/week.css", custom_attrs={"precedence": "default"}),
        page_header(
            _("Timetable"),
            rx.fragment(Timetable.answer, unplaced_line()),
            link_button(_("Subscribe"), Timetable.subscribe_href, icon="calendar-plus"),
        ),
        _toolbar(),
        _strip(),
        by_phase(
            Timetable.phase,  # pyright: ignore[reportArgumentType]
            ready=rx.cond(Timetable.is_empty, _nothing(), _columns()),
            loading=_skeleton(),
            failed=error_state(Timetable.problem, Timetable.open),
        ),
        session_panel(),
        student_search(),
        unplaced_panel(),
        rx.el.script(src="/week/keys.js", custom_attrs={"async": True}),
    )


def _toolbar() -> rx.Component:
    return rx.el.div(
        rx.el.nav(
            _step("chevron-left", Timetable.previous_href, _("Before"), "←", "ArrowLeft"),
            link_button(_("Today"), Timetable.now_href, custom_attrs={"data-key": "t"}),
            _step("chevron-right", Timetable.next_href, _("After"), "→", "ArrowRight"),
            class_name="row",
            aria_label=_("Go to"),
        ),
        rx.el.input(
            type="date",
            key=Timetable.shown_day,
            default_value=Timetable.shown_day,
            on_change=Timetable.jump.debounce(400),  # pyright: ignore[reportFunctionMemberAccess]
            class_name="input jump",
            aria_label=_("Go to a date"),
        ),
        rx.el.nav(
            _view(_("Week"), Timetable.week_href, "w", ~Timetable.is_day),  # pyright: ignore[reportOperatorIssue]
            _view(_("Day"), Timetable.day_href, "d", Timetable.is_day),
            class_name="views",
            aria_label=_("Views"),
        ),
        rx.el.p(
            rx.el.strong(Timetable.span_label),
            rx.cond(Timetable.term_label, rx.el.span(Timetable.term_label, class_name="muted")),
            rx.cond(Timetable.holiday_label, rx.el.span(Timetable.holiday_label, class_name="holiday")),
            class_name="week-label",
            role="status",
        ),
        filters(),
        class_name="toolbar",
    )


def _step(icon: str, href: Any, label: str, sign: str, key: str) -> rx.Component:
    return link(
        rx.icon(icon, size=16, aria_hidden=True),
        href=href,
        class_name="btn btn-icon",
        aria_label=label,
        title=f"{label} ({sign})",
        custom_attrs={"data-key": key},
    )


def _view(label: str, href: Any, key: str, is_current: Any) -> rx.Component:
    return link(
        label,
        href=href,
        class_name="chip",
        custom_attrs={"data-key": key, "aria-current": rx.cond(is_current, "page", "false")},
    )


def _strip() -> rx.Component:
    return rx.el.nav(
        rx.foreach(Timetable.strip, _strip_day),
        class_name=rx.cond(Timetable.is_day, "day-strip", "day-strip phone-only"),
        aria_label=_("Days of the week"),
    )


def _strip_day(day: DayLink) -> rx.Component:
    return link(
        rx.el.span(day.weekday, aria_hidden=True),
        rx.el.strong(day.number, aria_hidden=True),
        href=day.href,
        key=day.key,
        aria_label=day.label,
        class_name="strip-day"
        + rx.cond(day.is_today, " is-today", "")  # pyright: ignore[reportOperatorIssue]
        + rx.cond(day.is_off, " is-off", ""),
        custom_attrs={"aria-current": rx.cond(day.is_shown, "date", "false")},
    )


def _columns() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.div(
                rx.el.div(
                    rx.foreach(Timetable.hours, lambda hour: rx.el.span(hour, class_name="hour")),
                    class_name="hours",
                    aria_hidden=True,
                ),
                rx.foreach(Timetable.columns, _column),
                class_name="week week-" + Timetable.layout,
                style={"--hours": Timetable.hour_count, "--days": Timetable.columns.length()},  # pyright: ignore[reportAttributeAccessIssue]
            ),
            class_name=rx.cond(Timetable.layout == "rooms", "week-scroll is-rooms", "week-scroll"),
            role="region",
            aria_label=_("Sessions"),
            tab_index=0,
        ),
        rx.cond(
            Timetable.layout == "rooms",
            rx.el.ol(rx.foreach(Timetable.agenda, _card), class_name="lessons agenda"),
        ),
    )


def _column(column: Column) -> rx.Component:
    return rx.el.section(
        rx.el.h2(
            rx.cond(
                column.href,
                link(column.label, href=column.href, class_name="day-link"),
                rx.el.span(column.label, class_name="truncate", title=column.label),
            ),
            rx.cond(
                column.is_today & (Timetable.layout != "rooms"),
                rx.el.span(_("today"), class_name="today-mark"),
            ),
            rx.cond(column.term, rx.el.span(column.term, class_name="term truncate", title=column.term)),
            rx.cond(
                column.holiday,
                rx.el.span(column.holiday, class_name="holiday truncate", title=column.holiday),
            ),
            id=column.key,
            class_name="day-head",
        ),
        rx.el.div(
            rx.cond(
                column.is_today & (Timetable.now_top != ""),
                rx.el.div(class_name="now-line", style={"top": Timetable.now_top}, aria_hidden=True),
            ),
            rx.cond(
                Timetable.layout == "compact",
                rx.el.ol(rx.foreach(column.lessons, _line), class_name="lessons"),
                rx.el.ol(rx.foreach(column.lessons, _card), class_name="lessons"),
            ),
            rx.cond(
                column.lessons.length() == 0,  # pyright: ignore[reportAttributeAccessIssue]
                rx.el.p(_("No sessions"), class_name="no-lessons muted small"),
            ),
            class_name="day-body",
        ),
        key=column.key,
        class_name=rx.cond(column.is_today, "day is-today", "day"),
        custom_attrs={"aria-labelledby": column.key},
    )


def _line(lesson: Lesson) -> rx.Component:
    return rx.el.li(
        rx.cond(lesson.slot, rx.el.h3(lesson.slot, class_name="slot")),
        rx.el.div(
            _title(lesson),
            rx.cond(lesson.room, rx.el.span(lesson.room, class_name="line-room truncate")),
            _menu(lesson),
            _note(lesson),
            class_name=_look(lesson, "line"),
        ),
        key=lesson.id,
    )


def _card(lesson: Lesson) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            _title(lesson),
            rx.cond(
                lesson.is_taken,
                rx.icon("check", size=13, class_name="tone-present", aria_label=_("Register taken")),
            ),
            class_name="lesson-head",
        ),
        rx.el.span(
            rx.el.span(
                rx.cond(lesson.is_now, rx.el.span(_("Now"), " ", class_name="sr-only")),
                lesson.time,
                class_name="lesson-fixed",
            ),
            rx.cond(lesson.room, rx.el.span(lesson.room)),
            class_name="lesson-line",
        ),
        rx.cond(lesson.who, rx.el.span(lesson.who, class_name="lesson-who")),
        _note(lesson),
        rx.el.span(
            rx.cond(lesson.teacher, rx.el.span(lesson.teacher)),
            rx.el.span(
                rx.icon("users", size=11, aria_hidden=True),
                lesson.count,
                rx.el.span(" ", _("students expected"), class_name="sr-only"),
                class_name="lesson-fixed lesson-count",
            ),
            class_name="lesson-line lesson-more",
        ),
        _menu(lesson),
        key=lesson.id,
        class_name=_look(lesson, "lesson"),
        style={
            "--top": lesson.top,
            "--height": lesson.height,
            "--left": lesson.left,
            "--width": lesson.width,
        },
    )


def _title(lesson: Lesson) -> rx.Component:
    return rx.cond(
        lesson.href,
        link(lesson.title, href=lesson.href, class_name="lesson-title row-link", title=lesson.label),
        rx.el.span(lesson.title, class_name="lesson-title", title=lesson.label),
    )


def _note(lesson: Lesson) -> rx.Component:
    return rx.cond(
        lesson.note,
        rx.el.span(
            lesson.note,
            class_name=rx.cond(lesson.is_special, "lesson-note is-special", "lesson-note"),
            title=lesson.note,
        ),
    )


def _menu(lesson: Lesson) -> rx.Component:
    return rx.cond(
        Timetable.may_manage,
        icon_button(
            "ellipsis",
            label=_("Change {session}").format(session=lesson.label),
            on_click=SessionPanel.open(lesson.id),
            class_name="lesson-menu above-link",
        ),
    )


def _look(lesson: Lesson, name: str) -> Any:
    state = rx.cond(lesson.is_cancelled, " is-cancelled", rx.cond(lesson.is_now, " is-now", ""))
    return f"{name} " + lesson.tone + state  # pyright: ignore[reportOperatorIssue]


def _nothing() -> rx.Component:
    return rx.cond(
        Timetable.is_day,
        empty_state(
            _("No sessions on this day"),
            rx.cond(
                Timetable.holiday_label,
                Timetable.holiday_label,
                _("There may be some in the rest of the week."),
            ),
            link_button(_("The whole week"), Timetable.week_href),
        ),
        empty_state(
            _("No sessions in this week"),
            _("Sessions appear here as soon as a batch has a weekly schedule that covers the week."),
            link_button(_("The week after"), Timetable.next_href, icon="chevron-right"),
            link_button(_("Batches"), routes.BATCHES),
        ),
    )


def _skeleton() -> rx.Component:
    day = rx.el.div(
        skeleton("50%"),
        *[rx.el.div(class_name="skeleton lesson-skeleton") for _row in range(3)],
        class_name="day",
    )
    return rx.el.div(
        rx.el.span(_("Loading the timetable"), class_name="sr-only"),
        *[day for _column in range(5)],
        class_name="week week-dense",
        aria_busy=True,
        style={"--days": 5},
    )
