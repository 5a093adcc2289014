"""A modal dialog or side panel whose opening is a state var; `form_dialog` is the one for creating and editing."""

from collections.abc import Sequence

import reflex as rx
from reflex_base.event import no_args_event_spec

from academics_app.ui.components.button import button, icon_button
from academics_app.ui.forms import FormState
from academics_app.ui.i18n import _


class ModalDialog(rx.Component):
    """The browser's own <dialog>; the content exists only while it is open."""

    library = "$/public/components/dialog.jsx"
    tag = "ModalDialog"

    is_open: rx.Var[bool]
    on_dismiss: rx.EventHandler[no_args_event_spec]


def dialog(
    *content: rx.Component,
    title: str | rx.Var[str],
    is_open: rx.Var[bool] | bool,
    on_close: rx.event.EventType[()],
    id: str,  # noqa: A002 - the HTML attribute
    side: bool = False,
    wide: bool = False,
    footer: rx.Component | None = None,
) -> rx.Component:
    """A titled dialog; Escape, the cross and a click outside call `on_close`.

    `side=True` makes it a panel on the right edge. Put what scrolls into `content`, buttons into `footer`.
    """
    classes = " ".join(["dialog", *(["panel"] if side else []), *(["dialog-wide"] if wide else [])])
    return ModalDialog.create(
        _head(title, on_close, id),
        rx.el.div(*content, class_name="dialog-body"),
        rx.el.div(footer, class_name="dialog-foot") if footer is not None else rx.fragment(),
        is_open=is_open,
        on_dismiss=on_close,
        class_name=classes,
        id=id,
        custom_attrs={"aria-labelledby": f"{id}-title"},
    )


def form_dialog(
    *fields: rx.Component,
    state: type[FormState],
    title: str | rx.Var[str],
    submit: str | rx.Var[str],
    on_submit: rx.event.EventType[dict[str, str]],
    id: str,  # noqa: A002 - the HTML attribute
    side: bool = False,
    wide: bool = False,
    extra: Sequence[rx.Component] = (),
) -> rx.Component:
    """A form in a dialog, bound to a FormState: open while `state.form_open`, problems shown, submit busy while saving.

    The fields keep what was typed when saving fails. `extra` are further buttons at the left of the footer.
    """
    return ModalDialog.create(
        _head(title, state.close_form, id),
        rx.el.form(
            rx.el.div(
                rx.cond(
                    state.form_problem, rx.el.p(state.form_problem, class_name="form-problem", role="alert")
                ),
                *fields,
                class_name="dialog-body form",
            ),
            rx.el.div(
                *extra,
                button(_("Cancel"), on_click=state.close_form),
                button(submit, kind="primary", type="submit"),
                class_name="dialog-foot",
            ),
            on_submit=on_submit,
            reset_on_submit=False,
            class_name="dialog-form",
            custom_attrs={"noValidate": True},
        ),
        is_open=state.form_open,
        on_dismiss=state.close_form,
        class_name=" ".join(["dialog", *(["panel"] if side else []), *(["dialog-wide"] if wide else [])]),
        id=id,
        custom_attrs={"aria-labelledby": f"{id}-title"},
    )


def _head(title: str | rx.Var[str], on_close: rx.event.EventType[()], dialog_id: str) -> rx.Component:
    return rx.el.div(
        rx.el.h2(title, id=f"{dialog_id}-title"),
        icon_button("x", label=_("Close"), on_click=on_close),
        class_name="dialog-head",
    )
