"""A OneRoster bundle as it was handed in: a zip file or a folder of CSV files, read with suspicion.

Passwords never leave this module: cells of a column whose name speaks of a password are dropped while reading.
"""

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from academics_app.core.errors import InvalidInput
from academics_app.transfer.archive import read_files
from academics_app.transfer.oneroster.columns import FILES, LEFT_ASIDE, canonical_columns
from academics_app.transfer.progress import Progress, Stage, silent

MAX_ROWS = 1_000_000
MAX_CELL_LENGTH = 20_000


@dataclass(slots=True)
class Row:
    """One record; `number` is its row in a spreadsheet, where the header is row 1."""

    table: "Table"
    number: int
    cells: Sequence[str]

    def __getitem__(self, column: str) -> str:
        """The stripped cell, empty when the file has no such column or the row ends before it."""
        at = self.table.columns.get(column)
        return self.cells[at].strip() if at is not None and at < len(self.cells) else ""

    def items_of(self, column: str) -> list[str]:
        """A cell that holds a list, as OneRoster writes it: separated by commas."""
        return [item for part in self[column].split(",") if (item := part.strip())]


@dataclass(slots=True)
class Table:
    """One CSV file. `faults` are rows that can't be read, `remarks` what is odd about the file as a whole."""

    name: str
    columns: dict[str, int] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    is_delta: bool = False
    faults: list[tuple[int, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def has(self, column: str) -> bool:
        """Whether the header names the column."""
        return column in self.columns

    @property
    def row_count(self) -> int:
        """Rows below the header, unreadable ones included."""
        return len(self.rows) + len(self.faults)


@dataclass(slots=True)
class Bundle:
    """The files by OneRoster's names, without `.csv`; `digest` is the SHA-256 of names and contents."""

    name: str
    digest: str
    version: str
    tables: dict[str, Table]
    remarks: list[str] = field(default_factory=list)

    def table(self, name: str) -> Table:
        """The file, or an empty one where the bundle has none."""
        return self.tables.get(name) or Table(name)


def read_bundle(source: Path | bytes, *, name: str, progress: Progress = silent) -> Bundle:
    """Read a zip file, a folder or a zip's bytes. What can't be a OneRoster bundle is InvalidInput with the reason.

    Works the CPU: call it in a thread.
    """
    contents = read_files(source, suffixes=[".csv"], unusable=_unusable)
    digest = hashlib.sha256()
    for file_name, content in sorted(contents.items()):
        digest.update(f"{file_name}:{len(content)}:".encode())
        digest.update(content)
    bundle = Bundle(name=name[:300], digest=digest.hexdigest(), version="", tables={})
    for done, (file_name, content) in enumerate(sorted(contents.items())):
        progress(Stage.READING, done, len(contents))
        _add(bundle, file_name, content)
    progress(Stage.READING, len(contents), len(contents))
    if not bundle.tables.keys() & FILES.keys():
        raise _unusable("None of its files is one of OneRoster's, such as users.csv or classes.csv.")
    if sum(table.row_count for table in bundle.tables.values()) > MAX_ROWS:
        raise _unusable(f"It has more than {MAX_ROWS:,} rows; split it.")
    _promote_misplaced_roles(bundle)
    _read_manifest(bundle)
    return bundle


def _unusable(reason: str) -> InvalidInput:
    return InvalidInput(f"This can't be imported as OneRoster. {reason}", fields={"file": reason})


def _add(bundle: Bundle, file_name: str, content: bytes) -> None:
    stem = file_name[: -len(".csv")]
    known = {name.lower(): name for name in (*FILES, *LEFT_ASIDE)}
    name = known.get(stem.lower(), stem)
    if name in bundle.tables:
        raise _unusable(f"It holds {name}.csv twice.")
    bundle.tables[name] = _parse(name, content)


def _parse(name: str, content: bytes) -> Table:
    table = Table(name)
    text = _decoded(content, table)
    header_line = text.lstrip().split("\n", 1)[0]
    delimiter = max(",;\t", key=header_line.count)
    if delimiter != ",":
        called = {"\t": "tabs", ";": "semicolons"}[delimiter]
        table.remarks.append(
            f"The cells are separated by {called}; OneRoster asks for commas. Read all the same."
        )
    records = _records(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False), table)
    header = next(((number, cells) for number, cells in records if any(map(str.strip, cells))), None)
    if header is None:
        table.remarks.append("The file is empty.")
        return table
    table.columns, secret, table_remarks = canonical_columns(name, header[1])
    table.remarks += table_remarks
    width = len(header[1])
    for number, cells in records:
        if not any(map(str.strip, cells)):
            continue
        fault = _fault(cells, width)
        if fault:
            table.faults.append((number, fault))
            continue
        for at in secret:
            if at < len(cells):
                cells[at] = ""
        table.rows.append(Row(table, number, cells))
    return table


def _records(reader: Iterator[list[str]], table: Table) -> Iterator[tuple[int, list[str]]]:
    number = 0
    while True:
        number += 1
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            table.faults.append((number, f"The row can't be read: {error}."))


def _fault(cells: list[str], width: int) -> str | None:
    if len(cells) > width and any(map(str.strip, cells[width:])):
        return f"The row has {len(cells)} cells and the header {width}: probably a comma stands in a cell without quotes."
    if any("\x00" in cell for cell in cells):
        return "The row holds a NUL character."
    if any(len(cell) > MAX_CELL_LENGTH for cell in cells):
        return f"A cell holds more than {MAX_CELL_LENGTH:,} characters: probably a quote isn't closed."
    return None


def _decoded(content: bytes, table: Table) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        table.remarks.append("The file is UTF-16; OneRoster asks for UTF-8. Read all the same.")
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        table.remarks.append(
            f"The file isn't UTF-8 (first at row {row}); it was read as Western European (Windows-1252). "
            "Look at the names with accents before importing."
        )
        try:
            return content.decode("cp1252")
        except UnicodeDecodeError:
            return content.decode("latin-1")


def _promote_misplaced_roles(bundle: Bundle) -> None:
    """Some exporters write the roles into userProfiles.csv as well, or only there."""
    profiles = bundle.tables.get("userProfiles")
    if profiles is None or not (profiles.has("role") and profiles.has("roleType")):
        return
    if "roles" in bundle.tables:
        profiles.remarks.append("The file holds roles, not profiles; roles.csv is there and was used.")
        return
    profiles.remarks.append("The file holds roles, not profiles; it was used as roles.csv.")
    roles = Table("roles", profiles.columns, [], profiles.is_delta, profiles.faults, [])
    roles.rows = [Row(roles, row.number, row.cells) for row in profiles.rows]
    bundle.tables["roles"] = roles


def _read_manifest(bundle: Bundle) -> None:
    """Which version it is and which files are deltas; where the manifest and the files disagree, the files count."""
    manifest = bundle.tables.get("manifest")
    said: dict[str, str] = {}
    if manifest is None:
        bundle.remarks.append("There is no manifest.csv; every file was taken as complete (bulk).")
    else:
        said = {row["propertyName"]: row["value"] for row in manifest.rows}
    users_carry_roles = bundle.table("users").has("role")
    bundle.version = "1.2" if "roles" in bundle.tables or not users_carry_roles else "1.1"
    declared = said.get("oneroster.version", "")
    if declared.startswith(("1.1", "1.2")) and declared[:3] != bundle.version and "users" in bundle.tables:
        bundle.remarks.append(
            f"The manifest says OneRoster {declared}, the files are those of {bundle.version}."
        )
    elif declared and not declared.startswith(("1.1", "1.2")):
        bundle.remarks.append(f"The manifest says OneRoster {declared[:20]}; 1.1 and 1.2 are known here.")
    for name in FILES:
        mode = said.get(f"file.{name}", "").lower()
        table = bundle.tables.get(name)
        if table is None:
            if mode in ("bulk", "delta"):
                bundle.remarks.append(f"The manifest promises {name}.csv, but it isn't there.")
            continue
        table.is_delta = mode == "delta"
        if mode == "absent":
            table.remarks.append("The manifest says that this file is absent; it is there and was read.")


def used_values(bundle: Bundle, columns: Mapping[str, Sequence[str]]) -> set[str]:
    """Every value in the named columns of the named files: whole cells, and the items of those that hold lists."""
    values: set[str] = set()
    for name, wanted in columns.items():
        for row in bundle.table(name).rows:
            for column in wanted:
                cell = row[column]
                values.add(cell)
                if "," in cell:
                    values.update(row.items_of(column))
    values.discard("")
    return values
