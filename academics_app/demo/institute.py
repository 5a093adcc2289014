"""The whole invented institute in memory; knows no database and asks no clock."""

from dataclasses import dataclass
from datetime import datetime

from academics_app.core.actor import Role
from academics_app.demo.people import People, invent_people, open_accounts
from academics_app.demo.registers import Ledger
from academics_app.demo.sessions import Session, invent_sessions
from academics_app.demo.size import SIZES, SizeName
from academics_app.demo.teaching import DEMO_FACULTY_ID, Teaching, enroll, invent_batches, invent_places
from academics_app.demo.timetable import todays_slots
from academics_app.institute.settings import InstituteSettings

INSTITUTE_NAME = "Maple Grove Tutoring (invented demo data)"
_SEED = "maple-grove-1"


@dataclass(slots=True)
class Institute:
    """Everything but the marks, which `ledger` invents while they are written."""

    settings: InstituteSettings
    people: People
    teaching: Teaching
    sessions: list[Session]
    ledger: Ledger


def invent_institute(size_name: SizeName, zone_name: str, now: datetime, password_hash: str) -> Institute:
    """The same arguments give the same institute."""
    size = SIZES[size_name]
    settings = InstituteSettings(name=INSTITUTE_NAME, time_zone=zone_name, is_demo=True)
    today = todays_slots(now, settings.zone)
    teaching = invent_places(size, today.day)
    people = invent_people(size, teaching.branches, today.day, _SEED)
    invent_batches(teaching, size, today, _SEED)
    enroll(teaching, people.students, size, today.day, _SEED)
    persons = _persons_with_login(teaching, people)
    open_accounts(people, persons, password_hash, teaching.branches)
    users = people.faculty_user_ids
    sessions = invent_sessions(teaching, people.faculty, users, size, today, settings.zone, _SEED)
    ledger = Ledger(teaching.enrollments, people.students, users, now, _SEED)
    return Institute(settings, people, teaching, sessions, ledger)


def _persons_with_login(teaching: Teaching, people: People) -> dict[Role, int]:
    """The demo guardian has two children or more, the elder one being the demo student, in the class open now."""
    children: dict[int, list[int]] = {}
    guardians: dict[int, int] = {}
    for each in people.guardianships:
        children.setdefault(each.guardian_id, []).append(each.student_id)
        if each.is_primary:
            guardians[each.student_id] = each.guardian_id
    in_class = [
        each.student_id
        for each in teaching.enrollments
        if each.batch_id == teaching.demo_batch.id and each.ends_on == teaching.demo_batch.ends_on
    ]
    student_id = next((each for each in in_class if len(children[guardians[each]]) > 1), in_class[0])
    return {Role.FACULTY: DEMO_FACULTY_ID, Role.STUDENT: student_id, Role.GUARDIAN: guardians[student_id]}
