"""The screens of batches and the timetable."""

from academics_app.learning_sessions.ui.timetable import timetable_page

PAGES = [timetable_page]
