"""Where each role can go, in the order of use."""

from dataclasses import dataclass, replace

from academics_app.core.actor import Role
from academics_app.ui import routes
from academics_app.ui.i18n import _


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the navigation. `group` heads the entries that follow with the same one."""

    label: str
    route: str
    icon: str
    group: str = ""
    also: tuple[str, ...] = ()
    """Sections that other roles have a place of their own for."""

    def is_marked(self, section: str) -> bool:
        """Whether a page of that section belongs here."""
        return section == self.route or section in self.also


_TODAY = Place(_("Today"), routes.TODAY, "calendar-check")
_OVERVIEW = Place(_("Overview"), routes.OVERVIEW, "layout-dashboard")
_HOME = Place(_("Home"), routes.MY_HOME, "house")
_TIMETABLE = Place(_("Timetable"), routes.TIMETABLE, "calendar-days")
_CHECK_IN = Place(_("Check in"), routes.CHECK_IN, "qr-code")
_ABSENCES = Place(_("Absences"), routes.ABSENCES, "calendar-x")
_STUDENTS = Place(_("Students"), routes.STUDENTS, "graduation-cap")
_BATCHES = Place(_("Batches"), routes.BATCHES, "users")
_FACULTY = Place(_("Faculty"), routes.FACULTY, "contact")
_ATTENDANCE = Place(_("Attendance"), routes.ATTENDANCE, "clipboard-list", also=(routes.ABSENCES,))
_SUBJECTS = Place(_("Subjects"), routes.SUBJECTS, "book-open")
_ADMINISTRATION = _("Administration")
_USERS = Place(_("Users"), routes.USERS, "user-cog", _ADMINISTRATION)
_CALENDAR = Place(_("Terms and holidays"), routes.CALENDAR, "calendar-range", _ADMINISTRATION)
_IMPORT = Place(_("Import"), routes.IMPORT, "file-up", _ADMINISTRATION)
_SETTINGS = Place(_("Settings"), routes.SETTINGS, "settings", _ADMINISTRATION)

PLACES: dict[Role, tuple[Place, ...]] = {
    Role.ADMIN: (
        _OVERVIEW,
        _STUDENTS,
        _BATCHES,
        _TIMETABLE,
        replace(_ATTENDANCE, also=(routes.ABSENCES, routes.TODAY)),
        _FACULTY,
        _SUBJECTS,
        _USERS,
        _CALENDAR,
        _IMPORT,
        _SETTINGS,
    ),
    Role.FACULTY: (
        _TODAY,
        _TIMETABLE,
        Place(_("My batches"), routes.BATCHES, "users"),
        _STUDENTS,
        _ATTENDANCE,
        _SUBJECTS,
    ),
    Role.COUNSELOR: (_STUDENTS, _BATCHES, _TIMETABLE, _ABSENCES, _SUBJECTS, _FACULTY),
    Role.STUDENT: (_HOME, _CHECK_IN, _TIMETABLE, _ABSENCES, _SUBJECTS),
    Role.GUARDIAN: (_HOME, _TIMETABLE, _ABSENCES, _SUBJECTS),
}

_PHONE_PLACES = 4


def home_of(role: Role) -> str:
    """The role's first screen."""
    return PLACES[role][0].route


def on_phone(places: tuple[Place, ...]) -> tuple[Place, ...]:
    """Those of the bottom bar; when there are more than fit, its last place opens the rest."""
    return places if len(places) <= _PHONE_PLACES else places[: _PHONE_PLACES - 1]
