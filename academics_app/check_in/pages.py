"""The screens of check-in."""

from academics_app.check_in.ui.code import code_page
from academics_app.check_in.ui.kiosk import kiosk_page
from academics_app.check_in.ui.kiosks import kiosks_page
from academics_app.check_in.ui.own import check_in_page

PAGES = [code_page, check_in_page, kiosk_page, kiosks_page]
