"""Imports from the command line."""

import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import click

from academics_app.core.actor import Door, system_actor
from academics_app.core.db import reading, transaction
from academics_app.core.errors import AppError
from academics_app.transfer.oneroster.plan import Level
from academics_app.transfer.schemas import Counts, ImportPreview
from academics_app.transfer.service import commit_oneroster, open_oneroster, preview_oneroster

_MOST_LINES = 200
_LABEL_WIDTH = 36


async def import_oneroster(path: Path, *, commit: bool) -> str:
    """Preview a zip file or folder and, if asked, import it; the report as text. Progress goes to stderr."""
    actor = system_actor(Door.COMMAND_LINE)
    try:
        with _Bars() as show:
            bundle = await open_oneroster(path, progress=show)
            async with reading() as session:
                preview = await preview_oneroster(session, actor=actor, source=bundle, progress=show)
        if not commit:
            return f"{report(preview)}\n\nNothing was stored. Run it again with --commit to import."
        with _Bars() as show:
            async with transaction() as session:
                await commit_oneroster(
                    session, actor=actor, source=bundle, expected_digest=preview.digest, progress=show
                )
    except AppError as error:
        raise click.ClickException(error.detail) from error
    return f"{report(preview)}\n\nImported."


def report(preview: ImportPreview) -> str:
    """The preview for a terminal: a table by file, then every row that is refused or kept, then the notes."""
    lines = [f"OneRoster {preview.version}, {preview.file_name}", ""]
    lines.append(f"{'':<36}{'create':>10}{'change':>10}{'leave':>10}{'refuse':>10}")
    for file in preview.files:
        if not file.counts:
            continue
        lines.append(f"{file.name}.csv, {file.rows:,} rows")
        lines += [_counts_line(counts) for counts in file.counts]
    titles = {Level.REFUSED: "Refused", Level.KEPT: "Kept as edited here", Level.NOTE: "Notes"}
    for level, title in titles.items():
        messages = [message for message in preview.messages if message.level is level]
        if not messages:
            continue
        lines += ["", f"{title} ({len(messages):,})"]
        for message in messages[:_MOST_LINES]:
            where = f"{message.file}.csv" if message.file else "bundle"
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
