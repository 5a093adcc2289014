"""The register's React component and the script that sends kept marks from every other page."""

import reflex as rx
from reflex_base.utils.imports import ImportDict

from academics_app.attendance.wording import KEPT


class RegisterGrid(rx.Component):
    """The whole register: `data` is a `RegisterRead` as one JSON string, so that an update is one string to compare."""

    library = "$/public/register/register.jsx"
    tag = "RegisterGrid"

    data: rx.Var[str]
    zone: rx.Var[str]
    """IANA name of the institute's time zone."""
    others: rx.Var[list[str]]
    """Names of the other people who have it open."""
    user_id: rx.Var[int]
    """Whose marks these are; unsent ones are kept under it."""
    user_name: rx.Var[str]
    labels: rx.Var[dict[str, str]]
    new_student_url: rx.Var[str]
    corrections_url: rx.Var[str]
    """Where a row of a locked register leads to."""
    sign_in_url: rx.Var[str]


class TodayList(rx.el.Ul):
    """The list of a day's sessions, with its style sheet."""

    def add_imports(self) -> ImportDict:
        """A bare import: the bundler puts the style sheet beside the page that shows the list."""
        return {"": "$/public/register/today.css"}


def outbox_loader() -> rx.Component:
    """For the head of every page: sends what an earlier page of the same person could not send."""
    return rx.el.script(src="/register/loader.js", type="module", custom_attrs={"data-kept-text": KEPT})
