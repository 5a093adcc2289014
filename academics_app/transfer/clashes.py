"""Enrolments of an import that would put a student in two places at once, found before anything is stored."""

from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.core.actor import Actor
from academics_app.learning_sessions.rules import WantedEnrollment
from academics_app.learning_sessions.service import clashing_enrollments
from academics_app.transfer.oneroster.plan import Entity, Kind, Plan, Ref
from academics_app.transfer.oneroster.snapshot import Snapshot


async def find_clashes(
    session: AsyncSession, plan: Plan, snapshot: Snapshot, *, actor: Actor
) -> dict[str, str]:
    """The planned enrolments that clash with the student's other sessions, by sourcedId, with the sentence.

    Batches that the plan makes have no sessions yet; students whom it makes get numbers of their own below nought.
    """
    names: dict[int, str] = {}
    numbers: dict[Entity, int] = {}
    wanted: dict[WantedEnrollment, str] = {}
    new_students = {create.sourced_id: create.values for create in plan.creates[Kind.STUDENT]}

    def number_of(student: Entity) -> int:
        if not isinstance(student, Ref):
            return student
        if student not in numbers:
            numbers[student] = -1 - len(numbers)
            values = new_students[student.sourced_id]
            names[numbers[student]] = f"{values['given_name']} {values['family_name']}".strip()
        return numbers[student]

    for sourced_id, values in _planned(plan, snapshot):
        if isinstance(values["batch_id"], int):
            ends_on = date.fromisoformat(values["ends_on"]) if values["ends_on"] else None
            starts_on = date.fromisoformat(values["starts_on"])
            each = WantedEnrollment(number_of(values["student_id"]), values["batch_id"], starts_on, ends_on)
            wanted[each] = sourced_id
    found = await clashing_enrollments(session, actor=actor, wanted=list(wanted))
    return {
        wanted[each]: f"{names[each.student_id]}{sentence.removeprefix('None')}"
        if each.student_id in names
        else sentence
        for each, sentence in found.items()
    }


def _planned(plan: Plan, snapshot: Snapshot) -> list[tuple[str, dict[str, Any]]]:
    """New enrolments, and those that get other dates."""
    planned = [(create.sourced_id, create.values) for create in plan.creates[Kind.ENROLLMENT]]
    known: dict[Entity, str] = {
        record.entity_id: sourced_id
        for (kind, sourced_id), record in snapshot.records.items()
        if kind is Kind.ENROLLMENT
    }
    known |= {each.entity: each.sourced_id for each in plan.remembered if each.kind is Kind.ENROLLMENT}
    planned.extend(
        (known[update.entity_id], update.after)
        for update in plan.updates[Kind.ENROLLMENT]
        if update.values.keys() & {"starts_on", "ends_on"} and update.entity_id in known
    )
    return planned
