"""FormState: the mixin behind every form dialog."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import reflex as rx
from pydantic import ValidationError

from academics_app.core.errors import AppError
from academics_app.ui import errors
from academics_app.ui.policy import signed_in


class FormState(rx.State, mixin=True):
    """Vars and behaviour of one form. A page with two forms has two states.

    A subclass has its own vars for the values that the form begins with, an `edit` handler that sets them and
    `self.form_open = True`, and a `save` handler::

        @rx.event
        @allow(Permission.SUBJECT_MANAGE)
        async def save(self, form: dict[str, Any]):
            if not self.form_open:          # a second click on the button
                return None
            with self._form_errors(form):
                data = SubjectCreate.model_validate(filled(form))
                async with transaction() as session:
                    subject = await create_subject(session, actor=current_actor(), data=data)
                self.form_open = False
                return [saved(_("Subject added")), SubjectList.open]
    """

    form_open: bool = False
    form_problem: str = ""
    form_errors: dict[str, str] = {}

    @rx.event
    @signed_in
    async def close_form(self) -> None:
        """Close without saving."""
        self.form_open = False
        self._forget_errors()

    def _forget_errors(self) -> None:
        self.form_problem = ""
        self.form_errors = {}

    @contextmanager
    def _form_errors(self, form: Mapping[str, Any] | None = None) -> Iterator[None]:
        """Put the reasons of a refusal beside the fields; what belongs to no field goes above the form.

        With the `form` that was sent, reasons for fields that it does not have go above it too.
        """
        self._forget_errors()
        try:
            yield
        except ValidationError as error:
            self._show(errors.field_errors(error), "", form)
        except AppError as error:
            self._show(error.fields or {}, error.detail, form)

    def _show(self, reasons: dict[str, str], sentence: str, form: Mapping[str, Any] | None) -> None:
        beside = {name: reason for name, reason in reasons.items() if name and (form is None or name in form)}
        above = [reason for name, reason in reasons.items() if name not in beside]
        self.form_errors = {name: _capitalised(reason) for name, reason in beside.items()}
        self.form_problem = (sentence or _capitalised("; ".join(above))) if above or not beside else ""


def filled(form: dict[str, Any], *, checks: tuple[str, ...] = ()) -> dict[str, Any]:
    """The form's values with empty texts as None, for `Schema.model_validate`.

    A browser sends nothing for a check box that is off: name the form's check boxes in `checks`.
    """
    values = {name: None if value == "" else value for name, value in form.items()}
    return values | {name: name in form for name in checks}


def _capitalised(reason: str) -> str:
    return reason[:1].upper() + reason[1:]
