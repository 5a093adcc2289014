"""Status as a letter or icon and a word, then a colour."""

from typing import Any, Literal

import reflex as rx

from academics_app.ui.i18n import _

Tone = Literal["present", "absent", "late", "excused", "untaken", "accent"]
"""Green, red, amber, blue, grey and the accent; named for their first use."""

MARKS: dict[str, tuple[str, str, Tone]] = {
    "present": ("P", _("Present"), "present"),
    "absent": ("A", _("Absent"), "absent"),
    "late": ("L", _("Late"), "late"),
    "excused": ("E", _("Excused"), "excused"),
    "": ("·", _("Not taken"), "untaken"),
}
"""Attendance status to its letter, word and tone."""


def badge(
    text: str | rx.Var[str],
    *,
    tone: Tone | str | rx.Var[str] = "untaken",
    icon: str | None = None,
    **props: Any,
) -> rx.Component:
    """A small label. `tone` may be a var, e.g. a field of the row."""
    return rx.el.span(
        *([rx.icon(icon, size=12, aria_hidden=True)] if icon else []),
        text,
        class_name=f"badge badge-{tone}",
        **props,
    )


def mark_badge(status: str | rx.Var[str]) -> rx.Component:
    """An attendance status ("present", "absent", "late", "excused" or "") as letter and word."""
    cases = [
        (value, badge(f"{letter} {word}", tone=tone))
        for value, (letter, word, tone) in MARKS.items()
        if value
    ]
    letter, word, tone = MARKS[""]
    return rx.fragment(rx.match(status, *cases, badge(f"{letter} {word}", tone=tone)))
