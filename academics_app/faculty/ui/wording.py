"""How faculty members are said on screen."""

from academics_app.faculty.models import FacultyStatus
from academics_app.ui.i18n import _

STATUSES = {
    FacultyStatus.ACTIVE: (_("Active"), "present"),
    FacultyStatus.ON_LEAVE: (_("On leave"), "late"),
    FacultyStatus.LEFT: (_("Left"), "untaken"),
}
"""Label and tone of each status."""

STATUS_OPTIONS = tuple((status.value, label) for status, (label, _tone) in STATUSES.items())
