"""Imports from the command line."""

import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import click

from academics_app.attendance.models import AttendanceStatus
from academics_app.core.actor import Door, system_actor
from academics_app.core.db import reading, transaction
from academics_app.core.errors import AppError
from academics_app.transfer.edfi.choices import AttendanceChoices
from academics_app.transfer.oneroster.bundle import Bundle
from academics_app.transfer.oneroster.plan import Level
from academics_app.transfer.schemas import Counts, ImportPreview, file_label
from academics_app.transfer.service import commit_import, open_import, open_oneroster, preview_import
from academics_app.transfer.tables import EDFI

_MOST_LINES = 200
_LABEL_WIDTH = 36


async def import_oneroster(path: Path, *, commit: bool) -> str:
    """Preview a zip file or folder and, if asked, import it; the report as text. Progress goes to stderr."""
    return await _import(open_oneroster, path, AttendanceChoices(), commit=commit)


async def import_edfi(
    path: Path, *, commit: bool, mapped: Sequence[str] = (), unmentioned_present: bool = False
) -> str:
    """The same for Ed-Fi files. `mapped` are items such as "Partial=late" or, to refuse a category, "Partial="."""
    categories: dict[str, AttendanceStatus | None] = {}
    for item in mapped:
        name, _, status = item.partition("=")
        try:
            categories[name.strip()] = AttendanceStatus(status.strip()) if status.strip() else None
        except ValueError as error:
            known = ", ".join(AttendanceStatus)
            raise click.ClickException(f"{item!r}: the status has to be one of {known}.") from error
    choices = AttendanceChoices(categories=categories, unmentioned_present=unmentioned_present)
    return await _import(open_import, path, choices, commit=commit)


async def _import(
    opened: Callable[..., Awaitable[Bundle]], path: Path, choices: AttendanceChoices, *, commit: bool
) -> str:
    actor = system_actor(Door.COMMAND_LINE)
    try:
        with _Bars() as show:
            bundle = await opened(path, progress=show)
            async with reading() as session:
                preview = await preview_import(
                    session, actor=actor, source=bundle, choices=choices, progress=show
                )
        if not commit:
            return f"{report(preview)}\n\nNothing was stored. Run it again with --commit to import."
        with _Bars() as show:
            async with transaction() as session:
                await commit_import(
                    session,
                    actor=actor,
                    source=bundle,
                    choices=choices,
                    expected_digest=preview.digest,
                    progress=show,
                )
    except AppError as error:
        raise click.ClickException(error.detail) from error
    return f"{report(preview)}\n\nImported."


def report(preview: ImportPreview) -> str:
    """The preview for a terminal: a table by file, then every row that is refused or kept, then the notes."""
    name = preview.version if preview.source == EDFI else f"OneRoster {preview.version}"
    lines = [f"{name}, {preview.file_name}", ""]
    for category in preview.categories:
        meaning = category.status.value if category.status else "refused"
        lines.append(f"  {category.name:<34}{category.events:>10,}  {meaning}")
    if preview.categories:
        said = "was present" if preview.unmentioned_present else "is not known: counts in no percentage"
        lines += [f"  Who is not mentioned in a session {said}", ""]
    lines.append(f"{'':<36}{'create':>10}{'change':>10}{'leave':>10}{'refuse':>10}")
    for file in preview.files:
        if not file.counts:
            continue
        lines.append(f"{file_label(file.name)}, {file.rows:,} rows")
        lines += [_counts_line(counts) for counts in file.counts]
    titles = {Level.REFUSED: "Refused", Level.KEPT: "Kept as edited here", Level.NOTE: "Notes"}
    for level, title in titles.items():
        messages = [message for message in preview.messages if message.level is level]
        if not messages:
            continue
        lines += ["", f"{title} ({len(messages):,})"]
        for message in messages[:_MOST_LINES]:
            where = file_label(message.file) if message.file else "bundle"
            row = f" row {message.row}" if message.row else ""
            field = f" {message.field}" if message.field else ""
            lines.append(f"  {where}{row}{field}: {message.reason}")
        if len(messages) > _MOST_LINES:
            lines.append(f"  … and {len(messages) - _MOST_LINES:,} more")
    return "\n".join(lines)


def _counts_line(counts: Counts) -> str:
    name = f"  {counts.kind.replace('_', ' ')}"
    return f"{name:<36}{counts.created:>10,}{counts.changed:>10,}{counts.unchanged:>10,}{counts.refused:>10,}"


class _Bars:
    """A progress bar for each stage, one after the other."""

    def __init__(self) -> None:
        self._bar: Any = None  # click's class is private
        self._stage = ""

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage != self._stage:
            self._finish()
            self._stage = stage
            self._bar = click.progressbar(
                length=max(total, 1), label=f"{stage:<{_LABEL_WIDTH}}", file=sys.stderr
            )
            self._bar.__enter__()
        self._bar.update(max(0, done - self._bar.pos))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._finish()

    def _finish(self) -> None:
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = None
