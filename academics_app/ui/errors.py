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
    return _(
        "Something went wrong on our side. What was saved before is kept. Reference: {reference}"
    ).format(reference=reference)


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
    if kind in {"string_too_short", "too_short"} and context.get("min_length", 1) <= 1:
        kind = "missing"
    if kind == "value_error" and "email" in message:
        return _("This is not an e-mail address.")
    reason = _REASONS.get(kind)
    return reason.format(**context) if reason else message.removeprefix("Value error, ")


_NUMBER = _("This must be a number.")
_TIME = _("This is not a date or time.")
_SHORT = _("At least {min_length} characters.")
_LONG = _("At most {max_length} characters.")
_CHOICE = _("Please choose one of the list.")
_REASONS = {
    "missing": _("Please fill this in."),
    "string_type": _("Please fill this in."),
    "string_too_short": _SHORT,
    "too_short": _SHORT,
    "string_too_long": _LONG,
    "too_long": _LONG,
    "int_type": _NUMBER,
    "int_parsing": _NUMBER,
    "int_from_float": _("This must be a whole number."),
    "float_parsing": _NUMBER,
    "decimal_parsing": _NUMBER,
    "greater_than_equal": _("At least {ge}."),
    "less_than_equal": _("At most {le}."),
    "date_type": _TIME,
    "date_parsing": _TIME,
    "date_from_datetime_parsing": _TIME,
    "time_parsing": _TIME,
    "datetime_parsing": _TIME,
    "enum": _CHOICE,
    "literal_error": _CHOICE,
}
