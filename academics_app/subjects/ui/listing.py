"""The list of subjects."""

from dataclasses import dataclass
from typing import ClassVar

import reflex as rx

from academics_app.core.db import reading
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission, may
from academics_app.subjects.schemas import SubjectRead
from academics_app.subjects.service import list_subjects
from academics_app.subjects.ui.form import SubjectForm, subject_form
from academics_app.subjects.ui.wording import hours
from academics_app.ui import routes
from academics_app.ui.components import (
    Column,
    badge,
    button,
    data_list,
    empty_state,
    filter_chip,
    page_header,
)
from academics_app.ui.i18n import _, ngettext
from academics_app.ui.identity import current_actor
from academics_app.ui.listing import ListState
from academics_app.ui.pages import page
from academics_app.ui.policy import allow
from academics_app.ui.watching import changes, guarded


@dataclass
class SubjectRow:
    """A line of the list."""

    id: int
    name: str
    code: str
    topics: str
    hours: str
    is_active: bool


class SubjectList(ListState, rx.State):
    """The subjects that fit the address."""

    FILTERS: ClassVar = {"taught": ("now", "ended")}

    rows: list[SubjectRow] = []
    answer: str = ""
    may_edit: bool = False

    @rx.event
    @allow(Permission.SUBJECT_READ)
    async def open(self) -> None:
        """Load by the address."""
        await self._open()

    @rx.event(background=True)
    @allow(Permission.SUBJECT_READ)
    async def watch(self) -> None:
        """Load again when a subject or a topic has changed."""
        async for _topics in changes("subjects", at_once=False):
            with guarded():
                async with self:
                    await self._load()

    async def _load(self) -> None:
        actor, taught = current_actor(), self.filters.get("taught")
        async with reading() as session:
            found = await list_subjects(
                session,
                actor=actor,
                page=self._page_request(),
                is_active=None if not taught else taught == "now",
                query=self.q,
            )
            now = await list_subjects(session, actor=actor, page=PageRequest(limit=1), is_active=True)
        self.rows = [_row(subject) for subject in found.items]
        self._count(len(found.items), found.total)
        self.may_edit = may(actor, Permission.SUBJECT_MANAGE)
        self.answer = ngettext(
            "{n} subject is taught now.", "{n} subjects are taught now.", now.total
        ).format(n=now.total)


@page(
    route=routes.SUBJECTS,
    title=_("Subjects"),
    permission=Permission.SUBJECT_READ,
    on_load=[SubjectList.open, SubjectList.watch],
)
def subjects_page() -> rx.Component:
    add = {"kind": "primary", "icon": "plus", "on_click": SubjectForm.add}
    return rx.fragment(
        page_header(
            _("Subjects"),
            SubjectList.answer,
            rx.cond(SubjectList.may_edit, button(_("Add subject"), creates=True, **add)),
        ),
        data_list(
            SubjectList,
            SubjectList.rows,
            [
                Column(_("Name"), lambda row: rx.el.span(row.name, title=row.name), width="40%"),
                Column(_("Code"), lambda row: row.code, width="140px"),
                Column(_("Topics"), lambda row: row.topics, width="110px", align="end"),
                Column(_("Planned hours"), lambda row: row.hours, width="140px", align="end"),
                Column(
                    _("Taught"),
                    lambda row: rx.cond(
                        row.is_active,
                        badge(_("Now"), tone="present"),
                        badge(_("Not any more"), tone="untaken"),
                    ),
                ),
            ],
            label=_("Subjects"),
            href=lambda row: routes.subject(row.id),
            search=_("Name or code"),
            filters=[
                filter_chip(SubjectList, "taught", "now", _("Taught now")),
                filter_chip(SubjectList, "taught", "ended", _("Not any more")),
            ],
            empty=empty_state(
                _("No subjects yet"),
                _("What is taught here will be listed, each with its topics in their order."),
                rx.cond(SubjectList.may_edit, button(_("Add subject"), **add)),
            ),
            retry=SubjectList.open,
        ),
        rx.cond(SubjectList.may_edit, subject_form()),
    )


def _row(subject: SubjectRead) -> SubjectRow:
    return SubjectRow(
        id=subject.id,
        name=subject.name,
        code=subject.code,
        topics=str(subject.topic_count),
        hours=hours(subject.planned_hours),
        is_active=subject.is_active,
    )
