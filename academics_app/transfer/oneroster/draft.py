"""The plan while it is being made: what every kind of record needs to say, refuse, compare and remember."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from academics_app.core.search import normalise
from academics_app.transfer.oneroster.bundle import Bundle, Row, Table
from academics_app.transfer.oneroster.dates import BadDateError, Order, order_of, parse_date
from academics_app.transfer.oneroster.merge import Merged, merge
from academics_app.transfer.oneroster.plan import (
    Action,
    Create,
    Entity,
    Kind,
    Level,
    Message,
    Plan,
    Ref,
    Remember,
    Update,
)
from academics_app.transfer.oneroster.snapshot import Record, Snapshot, Values

MAX_SOURCED_ID = 300
MAX_ALIKE_NOTES = 200
"""Notes of one wording on one file; more of them are only counted."""

_REFERENCE_SUFFIX = "_id"
_GONE = frozenset({"tobedeleted", "inactive"})
_FIELD_OF = {
    "given_name": "givenName",
    "family_name": "familyName",
    "full_name": "name",
    "date_of_birth": "birthDate",
    "starts_on": "beginDate",
    "ends_on": "endDate",
    "branch_id": "school",
    "subject_id": "course",
    "faculty_id": "teacher",
    "is_active": "status",
}


class Draft:
    """Collects the plan. Rules ask it and tell it; it decides nothing of its own."""

    def __init__(self, bundle: Bundle, snapshot: Snapshot, *, source: str = "oneroster") -> None:
        self.bundle = bundle
        self.snapshot = snapshot
        self.today = snapshot.today.isoformat()
        self.plan = Plan(bundle.name, bundle.digest, bundle.version, source)
        self.term_dates: dict[str, tuple[str, str]] = {}
        """First and last day of every academic session in the file, also of those that are left out."""
        self._planned: dict[tuple[Kind, Entity], Values] = {}
        self._known: dict[tuple[Kind, str], Entity] = {}
        self._why_not: dict[tuple[str, str], str] = {}
        self._claimed: dict[tuple[Kind, int], str] = {}
        self._codes: dict[Kind, set[str]] = {kind: set() for kind in Kind}
        self._alike: Counter[tuple[str, str, str]] = Counter()
        self._orders: dict[tuple[str, str], Order] = {}
        self._recorded: dict[tuple[Kind, int], str] = {}
        self._teachings: defaultdict[str, list[tuple[str, Record]]] | None = None

    def say(self, row: Row | Table, level: Level, field: str, reason: str, *, alike: str = "") -> None:
        """Add a message; notes with the same `alike` text are cut off after the first few hundred in a file."""
        number, table = (row.number, row.table) if isinstance(row, Row) else (0, row)
        if level is Level.NOTE and number:
            key = (table.name, field, alike or reason)
            self._alike[key] += 1
            if self._alike[key] > MAX_ALIKE_NOTES:
                return
        sourced_id = row["sourcedId"][:MAX_SOURCED_ID] if isinstance(row, Row) else ""
        self.plan.messages.append(Message(table.name, number, level, sourced_id, field, reason))

    def note(self, row: Row | Table, field: str, reason: str, *, alike: str = "") -> None:
        self.say(row, Level.NOTE, field, reason, alike=alike)

    def refuse(self, row: Row, kind: Kind, field: str, reason: str) -> None:
        """Nothing of the row is imported as this kind; what depends on it will be told why."""
        self.say(row, Level.REFUSED, field, reason)
        self.count(row, kind, Action.REFUSED)
        self._why_not.setdefault((row.table.name, row["sourcedId"]), f"was refused (row {row.number})")

    def leave_out(self, row: Row, kind: Kind) -> None:
        """A record that the other system has given up and that never came here."""
        self.note(row, "status", f"{row['status']} and not here: left out", alike="left out")
        self.count(row, kind, Action.UNCHANGED)
        self._why_not.setdefault((row.table.name, row["sourcedId"]), f"is {row['status']}")

    def leave(self, row: Row, kind: Kind, field: str, reason: str) -> None:
        """A row that changes nothing, and why."""
        self.note(row, field, reason)
        self.count(row, kind, Action.UNCHANGED)

    def count(self, row: Row, kind: Kind, action: Action) -> None:
        self.plan.counts[row.table.name, kind, action] += 1

    def why_not(self, file: str, sourced_id: str) -> str:
        """Why a record can't be referred to, as the end of a sentence."""
        return self._why_not.get((file, sourced_id), f"is neither in {file}.csv nor here")

    def usable_rows(self, file: str, kind: Kind) -> Iterator[Row]:
        """The file's rows that have a sourcedId of their own; the others are refused."""
        table = self.bundle.table(file)
        for number, reason in table.faults:
            self.refuse(Row(table, number, ()), kind, "row", reason)
        if table.rows and not table.has("sourcedId"):
            self.say(
                table,
                Level.REFUSED,
                "sourcedId",
                f"{file}.csv has no column sourcedId: nothing of it is imported.",
            )
            self.plan.counts[file, kind, Action.REFUSED] += len(table.rows)
            return
        first: dict[str, int] = {}
        for row in table.rows:
            sourced_id = row["sourcedId"]
            if not sourced_id:
                self.refuse(row, kind, "sourcedId", "The sourcedId is empty.")
            elif len(sourced_id) > MAX_SOURCED_ID:
                self.refuse(
                    row, kind, "sourcedId", f"The sourcedId is longer than {MAX_SOURCED_ID} characters."
                )
            elif sourced_id in first:
                self.say(
                    row, Level.REFUSED, "sourcedId", f"The same sourcedId as in row {first[sourced_id]}."
                )
                self.count(row, kind, Action.REFUSED)
            elif row["status"].lower() not in {"", "active", *_GONE}:
                first[sourced_id] = row.number
                self.refuse(
                    row, kind, "status", f"{row['status'][:40]!r} is no status; active or tobedeleted."
                )
            else:
                first[sourced_id] = row.number
                yield row

    def is_gone(self, row: Row) -> bool:
        """Whether the other system has given the record up: tobedeleted, or inactive as older versions say."""
        return row["status"].lower() in _GONE

    def record(self, kind: Kind, sourced_id: str) -> Record | None:
        """The memory of an earlier import."""
        return self.snapshot.records.get((kind, sourced_id))

    def is_known(self, kind: Kind, sourced_id: str) -> bool:
        return (kind, sourced_id) in self._known or (kind, sourced_id) in self.snapshot.records

    def entity(self, kind: Kind, sourced_id: str) -> Entity | None:
        """The row that a reference means: made or met by this plan, or left by an earlier import."""
        if (met := self._known.get((kind, sourced_id))) is not None:
            return met
        record = self.record(kind, sourced_id)
        return record.entity_id if record and record.entity_id in self.snapshot.rows[kind] else None

    def current(self, kind: Kind, entity: Entity) -> Values:
        """The row's values as the plan leaves them."""
        planned = self._planned.get((kind, entity), {})
        return {**self.snapshot.rows[kind][entity], **planned} if isinstance(entity, int) else planned

    def is_free(self, kind: Kind, entity_id: int) -> bool:
        """Whether no row of this bundle stands for that row here yet."""
        return (kind, entity_id) not in self._claimed

    def settle(
        self,
        row: Row,
        kind: Kind,
        sourced_id: str,
        incoming: Values,
        *,
        match: int | None = None,
        on_create: Callable[[], Values] | None = None,
        fill_empty: bool = True,
    ) -> Entity | None:
        """Compare and decide for one record; None when it is refused.

        `match` is a row here that was found to be the same, for a record that was never imported. `on_create`
        makes values that only a new row gets.
        """
        record = self.record(kind, sourced_id)
        entity_id = record.entity_id if record else match
        if entity_id is None:
            return self.create(row, kind, sourced_id, incoming, on_create() if on_create else {})
        here = self.snapshot.rows[kind].get(entity_id)
        if here is None:
            self.refuse(row, kind, "sourcedId", "It was imported before and has been deleted here since.")
            return None
        if not self.is_free(kind, entity_id):
            other = self._claimed[kind, entity_id]
            self.refuse(row, kind, "sourcedId", f"It is the same {kind.replace('_', ' ')} here as {other!r}.")
            return None
        self.claim(kind, sourced_id, entity_id)
        merged = merge(incoming, record.values if record else None, here, fill_empty=fill_empty)
        keep_dates_in_order(merged, here)
        self.apply(row, kind, sourced_id, entity_id, merged, record)
        return entity_id

    def claim(self, kind: Kind, sourced_id: str, entity_id: int) -> None:
        """Let a record of the bundle stand for a row here."""
        self._claimed.setdefault((kind, entity_id), sourced_id)
        self._known[kind, sourced_id] = entity_id

    def stand_for(self, kind: Kind, sourced_id: str, entity: Entity) -> None:
        """Let references to a record mean a row that another record stands for."""
        self._known[kind, sourced_id] = entity

    def created(self, kind: Kind) -> list[Ref]:
        """The rows that the plan makes so far."""
        return [Ref(kind, create.sourced_id) for create in self.plan.creates[kind]]

    def match_by_code(self, kind: Kind, codes: Iterable[str]) -> int | None:
        """A row here with one of the codes for which no record of the bundle stands."""
        for code in codes:
            entity_id = self.snapshot.by_code[kind].get(code) if code else None
            if entity_id and self.is_free(kind, entity_id) and self.recorded_as(kind, entity_id) is None:
                return entity_id
        return None

    def recorded_as(self, kind: Kind, entity_id: int) -> str | None:
        """The sourcedId, among those that the bundle mentions, under which a row here was imported."""
        if not self._recorded:
            self._recorded = {
                (k, record.entity_id): sid for (k, sid), record in self.snapshot.records.items()
            }
        return self._recorded.get((kind, entity_id))

    def teaching_memories(self, class_id: str) -> list[tuple[str, Record]]:
        """The teachers' enrolments in a class that earlier imports have brought."""
        if self._teachings is None:
            self._teachings = defaultdict(list)
            for (kind, sourced_id), record in self.snapshot.records.items():
                if kind is Kind.TEACHING:
                    self._teachings[record.values["class"]].append((sourced_id, record))
        return self._teachings[class_id]

    def apply(
        self, row: Row, kind: Kind, sourced_id: str, entity_id: int, merged: Merged, record: Record | None
    ) -> None:
        """Put a comparison's outcome into the plan."""
        here = self.snapshot.rows[kind][entity_id]
        for name in merged.kept:
            self._say_kept(row, name, here[name], merged.remembered[name], met_before=record is not None)
        if merged.changes:
            after = {**here, **merged.changes}
            self.plan.updates[kind].append(Update(kind, entity_id, here["version"], merged.changes, after))
            self._planned[kind, entity_id] = merged.changes
        if record is None or record.values != merged.remembered:
            self.plan.remembered.append(Remember(kind, sourced_id, entity_id, merged.remembered))
        if kind is Kind.BATCH and merged.changes and entity_id in self.snapshot.scheduled_batches:
            self.note(row, "", "The batch has a weekly schedule: its future sessions follow the change.")
        self.count(row, kind, Action.CHANGED if merged.changes else Action.UNCHANGED)

    def create(self, row: Row, kind: Kind, sourced_id: str, incoming: Values, on_create: Values) -> Ref:
        """Put a new row into the plan; `on_create` is what the file does not say of it."""
        ref = Ref(kind, sourced_id)
        values = {**incoming, **on_create}
        self.plan.creates[kind].append(Create(kind, sourced_id, values))
        self.plan.remembered.append(Remember(kind, sourced_id, ref, dict(incoming)))
        self._known[kind, sourced_id] = ref
        self._planned[kind, ref] = values
        self.count(row, kind, Action.CREATED)
        return ref

    def _say_kept(self, row: Row, name: str, here: Any, said: Any, *, met_before: bool) -> None:
        why = "edited here since" if met_before else "it was here before"
        field = _FIELD_OF.get(name, name)
        if name.endswith(_REFERENCE_SUFFIX):
            self.say(row, Level.KEPT, field, f"Kept: {why}.")
        else:
            self.say(row, Level.KEPT, field, f"Kept {here!s:.80}: {why}. The file says {said!s:.80}.")

    def free_code(self, kind: Kind, candidates: Sequence[str], sourced_id: str, longest: int) -> str:
        """The first candidate that no row has, here or in the plan; else one made from the sourcedId."""
        taken, here = self._codes[kind], self.snapshot.by_code[kind]
        digest = hashlib.sha256(sourced_id.encode()).hexdigest()
        made = (f"{sourced_id[: longest - 9]}-{digest[at : at + 8]}" for at in range(0, 48, 8))
        for code in (*candidates, sourced_id, *made):
            if 0 < len(code) <= longest and code not in taken and code not in here:
                taken.add(code)
                return code
        raise AssertionError("six digests of one text are all taken")

    def date_of(self, row: Row, column: str) -> date | None:
        """The cell's date; raises BadDateError."""
        key = (row.table.name, column)
        if key not in self._orders:
            self._orders[key] = order_of(other[column] for other in row.table.rows)
        return parse_date(row[column], self._orders[key])

    def dates_of(self, row: Row, kind: Kind, columns: Iterable[str]) -> list[str | None] | None:
        """Several dates in ISO form, or None when one can't be read: then the row has been refused."""
        dates: list[str | None] = []
        for column in columns:
            try:
                value = self.date_of(row, column)
            except BadDateError as error:
                self.refuse(row, kind, column, str(error))
                return None
            dates.append(value.isoformat() if value else None)
        return dates

    def date_or_none(self, row: Row, column: str) -> str | None:
        """The cell's date in ISO form; None when it is empty or can't be read."""
        try:
            value = self.date_of(row, column)
        except BadDateError:
            return None
        return value.isoformat() if value else None

    def finish(self) -> Plan:
        """Add what can only be said at the end, and seal the plan."""
        for (file, field, alike), number in self._alike.items():
            if number > MAX_ALIKE_NOTES:
                more = f"{number - MAX_ALIKE_NOTES:,} more rows with the note “{alike.rstrip('.')}”."
                self.plan.messages.append(Message(file, 0, Level.NOTE, "", field, more))
        order = {file: at for at, file in enumerate(self.plan.files)}
        self.plan.messages.sort(key=lambda message: (order.get(message.file, -1), message.row))
        self.plan.seal()
        return self.plan


def keep_dates_in_order(merged: Merged, here: Values) -> None:
    """Drop changes of dates that, with a date edited here, would end before they begin."""
    after = {**here, **merged.changes}
    starts_on, ends_on = after.get("starts_on"), after.get("ends_on")
    if starts_on and ends_on and ends_on < starts_on:
        for name in ("starts_on", "ends_on"):
            if merged.changes.pop(name, None) is not None:
                merged.kept.append(name)


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same but for case, accents and punctuation."""
    return normalise(one) == normalise(other) != ""


def asserted(row: Row, values: dict[str, tuple[str, Any]]) -> Values:
    """The values, by field, whose column the file has; in a delta file an empty cell says nothing either."""
    return {
        name: value
        for name, (columns, value) in values.items()
        if any(row.table.has(column) for column in columns.split())
        and not (row.table.is_delta and value in (None, ""))
    }
