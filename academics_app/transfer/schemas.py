"""What an import's doors take and give."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from academics_app.attendance.models import AttendanceStatus
from academics_app.transfer.oneroster.plan import Action, Kind, Level, Plan

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Counts(BaseModel):
    """What becomes of a file's rows as one kind of record, or of all of a kind."""

    kind: Kind
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0


class FilePreview(BaseModel):
    """One file of the bundle. A row of users.csv may count as a student, an account and several links."""

    name: str
    rows: int
    counts: list[Counts]


class MessageRead(BaseModel):
    """Something to know about a row; row 0 is the file as a whole, file "" the bundle."""

    file: str
    row: int
    level: Level
    sourced_id: str
    field: str
    reason: str


class CategoryRead(BaseModel):
    """An attendance category of the file and the status that it becomes; null: its events are refused."""

    name: str
    events: int
    status: AttendanceStatus | None


class ImportPreview(BaseModel):
    """What an import would do. Send `digest` along with the import: it is refused if it would do anything else."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "digest": "5f" * 32,
                    "file_name": "roster.zip",
                    "source": "oneroster",
                    "version": "1.1",
                    "created": 3,
                    "changed": 0,
                    "unchanged": 1,
                    "refused": 1,
                    "kept": 0,
                    "files": [
                        {
                            "name": "users",
                            "rows": 2,
                            "counts": [
                                {"kind": "student", "created": 1, "changed": 0, "unchanged": 0, "refused": 1}
                            ],
                        }
                    ],
                    "messages": [
                        {
                            "file": "users",
                            "row": 3,
                            "level": "refused",
                            "sourced_id": "u-2",
                            "field": "role",
                            "reason": "administrator: administrators are not created by import.",
                        }
                    ],
                }
            ]
        }
    )

    digest: Digest
    file_name: str
    source: str
    version: str
    created: int
    changed: int
    unchanged: int
    refused: int
    kept: int
    files: list[FilePreview]
    messages: list[MessageRead]
    categories: list[CategoryRead] = []
    unmentioned_present: bool = False


class ImportResult(BaseModel):
    """What an import did: the numbers of its preview."""

    run_id: int
    created: int
    changed: int
    unchanged: int
    refused: int
    kept: int
    kinds: list[Counts]


class ImportRunRead(BaseModel):
    """A past import."""

    id: int
    source: str
    file_name: str
    file_digest: str
    at: datetime
    user_name: str
    summary: dict[str, Any]


def file_label(name: str) -> str:
    """A file's name as people know it: OneRoster's are spoken of without their ending."""
    return name if "." in name else f"{name}.csv"


def preview_of(plan: Plan) -> ImportPreview:
    """The plan's summary."""
    by_file: dict[str, dict[Kind, Counts]] = {}
    for (file, kind, action), number in plan.counts.items():
        counts = by_file.setdefault(file, {}).setdefault(kind, Counts(kind=kind))
        setattr(counts, action.value, number)
    order = list(Kind)
    files = [
        FilePreview(
            name=name,
            rows=rows,
            counts=sorted(by_file.get(name, {}).values(), key=lambda counts: order.index(counts.kind)),
        )
        for name, rows in plan.files.items()
    ]
    messages = [
        MessageRead(
            file=message.file,
            row=message.row,
            level=message.level,
            sourced_id=message.sourced_id,
            field=message.field,
            reason=message.reason,
        )
        for message in plan.messages
    ]
    return ImportPreview(
        digest=plan.digest,
        file_name=plan.bundle_name,
        source=plan.source,
        version=plan.version,
        categories=[
            CategoryRead(
                name=each.name,
                events=each.events,
                status=AttendanceStatus(each.status) if each.status else None,
            )
            for each in plan.categories
        ],
        unmentioned_present=plan.unmentioned_present,
        files=files,
        messages=messages,
        **_totals(plan),
    )


def result_of(plan: Plan, run_id: int) -> ImportResult:
    """What carrying out the plan did."""
    kinds: dict[Kind, Counts] = {}
    for (_, kind, action), number in plan.counts.items():
        counts = kinds.setdefault(kind, Counts(kind=kind))
        setattr(counts, action.value, getattr(counts, action.value) + number)
    ordered = [kinds[kind] for kind in Kind if kind in kinds]
    return ImportResult(run_id=run_id, kinds=ordered, **_totals(plan))


def _totals(plan: Plan) -> dict[str, int]:
    kept = sum(message.level is Level.KEPT for message in plan.messages)
    return {action.value: plan.count(action) for action in Action} | {"kept": kept}
