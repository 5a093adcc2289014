"""The screens of the institute's settings, and of its terms and holidays."""

from academics_app.institute.ui.calendar_forms import calendar_page
from academics_app.institute.ui.settings import settings_page

PAGES = [settings_page, calendar_page]
