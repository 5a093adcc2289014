"""The screens of attendance."""

from academics_app.attendance.ui.register import register_page
from academics_app.attendance.ui.today import today_page

PAGES = [register_page, today_page]
