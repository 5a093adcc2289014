"""Failures on a screen: a sentence in a toast, or beside the field that caused it.

Handlers need no try: whatever they raise arrives in `to_events` through the app's exception handler. A form uses
`FormState._form_errors()` (ui/forms.py), which puts the reasons beside the fields.
"""

from collections.abc import Iterable, Mapping
from secrets import token_hex
from typing import Any

import reflex as rx
import structlog
from pydantic import ValidationError
from reflex.event import EventSpec
from sqlalchemy.exc import InterfaceError, OperationalError

from academics_app.core.errors import AppError, NotSignedIn
from academics_app.core.permissions import DENIED, Permission
from academics_app.ui import routes
from academics_app.ui.i18n import _

log = structlog.get_logger(__name__)

_TOAST_MILLISECONDS = 8000


def to_events(exception: Exception) -> list[EventSpec]:
    """What the browser is told of a failure; one that is not ours is logged under a reference that the sentence names."""
    if isinstance(exception, NotSignedIn):
        return go_to_login()
    return [rx.toast.error(sentence(exception), duration=_TOAST_MILLISECONDS, close_button=True)]


def sentence(error: Exception) -> str:
    """The failure as a sentence for a person."""
    if isinstance(error, AppError):
        return error.detail
    if isinstance(error, ValidationError):
        return "; ".join(field_errors(error).values())
    if isinstance(error, OperationalError | InterfaceError | ConnectionError):
        log.error("database_unreachable", error=str(error))
        return _("The database can't be reached just now. Nothing was changed; please try again in a moment.")
    reference = token_hex(4)
    log.error("handler_failed", reference=reference, exc_info=error)
    return _("Something went wrong on our side. What was saved before is kept. Reference: {reference}").format(
        reference=reference
    )


def field_errors(error: ValidationError) -> dict[str, str]:
    """Field name to reason; what concerns the form as a whole is under the empty name."""
    return {
        ".".join(map(str, detail["loc"])): _plain(detail["type"], detail.get("ctx", {}), detail["msg"])
        for detail in error.errors(include_url=False, include_input=False)
    }


def go_to_login() -> list[EventSpec]:
    """A real page load, so that the next socket carries the next cookie; the address is kept for afterwards."""
    return [rx.call_script(f"window.academics.goToLogin({routes.LOGIN!r})")]


def denied(permissions: Iterable[Permission]) -> list[EventSpec]:
    """The refusal's sentence."""
    detail = next((DENIED[permission] for permission in sorted(permissions)), _("You may not do this."))
    return [turned_away(detail)]


def turned_away(detail: str) -> EventSpec:
    """A refusal; the handlers of a page that are refused one after the other make one toast."""
    return rx.toast.error(detail, duration=_TOAST_MILLISECONDS, id="turned-away")


def _plain(kind: str, context: Mapping[str, Any], message: str) -> str:
    """Pydantic's reasons in the words of a form."""
    match kind:
        case "missing" | "string_type":
            return _("Please fill this in.")
        case "string_too_short" | "too_short" if context.get("min_length", 1) <= 1:
            return _("Please fill this in.")
        case "string_too_short" | "too_short":
            return _("At least {n} characters.").format(n=context["min_length"])
        case "string_too_long" | "too_long":
            return _("At most {n} characters.").format(n=context["max_length"])
        case "int_type" | "int_parsing" | "int_from_float" | "float_parsing" | "decimal_parsing":
            return _("This must be a number.")
        case "greater_than_equal":
            return _("At least {n}.").format(n=context["ge"])
        case "less_than_equal":
            return _("At most {n}.").format(n=context["le"])
        case "date_from_datetime_parsing" | "date_parsing" | "time_parsing" | "datetime_parsing":
            return _("This is not a date or time.")
        case "value_error" if "@" in message or "email" in message:
            return _("This is not an e-mail address.")
        case "enum" | "literal_error":
            return _("Please choose one of the list.")
        case _:
            return message.removeprefix("Value error, ")
