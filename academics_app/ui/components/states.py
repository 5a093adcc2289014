"""What stands where data will be: nothing yet, still loading, could not be loaded."""

from typing import Any

import reflex as rx

from academics_app.ui.components.button import button
from academics_app.ui.i18n import _


def empty_state(title: str | rx.Var[str], text: str | rx.Var[str], *first_step: rx.Component) -> rx.Component:
    """Says what will be here and offers the first step."""
    return rx.el.div(
        rx.el.h2(title),
        rx.el.p(text),
        *([rx.el.div(*first_step, class_name="row")] if first_step else []),
        class_name="empty",
    )


def error_state(sentence: str | rx.Var[str], on_retry: rx.event.EventType[()]) -> rx.Component:
    """Says what happened and offers to try again."""
    return rx.el.div(
        rx.el.h2(_("This could not be loaded")),
        rx.el.p(sentence),
        button(_("Try again"), icon="rotate-cw", on_click=on_retry),
        class_name="empty",
        role="alert",
    )


def skeleton(width: str = "60%", **props: Any) -> rx.Component:
    """A grey bar in place of a text."""
    return rx.el.span(class_name="skeleton", style={"width": width}, aria_hidden=True, **props)


def by_phase(
    phase: str | rx.Var[str], *, ready: rx.Component, loading: rx.Component, failed: rx.Component
) -> rx.Component:
    """One of the three, by a state var that is "loading", "ready" or "failed"."""
    return rx.fragment(rx.match(phase, ("ready", ready), ("failed", failed), loading))
