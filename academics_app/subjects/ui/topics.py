"""The topics on a subject's page: adding, changing, moving and deleting them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx

from academics_app.core.db import reading, transaction
from academics_app.core.errors import NotFound
from academics_app.core.permissions import Permission
from academics_app.subjects.schemas import MOST_TOPICS, TopicCreate, TopicRead, TopicUpdate
from academics_app.subjects.topics import add_topic, delete_topic, list_topics, update_topic
from academics_app.subjects.ui.wording import hours
from academics_app.ui.components import (
    Column,
    button,
    card,
    card_body,
    form_dialog,
    icon_button,
    plain_table,
    saved,
    text_field,
    undoable,
)
from academics_app.ui.forms import FormState
from academics_app.ui.i18n import _
from academics_app.ui.identity import current_actor
from academics_app.ui.policy import allow

_FOCUS_IN_ROW = """(() => {{
  const focus = (tries) => {{
    const button = document.getElementById("{button}");
    if (!button) return;
    if (!tries || button.closest("tr").sectionRowIndex + 1 === {row}) button.focus();
    else setTimeout(focus, 30, tries - 1);
  }};
  focus(60);
}})()"""
"""Focus the button once the page's watch has shown it in its new row."""


@dataclass
class TopicRow:
    """A topic in its place."""

    id: int
    position: int
    title: str
    hours: str
    is_first: bool
    is_last: bool


class TopicForm(FormState, rx.State):
    """Adding and changing a topic, and moving one up or down."""

    topic_id: int = 0
    title: str = ""
    hours: str = ""
    moved: str = ""
    """What the last move did, for screen readers."""

    _subject_id: int = 0
    _deleted: tuple[int, dict[str, Any]] = (0, {})

    @rx.event
    @allow(Permission.SUBJECT_MANAGE)
    async def add(self, subject_id: int) -> None:
        """Open empty, for a subject."""
        self._subject_id, self.topic_id, self.title, self.hours = int(subject_id), 0, "", "1"
        self._forget_errors()
        self.form_open = True

    @rx.event
    @allow(Permission.SUBJECT_MANAGE)
    async def edit(self, subject_id: int, topic_id: int) -> None:
        """Open with a topic."""
        topic = await _stored(int(subject_id), int(topic_id))
        self._subject_id, self.topic_id = topic.subject_id, topic.id
        self.title, self.hours = topic.title, hours(topic.planned_hours).replace(",", "")
        self._forget_errors()
        self.form_open = True

    @rx.event
    @allow(Permission.SUBJECT_MANAGE)
    async def save(self, form: dict[str, Any]) -> Any:
        """Store the form; the page follows by its watch."""
        if not self.form_open:
            return None
        with self._form_errors():
            values = {name: str(form.get(name, "")).strip() for name in ("title", "planned_hours")}
            values["planned_hours"] = values["planned_hours"].replace(",", ".")
            async with transaction() as session:
                where = {"actor": current_actor(), "subject_id": self._subject_id}
                if self.topic_id:
                    change = TopicUpdate.model_validate(values)
                    topic = await update_topic(session, topic_id=self.topic_id, data=change, **where)
                else:
                    topic = await add_topic(session, data=TopicCreate.model_validate(values), **where)
            self.form_open = False
            done = _("{title} changed") if self.topic_id else _("{title} added")
            return saved(done.format(title=topic.title))
        return None

    @rx.event
    @allow(Permission.SUBJECT_MANAGE)
    async def move(self, subject_id: int, topic_id: int, position: int, step: int) -> Any:
        """Move a topic one place up or down from its position; the focus goes along, so a key can move it on."""
        step = 1 if int(step) > 0 else -1
        data = TopicUpdate(position=min(max(1, int(position) + step), MOST_TOPICS))
        async with transaction() as session:
            topic = await update_topic(
                session, actor=current_actor(), subject_id=int(subject_id), topic_id=int(topic_id), data=data
            )
        self.moved = _("{title} is number {n} now").format(title=topic.title, n=topic.position)
        pressed = f"topic-{topic.id}-{'down' if step > 0 else 'up'}"
        return rx.call_script(_FOCUS_IN_ROW.format(button=pressed, row=topic.position))

    @rx.event
    @allow(Permission.SUBJECT_MANAGE)
    async def delete(self, subject_id: int, topic_id: int) -> Any:
        """Delete a topic that is not used, with Undo."""
        topic = await _stored(int(subject_id), int(topic_id))
        async with transaction() as session:
            await delete_topic(session, actor=current_actor(), subject_id=topic.subject_id, topic_id=topic.id)
        kept = {"title": topic.title, "planned_hours": str(topic.planned_hours), "position": topic.position}
        self._deleted = (topic.subject_id, kept)
        return undoable(_("{title} deleted").format(title=topic.title), TopicForm.undo_delete)

    @rx.event
    @allow(Permission.SUBJECT_MANAGE)
    async def undo_delete(self) -> Any:
        """Add the topic that was deleted last again, in its place."""
        subject_id, values = self._deleted
        if not subject_id:
            return None
        self._deleted = (0, {})
        data = TopicCreate.model_validate(values)
        async with transaction() as session:
            topic = await add_topic(session, actor=current_actor(), subject_id=subject_id, data=data)
        return saved(_("{title} is back").format(title=topic.title))


def topic_rows(topics: Sequence[TopicRead]) -> list[TopicRow]:
    """The lines, each knowing whether it can move up and down."""
    return [
        TopicRow(
            id=topic.id,
            position=topic.position,
            title=topic.title,
            hours=hours(topic.planned_hours),
            is_first=number == 1,
            is_last=number == len(topics),
        )
        for number, topic in enumerate(topics, start=1)
    ]


def topics_card(rows: Any, subject_id: Any, may_edit: Any) -> rx.Component:
    """The section with its dialog; the buttons are there for who may edit alone."""
    nothing = rx.el.p(
        _("No topics yet. Add them in the order in which they are taught."), class_name="muted small"
    )
    add = button(_("Add topic"), icon="plus", on_click=TopicForm.add(subject_id), creates=True)
    return rx.fragment(
        card(
            rx.cond(
                rows.length() > 0,
                plain_table(rows, _columns(subject_id, may_edit), label=_("Topics in order")),
                card_body(nothing),
            ),
            title=_("Topics in order"),
            actions=(rx.cond(may_edit, add),),
        ),
        rx.el.p(TopicForm.moved, role="status", class_name="sr-only"),
        rx.cond(may_edit, _dialog()),
    )


def _columns(subject_id: Any, may_edit: Any) -> list[Column]:
    return [
        Column(_("Topic"), _topic, width="56%"),
        Column(_("Planned hours"), lambda row: row.hours, width="150px", align="end"),
        Column(_("Actions"), lambda row: rx.cond(may_edit, _buttons(row, subject_id)), align="end"),
    ]


def _topic(row: TopicRow) -> rx.Component:
    return rx.el.span(
        rx.el.span(row.position, class_name="muted num", style={"min_width": "2.2ch", "flex": "none"}),
        rx.el.span(row.title, class_name="truncate", title=row.title),
        class_name="row",
    )


def _buttons(row: TopicRow, subject_id: Any) -> rx.Component:
    return rx.el.span(
        icon_button(
            "arrow-up",
            label=_("Move {title} up").format(title=row.title),
            on_click=TopicForm.move(subject_id, row.id, row.position, -1),
            id=f"topic-{row.id}-up",
            custom_attrs={"aria-disabled": rx.cond(row.is_first, "true", "false")},
        ),
        icon_button(
            "arrow-down",
            label=_("Move {title} down").format(title=row.title),
            on_click=TopicForm.move(subject_id, row.id, row.position, 1),
            id=f"topic-{row.id}-down",
            custom_attrs={"aria-disabled": rx.cond(row.is_last, "true", "false")},
        ),
        icon_button(
            "pencil",
            label=_("Change {title}").format(title=row.title),
            on_click=TopicForm.edit(subject_id, row.id),
        ),
        icon_button(
            "trash-2",
            label=_("Delete {title}").format(title=row.title),
            on_click=TopicForm.delete(subject_id, row.id),
        ),
        class_name="row cell-actions",
    )


def _dialog() -> rx.Component:
    is_new = TopicForm.topic_id == 0
    return form_dialog(
        text_field(
            "title", _("Title"), state=TopicForm, value=TopicForm.title, required=True, auto_focus=True
        ),
        text_field(
            "planned_hours",
            _("Planned hours"),
            state=TopicForm,
            value=TopicForm.hours,
            required=True,
            input_mode="decimal",
        ),
        state=TopicForm,
        title=rx.cond(is_new, _("Add topic"), _("Change topic")),
        submit=rx.cond(is_new, _("Add topic"), _("Save")),
        on_submit=TopicForm.save,
        id="topic-form",
    )


async def _stored(subject_id: int, topic_id: int) -> TopicRead:
    async with reading() as session:
        found = await list_topics(session, actor=current_actor(), subject_id=subject_id)
    topic = next((topic for topic in found.items if topic.id == topic_id), None)
    if topic is None:
        raise NotFound(_("This topic was deleted meanwhile."))
    return topic
