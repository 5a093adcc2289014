"""The week: an hour grid where it fits, columns of cards where many meet at once, a list of days on a phone."""

from typing import Any

import reflex as rx

from academics_app.core.permissions import Permission
from academics_app.learning_sessions.ui.session_panel import SessionPanel, session_panel
from academics_app.learning_sessions.ui.timetable import Day, Lesson, Timetable
from academics_app.ui import routes
from academics_app.ui.components import (
    by_phase,
    empty_state,
    error_state,
    icon_button,
    link,
    link_button,
    option_elements,
    page_header,
    skeleton,
)
from academics_app.ui.i18n import _
from academics_app.ui.pages import Key, page


@page(
    route=routes.TIMETABLE,
    title=_("Timetable"),
    on_load=[Timetable.open, Timetable.watch],
    permission=Permission.SESSION_READ,
    keys=[Key("←", _("The week before")), Key("→", _("The week after")), Key("t", _("This week"))],
)
def timetable_page() -> rx.Component:
    return rx.fragment(
        rx.el.link(rel="stylesheet", href="/week/week.css", custom_attrs={"precedence": "default"}),
        page_header(_("Timetable"), Timetable.answer),
        _toolbar(),
        by_phase(
            Timetable.phase,  # pyright: ignore[reportArgumentType]
            ready=rx.cond(Timetable.is_empty, _empty_week(), _week()),
            loading=_skeleton(),
            failed=error_state(Timetable.problem, Timetable.open),
        ),
        session_panel(),
        rx.el.script(src="/week/keys.js", custom_attrs={"async": True}),
    )


def _toolbar() -> rx.Component:
    return rx.el.div(
        _week_links(),
        rx.el.strong(Timetable.week_label, class_name="week-label", role="status"),
        rx.cond(
            Timetable.may_filter,
            rx.el.div(
                _select("faculty", _("Any teacher"), Timetable.faculty_options),
                _select("room", _("Any room"), Timetable.room_options),
                rx.cond(
                    Timetable.branch_options.length() > 1,  # pyright: ignore[reportAttributeAccessIssue]
                    _select("branch", _("Any branch"), Timetable.branch_options),
                ),
                class_name="chips",
                role="group",
                aria_label=_("Filters"),
            ),
        ),
        class_name="toolbar",
    )


def _week_links() -> rx.Component:
    return rx.el.nav(
        link(
            rx.icon("chevron-left", size=16, aria_hidden=True),
            href=Timetable.previous_href,
            class_name="btn btn-icon",
            aria_label=_("The week before"),
            title=_("The week before (←)"),
            custom_attrs={"data-key": "ArrowLeft"},
        ),
        link_button(_("This week"), Timetable.this_week_href, custom_attrs={"data-key": "t"}),
        link(
            rx.icon("chevron-right", size=16, aria_hidden=True),
            href=Timetable.next_href,
            class_name="btn btn-icon",
            aria_label=_("The week after"),
            title=_("The week after (→)"),
            custom_attrs={"data-key": "ArrowRight"},
        ),
        class_name="row",
        aria_label=_("Weeks"),
    )


def _select(name: str, label: str, options: Any) -> rx.Component:
    chosen = Timetable.chosen[name]
    return rx.el.span(
        rx.el.select(
            rx.el.option(label, value=""),
            option_elements(options),
            value=rx.cond(chosen, chosen, ""),
            on_change=lambda value: Timetable.choose(name, value),
            class_name=rx.cond(chosen, "is-set", ""),
            aria_label=label,
        ),
        class_name="chip-select",
    )


def _week() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.foreach(Timetable.hours, lambda hour: rx.el.span(hour, class_name="hour")),
            class_name="hours",
            aria_hidden=True,
        ),
        rx.foreach(Timetable.days, _day),
        class_name=rx.cond(Timetable.is_dense, "week week-dense", "week week-grid"),
        style={"--hours": Timetable.hour_count, "--days": Timetable.days.length()},  # pyright: ignore[reportAttributeAccessIssue]
    )


def _day(day: Day) -> rx.Component:
    return rx.el.section(
        rx.el.h2(
            day.label,
            rx.cond(day.is_today, rx.el.span(_("today"), class_name="today-mark")),
            rx.cond(day.holiday, rx.el.span(day.holiday, class_name="holiday truncate", title=day.holiday)),
            id=day.key,
            class_name="day-head",
        ),
        rx.el.div(
            rx.cond(day.now, rx.el.div(class_name="now-line", style={"top": day.now}, aria_hidden=True)),
            rx.el.ol(rx.foreach(day.lessons, _lesson_card), class_name="lessons"),
            rx.cond(
                day.lessons.length() == 0,  # pyright: ignore[reportAttributeAccessIssue]
                rx.el.p(_("No sessions"), class_name="no-lessons muted small"),  # pyright: ignore[reportAttributeAccessIssue]
            ),  # pyright: ignore[reportAttributeAccessIssue]
            class_name="day-body",
        ),
        class_name=rx.cond(day.is_today, "day is-today", "day"),
        custom_attrs={"aria-labelledby": day.key},
    )


def _lesson_card(lesson: Lesson) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.cond(
                lesson.href,
                link(lesson.title, href=lesson.href, class_name="lesson-title row-link", title=lesson.label),
                rx.el.span(lesson.title, class_name="lesson-title", title=lesson.label),
            ),
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
        rx.cond(lesson.note, rx.el.span(lesson.note, class_name="lesson-note", title=lesson.note)),
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
        rx.cond(
            Timetable.may_manage,
            icon_button(
                "ellipsis",
                label=_("Change {session}").format(session=lesson.label),
                on_click=SessionPanel.open(lesson.id),
                class_name="lesson-menu above-link",
            ),
        ),
        class_name="lesson "
        + lesson.tone
        + rx.cond(lesson.is_cancelled, " is-cancelled", rx.cond(lesson.is_now, " is-now", "")),  # pyright: ignore[reportOperatorIssue]
        style={
            "--top": lesson.top,
            "--height": lesson.height,
            "--left": lesson.left,
            "--width": lesson.width,
        },
    )


def _empty_week() -> rx.Component:
    return empty_state(
        _("No sessions in this week"),
        _("Sessions appear here as soon as a batch has a weekly schedule that covers the week."),
        link_button(_("The week after"), Timetable.next_href, icon="chevron-right"),
        link_button(_("Batches"), routes.BATCHES),
    )


def _skeleton() -> rx.Component:
    day = rx.el.div(
        skeleton("50%"),
        *[rx.el.div(class_name="skeleton lesson-skeleton") for _row in range(3)],
        class_name="day",
    )
    return rx.el.div(
        rx.el.span(_("Loading the week"), class_name="sr-only"), *[day for _column in range(5)], class_name="week week-dense", aria_busy=True,
        style={"--days": 5},
    )  # fmt: skip
