"""From Ed-Fi files, what is here and what the importer chose to the plan of the import. Pure."""

from zoneinfo import ZoneInfo

from academics_app.transfer.edfi.choices import AttendanceChoices
from academics_app.transfer.edfi.events import Events
from academics_app.transfer.edfi.reading import Interchange
from academics_app.transfer.edfi.records import Record
from academics_app.transfer.edfi.roster import Roster
from academics_app.transfer.oneroster.draft import Draft
from academics_app.transfer.oneroster.plan import Action, Kind, Level, Message, Plan
from academics_app.transfer.oneroster.snapshot import Snapshot
from academics_app.transfer.progress import Progress, Stage, silent
from academics_app.transfer.tables import EDFI

_STEPS = 5


def make_plan(
    found: Interchange,
    snapshot: Snapshot,
    *,
    choices: AttendanceChoices,
    zone: ZoneInfo,
    progress: Progress = silent,
) -> Plan:
    """Work the files off: the roster, then the events. CPU work: call it in a thread."""
    draft = Draft(found, snapshot, source=EDFI)
    draft.plan.unmentioned_present = choices.unmentioned_present
    _describe_files(draft, found)
    roster = Roster(draft, found)
    events = Events(draft, found, roster, choices, zone)
    events.tell_categories()
    steps = (
        roster.plan_terms,
        roster.plan_students,
        roster.plan_sections,
        lambda: events.plan(Record.SCHOOL_EVENT),
        lambda: events.plan(Record.SECTION_EVENT),
    )
    for done, step in enumerate(steps):
        progress(Stage.COMPARING, done, _STEPS)
        step()
    events.fill()
    progress(Stage.COMPARING, _STEPS, _STEPS)
    return draft.finish()


def _describe_files(draft: Draft, found: Interchange) -> None:
    for name, table in sorted(found.tables.items()):
        draft.plan.files[name] = table.row_count
        for remark in table.remarks:
            draft.note(table, "", remark)
        for number, reason in table.faults:
            draft.plan.messages.append(Message(name, number, Level.REFUSED, "", "row", reason))
            draft.plan.counts[name, Kind.MARK, Action.REFUSED] += 1
