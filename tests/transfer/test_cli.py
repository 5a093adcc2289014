"""Imports from the command line."""

from pathlib import Path

import click
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.students.models import Student
from academics_app.transfer.cli import import_oneroster
from tests.transfer.bundles import bundle, school, with_row


async def test_a_report_and_then_the_import(session: AsyncSession, tmp_path: Path) -> None:
    path = tmp_path / "roster.zip"
    path.write_bytes(bundle(with_row(school(), "users", "student-2", role="administrator")))

    report = await import_oneroster(path, commit=False)

    lines = report.splitlines()
    assert lines[0] == "OneRoster 1.1, roster.zip"
    assert lines[2].split() == ["create", "change", "leave", "refuse"]
    assert "users.csv, 4 rows" in lines
    assert next(line for line in lines if line.startswith("  student ")).split() == [
        "student",
        "1",
        "0",
        "0",
        "0",
    ]
    assert "Refused (2)" in lines
    assert "  users.csv row 4 role: administrator: administrators are not created by import." in lines
    assert lines[-1] == "Nothing was stored. Run it again with --commit to import."
    assert await session.scalar(select(func.count()).select_from(Student)) == 0

    assert (await import_oneroster(path, commit=True)).endswith("\n\nImported.")
    assert await session.scalar(select(func.count()).select_from(Student)) == 1


async def test_a_failure_is_a_sentence(session: AsyncSession, tmp_path: Path) -> None:
    (tmp_path / "notes.csv").write_text("a,b\n1,2\n")
    with pytest.raises(click.ClickException, match="None of its files is one of OneRoster's"):
        await import_oneroster(tmp_path, commit=True)
