"""The palette that Ctrl-K opens: screens of the role, and whatever features add with `add_source`."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import reflex as rx
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.core.actor import Actor
from academics_app.core.db import reading
from academics_app.core.permissions import Permission, may
from academics_app.core.search import normalise
from academics_app.ui import routes
from academics_app.ui.components.dialog import ModalDialog
from academics_app.ui.components.link import link
from academics_app.ui.i18n import _
from academics_app.ui.identity import current_actor
from academics_app.ui.navigation import PLACES
from academics_app.ui.policy import signed_in

_HITS_OF_A_SOURCE = 6
_MAX_QUERY = 100


@dataclass(frozen=True, slots=True)
class Hit:
    """A line of the palette: what it is called, what it is, where it leads."""

    label: str
    hint: str
    href: str


Search = Callable[[AsyncSession, Actor, str, int], Awaitable[Sequence[Hit]]]
"""`async def search(session, actor, query, limit) -> hits`; it calls a service, which knows what the actor may see."""

_sources: list[tuple[Permission, Search]] = []
_routes: set[str] = set()


def add_source(permission: Permission, search: Search) -> Search:
    """Let the palette find more. Call it where the feature's pages are made."""
    _sources.append((permission, search))
    return search


def set_known_routes(known: set[str]) -> None:
    """The composition root says which screens exist."""
    _routes.clear()
    _routes.update(known)


class Palette(rx.State):
    """Open or not, and the hits."""

    is_open: bool = False
    hits: list[Hit] = []
    is_empty: bool = False

    @rx.event
    @signed_in
    async def show(self) -> None:
        """Open with the role's screens."""
        self.is_open = True
        self.hits, self.is_empty = _screens(current_actor(), ""), False

    @rx.event
    @signed_in
    async def close(self) -> None:
        """Close and forget the hits."""
        self.is_open, self.hits, self.is_empty = False, [], False

    @rx.event
    @signed_in
    async def search(self, text: str) -> None:
        """Find screens and records."""
        actor, query = current_actor(), str(text).strip()[:_MAX_QUERY]
        hits = _screens(actor, query)
        if len(query) > 1:
            async with reading() as session:
                for permission, search in _sources:
                    if may(actor, permission):
                        hits += await search(session, actor, query, _HITS_OF_A_SOURCE)
        self.hits, self.is_empty = hits, not hits


def palette() -> rx.Component:
    """The dialog; its opener is in the top bar."""
    return ModalDialog.create(
        rx.el.input(
            id="palette-input",
            placeholder=_("Go to a screen, student or batch"),
            aria_label=_("Go to a screen, student or batch"),
            on_change=Palette.search.debounce(120),
            class_name="palette-input",
            auto_focus=True,
            auto_complete="off",
            role="combobox",
            custom_attrs={
                "aria-expanded": "true",
                "aria-controls": "palette-list",
                "aria-autocomplete": "list",
            },
        ),
        rx.el.div(
            rx.foreach(Palette.hits, _hit),
            id="palette-list",
            role="listbox",
            aria_label=_("Results"),
            class_name="palette-list",
        ),
        rx.cond(
            Palette.is_empty, rx.el.p(_("Nothing found."), class_name="card-body muted small", role="status")
        ),
        is_open=Palette.is_open,
        on_dismiss=Palette.close,
        class_name="dialog palette",
        custom_attrs={"aria-label": _("Go to")},
    )


def _hit(hit: Hit, index: rx.Var[int]) -> rx.Component:
    return link(
        rx.el.span(hit.label, class_name="truncate"),
        rx.el.span(hit.hint, class_name="hint"),
        href=hit.href,
        id=f"palette-{index}",
        role="option",
        class_name="palette-item",
        on_click=Palette.close,
        custom_attrs={"tabIndex": -1},
    )


def _screens(actor: Actor, query: str) -> list[Hit]:
    wanted = normalise(query)
    places = [
        Hit(place.label, _("Screen"), place.route) for place in PLACES[actor.role] if place.route in _routes
    ]
    places.append(Hit(_("My account"), _("Screen"), routes.ACCOUNT))
    return [hit for hit in places if wanted in normalise(hit.label)]
