"""Each page belongs to one place of the navigation, whatever the role."""

import pytest

from academics_app.core.actor import Role
from academics_app.ui import routes
from academics_app.ui.navigation import PLACES


@pytest.mark.parametrize(
    ("role", "section", "label"),
    [
        (Role.ADMIN, routes.ABSENCES, "Attendance"),
        (Role.FACULTY, routes.ABSENCES, "Attendance"),
        (Role.COUNSELOR, routes.ABSENCES, "Absences"),
        (Role.GUARDIAN, routes.ABSENCES, "Absences"),
        (Role.ADMIN, routes.TODAY, "Attendance"),
        (Role.FACULTY, routes.TODAY, "Today"),
    ],
)
def test_one_place_is_marked(role: Role, section: str, label: str) -> None:
    assert [place.label for place in PLACES[role] if place.is_marked(section)] == [label]
