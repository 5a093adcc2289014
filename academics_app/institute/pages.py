"""The screen of the institute's settings."""

from academics_app.institute.ui.settings import settings_page

PAGES = [settings_page]
