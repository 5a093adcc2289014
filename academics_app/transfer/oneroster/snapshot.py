"""What the database knows of the people and things that a bundle speaks of, as plain values. Dates are ISO strings."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from academics_app.transfer.oneroster.bundle import Bundle, used_values
from academics_app.transfer.oneroster.plan import Kind
from academics_app.transfer.oneroster.subject_names import subject_key

Values = dict[str, Any]


class Record(NamedTuple):
    """An `ImportedRecord`: which row here it is, and what the file last said of it."""

    entity_id: int
    values: Values


class Account(NamedTuple):
    """An account here and the person behind it."""

    id: int
    role: str
    student_id: int | None
    faculty_id: int | None
    guardian_id: int | None

    def person(self, kind: Kind) -> int | None:
        """The id of the person behind the account, if it is one of that kind."""
        match kind:
            case Kind.STUDENT:
                return self.student_id
            case Kind.FACULTY:
                return self.faculty_id
            case _:
                return self.guardian_id


@dataclass(slots=True)
class Snapshot:
    """`rows` holds the current values of every row that may matter, by kind and id, with its `version`."""

    today: date
    records: dict[tuple[Kind, str], Record] = field(default_factory=dict)
    rows: dict[Kind, dict[int, Values]] = field(default_factory=lambda: {kind: {} for kind in Kind})
    by_code: dict[Kind, dict[str, int]] = field(default_factory=lambda: {kind: {} for kind in Kind})
    accounts: dict[int, Account] = field(default_factory=dict)
    account_by_username: dict[str, int] = field(default_factory=dict)
    """By the user name in lower case."""
    account_of: dict[tuple[Kind, int], int] = field(default_factory=dict)
    links: set[tuple[int, int]] = field(default_factory=set)
    """(student, guardian)."""
    enrollments: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    """Ids by (student, batch)."""
    marks: dict[tuple[int, int], Values] = field(default_factory=dict)
    """By (session, student), of the sessions that an earlier import made; with `version`."""
    subject_by_name: dict[str, int] = field(default_factory=dict)
    """By the normalised name."""
    branch_ids: list[int] = field(default_factory=list)
    """Every active branch."""
    scheduled_batches: set[int] = field(default_factory=set)
    """Batches here that have weekly meetings."""
    clashing: dict[str, str] = field(default_factory=dict)
    """Enrolments, by sourcedId, that would put their student in two places at once, and the sentence that says so."""
    not_in_file: dict[Kind, int] = field(default_factory=dict)
    """How many records of earlier imports the bundle does not mention."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look up for a bundle."""

    sourced_ids: list[str]
    codes: list[str]
    usernames: list[str]


_REFERENCES = {
    "orgs": ["sourcedId", "parentSourcedId"],
    "academicSessions": ["sourcedId"],
    "courses": ["sourcedId", "orgSourcedId"],
    "classes": ["sourcedId", "courseSourcedId", "schoolSourcedId", "termSourcedIds"],
    "users": ["sourcedId", "orgSourcedIds", "primaryOrgSourcedId", "agentSourcedIds"],
    "roles": ["userSourcedId", "orgSourcedId"],
    "demographics": ["sourcedId"],
    "enrollments": ["sourcedId", "classSourcedId", "userSourcedId"],
}
_CODES = {
    "orgs": ["identifier", "sourcedId"],
    "courses": ["courseCode", "sourcedId"],
    "classes": ["classCode", "sourcedId", "courseSourcedId"],
    "users": ["identifier", "sourcedId"],
}


def wanted_of(bundle: Bundle) -> Wanted:
    """Every identifier that the bundle mentions."""
    users = bundle.table("users").rows
    derived = {key for row in bundle.table("classes").rows if (key := subject_key(row))}
    return Wanted(
        sourced_ids=sorted(used_values(bundle, _REFERENCES) | derived),
        codes=sorted(
            {
                value
                for file, columns in _CODES.items()
                for row in bundle.table(file).rows
                for column in columns
                if (value := row[column])
            }
        ),
        usernames=sorted({name.lower() for row in users for name in (row["username"], row["email"]) if name}),
    )
