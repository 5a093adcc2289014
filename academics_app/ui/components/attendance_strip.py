"""The last marks of a student as a strip of letters, oldest first."""

import reflex as rx

from academics_app.ui.components.badge import MARKS
from academics_app.ui.i18n import _


def attendance_strip(marks: list[str] | rx.Var[list[str]], description: str | rx.Var[str]) -> rx.Component:
    """A box for each letter of `marks` ("P", "A", "L", "E", "·"), oldest first.

    `description` says the same in words for screen readers, e.g. "Last five: present, present, absent, late, present";
    `describe_marks` makes it in the view row.
    """
    return rx.el.span(
        rx.foreach(marks, _mark),
        class_name="strip",
        role="img",
        aria_label=description,
        title=description,
    )


def _mark(letter: rx.Var[str]) -> rx.Component:
    return rx.el.span(letter, class_name="strip-mark", data_status=letter, aria_hidden=True)


def describe_marks(letters: list[str]) -> str:
    """The strip in words, for a view row."""
    words = {letter: word.lower() for letter, word, _tone in MARKS.values()}
    if not letters:
        return _("No marks yet")
    return _("Last marks, oldest first: {marks}").format(
        marks=", ".join(words.get(letter, letter) for letter in letters)
    )
