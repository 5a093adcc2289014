"""Storing an import's marks in bulk: the rows, and the ledger that says how they came to be.

It keeps what attendance's own service promises: each mark has its event, its version is that event's id, and a mark is
replaced only while it is the one that the plan has seen.
"""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.attendance.models import Attendance, AttendanceEvent, MarkSource, RegisterAction
from academics_app.core.actor import Actor, Door
from academics_app.core.clock import utc_now
from academics_app.core.errors import Conflict
from academics_app.transfer.copying import copy_line, copy_rows, new_ids
from academics_app.transfer.oneroster.plan import Entity, MarkWrite, Plan

STALE = "What is here has changed while the import ran; nothing was stored. Look at a new preview."

_EVENT_COLUMNS = [
    "id",
    "mark_id",
    "session_id",
    "student_id",
    "at",
    "user_id",
    "door",
    "source",
    "before_status",
    "before_minutes",
    "before_note",
    "after_status",
    "after_minutes",
    "after_note",
]
_MARK_COLUMNS = [
    "session_id",
    "student_id",
    "status",
    "minutes_late",
    "note",
    "source",
    "version",
    "marked_at",
    "marked_by_id",
]
_NOTHING: dict[str, Any] = {"status": None, "minutes_late": None, "note": ""}


class MarkWriter:
    """One run. `resolved` gives the id of what the plan itself creates, `advance` hears of what is done."""

    def __init__(
        self,
        session: AsyncSession,
        plan: Plan,
        actor: Actor,
        resolved: Callable[[Entity], int],
        advance: Callable[[int], None],
    ) -> None:
        self.session = session
        self.plan = plan
        self.user_id = actor.user_id
        self.resolved = resolved
        self.advance = advance
        self.now = utc_now().isoformat()

    async def write(self) -> None:
        """Write the marks and what they replace, then the registers that count as taken."""
        await self._write_marks()
        await self._take_registers()

    async def _write_marks(self) -> None:
        marks = self.plan.marks
        if not marks:
            return
        events = str(AttendanceEvent.__tablename__)
        numbered = list(zip(await new_ids(self.session, events, len(marks)), marks, strict=True))
        await copy_rows(
            self.session,
            events,
            _EVENT_COLUMNS,
            numbered,
            lambda each: self._event(*each),
            lambda _rows: None,
        )
        first = [each for each in numbered if each[1].before is None]
        table = str(Attendance.__tablename__)
        await copy_rows(
            self.session, table, _MARK_COLUMNS, first, lambda each: self._mark(*each), self.advance
        )
        await self._replace([each for each in numbered if each[1].before is not None])

    def _event(self, event_id: int, mark: MarkWrite) -> str:
        before = mark.before or _NOTHING
        return copy_line(
            [
                event_id,
                uuid4(),
                self.resolved(mark.session),
                self.resolved(mark.student),
                self.now,
                self.user_id,
                Door.IMPORT.value,
                MarkSource.IMPORT.value,
                *(before[name] for name in _NOTHING),
                *(mark.after[name] for name in _NOTHING),
            ]
        )

    def _mark(self, version: int, mark: MarkWrite) -> str:
        return copy_line(
            [
                self.resolved(mark.session),
                self.resolved(mark.student),
                *(mark.after[name] for name in _NOTHING),
                MarkSource.IMPORT.value,
                version,
                self.now,
                self.user_id,
            ]
        )

    async def _replace(self, numbered: list[tuple[int, MarkWrite]]) -> None:
        if not numbered:
            return
        taken = {
            "session_id": "bigint",
            "student_id": "bigint",
            "seen": "bigint",
            "version": "bigint",
            "status": "text",
            "minutes_late": "integer",
            "note": "text",
        }
        rows = [
            {
                "session_id": self.resolved(mark.session),
                "student_id": self.resolved(mark.student),
                "seen": (mark.before or {})["version"],
                "version": version,
                **mark.after,
            }
            for version, mark in numbered
        ]
        arrays = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in taken.items())
        result = await self.session.execute(
            text(
                "UPDATE attendance AS t SET status = v.status, minutes_late = v.minutes_late, note = v.note, "  # noqa: S608 - names of ours
                "source = :source, suggested_by = NULL, version = v.version, marked_at = :now, marked_by_id = :user_id "
                f"FROM unnest({arrays}) AS v({', '.join(taken)}) "
                "WHERE t.session_id = v.session_id AND t.student_id = v.student_id AND t.version = v.seen"
            ),
            {name: [row[name] for row in rows] for name in taken}
            | {"source": MarkSource.IMPORT.value, "now": utc_now(), "user_id": self.user_id},
        )
        if result.rowcount != len(rows):  # pyright: ignore[reportAttributeAccessIssue] - an UPDATE's result has it
            raise Conflict(STALE, code="stale_preview")
        self.advance(len(rows))

    async def _take_registers(self) -> None:
        if not self.plan.taken:
            return
        parameters = {
            "ids": [self.resolved(session) for session in self.plan.taken],
            "now": utc_now(),
            "user_id": self.user_id,
        }
        result = await self.session.execute(
            text(
                "UPDATE learning_session SET register_taken_at = :now, register_taken_by_id = :user_id, status = 'held', "
                "version = version + 1, updated_at = now() "
                "WHERE id = ANY(:ids) AND register_taken_at IS NULL AND status <> 'cancelled'"
            ),
            parameters,
        )
        if result.rowcount != len(self.plan.taken):  # pyright: ignore[reportAttributeAccessIssue] - as above
            raise Conflict(STALE, code="stale_preview")
        await self.session.execute(
            text(
                "INSERT INTO register_event (session_id, action, at, user_id, door) "
                "SELECT unnest(CAST(:ids AS bigint[])), :action, :now, :user_id, :door"
            ),
            parameters | {"action": RegisterAction.TAKEN.value, "door": Door.IMPORT.value},
        )
        self.advance(len(self.plan.taken))
