"""The frame of every page: navigation by role, top bar, banners, the dialogs of Ctrl-K and `?`."""

import functools
from collections.abc import Callable, Sequence

import reflex as rx
from reflex.style import set_color_mode
from reflex_base.vars.function import ArgsFunctionOperation
from reflex_components_core.base.error_boundary import ErrorBoundary
from reflex_components_core.core.banner import has_connection_errors

from academics_app.core.actor import Role
from academics_app.ui import routes
from academics_app.ui.components.avatar import avatar
from academics_app.ui.components.button import icon_button
from academics_app.ui.components.dialog import ModalDialog
from academics_app.ui.components.link import link
from academics_app.ui.components.native_form import NativeForm
from academics_app.ui.i18n import _
from academics_app.ui.navigation import PLACES, Place, on_phone
from academics_app.ui.pages import Key, Page
from academics_app.ui.palette import Palette, palette
from academics_app.ui.policy import signed_in
from academics_app.ui.session_state import Shell

PRODUCT = "Academics"

_COMMON_KEYS = (
    Key("Ctrl K", _("Go to a screen, student or batch")),
    Key("/", _("Search this list")),
    Key("n", _("Add")),
    Key("?", _("Show these keys")),
    Key("Esc", _("Close what is open")),
)


class Keys(rx.State):
    """Whether the list of keys is open."""

    is_open: bool = False

    @rx.event
    @signed_in
    async def show(self) -> None:
        """Open."""
        self.is_open = True

    @rx.event
    @signed_in
    async def close(self) -> None:
        """Close."""
        self.is_open = False


def add_pages(app: rx.App, pages: Sequence[Page]) -> None:
    """Hand every page to Reflex, inside the shell where it has one."""
    known = {page.route for page in pages}
    for page in pages:
        events = list(page.on_load)
        if page.has_shell:
            events = [Shell.enter(sorted(role.value for role in page.roles)), *events, Shell.watch]
        app.add_page(
            _framed(page, known),
            route=page.route,
            title=f"{page.title} · {PRODUCT}",
            on_load=events,
        )


def _framed(page: Page, known: set[str]) -> Callable[[], rx.Component]:
    # Reflex puts a page's pieces into the file of the module that the function says it is from.
    @functools.wraps(page.content)
    def build() -> rx.Component:
        return shell(page, known) if page.has_shell else _bare(page)

    return build


def shell(page: Page, known: set[str]) -> rx.Component:
    """The page's content inside the frame."""
    return rx.fragment(
        rx.el.a(_("Skip to content"), href="#content", class_name="skip-link"),
        rx.el.div(
            _sidebar(page, known),
            rx.el.div(
                _offline_banner(),
                rx.cond(
                    Shell.is_demo,
                    rx.el.aside(
                        _("Demo institute: every person and every mark here is invented."),
                        class_name="banner",
                        aria_label=_("About this data"),
                    ),
                ),
                _top_bar(),
                rx.el.main(page.content(), id="content", tab_index=-1),
                class_name="main-column",
            ),
            class_name="shell",
            id="shell",
            data_user_id=Shell.user_id,
        ),
        _bottom_bar(page, known),
        palette(),
        _keys_dialog(page.keys),
    )


def _bare(page: Page) -> rx.Component:
    return rx.el.div(_offline_banner(), rx.el.main(page.content(), id="content"), class_name="bare")


def _sidebar(page: Page, known: set[str]) -> rx.Component:
    return rx.el.nav(
        link(
            rx.el.span("A", class_name="brand-mark", aria_hidden=True),
            rx.el.span(rx.cond(Shell.institute, Shell.institute, PRODUCT), class_name="truncate"),
            href=routes.HOME,
            class_name="brand",
            title=Shell.institute,
        ),
        rx.match(
            Shell.role,
            *[(role.value, _places(_existing(role, known), page.section)) for role in Role],
            rx.fragment(),
        ),
        class_name="sidebar",
        aria_label=_("Main"),
    )


def _existing(role: Role, known: set[str]) -> tuple[Place, ...]:
    return tuple(place for place in PLACES[role] if place.route in known)


def _places(places: Sequence[Place], section: str) -> rx.Component:
    entries: list[rx.Component] = []
    group = ""
    for place in places:
        if place.group != group:
            group = place.group
            entries.append(rx.el.p(group, class_name="nav-group"))
        entries.append(_nav_link(place, section, "nav-link", 16))
    return rx.el.div(*entries, class_name="nav")


def _nav_link(place: Place, section: str, class_name: str, icon_size: int) -> rx.Component:
    return link(
        rx.icon(place.icon, size=icon_size, aria_hidden=True),
        place.label,
        href=place.route,
        class_name=class_name,
        **({"aria_current": "page"} if place.is_marked(section) else {}),
    )


def _top_bar() -> rx.Component:
    return rx.el.header(
        rx.el.button(
            rx.icon("search", size=15, aria_hidden=True),
            rx.el.span(_("Search or go to…")),
            rx.el.kbd("Ctrl K", aria_hidden=True),
            id="open-palette",
            type="button",
            class_name="jump",
            on_click=Palette.show,
            aria_label=_("Search or go to"),
            custom_attrs={"aria-keyshortcuts": "Control+K", "aria-haspopup": "dialog"},
        ),
        rx.el.span(class_name="grow"),
        icon_button(
            "keyboard",
            label=_("Keys of this screen"),
            on_click=Keys.show,
            id="open-keys",
            class_name="only-desktop",
        ),
        rx.color_mode_cond(
            light=icon_button("moon", label=_("Dark theme"), on_click=set_color_mode("dark")),
            dark=icon_button("sun", label=_("Light theme"), on_click=set_color_mode("light")),
        ),
        _account_menu(),
        class_name="topbar",
    )


def _account_menu() -> rx.Component:
    return rx.fragment(
        rx.el.button(
            avatar(Shell.initials),
            type="button",
            class_name="btn btn-quiet btn-icon",
            aria_label=_("Account"),
            custom_attrs={"popoverTarget": "account-menu", "aria-haspopup": "true"},
        ),
        rx.el.div(
            rx.el.div(
                rx.el.div(Shell.name, class_name="strong truncate"),
                rx.el.div(Shell.role_name, class_name="muted tiny"),
                class_name="menu-head",
            ),
            link(
                rx.icon("circle-user-round", size=15, aria_hidden=True),
                _("My account"),
                href=routes.ACCOUNT,
                class_name="menu-item",
            ),
            NativeForm.create(
                rx.el.button(
                    rx.icon("log-out", size=15, aria_hidden=True),
                    _("Sign out"),
                    type="submit",
                    class_name="menu-item",
                ),
                action=routes.SCREEN_LOGOUT,
                method="post",
            ),
            id="account-menu",
            class_name="menu",
            custom_attrs={"popover": "auto"},
        ),
    )


def _bottom_bar(page: Page, known: set[str]) -> rx.Component:
    return rx.el.nav(
        rx.match(
            Shell.role,
            *[(role.value, _bottom_places(_existing(role, known), page.section, role)) for role in Role],
            rx.fragment(),
        ),
        class_name="bottom-bar",
        aria_label=_("Main, short"),
    )


def _bottom_places(places: tuple[Place, ...], section: str, role: Role) -> rx.Component:
    shown = on_phone(places)
    links = [_nav_link(place, section, "", 20) for place in shown]
    if shown == places:
        return rx.fragment(*links)
    menu_id = f"more-{role.value}"
    return rx.fragment(
        *links,
        rx.el.button(
            rx.icon("ellipsis", size=20, aria_hidden=True),
            _("More"),
            type="button",
            custom_attrs={"popoverTarget": menu_id, "aria-haspopup": "true"},
        ),
        rx.el.div(
            *[_nav_link(place, section, "menu-item", 16) for place in places[len(shown) :]],
            id=menu_id,
            class_name="menu",
            custom_attrs={"popover": "auto"},
        ),
    )


def _offline_banner() -> rx.Component:
    sentence = _("No connection. Trying again; what you see may be out of date.")
    return rx.fragment(
        rx.el.p(sentence, id="offline-banner", class_name="banner banner-offline", role="alert", hidden=True),
        rx.cond(has_connection_errors, rx.el.p(sentence, class_name="banner banner-offline", role="alert")),
    )


def _keys_dialog(own: Sequence[Key]) -> rx.Component:
    return ModalDialog.create(
        rx.el.div(
            rx.el.h2(_("Keys"), id="keys-title"),
            icon_button("x", label=_("Close"), on_click=Keys.close),
            class_name="dialog-head",
        ),
        rx.el.div(
            rx.el.dl(
                *[
                    rx.fragment(rx.el.dt(rx.el.kbd(key.keys)), rx.el.dd(key.does))
                    for key in (*own, *_COMMON_KEYS)
                ],
                class_name="keys",
            ),
            class_name="dialog-body",
        ),
        is_open=Keys.is_open,
        on_dismiss=Keys.close,
        class_name="dialog",
        custom_attrs={"aria-labelledby": "keys-title"},
    )


def toaster() -> rx.Component:
    """Where toasts appear."""
    return rx.toast.provider(position="bottom-right", rich_colors=False, visible_toasts=4)


def error_boundary(is_stateful: bool) -> rx.Component:  # noqa: FBT001 - Reflex's signature
    """What stands in place of a page whose code failed in the browser; the failure goes to the server's log."""
    fallback = rx.el.main(
        rx.el.div(
            rx.el.h1(_("This page has stopped")),
            rx.el.p(_("Something in it failed. What was saved is kept; please load the page again.")),
            rx.el.a(_("Load again"), href="", class_name="btn btn-primary"),
            class_name="empty",
        ),
        id="content",
    )
    return ErrorBoundary.create(
        fallback_render=ArgsFunctionOperation.create(("event_args",), rx.Var.create(fallback))
    )
