"""Students' enrolments in classes become enrolments in batches."""

from collections import defaultdict
from dataclasses import dataclass

from academics_app.transfer.oneroster.bundle import Row
from academics_app.transfer.oneroster.classes import refuse_unteaching
from academics_app.transfer.oneroster.draft import Draft, keep_dates_in_order
from academics_app.transfer.oneroster.merge import Merged, merge
from academics_app.transfer.oneroster.people import PERSON_KINDS, WORD_FOR
from academics_app.transfer.oneroster.plan import Entity, Kind
from academics_app.transfer.oneroster.ranges import Days, movable
from academics_app.transfer.oneroster.snapshot import Record, Values

_ENDED = "ended"


@dataclass(slots=True)
class _Told:
    """An enrolment that the file tells of, and what is here of it, if anything."""

    row: Row
    incoming: Values
    record: Record | None = None
    entity_id: int | None = None


def plan_enrollments(draft: Draft, rows: list[Row], taught: set[str]) -> None:
    """Plan the students' rows of enrollments.csv; `taught` are the teachers' rows that have been dealt with."""
    pairs: dict[tuple[Entity, Entity], list[_Told]] = defaultdict(list)
    for row in rows:
        role = row["role"].lower()
        record = draft.record(Kind.ENROLLMENT, row["sourcedId"])
        if row["sourcedId"] in taught:
            continue
        if record is None and draft.is_gone(row):
            draft.leave_out(row, Kind.TEACHING if role == "teacher" else Kind.ENROLLMENT)
        elif role == "teacher":
            refuse_unteaching(draft, row)
        elif record and not _meet(draft, row, record):
            continue
        elif record and draft.is_gone(row):
            here = draft.snapshot.rows[Kind.ENROLLMENT][record.entity_id]
            told = _Told(row, _end(draft, row, record, here), record, record.entity_id)
            pairs[here["student_id"], here["batch_id"]].append(told)
        elif role != "student":
            reason = (
                f"The role {row['role'][:40]!r} has no place in a batch here."
                if role
                else "There is no role."
            )
            draft.refuse(row, Kind.ENROLLMENT, "role", reason)
        else:
            _tell(draft, row, record, pairs)
    for (student, batch), told in pairs.items():
        _plan_pair(draft, student, batch, told)


def _meet(draft: Draft, row: Row, record: Record) -> bool:
    """Whether the enrolment of an earlier import is still here, and no other row stands for it; else refuse the row."""
    if record.entity_id not in draft.snapshot.rows[Kind.ENROLLMENT]:
        draft.refuse(
            row, Kind.ENROLLMENT, "sourcedId", "It was imported before and has been deleted here since."
        )
        return False
    if not draft.is_free(Kind.ENROLLMENT, record.entity_id):
        draft.refuse(row, Kind.ENROLLMENT, "sourcedId", "Another row stands for the same enrolment here.")
        return False
    draft.claim(Kind.ENROLLMENT, row["sourcedId"], record.entity_id)
    return True


def _end(draft: Draft, row: Row, record: Record, here: Values) -> Values:
    """The last day of an enrolment that the other system has given up."""
    if record.values.get(_ENDED):
        return {"ends_on": record.values["ends_on"], _ENDED: True}
    given = draft.date_or_none(row, "endDate")
    last = min(filter(None, (given, here["ends_on"], draft.today)))
    return {"ends_on": max(last, here["starts_on"]), _ENDED: True}


def _tell(
    draft: Draft, row: Row, record: Record | None, pairs: dict[tuple[Entity, Entity], list[_Told]]
) -> None:
    user_id, class_id = row["userSourcedId"], row["classSourcedId"]
    student, batch = draft.entity(Kind.STUDENT, user_id), draft.entity(Kind.BATCH, class_id)
    if student is None:
        kinds = [kind for kind in PERSON_KINDS if draft.entity(kind, user_id) is not None]
        if kinds:
            draft.refuse(row, Kind.ENROLLMENT, "role", f"{user_id} is a {WORD_FOR[kinds[0]]}, not a student.")
        else:
            reason = f"The user {user_id} {draft.why_not('users', user_id)}."
            draft.refuse(row, Kind.ENROLLMENT, "userSourcedId", reason)
        return
    if batch is None:
        reason = f"The class {class_id} {draft.why_not('classes', class_id)}."
        draft.refuse(row, Kind.ENROLLMENT, "classSourcedId", reason)
        return
    here = draft.snapshot.rows[Kind.ENROLLMENT].get(record.entity_id) if record else None
    if here and (here["student_id"], here["batch_id"]) != (student, batch):
        draft.refuse(
            row, Kind.ENROLLMENT, "sourcedId", "It was another student's or class's enrolment before."
        )
        return
    days = _days(draft, row, draft.current(Kind.BATCH, batch), here)
    if days is not None:
        incoming = {"starts_on": days.starts_on, "ends_on": days.ends_on, _ENDED: False}
        told = _Told(row, incoming, record, record.entity_id if record else None)
        pairs[student, batch].append(told)


def _days(draft: Draft, row: Row, batch: Values, here: Values | None) -> Days | None:
    """The row's dates; where it has none, those of the class. None when it is refused."""
    dates = draft.dates_of(row, Kind.ENROLLMENT, ("beginDate", "endDate"))
    if dates is None:
        return None
    says_nothing = here if here and row.table.is_delta else batch
    starts_on = dates[0] or says_nothing["starts_on"]
    ends_on = dates[1] or says_nothing["ends_on"]
    if ends_on and ends_on < starts_on:
        told = "" if dates[0] and dates[1] else ", where a missing date is the class's"
        field = "endDate" if dates[1] else "beginDate"
        draft.refuse(
            row, Kind.ENROLLMENT, field, f"It ends on {ends_on}, before it begins on {starts_on}{told}."
        )
        return None
    outside = starts_on < batch["starts_on"] or (batch["ends_on"] and (ends_on or "9999") > batch["ends_on"])
    if (dates[0] or dates[1]) and outside:
        draft.note(row, "beginDate", "It reaches beyond the dates of its class.")
    return Days(starts_on, ends_on)


def _plan_pair(draft: Draft, student: Entity, batch: Entity, all_told: list[_Told]) -> None:
    """One student's enrolments in one batch: no two of them may share a day."""
    here_ids: list[int] = []
    if isinstance(student, int) and isinstance(batch, int):
        here_ids = draft.snapshot.enrollments.get((student, batch), [])
    _link_unrecorded(draft, here_ids, all_told)
    standing = _plan_known(draft, here_ids, [told for told in all_told if told.entity_id is not None])
    first_row: dict[Days, int] = {}
    for told in all_told:
        if told.entity_id is not None:
            continue
        days = _span(told.incoming)
        clash = next((other for other in standing if days.overlaps(other)), None)
        if clash is not None:
            where = f"row {first_row[clash]}" if clash in first_row else "one that is here"
            until = clash.ends_on or "now on"
            reason = (
                f"The student is enrolled in this class already from {clash.starts_on} to {until} ({where})."
            )
            draft.refuse(told.row, Kind.ENROLLMENT, "beginDate", reason)
            continue
        if (sentence := draft.snapshot.clashing.get(told.row["sourcedId"])) is not None:
            draft.refuse(told.row, Kind.ENROLLMENT, "classSourcedId", sentence)
            continue
        standing.append(days)
        first_row[days] = told.row.number
        ids = {"student_id": student, "batch_id": batch}
        draft.create(told.row, Kind.ENROLLMENT, told.row["sourcedId"], told.incoming, ids)


def _plan_known(draft: Draft, here_ids: list[int], known: list[_Told]) -> list[Days]:
    """Plan the enrolments that are here already; the days on which the student is then enrolled."""
    rows = draft.snapshot.rows[Kind.ENROLLMENT]
    merges = {told.entity_id: _compare(told, rows[told.entity_id]) for told in known if told.entity_id}
    clashing = draft.snapshot.clashing
    elsewhere = {told.entity_id: clashing.get(told.row["sourcedId"]) for told in known}
    moves: dict[int, tuple[Days, Days]] = {}
    for id_, merged in merges.items():
        before, after = _span(rows[id_]), _span({**rows[id_], **merged.changes})
        if after != before and not elsewhere[id_]:
            moves[id_] = (before, after)
    staying = [_span(rows[id_]) for id_ in here_ids if id_ not in moves]
    moved = movable(staying, moves)
    if len(moved) > 1:
        draft.plan.parked |= moved
    for told in known:
        id_ = told.entity_id or 0
        if sentence := elsewhere[id_]:
            draft.refuse(told.row, Kind.ENROLLMENT, "classSourcedId", sentence)
        elif id_ in moves and id_ not in moved:
            reason = "With its new dates it would overlap another enrolment of the student in this class."
            draft.refuse(told.row, Kind.ENROLLMENT, "beginDate", reason)
        else:
            draft.apply(told.row, Kind.ENROLLMENT, told.row["sourcedId"], id_, merges[id_], told.record)
    return staying + [after if id_ in moved else before for id_, (before, after) in moves.items()]


def _link_unrecorded(draft: Draft, here_ids: list[int], all_told: list[_Told]) -> None:
    """Let an enrolment that was made here by hand be the one that the file tells of, when they share a day."""
    for told in all_told:
        if told.entity_id is not None:
            continue
        days = _span(told.incoming)
        for id_ in here_ids:
            unmet = draft.is_free(Kind.ENROLLMENT, id_) and draft.recorded_as(Kind.ENROLLMENT, id_) is None
            if unmet and days.overlaps(_span(draft.snapshot.rows[Kind.ENROLLMENT][id_])):
                draft.claim(Kind.ENROLLMENT, told.row["sourcedId"], id_)
                told.entity_id = id_
                draft.note(told.row, "userSourcedId", "The student is enrolled here already: linked to it.")
                break


def _compare(told: _Told, here: Values) -> Merged:
    """An open end that was set here by hand is a value too, so nothing is filled in."""
    last = told.record.values if told.record else None
    merged = merge(told.incoming, last, {**here, _ENDED: told.incoming[_ENDED]}, fill_empty=False)
    keep_dates_in_order(merged, here)
    return merged


def _span(values: Values) -> Days:
    return Days(values["starts_on"], values["ends_on"])
