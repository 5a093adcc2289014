"""Messages that pass: return one from a handler."""

from typing import Any

import reflex as rx
from reflex_components_sonner.toast import ToastAction

from academics_app.ui.i18n import _

UNDO_MILLISECONDS = 8000


def saved(text: str) -> rx.event.EventSpec:
    """What was done, in the past tense: "Student added"."""
    return rx.toast.success(text, duration=4000)


def undoable(text: str, undo: Any) -> rx.event.EventSpec:
    """What was done, with Undo for eight seconds: `undoable(_("Moved to Trial"), Board.undo_move(inquiry_id))`."""
    return rx.toast.success(
        text, duration=UNDO_MILLISECONDS, action=ToastAction(label=_("Undo"), on_click=undo)
    )


def failed(text: str) -> rx.event.EventSpec:
    """What could not be done and why. AppErrors that a handler raises are shown by themselves."""
    return rx.toast.error(text, duration=UNDO_MILLISECONDS, close_button=True)
