"""The import screen's state: the preview as its tables show it, and the past imports.

The file itself never comes here: the desk (assets/import/desk.jsx) sends it to the REST routes, which check who asks,
and hands on what they answered. That is shown to the one who sent it and decides nothing.
"""

from dataclasses import dataclass
from typing import Any

import reflex as rx
from pydantic import BaseModel
from reflex_base.event import no_args_event_spec, passthrough_event_spec

from academics_app.attendance.models import AttendanceStatus
from academics_app.core.db import reading
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission
from academics_app.institute.current import current_settings
from academics_app.transfer.archive import MAX_UPLOAD_BYTES
from academics_app.transfer.edfi.choices import AttendanceChoices
from academics_app.transfer.oneroster.plan import Kind, Level
from academics_app.transfer.schemas import (
    ImportPreview,
    ImportResult,
    ImportRunRead,
    MessageRead,
    file_label,
)
from academics_app.transfer.service import list_import_runs
from academics_app.ui.components import exact_time
from academics_app.ui.i18n import _, ngettext
from academics_app.ui.identity import current_actor
from academics_app.ui.policy import allow
from academics_app.ui.watching import changes, guarded

MAX_SHOWN = 200
_PAST = PageRequest(limit=20)

_KINDS = {
    Kind.BRANCH: _("Branches"),
    Kind.TERM: _("Terms"),
    Kind.SUBJECT: _("Subjects"),
    Kind.FACULTY: _("Faculty members"),
    Kind.STUDENT: _("Students"),
    Kind.GUARDIAN: _("Guardians"),
    Kind.ACCOUNT: _("Accounts"),
    Kind.GUARDIAN_LINK: _("Guardians of students"),
    Kind.BIRTH_DATE: _("Dates of birth"),
    Kind.BATCH: _("Batches"),
    Kind.TEACHING: _("Teachers of batches"),
    Kind.ENROLLMENT: _("Enrolments"),
    Kind.SESSION: _("Sessions"),
    Kind.MARK: _("Attendance marks"),
    Kind.PRESENCE: _("Present, since not mentioned"),
}
STATUSES = [
    [AttendanceStatus.PRESENT.value, _("Present")],
    [AttendanceStatus.ABSENT.value, _("Absent")],
    [AttendanceStatus.LATE.value, _("Late")],
    [AttendanceStatus.EXCUSED.value, _("Excused")],
    ["", _("Not imported")],
]
"""What a category of the file can mean; "" refuses its events."""


@dataclass
class CountRow:
    """What becomes of one file's rows as one kind of record."""

    file: str
    kind: str
    created: str
    changed: str
    unchanged: str
    refused: str


@dataclass
class CategoryRow:
    """An attendance category of the file, and the status that it becomes."""

    name: str
    events: str
    status: str


@dataclass
class MessageRow:
    """A row that is refused or kept, or a note."""

    where: str
    field: str
    reason: str


@dataclass
class RunRow:
    """A past import."""

    file_name: str
    outcome: str
    who: str
    at: str
    exact: str


class _Totals(BaseModel):
    refused: int
    kept: int
    note: int


class _ShownPreview(ImportPreview):
    """A preview whose messages were cut by the desk, with their full numbers."""

    totals: _Totals


class ImportPage(rx.State):
    """What is shown under the desk."""

    sentence: str = ""
    result: str = ""
    counts: list[CountRow] = []
    categories: list[CategoryRow] = []
    unmentioned_present: bool = False
    choices: str = ""
    """What was chosen on the screen, as the REST routes take it; "" as long as nothing was."""
    refused: list[MessageRow] = []
    kept: list[MessageRow] = []
    notes: list[MessageRow] = []
    refused_title: str = ""
    kept_title: str = ""
    notes_title: str = ""
    runs: list[RunRow] = []
    is_loaded: bool = False

    @rx.event
    @allow(Permission.IMPORT_RUN)
    async def open(self) -> None:
        """Load the past imports; the desk begins empty with each visit, and so does the preview."""
        self._forget()
        self._drop_choices()
        await self._load_runs()

    @rx.event(background=True)
    @allow(Permission.IMPORT_RUN)
    async def watch(self) -> None:
        """Load them again after an import."""
        async for _topics in changes("imports", at_once=False):
            with guarded():
                async with self:
                    await self._load_runs()

    @rx.event
    @allow(Permission.IMPORT_RUN)
    async def forget(self) -> None:
        """Another file was chosen."""
        self._forget()
        self._drop_choices()

    @rx.event
    @allow(Permission.IMPORT_RUN)
    async def choose_category(self, name: str, status: str) -> None:
        """Let a category of the file mean this; the desk looks at the file again."""
        if status in dict(STATUSES):
            self.categories = [
                CategoryRow(row.name, row.events, status) if row.name == name else row
                for row in self.categories
            ]
            self._choose()

    @rx.event
    @allow(Permission.IMPORT_RUN)
    async def set_unmentioned(self, present: bool) -> None:  # noqa: FBT001 - the browser's check box
        """Say whether a student of whom a session says nothing was present."""
        self.unmentioned_present = present
        self._choose()

    @rx.event
    @allow(Permission.IMPORT_RUN)
    async def show_preview(self, answer: dict[str, Any]) -> None:
        """The REST route's preview."""
        preview = _ShownPreview.model_validate(answer)
        self._forget()
        self.sentence = _preview_sentence(preview)
        self.counts = [
            CountRow(
                file_label(file.name),
                _KINDS[each.kind],
                *_shown(each.created, each.changed, each.unchanged, each.refused),
            )
            for file in preview.files
            for each in file.counts
        ]
        self.categories = [
            CategoryRow(each.name, f"{each.events:,}", each.status.value if each.status else "")
            for each in preview.categories
        ]
        self.unmentioned_present = preview.unmentioned_present
        self.refused = _messages(preview, Level.REFUSED)
        self.kept = _messages(preview, Level.KEPT)
        self.notes = _messages(preview, Level.NOTE)
        self.refused_title = _titled(_("Refused"), preview.totals.refused)
        self.kept_title = _titled(_("Kept as edited here"), preview.totals.kept)
        self.notes_title = _titled(_("Notes"), preview.totals.note)

    @rx.event
    @allow(Permission.IMPORT_RUN)
    async def show_result(self, answer: dict[str, Any]) -> None:
        """The REST route's result."""
        result = ImportResult.model_validate(answer)
        self.sentence = ""
        self._drop_choices()
        self.result = _("Imported: {created} created, {changed} changed, {refused} refused.").format(
            created=f"{result.created:,}", changed=f"{result.changed:,}", refused=f"{result.refused:,}"
        )
        await self._load_runs()

    def _forget(self) -> None:
        self.sentence = self.result = self.refused_title = self.kept_title = self.notes_title = ""
        self.counts, self.refused, self.kept, self.notes = [], [], [], []

    def _drop_choices(self) -> None:
        self.categories, self.unmentioned_present, self.choices = [], False, ""

    def _choose(self) -> None:
        categories = {
            row.name: AttendanceStatus(row.status) if row.status else None for row in self.categories
        }
        chosen = AttendanceChoices(categories=categories, unmentioned_present=self.unmentioned_present)
        self.choices = chosen.model_dump_json()

    async def _load_runs(self) -> None:
        async with reading() as session:
            found = await list_import_runs(session, actor=current_actor(), page=_PAST)
            zone = (await current_settings(session)).zone
        self.runs = [_run(run, exact_time(run.at, zone)) for run in found.items]
        self.is_loaded = True


def _run(run: ImportRunRead, exact: str) -> RunRow:
    outcome = _("{created} created, {changed} changed, {refused} refused").format(
        created=f"{run.summary.get('created', 0):,}",
        changed=f"{run.summary.get('changed', 0):,}",
        refused=f"{run.summary.get('refused', 0):,}",
    )
    return RunRow(run.file_name, outcome, run.user_name, run.at.isoformat(), exact)


def _preview_sentence(preview: ImportPreview) -> str:
    if not preview.created and not preview.changed:
        told = _("This file changes nothing here.")
    else:
        if not preview.changed:
            sentence = _("This would create {created} records; {unchanged} stay as they are.")
        elif not preview.created:
            sentence = _("This would change {changed} records; {unchanged} stay as they are.")
        else:
            sentence = _(
                "This would create {created} records and change {changed}; {unchanged} stay as they are."
            )
        told = sentence.format(
            created=f"{preview.created:,}", changed=f"{preview.changed:,}", unchanged=f"{preview.unchanged:,}"
        )
    if not preview.refused:
        return _("{told} Nothing is refused.").format(told=told)
    refused = ngettext("{n} is refused.", "{n} are refused.", preview.refused).format(
        n=f"{preview.refused:,}"
    )
    return _("{told} {refused}").format(told=told, refused=refused)


def _messages(preview: ImportPreview, level: Level) -> list[MessageRow]:
    found = [message for message in preview.messages if message.level is level]
    return [_message(message) for message in found[:MAX_SHOWN]]


def _message(message: MessageRead) -> MessageRow:
    where = file_label(message.file) if message.file else _("The bundle")
    if message.row:
        where = _("{file}, row {row}").format(file=where, row=message.row)
    return MessageRow(where, message.field, message.reason)


def _titled(title: str, number: int) -> str:
    if not number:
        return ""
    if number <= MAX_SHOWN:
        return _("{title} ({number})").format(title=title, number=number)
    return _("{title} ({number}, the first {shown})").format(
        title=title, number=f"{number:,}", shown=MAX_SHOWN
    )


def _shown(*numbers: int) -> list[str]:
    """A nought says nothing in a table of numbers."""
    return [f"{number:,}" if number else "–" for number in numbers]


class ImportDesk(rx.Component):
    """Chooses a file, previews and imports it."""

    library = "$/public/import/desk.jsx"
    tag = "ImportDesk"

    words: rx.Var[dict[str, Any]]
    limit: rx.Var[int]
    choices: rx.Var[str]
    on_preview: rx.EventHandler[passthrough_event_spec(dict)]
    on_result: rx.EventHandler[passthrough_event_spec(dict)]
    on_forget: rx.EventHandler[no_args_event_spec]


LIMIT = MAX_UPLOAD_BYTES
