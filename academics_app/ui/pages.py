"""What a screen is: a route, a title, who it is for, what loads it. Features make them with `page` and list them in PAGES."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx

from academics_app.core.actor import Role
from academics_app.core.permissions import ROLE_PERMISSIONS, Permission


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the screen, for the dialog that `?` opens."""

    keys: str
    does: str


@dataclass(frozen=True)
class Page:
    """One screen. `content` builds what stands inside the shell, or the whole page when there is no shell."""

    content: Callable[[], rx.Component]
    route: str
    title: str
    on_load: tuple[Any, ...]
    roles: frozenset[Role]
    """Who is let in, for the looks only: what the page shows is decided by the services."""
    section: str
    """Route of the navigation's place that is marked while this page is open."""
    keys: tuple[Key, ...] = ()
    has_shell: bool = True


def page(
    *,
    route: str,
    title: str,
    on_load: Sequence[Any] = (),
    permission: Permission | None = None,
    roles: Iterable[Role] | None = None,
    section: str | None = None,
    keys: Sequence[Key] = (),
) -> Callable[[Callable[[], rx.Component]], Page]:
    """Make a screen out of the function that builds its content. The feature adds the result to its PAGES.

    Args:
        route: One of `ui.routes`.
        title: The browser tab's title; the page's own h1 is in its `page_header`.
        on_load: The handlers that load and watch, e.g. `[StudentList.open, StudentList.watch]`.
        permission: The page is for roles that hold it.
        roles: The page is for these roles; instead of, or further narrowing, `permission`.
        section: The place that is marked in the navigation; the first part of the route unless said otherwise.
        keys: The screen's own keys.
    """
    holders = {role for role in Role if permission is None or permission in ROLE_PERMISSIONS[role]}
    served = frozenset(holders & set(roles) if roles is not None else holders)

    def make(content: Callable[[], rx.Component]) -> Page:
        return Page(
            content=content,
            route=route,
            title=title,
            on_load=tuple(on_load),
            roles=served,
            section=section or "/" + route.lstrip("/").partition("/")[0],
            keys=tuple(keys),
        )

    return make


def bare_page(
    *, route: str, title: str, on_load: Sequence[Any] = ()
) -> Callable[[Callable[[], rx.Component]], Page]:
    """A screen without navigation, for people who are not signed in."""

    def make(content: Callable[[], rx.Component]) -> Page:
        return Page(
            content=content,
            route=route,
            title=title,
            on_load=tuple(on_load),
            roles=frozenset(Role),
            section="",
            has_shell=False,
        )

    return make
