"""Views of one record as links, so that each has its address."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from academics_app.ui.components.link import link


def tabs(label: str, items: Sequence[tuple[str, str, Any]], current: rx.Var[str] | str) -> rx.Component:
    """A row of (key, label, href), with the one whose key is `current` marked."""
    return rx.el.nav(
        *[
            link(
                text,
                href=href,
                class_name="tab",
                custom_attrs={"aria-current": rx.cond(current == key, "page", "false")},
            )
            for key, text, href in items
        ],
        class_name="tabs",
        aria_label=label,
    )
