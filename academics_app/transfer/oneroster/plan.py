"""What an import would do, worked out in full before anything is done.

The preview is this plan's summary and the commit carries it out, so the two can't differ.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

import orjson


class Kind(StrEnum):
    """What the records of a bundle become here; also `ImportedRecord.kind`."""

    BRANCH = "branch"
    TERM = "term"
    SUBJECT = "subject"
    FACULTY = "faculty"
    STUDENT = "student"
    GUARDIAN = "guardian"
    ACCOUNT = "account"
    GUARDIAN_LINK = "guardian_link"
    BIRTH_DATE = "birth_date"
    """A row of demographics.csv: a student's date of birth."""
    BATCH = "batch"
    TEACHING = "teaching"
    """A teacher's enrolment in a class; of these the batch's one faculty member is chosen."""
    ENROLLMENT = "enrollment"
    SESSION = "session"
    """A day, or a class on a day, that attendance events speak of."""
    MARK = "mark"
    PRESENCE = "presence"
    """A student whom the events of a session don't mention, where that means present."""


class Action(StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class Level(StrEnum):
    REFUSED = "refused"
    KEPT = "kept"
    """A value that was edited here and stays, though the file says otherwise."""
    NOTE = "note"


class Ref(NamedTuple):
    """A row that the plan itself creates: it has no id yet."""

    kind: Kind
    sourced_id: str


Entity = int | Ref


@dataclass(frozen=True, slots=True)
class Message:
    """Something to know about a row; row 0 is the file as a whole."""

    file: str
    row: int
    level: Level
    sourced_id: str
    field: str
    reason: str


@dataclass(slots=True)
class Create:
    kind: Kind
    sourced_id: str
    values: dict[str, Any]


@dataclass(slots=True)
class Update:
    """`version` is the row's when it was compared: another one at the commit means that somebody was faster.

    `values` are the changes, `after` is the whole row with them.
    """

    kind: Kind
    entity_id: int
    version: int
    values: dict[str, Any]
    after: dict[str, Any]


@dataclass(slots=True)
class Link:
    """A guardian for a student."""

    student: Entity
    guardian: Entity
    relation: str
    is_primary: bool


@dataclass(slots=True)
class Remember:
    """The values that the file brought, to be compared with next time."""

    kind: Kind
    sourced_id: str
    entity: Entity
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Category:
    """An attendance category of the other system, how many events have it, and the status it becomes here, if any."""

    name: str
    events: int
    status: str | None


@dataclass(slots=True)
class MarkWrite:
    """A mark to be stored. `before` is the one that it replaces, with its version; None: the first."""

    session: Entity
    student: Entity
    before: dict[str, Any] | None
    after: dict[str, Any]


@dataclass(slots=True)
class Plan:
    """Everything that will be written, and everything that there is to say about it."""

    bundle_name: str
    bundle_digest: str
    version: str
    source: str = "oneroster"
    """`ImportedRecord.source` and `ImportRun.source`."""
    files: dict[str, int] = field(default_factory=dict)
    """The files that were read, with their number of rows."""
    creates: dict[Kind, list[Create]] = field(default_factory=lambda: {kind: [] for kind in Kind})
    updates: dict[Kind, list[Update]] = field(default_factory=lambda: {kind: [] for kind in Kind})
    links: list[Link] = field(default_factory=list)
    remembered: list[Remember] = field(default_factory=list)
    parked: set[int] = field(default_factory=set)
    """Enrolments that change places in time with one another: out of the way first, then to their new dates."""
    marks: list[MarkWrite] = field(default_factory=list)
    taken: list[Entity] = field(default_factory=list)
    """Sessions whose registers count as taken from now on."""
    categories: list[Category] = field(default_factory=list)
    """The attendance categories of the file and what they mean; none in a roster."""
    unmentioned_present: bool = False
    messages: list[Message] = field(default_factory=list)
    counts: Counter[tuple[str, Kind, Action]] = field(default_factory=Counter)
    digest: str = ""

    @property
    def total(self) -> int:
        """How many things are written: what a progress bar counts."""
        return (
            sum(map(len, self.creates.values()))
            + sum(map(len, self.updates.values()))
            + len(self.links)
            + len(self.marks)
            + len(self.taken)
            + len(self.remembered)
        )

    def count(self, action: Action) -> int:
        """Over all files and kinds."""
        return sum(number for (_, _, done), number in self.counts.items() if done is action)

    def seal(self) -> None:
        """Set `digest`: the same digest means the same file, the same writing and the same words about it."""
        state = [
            self.bundle_digest,
            [[(c.sourced_id, c.values) for c in self.creates[kind]] for kind in Kind],
            [[(u.entity_id, u.version, u.values) for u in self.updates[kind]] for kind in Kind],
            [(li.student, li.guardian, li.relation, li.is_primary) for li in self.links],
            [(r.kind, r.sourced_id, r.entity, r.values) for r in self.remembered],
            [(m.session, m.student, m.before, m.after) for m in self.marks],
            self.taken,
            [(m.file, m.row, m.level, m.field, m.reason) for m in self.messages],
        ]
        self.digest = hashlib.sha256(
            orjson.dumps(state, default=tuple, option=orjson.OPT_SORT_KEYS)
        ).hexdigest()
