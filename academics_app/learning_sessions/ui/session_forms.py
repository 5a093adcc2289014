"""The panel of one session: what it is, and the forms that change it."""

from typing import Any

import reflex as rx

from academics_app.learning_sessions.ui.session_panel import CANCEL, CHANGE, MAKE_UP, SUBSTITUTE, SessionPanel
from academics_app.ui.components import badge, button, dialog, facts, link_button, select_field, text_field
from academics_app.ui.i18n import _


def session_panel() -> rx.Component:
    """The panel; `SessionPanel.open(session_id)` opens it."""
    shown = SessionPanel.shown
    return dialog(
        rx.el.div(
            rx.cond(
                SessionPanel.form_problem,
                rx.el.p(SessionPanel.form_problem, class_name="form-problem", role="alert"),
            ),
            facts(
                (_("When"), shown.when),
                (_("Room"), shown.room),
                (_("Teacher"), _teacher()),
            ),
            rx.cond(
                shown.makes_up_for,
                rx.el.p(badge(_("Make-up"), tone="accent"), " ", _("for "), shown.makes_up_for),
            ),
            rx.cond(shown.is_cancelled, _cancelled()),
            rx.el.div(
                link_button(_("Open register"), shown.register_href, icon="clipboard-check"),
                link_button(_("Batch"), shown.batch_href, kind="quiet"),
                class_name="row-wrap",
            ),
            rx.match(
                SessionPanel.form_name,
                (CHANGE, _change_form()),
                (SUBSTITUTE, _substitute_form()),
                (CANCEL, _cancel_form()),
                (MAKE_UP, _make_up_form()),
                _choices(),
            ),
            class_name="stack",
        ),
        title=shown.title,
        is_open=SessionPanel.form_open,
        on_close=SessionPanel.close_form,
        id="session-panel",
        side=True,
    )


def _teacher() -> rx.Component:
    return rx.fragment(
        SessionPanel.shown.teacher,
        rx.cond(
            SessionPanel.shown.substitute_for,
            rx.el.span(" ", _("for"), " ", SessionPanel.shown.substitute_for, class_name="muted"),
        ),
    )


def _cancelled() -> rx.Component:
    shown = SessionPanel.shown
    return rx.el.div(
        rx.el.p(badge(_("Cancelled"), tone="absent", icon="x"), " ", shown.reason),
        rx.cond(shown.made_up_by, rx.el.p(_("Made up on "), shown.made_up_by)),
        class_name="stack-tight",
    )


def _choices() -> rx.Component:
    shown = SessionPanel.shown
    return rx.el.div(
        rx.cond(
            shown.is_cancelled,
            rx.cond(
                shown.made_up_by,
                rx.el.p(
                    _("Cancel the make-up first to let this session take place."), class_name="muted small"
                ),
                rx.fragment(
                    button(
                        _("Plan a make-up"),
                        icon="calendar-plus",
                        kind="primary",
                        on_click=SessionPanel.show_form(MAKE_UP),
                    ),
                    button(_("Reinstate session"), icon="undo-2", on_click=SessionPanel.reinstate(shown.id)),
                ),
            ),
            rx.fragment(
                button(_("Date, time or room…"), icon="clock", on_click=SessionPanel.show_form(CHANGE)),
                button(_("Substitute…"), icon="user-round", on_click=SessionPanel.show_form(SUBSTITUTE)),
                button(
                    _("Cancel session…"), icon="x", kind="danger", on_click=SessionPanel.show_form(CANCEL)
                ),
            ),
        ),
        class_name="panel-choices",
    )


def _change_form() -> rx.Component:
    return _form(
        _("Date, time and room"),
        rx.cond(
            SessionPanel.shown.is_weekly,
            _scope(
                ("this", _("Only this one")),
                ("following", _("This and following")),
                ("series", _("Every week, from today on")),
            ),
        ),
        *_place(SessionPanel.shown.day, required=True),
        rx.cond(
            SessionPanel.shown.is_weekly,
            rx.el.p(
                _(
                    "A series stays within its week: another date moves its weekday. Sessions that were held, marked or "
                    "changed by hand stay as they are."
                ),
                class_name="muted small",
            ),
        ),
        submit=_("Change"),
        on_submit=SessionPanel.change,
    )


def _substitute_form() -> rx.Component:
    return _form(
        _("Substitute"),
        select_field(
            "faculty_id",
            _("Who takes this session"),
            SessionPanel.faculty_options,  # pyright: ignore[reportArgumentType]
            state=SessionPanel,
            value=SessionPanel.shown.faculty_id,
            required=True,
            help=_("They may mark its register. The session's own teacher ends the substitution."),
        ),
        submit=_("Assign"),
        on_submit=SessionPanel.substitute,
    )


def _cancel_form() -> rx.Component:
    return _form(
        _("Cancel the session"),
        text_field(
            "reason",
            _("Reason"),
            state=SessionPanel,
            required=True,
            auto_focus=True,
            max_length=500,
            help=_("Everybody who sees the timetable reads it."),
        ),
        rx.cond(
            SessionPanel.shown.is_weekly & ~SessionPanel.plans_make_up,  # pyright: ignore[reportOperatorIssue]
            _scope(
                ("this", _("Only this one")),
                ("following", _("This one, and end the weekly meeting: later sessions are removed for good")),
            ),
        ),
        rx.el.label(
            rx.el.input(
                type="checkbox",
                checked=SessionPanel.plans_make_up,
                on_change=SessionPanel.toggle_make_up,
            ),
            _("Plan a make-up now"),
            class_name="check",
        ),
        rx.cond(SessionPanel.plans_make_up, rx.fragment(*_place("", required=True))),
        submit=_("Cancel session"),
        on_submit=SessionPanel.cancel,
        kind="danger",
    )


def _make_up_form() -> rx.Component:
    return _form(
        _("Make-up"), *_place("", required=True), submit=_("Plan make-up"), on_submit=SessionPanel.make_up
    )


def _place(day: Any, *, required: bool) -> tuple[rx.Component, rx.Component]:
    """Date, time and room; those of the session to begin with, but for the day."""
    state, shown = SessionPanel, SessionPanel.shown
    return (
        rx.el.div(
            text_field("local_date", _("Date"), state=state, value=day, type="date", required=required),
            text_field(
                "starts_at", _("From"), state=state, value=shown.starts_at, type="time", required=required
            ),
            text_field("ends_at", _("To"), state=state, value=shown.ends_at, type="time", required=required),
            class_name="form-thirds",
        ),
        select_field(
            "room_id",
            _("Room"),
            state.room_options,  # pyright: ignore[reportArgumentType]
            state=state,
            value=shown.room_id,
            empty_label=_("No room, or a series' own"),
        ),
    )


def _scope(*options: tuple[str, str]) -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend(_("Which sessions")),
        *[
            rx.el.label(
                rx.el.input(type="radio", name="scope", value=value, default_checked=number == 0),
                label,
                class_name="check",
            )
            for number, (value, label) in enumerate(options)
        ],
        class_name="scope",
    )


def _form(
    title: str, *fields: rx.Component, submit: str, on_submit: Any, kind: Any = "primary"
) -> rx.Component:
    return rx.el.form(
        rx.el.h3(title),
        *fields,
        rx.el.div(
            button(submit, type="submit", kind=kind),
            button(_("Back"), kind="quiet", on_click=SessionPanel.show_form("")),
            class_name="row",
        ),
        on_submit=on_submit,
        reset_on_submit=False,
        class_name="form panel-form",
        custom_attrs={"noValidate": True},
    )
