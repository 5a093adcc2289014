"""The dialog in which another student's guardian is found and linked to this one."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from academics_app.core.db import reading, transaction
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission
from academics_app.students.guardians import add_guardian, find_guardians
from academics_app.students.schemas import GuardianAdd
from academics_app.ui.components import button, dialog, saved
from academics_app.ui.i18n import _
from academics_app.ui.identity import current_actor
from academics_app.ui.policy import allow

_MOST_HITS = 8
_SEARCH_DELAY = 220


@dataclass
class GuardianHit:
    """A guardian who was found; `students` are the names of theirs."""

    id: int
    name: str
    phone: str
    students: str


class GuardianSearch(rx.State):
    """Finding somebody who is another student's guardian already."""

    is_open: bool = False
    hits: list[GuardianHit] = []
    line: str = ""

    _student_id: int = 0

    @rx.event
    @allow(Permission.STUDENT_UPDATE)
    async def show(self, student_id: int) -> None:
        """Open, for a student."""
        self._student_id, self.hits, self.line = int(student_id), [], ""
        self.is_open = True

    @rx.event
    @allow(Permission.STUDENT_UPDATE)
    async def close(self) -> None:
        """Close."""
        self.is_open, self.hits, self.line = False, [], ""

    @rx.event
    @allow(Permission.STUDENT_UPDATE)
    async def search(self, text: str) -> None:
        """Find by name, phone or e-mail, of those that are not this student's already."""
        query = str(text).strip()[:100]
        if not query:
            self.hits, self.line = [], ""
            return
        async with reading() as session:
            found = await find_guardians(
                session, actor=current_actor(), page=PageRequest(limit=_MOST_HITS), query=query
            )
        self.hits = [
            GuardianHit(
                id=guardian.id,
                name=guardian.full_name,
                phone=guardian.phone or "",
                students=", ".join(ward.full_name for ward in guardian.students),
            )
            for guardian in found.items
            if self._student_id not in {ward.id for ward in guardian.students}
        ]
        self.line = "" if self.hits else _("Nobody found by that.")

    @rx.event
    @allow(Permission.STUDENT_UPDATE)
    async def link(self, guardian_id: int) -> Any:
        """Make the guardian one of this student's."""
        async with transaction() as session:
            guardian = await add_guardian(
                session,
                actor=current_actor(),
                student_id=self._student_id,
                data=GuardianAdd(guardian_id=int(guardian_id)),
            )
        self.is_open, self.hits = False, []
        return saved(_("{name} is a guardian now").format(name=guardian.full_name))


def guardian_search() -> rx.Component:
    """The dialog; once on the page."""
    prompt = _("Name, phone or e-mail of a guardian")
    return dialog(
        rx.el.div(
            rx.el.input(
                on_change=GuardianSearch.search.debounce(_SEARCH_DELAY),
                placeholder=prompt,
                aria_label=prompt,
                type="search",
                class_name="input",
                auto_complete="off",
                auto_focus=True,
            ),
            rx.el.p(
                rx.cond(
                    GuardianSearch.line,
                    GuardianSearch.line,
                    _("For a brother or sister: the same person, with one phone number to keep right."),
                ),
                class_name="muted small",
                role="status",
            ),
            rx.el.ul(rx.foreach(GuardianSearch.hits, _hit), class_name="stack"),
            class_name="stack",
        ),
        title=_("Link an existing guardian"),
        is_open=GuardianSearch.is_open,
        on_close=GuardianSearch.close,
        id="guardian-search",
    )


def _hit(hit: GuardianHit) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(hit.name, class_name="strong truncate"),
            rx.el.p(
                rx.cond(
                    hit.students,
                    _("Guardian of {names}").format(names=hit.students),
                    _("Guardian of nobody now"),
                ),
                class_name="muted small",
            ),
            rx.el.p(hit.phone, class_name="muted small"),
            class_name="grow",
        ),
        button(
            _("Link"),
            on_click=GuardianSearch.link(hit.id),
            custom_attrs={"aria-description": hit.name},
        ),
        class_name="row",
    )
