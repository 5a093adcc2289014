"""What staff can narrow the timetable to, and the search for a student to narrow it to."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from academics_app.core.db import reading
from academics_app.core.errors import AppError
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission, may
from academics_app.faculty.service import list_faculty
from academics_app.institute.service import list_branches, list_rooms
from academics_app.learning_sessions.schemas import BatchStatus
from academics_app.learning_sessions.service import list_batches
from academics_app.learning_sessions.ui.timetable import Timetable
from academics_app.students.service import find_students, read_student
from academics_app.ui.components import button, dialog, icon_button, option_elements
from academics_app.ui.i18n import _
from academics_app.ui.identity import current_actor
from academics_app.ui.policy import allow

_ALL = PageRequest(limit=1000)
_HITS = 8
_SEARCH_DELAY = 200


@dataclass
class StudentHit:
    """A student who can be chosen."""

    id: str
    name: str
    code: str


class TimetableFilters(rx.State):
    """The choices, loaded once a page and apart from the timetable, which does not wait for them."""

    faculty: list[list[str]] = []
    batches: list[list[str]] = []
    rooms: list[list[str]] = []
    branches: list[list[str]] = []
    student_name: str = ""
    is_searching: bool = False
    hits: list[StudentHit] = []
    line: str = ""

    @rx.event
    @allow(Permission.SESSION_READ)
    async def load(self) -> None:
        """Read the choices, and the name of the student of the address; others than staff have none."""
        actor = current_actor()
        if not actor.is_staff:
            return
        chosen = self.router.url.query_parameters.get("student", "")
        async with reading() as session:
            batches = await list_batches(session, actor=actor, page=_ALL, status=BatchStatus.ACTIVE)
            if actor.faculty_id is None and may(actor, Permission.FACULTY_READ):
                faculty = await list_faculty(session, actor=actor, page=_ALL)
                self.faculty = [[str(each.id), each.full_name] for each in faculty.items]
            rooms = await list_rooms(session, actor=actor, page=_ALL)
            branches = await list_branches(session, actor=actor, page=_ALL)
            self.student_name = ""
            if chosen.isdecimal() and len(chosen) <= 18:
                try:
                    student = await read_student(session, actor=actor, student_id=int(chosen))
                except AppError:
                    self.student_name = _("Unknown student")
                else:
                    self.student_name = student.full_name
        several = len(branches.items) > 1
        self.batches = [[str(each.id), each.name] for each in batches.items]
        self.branches = [[str(each.id), each.name] for each in branches.items] if several else []
        label = _("{room} · {branch}") if several else "{room}"
        self.rooms = [
            [str(each.id), label.format(room=each.name, branch=each.branch_name)] for each in rooms.items
        ]

    @rx.event
    @allow(Permission.STUDENT_LIST)
    async def ask_student(self) -> None:
        """Open the search."""
        self.is_searching, self.hits, self.line = True, [], ""

    @rx.event
    @allow(Permission.STUDENT_LIST)
    async def close_search(self) -> None:
        """Close the search."""
        self.is_searching = False

    @rx.event
    @allow(Permission.STUDENT_LIST)
    async def search(self, text: str) -> None:
        """Students whose name or code fits."""
        query = str(text).strip()[:100]
        if not query:
            self.hits, self.line = [], ""
            return
        async with reading() as session:
            found = await find_students(session, actor=current_actor(), query=query, limit=_HITS)
        self.hits = [StudentHit(str(each.id), each.full_name, each.code) for each in found]
        self.line = "" if self.hits else _("Nobody found by that.")

    @rx.event
    @allow(Permission.STUDENT_LIST)
    async def pick(self, student_id: str) -> Any:
        """Show the student's timetable."""
        self.is_searching = False
        return Timetable.choose("student", str(student_id))


def filters() -> rx.Component:
    """The row of choices, for staff; a guardian's children instead, where there are several."""
    return rx.fragment(
        rx.cond(
            Timetable.may_filter,
            rx.el.div(
                _select("faculty", _("Any teacher"), TimetableFilters.faculty),
                _select("batch", _("Any batch"), TimetableFilters.batches),
                _select("room", _("Any room"), TimetableFilters.rooms),
                _select("branch", _("Any branch"), TimetableFilters.branches),
                _student(),
                class_name="chips",
                role="group",
                aria_label=_("Filters"),
            ),
        ),
        rx.cond(
            Timetable.children.length() > 0,  # pyright: ignore[reportAttributeAccessIssue]
            rx.el.div(
                _child(_("All children"), ""),
                rx.foreach(Timetable.children, lambda child: _child(child[1], child[0])),
                class_name="chips",
                role="group",
                aria_label=_("Children"),
            ),
        ),
    )


def _select(name: str, label: str, options: Any) -> rx.Component:
    chosen = Timetable.chosen[name]
    select = rx.el.span(
        rx.el.select(
            rx.el.option(label, value=""),
            option_elements(options),
            value=rx.cond(chosen, chosen, ""),
            on_change=lambda value: Timetable.choose(name, value),
            class_name=rx.cond(chosen, "is-set", ""),
            aria_label=label,
        ),
        class_name="chip-select",
    )
    return rx.cond(options.length() > 0, select)


def _student() -> rx.Component:
    return rx.cond(
        Timetable.chosen["student"],
        rx.el.span(
            TimetableFilters.student_name,
            icon_button(
                "x",
                label=_("Any student"),
                on_click=Timetable.choose("student", ""),
                class_name="chosen-drop",
            ),
            class_name="chosen",
        ),
        rx.el.button(
            _("A student…"), type="button", class_name="chip", on_click=TimetableFilters.ask_student
        ),
    )


def _child(name: Any, student_id: Any) -> rx.Component:
    chosen = rx.cond(Timetable.chosen["student"], Timetable.chosen["student"], "")
    return rx.el.button(
        name,
        type="button",
        class_name="chip",
        on_click=Timetable.choose("student", student_id),
        custom_attrs={"aria-pressed": rx.cond(chosen == student_id, "true", "false")},
    )


def student_search() -> rx.Component:
    """The search's dialog; once on the page."""
    prompt = _("Name or code of a student")
    return dialog(
        rx.el.div(
            rx.el.input(
                on_change=TimetableFilters.search.debounce(_SEARCH_DELAY),
                placeholder=prompt,
                aria_label=prompt,
                type="search",
                class_name="input",
                auto_complete="off",
                auto_focus=True,
            ),
            rx.el.p(TimetableFilters.line, class_name="muted small", role="status"),
            rx.el.ul(rx.foreach(TimetableFilters.hits, _hit), class_name="stack-tight"),
            class_name="stack",
        ),
        title=_("Whose timetable?"),
        is_open=TimetableFilters.is_searching,
        on_close=TimetableFilters.close_search,
        id="timetable-student",
    )


def _hit(hit: StudentHit) -> rx.Component:
    return rx.el.li(
        rx.el.span(hit.name, " ", rx.el.span(hit.code, class_name="muted small"), class_name="grow truncate"),
        button(
            _("Show"),
            on_click=TimetableFilters.pick(hit.id),
            custom_attrs={"aria-description": hit.name},
        ),
        class_name="row",
    )
