"""The feature's screens."""

from academics_app.absences.ui.listing import absences_page
from academics_app.ui.pages import Page

PAGES: list[Page] = [absences_page]
