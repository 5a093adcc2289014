"""The meetings of weekly schedules that have no place in the timetable, and what is in their way."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from academics_app.core.db import reading
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission, may
from academics_app.institute.service import current_settings
from academics_app.learning_sessions.service import list_unplaced_meetings
from academics_app.learning_sessions.wording import day_label, time_label
from academics_app.ui import routes
from academics_app.ui.components import dialog, link
from academics_app.ui.i18n import _, ngettext
from academics_app.ui.identity import current_actor
from academics_app.ui.policy import allow
from academics_app.ui.watching import changes, guarded

_MOST = 100


@dataclass
class UnplacedRow:
    """A meeting without a session."""

    key: str
    title: str
    when: str
    why: str
    batch_href: str
    day_href: str


class Unplaced(rx.State):
    """How many there are, beside the timetable; which, in a panel."""

    line: str = ""
    rows: list[UnplacedRow] = []
    more: str = ""
    is_open: bool = False

    @rx.event
    @allow(Permission.SESSION_READ)
    async def load(self) -> None:
        """Count them, for who can do something about them."""
        if may(current_actor(), Permission.SESSION_MANAGE):
            await self._load()

    @rx.event(background=True)
    @allow(Permission.SESSION_READ)
    async def watch(self) -> None:
        """Count again when schedules, sessions or settings have changed."""
        if not may(current_actor(), Permission.SESSION_MANAGE):
            return
        async for topics in changes("timetable", "settings", at_once=False):
            if topics:
                with guarded():
                    async with self:
                        await self._load()

    @rx.event
    @allow(Permission.SESSION_MANAGE)
    async def show(self) -> Any:
        """Open the list."""
        await self._load()
        self.is_open = True

    @rx.event
    @allow(Permission.SESSION_MANAGE)
    async def close(self) -> None:
        """Close the list."""
        self.is_open = False

    async def _load(self) -> None:
        async with reading() as session:
            zone = (await current_settings(session)).zone
            found = await list_unplaced_meetings(
                session, actor=current_actor(), page=PageRequest(limit=_MOST)
            )
        self.rows = [
            UnplacedRow(
                key=f"{each.schedule_id}-{each.local_date}",
                title=each.batch_name,
                when=_("{day}, {time}").format(
                    day=day_label(each.local_date), time=time_label(each.starts_at, each.ends_at, zone)
                ),
                why=each.clash.sentence
                if each.clash
                else _("Nothing is in its way any more: the next run places it."),
                batch_href=routes.batch(each.batch_id),
                day_href=routes.with_query(routes.TIMETABLE, day=each.local_date.isoformat()),
            )
            for each in found.items
        ]
        hidden = found.total - len(self.rows)
        self.more = _("and {n} more").format(n=hidden) if hidden > 0 else ""
        self.line = (
            ngettext(
                "{n} meeting could not be placed.", "{n} meetings could not be placed.", found.total
            ).format(n=found.total)
            if found.total
            else ""
        )


def unplaced_line() -> rx.Component:
    """The sentence beside the timetable's own, which opens the list."""
    return rx.cond(
        Unplaced.line,
        rx.fragment(
            " ", rx.el.button(Unplaced.line, type="button", class_name="line-button", on_click=Unplaced.show)
        ),
    )


def unplaced_panel() -> rx.Component:
    """The list; once on the page."""
    return dialog(
        rx.el.div(
            rx.el.p(
                _(
                    "Weekly meetings whose room, teacher or students are taken. Move them in the batch's schedule."
                ),
                class_name="muted small",
            ),
            rx.cond(
                Unplaced.rows.length() > 0,  # pyright: ignore[reportAttributeAccessIssue]
                rx.el.ul(rx.foreach(Unplaced.rows, _row), class_name="unplaced"),
                rx.el.p(_("Every meeting has its place.")),
            ),
            rx.cond(Unplaced.more, rx.el.p(Unplaced.more, class_name="muted small")),
            class_name="stack",
        ),
        title=_("Meetings that could not be placed"),
        is_open=Unplaced.is_open,
        on_close=Unplaced.close,
        id="unplaced-panel",
        side=True,
    )


def _row(row: UnplacedRow) -> rx.Component:
    return rx.el.li(
        rx.el.p(
            link(row.title, href=row.batch_href, class_name="strong"),
            " ",
            link(row.when, href=row.day_href, on_click=Unplaced.close),
        ),
        rx.el.p(row.why, class_name="muted small"),
        key=row.key,
    )
