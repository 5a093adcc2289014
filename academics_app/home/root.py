"""The address `/`: on to the role's first screen; and what stands at an address that does not exist."""

import reflex as rx

from academics_app.ui import routes
from academics_app.ui.components import link_button
from academics_app.ui.i18n import _
from academics_app.ui.pages import bare_page
from academics_app.ui.session_state import Shell


@bare_page(route=routes.HOME, title=_("Welcome"), on_load=[Shell.go_home])
def root_page() -> rx.Component:
    return rx.el.p(_("One moment…"), class_name="muted", role="status")


@bare_page(route="404", title=_("Not found"))
def not_found_page() -> rx.Component:
    return rx.el.div(
        rx.el.h1(_("There is nothing here")),
        rx.el.p(_("The address may be mistyped, or what it led to was removed.")),
        link_button(_("Go to the first page"), routes.HOME, kind="primary"),
        class_name="empty",
    )
