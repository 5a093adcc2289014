"""A subject's page: what it is, and its topics in their order."""

from collections.abc import AsyncIterator
from typing import Any, ClassVar

import reflex as rx

from academics_app.core.db import reading
from academics_app.core.permissions import Permission, may
from academics_app.subjects.service import read_subject
from academics_app.subjects.topics import list_topics
from academics_app.subjects.ui.form import SubjectForm, subject_form
from academics_app.subjects.ui.topics import TopicRow, topic_rows, topics_card
from academics_app.subjects.ui.wording import hours
from academics_app.ui import routes
from academics_app.ui.components import badge, button, page_header
from academics_app.ui.i18n import _, ngettext
from academics_app.ui.identity import current_actor
from academics_app.ui.pages import page
from academics_app.ui.policy import allow
from academics_app.ui.records import RecordState, record_phases
from academics_app.ui.watching import changes, guarded


class SubjectRecord(RecordState, rx.State):
    """One subject. Everything is read anew by the address and the sign-in."""

    PARAMETER: ClassVar = "subject_id"

    record_id: int = 0
    name: str = ""
    code: str = ""
    description: str = ""
    is_active: bool = True
    answer: str = ""
    topics: list[TopicRow] = []
    may_edit: bool = False

    @rx.event
    @allow(Permission.SUBJECT_READ)
    async def open(self) -> AsyncIterator[None]:
        """Load by the address."""
        async for _step in self._open():
            yield

    @rx.event(background=True)
    @allow(Permission.SUBJECT_READ)
    async def watch(self) -> None:
        """Load again when the subject or one of its topics has changed."""
        async with self:
            subject_id = self._asked()
        async for _topics in changes(f"subject:{subject_id}", at_once=False):
            with guarded():
                async with self:
                    await self._reload(subject_id)

    async def _load(self, record_id: int) -> None:
        actor = current_actor()
        async with reading() as session:
            subject = await read_subject(session, actor=actor, subject_id=record_id)
            topics = await list_topics(session, actor=actor, subject_id=record_id)
        self.record_id, self.name, self.code = subject.id, subject.name, subject.code
        self.description, self.is_active = subject.description, subject.is_active
        self.topics = topic_rows(topics.items)
        self.may_edit = may(actor, Permission.SUBJECT_MANAGE)
        counted = ngettext("{n} topic", "{n} topics", topics.total).format(n=topics.total)
        self.answer = _("{code} · {topics}, {hours} planned hours.").format(
            code=subject.code, topics=counted, hours=hours(subject.planned_hours)
        )

    def _clear(self) -> None:
        self.record_id, self.name, self.code, self.description, self.answer = 0, "", "", "", ""
        self.topics = []


@page(
    route=routes.SUBJECT_ROUTE,
    title=_("Subject"),
    permission=Permission.SUBJECT_READ,
    on_load=[SubjectRecord.open, SubjectRecord.watch],
)
def subject_page() -> rx.Component:
    return record_phases(
        SubjectRecord,
        _record(),
        retry=SubjectRecord.open,
        kind=_("Subject"),
        missing=_("No such subject"),
    )


def _record() -> rx.Component:
    edit = button(_("Edit"), icon="pencil", on_click=SubjectForm.edit(SubjectRecord.record_id))
    rows: Any = SubjectRecord.topics
    return rx.fragment(
        page_header(
            SubjectRecord.name,
            SubjectRecord.answer,
            rx.cond(SubjectRecord.is_active, rx.fragment(), badge(_("Not taught any more"))),
            rx.cond(SubjectRecord.may_edit, edit),
            back=(_("Subjects"), routes.SUBJECTS),
        ),
        rx.el.div(
            rx.cond(
                SubjectRecord.description,
                rx.el.p(SubjectRecord.description, style={"white_space": "pre-line", "max_width": "72ch"}),
            ),
            topics_card(rows, SubjectRecord.record_id, SubjectRecord.may_edit),
            class_name="stack",
        ),
        rx.cond(SubjectRecord.may_edit, subject_form()),
    )
