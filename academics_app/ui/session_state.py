"""Shell: who is signed in, as far as the frame of a page shows it, and the watch that ends the page with the sign-in."""

from typing import Any

import reflex as rx

from academics_app.core import live
from academics_app.core.actor import Role
from academics_app.core.db import reading
from academics_app.institute.service import current_settings
from academics_app.ui.components.avatar import initials_of
from academics_app.ui.errors import go_to_login, turned_away
from academics_app.ui.i18n import _
from academics_app.ui.identity import current_actor, current_actor_or_none, is_still_the_same
from academics_app.ui.navigation import home_of
from academics_app.ui.policy import public, signed_in
from academics_app.ui.watching import sign_in_topics

_ROLE_NAMES = {
    Role.ADMIN: _("Admin"),
    Role.FACULTY: _("Faculty"),
    Role.COUNSELOR: _("Counselor"),
    Role.STUDENT: _("Student"),
    Role.GUARDIAN: _("Guardian"),
}


class Shell(rx.State):
    """The frame's vars; no token and nothing about anybody else."""

    role: str = ""
    role_name: str = ""
    user_id: int = 0
    name: str = ""
    initials: str = ""
    institute: str = ""
    is_demo: bool = False
    time_zone: str = "UTC"

    @rx.event
    @signed_in
    async def enter(self, roles: list[str]) -> Any:
        """First of each page's on_load: fill the frame, and turn away whom the page is not for."""
        actor = current_actor()
        async with reading() as session:
            settings = await current_settings(session)
        self.role, self.role_name = actor.role.value, _ROLE_NAMES[actor.role]
        self.user_id = actor.user_id or 0
        self.name, self.initials = actor.name, initials_of(actor.name)
        self.institute, self.is_demo, self.time_zone = settings.name, settings.is_demo, settings.time_zone
        if actor.role.value not in roles:
            return [
                rx.redirect(home_of(actor.role), replace=True),
                turned_away(_("This page is not for your role.")),
            ]
        return None

    @rx.event
    @public
    async def go_home(self) -> Any:
        """Of the address `/`: on to the role's first screen."""
        actor = current_actor_or_none()
        return rx.redirect(home_of(actor.role), replace=True) if actor else go_to_login()

    @rx.event(background=True)
    @signed_in
    async def watch(self) -> Any:
        """Last of each page's on_load: when the sign-in ends, empty the state and leave the page."""
        async with live.bus().watch(*sign_in_topics(current_actor())) as watch:
            while await is_still_the_same():
                await watch.changed()
        async with self:
            self._get_root_state().reset()
        # Whoever is signed in with other rights now comes back to a page that is loaded anew.
        yield go_to_login()
