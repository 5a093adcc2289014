"""The kiosk: a page without a sign-in, known by the device's own cookie."""

import reflex as rx

from academics_app.check_in.components import KioskDesk
from academics_app.check_in.wording import KIOSK
from academics_app.ui import routes
from academics_app.ui.i18n import _
from academics_app.ui.pages import bare_page


@bare_page(route=routes.KIOSK, title=_("Check in"))
def kiosk_page() -> rx.Component:
    return KioskDesk.create(labels=KIOSK)
