"""Terms, schools, students, courses and sections become terms, branches, students, subjects and batches."""

from collections.abc import Iterator

from academics_app.transfer.edfi.reading import Interchange
from academics_app.transfer.edfi.records import SHAPES, Record, key_of
from academics_app.transfer.oneroster.bundle import Row
from academics_app.transfer.oneroster.dates import BadDateError
from academics_app.transfer.oneroster.draft import MAX_SOURCED_ID, Draft, same_name
from academics_app.transfer.oneroster.plan import Entity, Kind
from academics_app.transfer.oneroster.snapshot import Values, Wanted

NO_SCHOOL = "school-not-given"
SCHOOL_DAY = "school-day"
_MAX_NAME, _MAX_CODE, _MAX_BRANCH_CODE = 200, 60, 40


def wanted_of(found: Interchange, *, unmentioned_present: bool) -> Wanted:
    """Every identifier under which something may be here."""
    keys, codes = {NO_SCHOOL, SCHOOL_DAY}, {"SCHOOL-DAY", NO_SCHOOL}
    if unmentioned_present:
        keys |= _unmentioned(found)
    for record, rows in found.rows.items():
        for row in rows:
            keys |= _keys(record, row)
            codes |= {
                row[name] for name in ("StudentUniqueId", "SchoolId", "LocalCourseCode", "SectionIdentifier")
            }
            codes.add(school_day_code(row["SchoolId"], row["SessionName"]))
    return Wanted(sourced_ids=sorted(keys - {""}), codes=sorted(codes - {""}), usernames=[])


def _keys(record: Record, row: Row) -> set[str]:
    keys = {row["sourcedId"], row["SchoolId"], row["LocalCourseCode"], row["SessionName"]}
    keys.add(key_of(row["SchoolId"], row["SessionName"]))
    if record in (Record.SCHOOL_EVENT, Record.SECTION_EVENT):
        batch = batch_key(record, row)
        student = row["StudentUniqueId"]
        session = session_key(batch, row["EventDate"])
        keys |= {student, batch, session, enrollment_key(student, batch), mark_key(student, session)}
    return keys


def _unmentioned(found: Interchange) -> set[str]:
    """The marks of everybody in a batch on each of its days."""
    students: dict[str, set[str]] = {}
    days: dict[str, set[str]] = {}
    for record in (Record.SCHOOL_EVENT, Record.SECTION_EVENT):
        for row in found.rows[record]:
            batch = batch_key(record, row)
            students.setdefault(batch, set()).add(row["StudentUniqueId"])
            days.setdefault(batch, set()).add(row["EventDate"])
    return {
        mark_key(student, session_key(batch, day))
        for batch in students
        for day in days[batch]
        for student in students[batch]
    }


def batch_key(record: Record, row: Row) -> str:
    """The teaching group that an event or a section belongs to."""
    if record is Record.SCHOOL_EVENT:
        return key_of(SCHOOL_DAY, row["SchoolId"], row["SessionName"])
    return key_of(*(row[column] for column in SHAPES[Record.SECTION].key))


def session_key(batch: str, day: str) -> str:
    return f"{batch}@{day}"


def enrollment_key(student: str, batch: str) -> str:
    return f"{student}>{batch}"


def mark_key(student: str, session: str) -> str:
    return f"{student}>{session}"


def school_day_code(school: str, term: str) -> str:
    return f"{school} {term}"[:_MAX_CODE]


class Roster:
    """One pass over everything but the events."""

    def __init__(self, draft: Draft, found: Interchange) -> None:
        self.draft = draft
        self.found = found
        self.schools: dict[str, Entity | None] = {}
        self.sections: dict[str, Row] = {row["sourcedId"]: row for row in found.rows[Record.SECTION]}
        self._subjects: dict[str, Entity | None] = {}
        self._terms: dict[str, Entity] = {}
        self._no_school: Entity | None = None

    def usable(self, record: Record, kind: Kind) -> Iterator[Row]:
        """The rows with a key of their own; the others are refused."""
        needed, first = SHAPES[record].key, {}
        for row in self.found.rows[record]:
            key = row["sourcedId"]
            empty = next((column for column in needed if not row[column]), None)
            if empty:
                self.draft.refuse(row, kind, empty, f"The {empty} is missing.")
            elif len(key) > MAX_SOURCED_ID - 100:
                self.draft.refuse(row, kind, needed[0], "Its identifiers are too long.")
            elif key in first:
                self.draft.refuse(row, kind, needed[0], f"The same {record.value} as in row {first[key]}.")
            else:
                first[key] = row.number
                yield row

    def plan_terms(self) -> None:
        """Sessions of several schools with one name and the same dates are one term."""
        draft = self.draft
        by_name: dict[str, tuple[str, str]] = {}
        for row in self.usable(Record.TERM, Kind.TERM):
            dates = draft.dates_of(row, Kind.TERM, ("BeginDate", "EndDate"))
            if dates is None:
                continue
            starts_on, ends_on = dates
            name, key = row["SessionName"], row["sourcedId"]
            if not starts_on or not ends_on:
                draft.refuse(
                    row, Kind.TERM, "EndDate" if starts_on else "BeginDate", "A term needs both its dates."
                )
            elif ends_on < starts_on:
                draft.refuse(row, Kind.TERM, "EndDate", "The term ends before it begins.")
            elif len(name) > _MAX_NAME:
                draft.refuse(row, Kind.TERM, "SessionName", f"Longer than {_MAX_NAME} characters.")
            elif by_name.setdefault(name, (starts_on, ends_on)) != (starts_on, ends_on):
                draft.note(row, "SessionName", "Other dates than at another school: a term of its own.")
                self._settle_term(row, key, name, starts_on, ends_on)
            elif name in self._terms:
                self._terms[key] = self._terms[name]
                draft.term_dates[key] = (starts_on, ends_on)
                draft.leave(
                    row, Kind.TERM, "SchoolId", "The same name and dates as at another school: one term."
                )
            else:
                self._settle_term(row, name, name, starts_on, ends_on)
                draft.term_dates[key] = (starts_on, ends_on)

    def _settle_term(self, row: Row, sourced_id: str, name: str, starts_on: str, ends_on: str) -> None:
        values = {"name": name, "kind": "semester", "starts_on": starts_on, "ends_on": ends_on}
        entity = self.draft.settle(row, Kind.TERM, sourced_id, values)
        self.draft.term_dates[sourced_id] = (starts_on, ends_on)
        if entity is not None:
            self._terms[sourced_id] = entity

    def dates_of_term(self, school: str, name: str) -> tuple[str, str] | None:
        """First and last day of a school's session, from this file or an earlier one."""
        draft = self.draft
        for key in (key_of(school, name), name):
            if (dates := draft.term_dates.get(key)) is not None:
                return dates
            if (term := draft.entity(Kind.TERM, key)) is not None:
                here = draft.current(Kind.TERM, term)
                return here["starts_on"], here["ends_on"]
        return None

    def school(self, row: Row) -> Entity | None:
        """The branch of the row's school; planned when it is first spoken of."""
        school = row["SchoolId"]
        if school not in self.schools:
            self.schools[school] = self._plan_branch(row, school, f"School {school}"[:_MAX_NAME])
        return self.schools[school]

    def _plan_branch(self, row: Row, sourced_id: str, name: str) -> Entity | None:
        draft = self.draft
        match = None
        if draft.record(Kind.BRANCH, sourced_id) is None:
            match = draft.match_by_code(Kind.BRANCH, [sourced_id])
        return draft.settle(
            row,
            Kind.BRANCH,
            sourced_id,
            {},
            match=match,
            on_create=lambda: {
                "name": name,
                "is_active": True,
                "code": draft.free_code(Kind.BRANCH, [sourced_id], sourced_id, _MAX_BRANCH_CODE),
            },
        )

    def plan_students(self) -> None:
        """A student belongs to the school of their first event; the file of enrolments is not read here."""
        schools: dict[str, Row] = {}
        for record in (Record.SCHOOL_EVENT, Record.SECTION_EVENT):
            for row in self.found.rows[record]:
                if row["SchoolId"] and row["StudentUniqueId"]:
                    schools.setdefault(row["StudentUniqueId"], row)
        for row in self.usable(Record.STUDENT, Kind.STUDENT):
            self._plan_student(row, schools.get(row["sourcedId"]))

    def _plan_student(self, row: Row, event: Row | None) -> None:
        draft, sourced_id = self.draft, row["sourcedId"]
        given, family = row["FirstName"], row["LastSurname"]
        if not given or max(len(given), len(family)) > _MAX_NAME:
            reason = f"Longer than {_MAX_NAME} characters." if given else "The first name is missing."
            draft.refuse(row, Kind.STUDENT, "Name", reason)
            return
        try:
            born = draft.date_of(row, "BirthDate")
        except BadDateError as error:
            draft.refuse(row, Kind.STUDENT, "BirthDate", str(error))
            return
        values: Values = {"given_name": given, "family_name": family}
        if born:
            values["date_of_birth"] = born.isoformat()
        match = None
        if draft.record(Kind.STUDENT, sourced_id) is None:
            match = draft.match_by_code(Kind.STUDENT, [sourced_id])
            here = draft.snapshot.rows[Kind.STUDENT][match] if match is not None else None
            if here is not None and not same_name(
                f"{here['given_name']} {here['family_name']}", f"{given} {family}"
            ):
                reason = f"Somebody else here has the code {sourced_id}."
                draft.refuse(row, Kind.STUDENT, "StudentUniqueId", reason)
                return
            if here is not None:
                draft.note(row, "StudentUniqueId", "A student with this code is here already: linked.")
        branch = self.school(event) if event is not None else None
        if branch is not None:
            values["branch_id"] = branch
        elif draft.record(Kind.STUDENT, sourced_id) is None and match is None:
            draft.note(
                row, "SchoolId", "No event names a school of the student's: put into “School not given”."
            )
            if self._no_school is None:
                self._no_school = self._plan_branch(row, NO_SCHOOL, "School not given")
            branch = self._no_school
        draft.settle(
            row,
            Kind.STUDENT,
            sourced_id,
            values,
            match=match,
            on_create=lambda: {
                "status": "active",
                "branch_id": branch,
                "code": draft.free_code(Kind.STUDENT, [], sourced_id, _MAX_CODE),
            },
        )

    def plan_sections(self) -> None:
        """A section is a batch of the subject that its course is."""
        for row in self.usable(Record.SECTION, Kind.BATCH):
            code = row["SectionIdentifier"]
            name = row["SectionName"] or row["LocalCourseCode"]
            self.plan_batch(row, row["sourcedId"], row["LocalCourseCode"], name, code)

    def plan_school_day(self, row: Row) -> Entity | None:
        """The batch of a school's whole days in a term, to which events without a section belong."""
        name = f"School day · {row['SessionName']}"
        code = school_day_code(row["SchoolId"], row["SessionName"])
        return self.plan_batch(row, batch_key(Record.SCHOOL_EVENT, row), SCHOOL_DAY, name, code)

    def plan_batch(self, row: Row, key: str, subject_key: str, name: str, code: str) -> Entity | None:
        """Plan a batch with its subject and branch; None when it is refused."""
        draft = self.draft
        dates = self.dates_of_term(row["SchoolId"], row["SessionName"])
        if dates is None:
            reason = (
                f"The session {row['SessionName'][:80]!r} of this school is neither in the files nor here."
            )
            draft.refuse(row, Kind.BATCH, "SessionName", reason)
            return None
        branch, subject = self.school(row), self._subject(row, subject_key)
        if branch is None or subject is None or len(name) > _MAX_NAME:
            draft.refuse(
                row,
                Kind.BATCH,
                "SectionIdentifier",
                "Its school or course was refused, or its name is too long.",
            )
            return None
        match = None
        if draft.record(Kind.BATCH, key) is None:
            match = draft.match_by_code(Kind.BATCH, [code])
            if match is not None and draft.snapshot.rows[Kind.BATCH][match]["subject_id"] != subject:
                match = None
        return draft.settle(
            row,
            Kind.BATCH,
            key,
            {
                "name": name,
                "subject_id": subject,
                "branch_id": branch,
                "starts_on": dates[0],
                "ends_on": dates[1],
            },
            match=match,
            on_create=lambda: {
                "faculty_id": None,
                "status": "completed" if dates[1] < draft.today else "active",
                "code": draft.free_code(Kind.BATCH, [code], key, _MAX_CODE),
            },
        )

    def _subject(self, row: Row, key: str) -> Entity | None:
        if key not in self._subjects:
            draft = self.draft
            name = "School day" if key == SCHOOL_DAY else key
            codes = ["SCHOOL-DAY"] if key == SCHOOL_DAY else [key]
            match = None
            if draft.record(Kind.SUBJECT, key) is None:
                match = draft.match_by_code(Kind.SUBJECT, codes)
            self._subjects[key] = draft.settle(
                row,
                Kind.SUBJECT,
                key,
                {},
                match=match,
                on_create=lambda: {
                    "name": name,
                    "is_active": True,
                    "code": draft.free_code(Kind.SUBJECT, codes, key, _MAX_CODE),
                },
            )
        return self._subjects[key]
