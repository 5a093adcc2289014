"""The screens of attendance."""

from academics_app.attendance.ui.absenteeism import absenteeism_page
from academics_app.attendance.ui.corrections import corrections_page
from academics_app.attendance.ui.history import history_page
from academics_app.attendance.ui.integrity import checks_page
from academics_app.attendance.ui.missing import missing_page
from academics_app.attendance.ui.register import register_page
from academics_app.attendance.ui.sheet import sheet_page
from academics_app.attendance.ui.today import today_page

PAGES = [
    register_page,
    missing_page,
    corrections_page,
    absenteeism_page,
    checks_page,
    history_page,
    sheet_page,
    today_page,
]
