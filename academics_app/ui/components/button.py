"""Buttons are verbs: `button(_("Add student"), kind="primary", on_click=...)`."""

from typing import Any, Literal

import reflex as rx

from academics_app.ui.components.link import link

Kind = Literal["plain", "primary", "quiet", "danger"]

_ICON_SIZE = 15


def button(
    label: str | rx.Var[str],
    *,
    kind: Kind = "plain",
    icon: str | None = None,
    busy: bool | rx.Var[bool] | None = None,
    disabled: Any = False,
    class_name: str = "",
    creates: bool = False,
    **props: Any,
) -> rx.Component:
    """A button; `type="button"` unless said otherwise.

    `busy` disables it and shows a spinner. `creates=True` gives it the key `n` (one per page).
    """
    props.setdefault("type", "button")
    attributes = dict(props.pop("custom_attrs", {}))
    if busy is not None:
        attributes["aria-busy"] = busy
        disabled = busy | disabled if isinstance(disabled, rx.Var) else busy
    if creates:
        attributes["data-create"] = "true"
    return rx.el.button(
        *([rx.icon(icon, size=_ICON_SIZE, aria_hidden=True)] if icon else []),
        label,
        class_name=_classes(kind, class_name),
        disabled=disabled,
        custom_attrs=attributes,
        **props,
    )


def icon_button(
    icon: str, *, label: str | rx.Var[str], kind: Kind = "quiet", class_name: str = "", **props: Any
) -> rx.Component:
    """A button that shows only an icon; the label is its accessible name and its tooltip."""
    props.setdefault("type", "button")
    return rx.el.button(
        rx.icon(icon, size=16, aria_hidden=True),
        class_name=_classes(kind, f"btn-icon {class_name}"),
        aria_label=label,
        title=label,
        **props,
    )


def link_button(
    label: str | rx.Var[str],
    href: Any,
    *,
    kind: Kind = "plain",
    icon: str | None = None,
    class_name: str = "",
    **props: Any,
) -> rx.Component:
    """A link that looks like a button, for what goes to another screen."""
    return link(
        *([rx.icon(icon, size=_ICON_SIZE, aria_hidden=True)] if icon else []),
        label,
        href=href,
        class_name=_classes(kind, class_name),
        **props,
    )


def _classes(kind: Kind, more: str) -> str:
    return " ".join(filter(None, ["btn", f"btn-{kind}" if kind != "plain" else "", more]))
