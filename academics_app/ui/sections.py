"""Groups of screens that share a row of tabs; each tab is shown to the roles that may open it."""

from collections.abc import Sequence

import reflex as rx

from academics_app.core.actor import Role
from academics_app.core.permissions import ROLE_PERMISSIONS, Permission
from academics_app.ui import routes
from academics_app.ui.components.link import link
from academics_app.ui.i18n import _
from academics_app.ui.session_state import Shell

ATTENDANCE: Sequence[tuple[str, str, Permission]] = (
    (routes.ATTENDANCE, _("Registers"), Permission.REGISTER_READ),
    (routes.ABSENCES, _("Absences"), Permission.ABSENCE_REQUEST),
    (routes.CORRECTIONS, _("Corrections"), Permission.CORRECTION_REQUEST),
    (routes.ABSENTEEISM, _("Absenteeism"), Permission.ATTENDANCE_ANALYSE),
    (routes.CHECKS, _("Checks"), Permission.ATTENDANCE_REPAIR),
    (routes.KIOSKS, _("Kiosks"), Permission.KIOSK_MANAGE),
)
"""Address, name, and what opens it."""


def attendance_tabs(current: str) -> rx.Component | rx.Var[rx.Component]:
    """The tabs of attendance with the one of this route marked; a role with one tab alone sees none."""
    return rx.match(
        Shell.role,
        *[
            (role.value, _tabs(current, [each for each in ATTENDANCE if each[2] in ROLE_PERMISSIONS[role]]))
            for role in Role
        ],
        rx.fragment(),
    )


def _tabs(current: str, shown: Sequence[tuple[str, str, Permission]]) -> rx.Component:
    if len(shown) < 2:
        return rx.fragment()
    return rx.el.nav(
        *[
            link(
                name,
                href=route,
                class_name="tab",
                custom_attrs={"aria-current": "page" if route == current else "false"},
            )
            for route, name, _permission in shown
        ],
        class_name="tabs",
        aria_label=_("Attendance"),
    )
