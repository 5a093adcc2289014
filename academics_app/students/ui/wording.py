"""How students are said on screen."""

from datetime import date

from academics_app.students.models import StudentStatus
from academics_app.ui.i18n import _

STATUSES = {
    StudentStatus.ACTIVE: (_("Active"), "present"),
    StudentStatus.ON_HOLD: (_("On hold"), "late"),
    StudentStatus.COMPLETED: (_("Completed"), "excused"),
    StudentStatus.WITHDRAWN: (_("Withdrawn"), "untaken"),
}
"""Label and tone of each status."""

STATUS_OPTIONS = tuple((status.value, label) for status, (label, _tone) in STATUSES.items())


def day(value: date | None) -> str:
    """A date with its year, such as 17 Apr 2010."""
    return f"{value.day} {value:%b %Y}" if value else ""
