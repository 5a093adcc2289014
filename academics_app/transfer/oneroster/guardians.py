"""Agents become guardians' links to students, and demographics give the dates of birth."""

import hashlib

from academics_app.transfer.oneroster.bundle import Row
from academics_app.transfer.oneroster.dates import BadDateError
from academics_app.transfer.oneroster.draft import MAX_SOURCED_ID, Draft
from academics_app.transfer.oneroster.people import PERSON_KINDS, WORD_FOR
from academics_app.transfer.oneroster.plan import Action, Entity, Kind, Level, Link, Remember

_RELATIONS = {"parent", "guardian", "relative"}


def plan_guardian_links(draft: Draft) -> None:
    """Link students and guardians who name each other as agents, whichever of the two does."""
    links = _Links(draft)
    rows = [row for row in draft.bundle.table("users").rows if not draft.is_gone(row)]
    for row in rows:
        for agent_id in dict.fromkeys(row.items_of("agentSourcedIds")):
            links.plan(row, agent_id)
    links.tell_of_missing({row["sourcedId"]: row for row in rows})


class _Links:
    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.seen: set[str] = set()
        self.relations = {
            row["sourcedId"]: role
            for row in draft.bundle.table("users").rows
            if (role := row["role"].lower()) in _RELATIONS
        }
        self.relations |= {
            row["userSourcedId"]: role
            for row in draft.bundle.table("roles").rows
            if (role := row["role"].lower()) in _RELATIONS
        }
        self.with_guardian = {student for student, _ in draft.snapshot.links}
        self.newly_with: set[Entity] = set()

    def plan(self, row: Row, agent_id: str) -> None:
        draft, own_id = self.draft, row["sourcedId"]
        own = {kind for kind in PERSON_KINDS if draft.entity(kind, own_id) is not None}
        if not own:
            return
        theirs = {kind for kind in PERSON_KINDS if draft.entity(kind, agent_id) is not None}
        if Kind.STUDENT in own:
            if Kind.GUARDIAN in theirs:
                self._link(row, own_id, agent_id)
            else:
                self._refuse(row, agent_id, theirs, "guardian")
        elif Kind.GUARDIAN in own:
            if Kind.STUDENT in theirs:
                self._link(row, agent_id, own_id)
            else:
                self._refuse(row, agent_id, theirs, "student")
        else:
            draft.note(row, "agentSourcedIds", "A teacher's agents are not imported.")

    def _refuse(self, row: Row, agent_id: str, theirs: set[Kind], needed: str) -> None:
        what = f"is a {WORD_FOR[min(theirs)]}" if theirs else self.draft.why_not("users", agent_id)
        reason = f"{agent_id} {what}, not a {needed}." if theirs else f"{agent_id} {what}."
        self.draft.say(
            row, Level.REFUSED, "agentSourcedIds", f"{reason} The person is imported without this link."
        )
        self.draft.count(row, Kind.GUARDIAN_LINK, Action.REFUSED)

    def _link(self, row: Row, student_id: str, guardian_id: str) -> None:
        draft = self.draft
        student, guardian = draft.entity(Kind.STUDENT, student_id), draft.entity(Kind.GUARDIAN, guardian_id)
        key = _key(student_id, guardian_id)
        if key in self.seen or student is None or guardian is None:
            return
        self.seen.add(key)
        relation = self.relations.get(guardian_id, "guardian")
        is_here = (student, guardian) in draft.snapshot.links
        record = draft.record(Kind.GUARDIAN_LINK, key)
        if record and not is_here:
            draft.say(
                row, Level.KEPT, "agentSourcedIds", f"Kept apart from {guardian_id}: unlinked here since."
            )
            draft.count(row, Kind.GUARDIAN_LINK, Action.UNCHANGED)
            return
        if record is None:
            values = {"student": student_id, "guardian": guardian_id}
            draft.plan.remembered.append(Remember(Kind.GUARDIAN_LINK, key, student, values))
        if is_here:
            draft.count(row, Kind.GUARDIAN_LINK, Action.UNCHANGED)
            return
        is_first = student not in self.with_guardian and student not in self.newly_with
        self.newly_with.add(student)
        draft.plan.links.append(Link(student, guardian, relation, is_first))
        draft.count(row, Kind.GUARDIAN_LINK, Action.CREATED)

    def tell_of_missing(self, rows: dict[str, Row]) -> None:
        """Links of earlier imports that neither side names any more stay; somebody should know of them."""
        table = self.draft.bundle.table("users")
        if table.is_delta or not table.has("agentSourcedIds"):
            return
        for (kind, key), record in self.draft.snapshot.records.items():
            if kind is not Kind.GUARDIAN_LINK or key in self.seen:
                continue
            student, guardian = record.values.get("student", ""), record.values.get("guardian", "")
            if student in rows and guardian in rows:
                self.draft.note(
                    rows[student],
                    "agentSourcedIds",
                    f"{guardian} is no longer named as an agent; the link stays until someone removes it here.",
                )


def _key(student_id: str, guardian_id: str) -> str:
    key = f"{student_id}|{guardian_id}"
    return key if len(key) <= MAX_SOURCED_ID else hashlib.sha256(key.encode()).hexdigest()


def read_births(draft: Draft) -> tuple[dict[str, str | None], list[Row]]:
    """Dates of birth by user, and the rows that they come from. Nothing else of demographics.csv is read."""
    births: dict[str, str | None] = {}
    rows: list[Row] = []
    table = draft.bundle.table("demographics")
    for row in draft.usable_rows("demographics", Kind.BIRTH_DATE):
        try:
            born = draft.date_of(row, "birthDate")
        except BadDateError as error:
            draft.refuse(row, Kind.BIRTH_DATE, "birthDate", str(error))
            continue
        if born and born.isoformat() > draft.today:
            draft.refuse(row, Kind.BIRTH_DATE, "birthDate", f"{born} is in the future.")
            continue
        if table.has("birthDate") and not draft.is_gone(row) and (born or not table.is_delta):
            births[row["sourcedId"]] = born.isoformat() if born else None
        rows.append(row)
    return births, rows


def plan_births(draft: Draft, births: dict[str, str | None], rows: list[Row]) -> None:
    """Say what came of each row of demographics.csv; students who are only there are planned here."""
    changed = {
        update.entity_id for update in draft.plan.updates[Kind.STUDENT] if "date_of_birth" in update.values
    }
    for row in rows:
        user_id = row["sourcedId"]
        student = draft.entity(Kind.STUDENT, user_id)
        if student is None:
            if any(draft.entity(kind, user_id) is not None for kind in PERSON_KINDS):
                draft.leave(row, Kind.BIRTH_DATE, "sourcedId", "Only students' dates of birth are imported.")
            else:
                reason = f"The user {user_id} {draft.why_not('users', user_id)}."
                draft.refuse(row, Kind.BIRTH_DATE, "sourcedId", reason)
        elif not isinstance(student, int):
            born = births.get(user_id)
            draft.count(row, Kind.BIRTH_DATE, Action.CREATED if born else Action.UNCHANGED)
        elif user_id in births and draft.is_free(Kind.STUDENT, student):
            _plan_birth_alone(draft, row, student, births[user_id])
        else:
            draft.count(row, Kind.BIRTH_DATE, Action.CHANGED if student in changed else Action.UNCHANGED)


def _plan_birth_alone(draft: Draft, row: Row, student: int, born: str | None) -> None:
    """A student of an earlier import whom users.csv does not mention this time."""
    before = len(draft.plan.updates[Kind.STUDENT])
    draft.settle(row, Kind.STUDENT, row["sourcedId"], {"date_of_birth": born})
    action = Action.CHANGED if len(draft.plan.updates[Kind.STUDENT]) > before else Action.UNCHANGED
    draft.count(row, Kind.BIRTH_DATE, action)
