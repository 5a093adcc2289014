"""Form fields: label, control, help and error, tied together for screen readers.

In a `form_dialog` pass `state=` and the error is taken from `state.form_errors[name]` by itself::

    text_field("given_name", _("Given name"), state=StudentForm, value=StudentForm.given_name, required=True)

Fields are uncontrolled: `value` is what they begin with; what is typed stays in the browser until the form is sent.
"""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from academics_app.ui.forms import FormState
from academics_app.ui.i18n import _

Error = str | rx.Var[str]


def field(
    control: rx.Component,
    *,
    name: str,
    label: str | rx.Var[str],
    error: Error = "",
    help: str | rx.Var[str] | None = None,  # noqa: A002 - the word people know
    required: bool = False,
) -> rx.Component:
    """The frame around a control whose id is `field-<name>`; use the ready ones below where they fit."""
    return rx.el.div(
        rx.el.label(
            label,
            *([] if required else [rx.el.span(" ", _("(optional)"), class_name="optional")]),
            html_for=_control_id(name),
        ),
        control,
        *([rx.el.p(help, id=f"help-{name}", class_name="field-help")] if help is not None else []),
        rx.cond(error, rx.el.p(error, id=f"error-{name}", class_name="field-error", role="alert")),
        class_name="field",
    )


def text_field(
    name: str,
    label: str | rx.Var[str],
    *,
    state: type[FormState] | None = None,
    value: str | rx.Var[str] = "",
    error: Error = "",
    help: str | rx.Var[str] | None = None,  # noqa: A002
    required: bool = False,
    type: Any = "text",  # noqa: A002 - the HTML attribute
    **props: Any,
) -> rx.Component:
    """An input: text, email, tel, password, number, date, time ... Further HTML attributes pass through."""
    error = _error(state, name, error)
    control = rx.el.input(
        default_value=value,
        type=type,
        class_name="input",
        **_control(name, error, help, required=required, props=props),
    )
    return field(control, name=name, label=label, error=error, help=help, required=required)


def text_area(
    name: str,
    label: str | rx.Var[str],
    *,
    state: type[FormState] | None = None,
    value: str | rx.Var[str] = "",
    error: Error = "",
    help: str | rx.Var[str] | None = None,  # noqa: A002
    required: bool = False,
    rows: int = 3,
    **props: Any,
) -> rx.Component:
    """Several lines of text."""
    error = _error(state, name, error)
    control = rx.el.textarea(
        default_value=value,
        rows=str(rows),
        class_name="input",
        **_control(name, error, help, required=required, props=props),
    )
    return field(control, name=name, label=label, error=error, help=help, required=required)


def select_field(
    name: str,
    label: str | rx.Var[str],
    options: Sequence[Sequence[str]] | rx.Var[list[list[str]]],
    *,
    state: type[FormState] | None = None,
    value: str | rx.Var[str] = "",
    error: Error = "",
    help: str | rx.Var[str] | None = None,  # noqa: A002
    required: bool = False,
    empty_label: str | None = None,
    **props: Any,
) -> rx.Component:
    """The browser's own select. `options` are (value, label) pairs, fixed or a state var `list[list[str]]`."""
    error = _error(state, name, error)
    control = rx.el.select(
        *([rx.el.option(empty_label, value="")] if empty_label is not None else []),
        option_elements(options),
        default_value=value,
        class_name="input",
        **_control(name, error, help, required=required, props=props),
    )
    return field(control, name=name, label=label, error=error, help=help, required=required)


def check_field(
    name: str, label: str | rx.Var[str], *, value: bool | rx.Var[bool] = False, **props: Any
) -> rx.Component:
    """A check box; name it in `filled(form, checks=(name,))`, since a form sends nothing for one that is off."""
    return rx.el.label(
        rx.el.input(type="checkbox", name=name, default_checked=value, **props),
        label,
        class_name="check",
    )


def option_elements(options: Sequence[Sequence[str]] | rx.Var[list[list[str]]]) -> rx.Component:
    """<option> for each (value, label)."""
    if isinstance(options, rx.Var):
        return rx.foreach(options, lambda option: rx.el.option(option[1], value=option[0]))
    return rx.fragment(*[rx.el.option(label, value=value) for value, label in options])


def _control(
    name: str, error: Error, help_text: object, *, required: bool, props: dict[str, Any]
) -> dict[str, Any]:
    described_by = [f"error-{name}", *([f"help-{name}"] if help_text is not None else [])]
    attributes = dict(props.pop("custom_attrs", {}))
    attributes["aria-describedby"] = " ".join(described_by)
    if isinstance(error, rx.Var):
        attributes["aria-invalid"] = rx.cond(error, "true", "false")
    if required:
        attributes["aria-required"] = "true"
    # As a custom attribute: a form would send what has Reflex's own `id` a second time, under that id.
    attributes["id"] = _control_id(name)
    return {"name": name, "custom_attrs": attributes, **props}


def _error(state: type[FormState] | None, name: str, error: Error) -> Error:
    return state.form_errors[name] if state is not None else error


def _control_id(name: str) -> str:
    return f"field-{name}"
