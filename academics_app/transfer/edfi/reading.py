"""Ed-Fi interchange files as they were handed in: XML (also gzipped), or CSV files made of attendance events.

XML is parsed as a stream by defusedxml: a document type, an entity or an external reference refuses the file.
"""

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from academics_app.core.errors import InvalidInput
from academics_app.transfer.archive import gunzipped, is_zip, read_files
from academics_app.transfer.edfi.records import SHAPES, Record, key_of
from academics_app.transfer.oneroster.bundle import MAX_CELL_LENGTH, MAX_ROWS, Bundle, Row, Table
from academics_app.transfer.progress import Progress, Stage, silent

SUFFIXES = (".xml", ".xml.gz", ".csv", ".csv.gz")

_KINDS = {record.value: record for record in Record}
_NAMESPACE = "http://ed-fi.org/"


@dataclass(slots=True)
class Interchange(Bundle):
    """`rows` are the records by kind, in the order of the files; a table is one file."""

    rows: dict[Record, list[Row]] = field(default_factory=lambda: {record: [] for record in Record})


def read_edfi(source: Path | bytes, *, name: str, progress: Progress = silent) -> Interchange | None:
    """Read a zip, a folder or one file; None when nothing in it looks like Ed-Fi. Works the CPU: call it in a thread."""
    contents = _contents(source, name)
    if not any(_looks_like_edfi(file_name, content) for file_name, content in contents.items()):
        return None
    digest = hashlib.sha256()
    found = Interchange(name=name[:300], digest="", version="Ed-Fi", tables={})
    for done, (file_name, content) in enumerate(sorted(contents.items())):
        progress(Stage.READING, done, len(contents))
        digest.update(f"{file_name}:{len(content)}:".encode())
        digest.update(content)
        plain_name = file_name.removesuffix(".gz").removesuffix(".GZ")
        if plain_name in found.tables:
            raise _unusable(f"It holds {plain_name} twice.")
        table = found.tables[plain_name] = Table(plain_name)
        unpacked = gunzipped(content, unusable=_unusable)
        if plain_name.lower().endswith(".xml"):
            _read_xml(found, table, unpacked)
        else:
            _read_csv(found, table, unpacked)
        if sum(map(len, found.rows.values())) > MAX_ROWS:
            raise _unusable(f"It has more than {MAX_ROWS:,} records; split it.")
    progress(Stage.READING, len(contents), len(contents))
    found.digest = digest.hexdigest()
    _leave_copies_aside(found)
    return found


def _unusable(reason: str) -> InvalidInput:
    return InvalidInput(f"This can't be imported as Ed-Fi. {reason}", fields={"file": reason})


def _contents(source: Path | bytes, name: str) -> dict[str, bytes]:
    is_folder = isinstance(source, Path) and source.is_dir()
    if is_folder or is_zip(source):
        return read_files(source, suffixes=SUFFIXES, unusable=_unusable)
    return {name: source.read_bytes() if isinstance(source, Path) else source}


def _looks_like_edfi(file_name: str, content: bytes) -> bool:
    try:
        head = gunzipped(content, unusable=_unusable)[:2000]
    except InvalidInput:
        return False
    if ".xml" in file_name.lower() or head.lstrip().startswith(b"<"):
        return True
    first_line = head.split(b"\n", 1)[0].decode("utf-8-sig", errors="replace")
    return _record_of_csv([cell.strip() for cell in first_line.split(",")]) is not None


def _read_xml(found: Interchange, table: Table, content: bytes) -> None:
    others: dict[str, int] = {}
    numbers: dict[str, int] = {}
    try:
        for element in _records(found, content):
            tag = _local(element.tag)
            numbers[tag] = numbers.get(tag, 0) + 1
            record = _KINDS.get(tag)
            if record is None:
                others[tag] = others.get(tag, 0) + 1
            else:
                _add(found, table, record, numbers[tag], _values(element, SHAPES[record].paths))
    except ParseError as error:
        raise _unusable(f"{table.name} is no well-formed XML: {error}.") from error
    except DefusedXmlException as error:
        reason = f"{table.name} declares a document type or entities, which Ed-Fi files don't need."
        raise _unusable(reason) from error
    except (ValueError, LookupError) as error:  # an encoding that it names and nobody knows
        raise _unusable(f"{table.name} can't be read: {error}.") from error
    if others:
        told = ", ".join(f"{number:,} {tag}" for tag, number in others.items())
        table.remarks.append(f"Records that have no place here: {told}.")


def _records(found: Interchange, content: bytes) -> Iterator[Element]:
    """The elements below the root, one at a time; each is forgotten when the next is asked for."""
    root: Element | None = None
    depth = 0
    for event, element in ElementTree.iterparse(
        io.BytesIO(content), events=("start", "end"), forbid_dtd=True
    ):
        if event == "start":
            depth += 1
            if root is None:
                root = element
                _read_root(found, element)
            continue
        depth -= 1
        if depth == 1 and root is not None:
            yield element
            root.clear()


def _read_root(found: Interchange, root: Element) -> None:
    namespace = root.tag[1:].partition("}")[0] if root.tag.startswith("{") else ""
    if not _local(root.tag).startswith("Interchange"):
        raise _unusable(f"It holds an XML file that is no Ed-Fi interchange but {_local(root.tag)[:60]!r}.")
    if namespace.startswith(_NAMESPACE):
        found.version = f"Ed-Fi {namespace.removeprefix(_NAMESPACE)[:20]}"


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _values(element: Element, paths: dict[str, str]) -> dict[str, str]:
    return {column: _text(element, path.split("/")) for column, path in paths.items()}


def _text(element: Element | None, path: list[str]) -> str:
    for name in path:
        if element is None:
            return ""
        element = next((child for child in element if _local(child.tag) == name), None)
    return (element.text or "").strip() if element is not None else ""


def _read_csv(found: Interchange, table: Table, content: bytes) -> None:
    reader = csv.reader(io.StringIO(content.decode("utf-8-sig", errors="replace"), newline=""))
    try:
        header = [cell.strip() for cell in next(reader, [])]
        record = _record_of_csv(header)
        if record is None:
            table.remarks.append("No attendance events of Ed-Fi: not imported.")
            return
        names = SHAPES[record].csv
        for number, cells in enumerate(reader, start=2):
            if any(map(str.strip, cells)):
                values = {
                    names[column]: cell.strip()
                    for column, cell in zip(header, cells, strict=False)
                    if column in names
                }
                _add(found, table, record, number, values)
    except csv.Error as error:
        raise _unusable(f"{table.name} can't be read: {error}.") from error


def _record_of_csv(header: list[str]) -> Record | None:
    columns = set(header)
    for record in (Record.SECTION_EVENT, Record.SCHOOL_EVENT):
        if SHAPES[record].needs <= columns:
            return record
    return None


def _add(found: Interchange, table: Table, record: Record, number: int, values: dict[str, str]) -> None:
    """A row for the record, with its key as `sourcedId`; faulty cells make a fault of it."""
    if any("\x00" in value for value in values.values()):
        table.faults.append((number, "The record holds a NUL character."))
        return
    if any(len(value) > MAX_CELL_LENGTH for value in values.values()):
        table.faults.append((number, f"A value holds more than {MAX_CELL_LENGTH:,} characters."))
        return
    shape = SHAPES[record]
    if not table.columns or "_record" not in table.columns:
        table.columns["_record"] = 0
        table.columns["sourcedId"] = 1
    for column in (*shape.paths, *values):
        table.columns.setdefault(column, len(table.columns))
    cells = [""] * len(table.columns)
    for column, value in values.items():
        cells[table.columns[column]] = value
    cells[0] = record.value
    key = [values.get(column, "") for column in shape.key]
    cells[1] = key_of(*key) if any(key) else ""
    row = Row(table, number, cells)
    table.rows.append(row)
    found.rows[record].append(row)


def _leave_copies_aside(found: Interchange) -> None:
    """A CSV of events beside the XML that it was made from says nothing new: the XML is read."""
    for record in (Record.SCHOOL_EVENT, Record.SECTION_EVENT):
        rows = found.rows[record]
        if not any(row.table.name.lower().endswith(".xml") for row in rows):
            continue
        for table in {id(row.table): row.table for row in rows}.values():
            if not table.name.lower().endswith(".xml"):
                table.remarks.append("The same kind of events is there as XML: that was read, this was not.")
        found.rows[record] = [row for row in rows if row.table.name.lower().endswith(".xml")]
