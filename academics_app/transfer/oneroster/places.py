"""Organisations become branches, academic sessions become terms."""

from academics_app.transfer.oneroster.bundle import Row
from academics_app.transfer.oneroster.draft import Draft, asserted
from academics_app.transfer.oneroster.plan import Entity, Kind, Remember

MAX_NAME = 200
MAX_BRANCH_CODE = 40

_PART_OF = "part_of"
_TERM_KINDS = {kind.lower(): kind for kind in ("term", "semester", "gradingPeriod", "schoolYear")}


def plan_branches(draft: Draft) -> None:
    """A school is a branch; a department belongs to its school's branch or, without a school, is one itself.

    Districts and states hold schools and are no places of teaching, unless classes belong to one directly.
    """
    rows = list(draft.usable_rows("orgs", Kind.BRANCH))
    by_id = {row["sourcedId"]: row for row in rows}
    taught_in = {row["schoolSourcedId"] for row in draft.bundle.table("classes").rows}
    departments = [row for row in rows if _type(row) == "department"]
    for row in rows:
        parent = row["parentSourcedId"]
        if parent and parent not in by_id and not draft.is_known(Kind.BRANCH, parent):
            draft.note(row, "parentSourcedId", f"The parent {parent} isn't in the file: taken without it.")
        match _type(row):
            case "department":
                continue
            case "school":
                _plan_branch(draft, row)
            case "":
                draft.note(row, "type", "No type: taken as a school.")
                _plan_branch(draft, row)
            case _ if row["sourcedId"] in taught_in:
                draft.note(row, "type", f"A {row['type']} that classes belong to: taken as a branch.")
                _plan_branch(draft, row)
            case _:
                draft.leave(
                    row, Kind.BRANCH, "type", f"A {row['type'][:40]} is no place of teaching: left out."
                )
    for row in departments:
        _plan_department(draft, row, by_id)


def branch_of(draft: Draft, org_ids: list[str]) -> Entity | None:
    """The branch of the first organisation that has one."""
    found = (draft.entity(Kind.BRANCH, org_id) for org_id in org_ids)
    return next((branch for branch in found if branch is not None), None)


def only_branch(draft: Draft) -> Entity | None:
    """The branch of an institute that, once the plan is carried out, has just one."""
    active = dict.fromkeys(draft.snapshot.branch_ids, True)
    for update in draft.plan.updates[Kind.BRANCH]:
        active[update.entity_id] = update.after["is_active"]
    branches: list[Entity] = [branch_id for branch_id, is_active in active.items() if is_active]
    branches += draft.created(Kind.BRANCH)
    return branches[0] if len(branches) == 1 else None


def _type(row: Row) -> str:
    return row["type"].lower()


def _plan_department(draft: Draft, row: Row, by_id: dict[str, Row]) -> None:
    sourced_id = row["sourcedId"]
    record = draft.record(Kind.BRANCH, sourced_id)
    school = _school_above(draft, row, by_id)
    if school is None or (record is not None and _PART_OF not in record.values):
        _plan_branch(draft, row)
        return
    branch = draft.entity(Kind.BRANCH, school)
    if branch is None:
        draft.refuse(
            row, Kind.BRANCH, "parentSourcedId", f"The school {school} {draft.why_not('orgs', school)}."
        )
        return
    draft.stand_for(Kind.BRANCH, sourced_id, branch)
    if record is None:
        draft.plan.remembered.append(Remember(Kind.BRANCH, sourced_id, branch, {_PART_OF: school}))
    draft.leave(row, Kind.BRANCH, "type", f"A department of {school}: it belongs to that branch.")


def _school_above(draft: Draft, row: Row, by_id: dict[str, Row]) -> str | None:
    """The nearest ancestor that is a school, in the file or from an earlier import."""
    seen: set[str] = set()
    parent = row["parentSourcedId"]
    while parent and parent not in seen:
        seen.add(parent)
        above = by_id.get(parent)
        if above is None:
            return parent if draft.entity(Kind.BRANCH, parent) is not None else None
        if _type(above) in ("school", ""):
            return parent
        parent = above["parentSourcedId"]
    return None


def _plan_branch(draft: Draft, row: Row) -> None:
    sourced_id, name = row["sourcedId"], row["name"]
    known = draft.record(Kind.BRANCH, sourced_id) is not None
    if draft.is_gone(row):
        if known:
            draft.settle(row, Kind.BRANCH, sourced_id, {"is_active": False})
        else:
            draft.leave_out(row, Kind.BRANCH)
        return
    if len(name) > MAX_NAME or not name:
        draft.refuse(row, Kind.BRANCH, "name", _length_problem("name", name))
        return
    match = None
    if not known:
        match = draft.match_by_code(Kind.BRANCH, [row["identifier"], sourced_id])
        if match is not None:
            draft.note(row, "identifier", "A branch with this code is here already: linked to it.")
    draft.settle(
        row,
        Kind.BRANCH,
        sourced_id,
        {"name": name, "is_active": True},
        match=match,
        on_create=lambda: {
            "code": draft.free_code(Kind.BRANCH, [row["identifier"]], sourced_id, MAX_BRANCH_CODE)
        },
    )


def plan_terms(draft: Draft) -> None:
    """Every academic session is a term; terms are never deleted."""
    titles: dict[str, int] = {}
    for row in draft.usable_rows("academicSessions", Kind.TERM):
        sourced_id, title = row["sourcedId"], row["title"]
        dates = draft.dates_of(row, Kind.TERM, ("startDate", "endDate"))
        if dates is None:
            continue
        starts_on, ends_on = dates
        if starts_on and ends_on and starts_on <= ends_on:
            draft.term_dates[sourced_id] = (starts_on, ends_on)
        if draft.is_gone(row):
            if draft.record(Kind.TERM, sourced_id):
                draft.leave(
                    row, Kind.TERM, "status", f"{row['status']}: terms are not deleted, it stays as it is."
                )
            else:
                draft.leave_out(row, Kind.TERM)
        elif not title or len(title) > MAX_NAME:
            draft.refuse(row, Kind.TERM, "title", _length_problem("title", title))
        elif not starts_on or not ends_on:
            draft.refuse(
                row, Kind.TERM, "endDate" if starts_on else "startDate", "A term needs both its dates."
            )
        elif ends_on < starts_on:
            draft.refuse(row, Kind.TERM, "endDate", "The term ends before it begins.")
        else:
            if title in titles:
                draft.note(row, "title", f"Called “{title}” like row {titles[title]}; they stay two terms.")
            titles.setdefault(title, row.number)
            kind = _TERM_KINDS.get(_type(row), "term")
            values = {
                "name": ("title", title),
                "kind": ("type", kind),
                "starts_on": ("startDate", starts_on),
                "ends_on": ("endDate", ends_on),
            }
            draft.settle(row, Kind.TERM, sourced_id, asserted(row, values))


def _length_problem(field: str, value: str) -> str:
    return f"The {field} is longer than {MAX_NAME} characters." if value else f"The {field} is empty."
