"""Today and the register."""

import reflex as rx

from academics_app.attendance.components import RegisterGrid, TodayList
from academics_app.attendance.state import RegisterPage, TodayPage, TodayRow
from academics_app.attendance.wording import KEYS, LABELS
from academics_app.core.permissions import Permission
from academics_app.ui import routes
from academics_app.ui.components.button import button, icon_button
from academics_app.ui.components.link import link
from academics_app.ui.components.page_header import page_header
from academics_app.ui.components.states import by_phase, empty_state, error_state, skeleton
from academics_app.ui.i18n import _
from academics_app.ui.pages import Key, page
from academics_app.ui.session_state import Shell

_SIGNS = {
    "upcoming": ("○", "untaken"),
    "open": ("◔", "accent"),
    "marking": ("◐", "accent"),
    "overdue": ("◐", "late"),
    "taken": ("●", "present"),
    "cancelled": ("×", "untaken"),
    "empty": ("–", "untaken"),
}


@page(
    route=routes.REGISTER_ROUTE,
    title=_("Register"),
    on_load=[RegisterPage.open, RegisterPage.watch],
    permission=Permission.REGISTER_READ,
    section=routes.TODAY,
    keys=KEYS,
)
def register() -> rx.Component:
    return by_phase(
        rx.Var.create(RegisterPage.phase),
        ready=RegisterGrid.create(
            data=RegisterPage.register,
            zone=Shell.time_zone,
            others=RegisterPage.others,
            user_id=Shell.user_id,
            user_name=Shell.name,
            labels=LABELS,
            new_student_url=routes.STUDENTS,
            sign_in_url=routes.LOGIN,
        ),
        loading=_register_skeleton(),
        failed=error_state(RegisterPage.problem, RegisterPage.open),
    )


@page(
    route=routes.TODAY,
    title=_("Today"),
    on_load=[TodayPage.open, TodayPage.watch],
    permission=Permission.REGISTER_READ,
    keys=(Key("Tab Enter", _("Go to a register")),),
)
def today() -> rx.Component:
    return rx.fragment(
        page_header(
            TodayPage.title,
            TodayPage.sentence,
            _day_switch(),
        ),
        by_phase(
            rx.Var.create(TodayPage.phase),
            ready=rx.cond(
                TodayPage.rows.length() > 0,  # pyright: ignore[reportAttributeAccessIssue] - a var of a list
                TodayList.create(
                    rx.foreach(TodayPage.rows, _session), class_name="today", aria_label=_("Sessions")
                ),
                empty_state(
                    _("Nothing on this day"),
                    _("The sessions that you teach stand here, each with the state of its register."),
                    link(_("Open the timetable"), href=routes.TIMETABLE),
                ),
            ),
            loading=_today_skeleton(),
            failed=error_state(TodayPage.problem, TodayPage.open),
        ),
    )


def _day_switch() -> rx.Component:
    return rx.el.div(
        icon_button("chevron-left", label=_("Day before"), on_click=TodayPage.step(-1)),
        rx.el.input(
            type="date",
            value=TodayPage.day,
            on_change=TodayPage.show,
            class_name="input",
            aria_label=_("Day"),
        ),
        icon_button("chevron-right", label=_("Day after"), on_click=TodayPage.step(1)),
        rx.cond(TodayPage.is_today, rx.fragment(), button(_("Today"), on_click=TodayPage.show(""))),
        class_name="row today-days",
    )


def _session(row: TodayRow) -> rx.Component:
    return rx.el.li(
        rx.el.span(row.time_label, class_name="today-time"),
        rx.el.span(
            link(row.name, href=row.href, class_name="row-link"),
            rx.el.span(row.place, class_name="muted small truncate"),
            class_name="today-name",
        ),
        rx.el.span(
            rx.match(row.state, *[(state, _sign(*sign)) for state, sign in _SIGNS.items()], rx.fragment()),
            rx.el.span(row.line),
            class_name="today-state",
            data_state=row.state,
        ),
        rx.cond(
            row.action,
            link(
                row.action,
                href=row.href,
                class_name="btn btn-primary above-link",
                aria_label=row.action + ": " + row.name,
            ),
            rx.fragment(),
        ),
        class_name="today-row",
        data_session=row.session_id,
    )


def _sign(sign: str, tone: str) -> rx.Component:
    return rx.el.span(sign, class_name=f"today-sign tone-{tone}", aria_hidden=True)


def _register_skeleton() -> rx.Component:
    rows = [rx.el.div(skeleton("30%"), style={"height": "var(--row)"}) for _row in range(12)]
    return rx.el.div(rx.el.h1(_("Register")), *rows, aria_busy=True)


def _today_skeleton() -> rx.Component:
    return rx.el.div(
        *[rx.el.div(skeleton("40%"), style={"height": "var(--bar)"}) for _row in range(6)], aria_busy=True
    )


PAGES = [register, today]
