"""A link to another screen, followed inside the page without a reload."""

from typing import Any

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink


def link(*children: rx.Component | str | rx.Var[str], href: Any, **props: Any) -> rx.Component:
    """An `<a>` by the router. For an address outside the screens (the API, a download) use `rx.el.a`."""
    return ReactRouterLink.create(*children, to=href, **props)
