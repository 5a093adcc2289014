"""From a bundle and what is here to the plan of the import. Pure: the same two give the same plan."""

from academics_app.transfer.oneroster.bundle import Bundle
from academics_app.transfer.oneroster.classes import Classes, plan_subjects
from academics_app.transfer.oneroster.columns import FILES, LEFT_ASIDE
from academics_app.transfer.oneroster.draft import Draft
from academics_app.transfer.oneroster.enrollments import plan_enrollments
from academics_app.transfer.oneroster.guardians import plan_births, plan_guardian_links, read_births
from academics_app.transfer.oneroster.people import plan_people
from academics_app.transfer.oneroster.places import plan_branches, plan_terms
from academics_app.transfer.oneroster.plan import Kind, Level, Message, Plan
from academics_app.transfer.oneroster.snapshot import Snapshot
from academics_app.transfer.progress import Progress, Stage, silent

_NAMES = {
    Kind.BRANCH: "branches",
    Kind.TERM: "terms",
    Kind.SUBJECT: "subjects",
    Kind.STUDENT: "students",
    Kind.FACULTY: "faculty members",
    Kind.GUARDIAN: "guardians",
    Kind.BATCH: "batches",
    Kind.ENROLLMENT: "enrolments",
}
_FILE_OF = {
    Kind.BRANCH: "orgs",
    Kind.TERM: "academicSessions",
    Kind.SUBJECT: "courses",
    Kind.STUDENT: "users",
    Kind.FACULTY: "users",
    Kind.GUARDIAN: "users",
    Kind.BATCH: "classes",
    Kind.ENROLLMENT: "enrollments",
}
_STEPS = 8


def make_plan(bundle: Bundle, snapshot: Snapshot, *, progress: Progress = silent) -> Plan:
    """Work the bundle off, in the order in which its files refer to one another. CPU work: call it in a thread."""
    draft = Draft(bundle, snapshot)
    _describe_files(draft)
    step = iter(range(1, _STEPS + 1))

    def advance() -> None:
        progress(Stage.COMPARING, next(step), _STEPS)

    plan_branches(draft)
    plan_terms(draft)
    advance()
    births, born = read_births(draft)
    plan_people(draft, births)
    advance()
    plan_births(draft, births, born)
    plan_guardian_links(draft)
    advance()
    plan_subjects(draft)
    advance()
    enrollments = list(draft.usable_rows("enrollments", Kind.ENROLLMENT))
    classes = Classes(draft, enrollments)
    advance()
    classes.plan()
    advance()
    taught = {teaching.row["sourcedId"] for told in classes.teachings.values() for teaching in told}
    plan_enrollments(draft, enrollments, taught)
    advance()
    _tell_of_absent(draft)
    plan = draft.finish()
    advance()
    return plan


def _describe_files(draft: Draft) -> None:
    bundle, plan = draft.bundle, draft.plan
    plan.messages += [Message("", 0, Level.NOTE, "", "", remark) for remark in bundle.remarks]
    known = [name for name in FILES if name in bundle.tables]
    for name in [*known, *sorted(bundle.tables.keys() - set(known))]:
        table = bundle.tables[name]
        plan.files[name] = table.row_count
        for remark in table.remarks:
            draft.note(table, "", remark)
        if name not in FILES and name != "manifest" and table.row_count:
            what = "has no place here yet" if name in LEFT_ASIDE else "is no OneRoster file"
            draft.note(table, "", f"{name}.csv {what}: not imported.")


def _tell_of_absent(draft: Draft) -> None:
    """Records of earlier imports that a complete file no longer has stay; somebody should know how many."""
    for kind, number in draft.snapshot.not_in_file.items():
        table = draft.bundle.table(_FILE_OF[kind])
        if number and table.rows and not table.is_delta:
            left = f"{_NAMES[kind]} of earlier imports that are not in this bundle: {number:,}. They stay as they are."
            draft.note(table, "", left[0].upper() + left[1:])
