"""Courses become subjects, classes become batches, and one of a class's teachers becomes the batch's."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from academics_app.core.search import normalise
from academics_app.transfer.oneroster.bundle import Row
from academics_app.transfer.oneroster.draft import Draft
from academics_app.transfer.oneroster.people import PERSON_KINDS, WORD_FOR
from academics_app.transfer.oneroster.plan import Action, Entity, Kind, Remember
from academics_app.transfer.oneroster.snapshot import Values
from academics_app.transfer.oneroster.subject_names import subject_key, subject_name

_MAX_NAME, _MAX_CODE = 200, 60


def plan_subjects(draft: Draft) -> None:
    """Plan every row of courses.csv."""
    classes = draft.bundle.table("classes").rows
    still_used = {row["courseSourcedId"] for row in classes if not draft.is_gone(row)}
    for row in draft.usable_rows("courses", Kind.SUBJECT):
        sourced_id, title, code = row["sourcedId"], row["title"], row["courseCode"]
        known = draft.record(Kind.SUBJECT, sourced_id) is not None
        if draft.is_gone(row):
            if not known:
                draft.leave_out(row, Kind.SUBJECT)
            elif sourced_id in still_used:
                reason = f"{row['status']}, but a class of this bundle still uses it: it stays as it is."
                draft.leave(row, Kind.SUBJECT, "status", reason)
            else:
                draft.settle(row, Kind.SUBJECT, sourced_id, {"is_active": False})
            continue
        if not title or len(title) > _MAX_NAME:
            reason = f"The title is longer than {_MAX_NAME} characters." if title else "The title is empty."
            draft.refuse(row, Kind.SUBJECT, "title", reason)
            continue
        match = None if known else draft.match_by_code(Kind.SUBJECT, [code, sourced_id])
        if match is not None:
            draft.note(row, "courseCode", "A subject with this code is here already: linked to it.")
        _settle_subject(draft, row, sourced_id, title, [code], match)


def _settle_subject(
    draft: Draft, row: Row, sourced_id: str, name: str, codes: list[str], match: int | None = None
) -> Entity | None:
    return draft.settle(
        row,
        Kind.SUBJECT,
        sourced_id,
        {"name": name, "is_active": True},
        match=match,
        on_create=lambda: {"code": draft.free_code(Kind.SUBJECT, codes, sourced_id, _MAX_CODE)},
    )


@dataclass(slots=True)
class Teaching:
    """A teacher's enrolment in a class."""

    row: Row
    class_id: str
    faculty: Entity
    is_primary: bool
    is_active: bool


class Classes:
    """One pass over classes.csv, with the enrolments that say who teaches and since when."""

    def __init__(self, draft: Draft, enrollments: list[Row]) -> None:
        self.draft = draft
        self.rows = list(draft.usable_rows("classes", Kind.BATCH))
        codes = Counter(row["classCode"] for row in self.rows)
        self.shared_codes = {code for code, count in codes.items() if count > 1}
        self.teachings: dict[str, list[Teaching]] = defaultdict(list)
        self.earliest: dict[str, str] = {}
        self.mentioned = {row["sourcedId"] for row in enrollments}
        for row in enrollments:
            self._look_at(row)
        self.chosen: dict[str, Entity] = {}
        self.taken_names = set(draft.snapshot.subject_by_name)
        self.taken_names |= {normalise(new.values["name"]) for new in draft.plan.creates[Kind.SUBJECT]}

    def _look_at(self, row: Row) -> None:
        draft, class_id, sourced_id = self.draft, row["classSourcedId"], row["sourcedId"]
        record = draft.record(Kind.TEACHING, sourced_id)
        if record or row["role"].lower() == "teacher":
            faculty = draft.entity(Kind.FACULTY, row["userSourcedId"])
            if faculty is None and record and draft.is_gone(row):
                faculty, class_id = record.values["faculty_id"], class_id or record.values["class"]
            if faculty is not None and class_id:
                primary = row["primary"].lower() in {"true", "1", "yes"}
                self.teachings[class_id].append(
                    Teaching(row, class_id, faculty, primary, not draft.is_gone(row))
                )
        elif not draft.is_gone(row) and (begins := draft.date_or_none(row, "beginDate")):
            self.earliest[class_id] = min(begins, self.earliest.get(class_id, begins))

    def plan(self) -> None:
        """Plan the batches, then what came of each teacher's enrolment."""
        for row in self.rows:
            self._plan_class(row)
        in_file = {row["sourcedId"] for row in self.rows}
        for class_id, teachings in self.teachings.items():
            if class_id not in in_file and self.draft.record(Kind.BATCH, class_id):
                change = self._faculty(class_id)
                self.draft.settle(teachings[0].row, Kind.BATCH, class_id, change)
        for teachings in self.teachings.values():
            for teaching in teachings:
                self._report(teaching)

    def _plan_class(self, row: Row) -> None:
        draft, sourced_id, title = self.draft, row["sourcedId"], row["title"]
        record = draft.record(Kind.BATCH, sourced_id)
        if draft.is_gone(row):
            if record:
                draft.settle(row, Kind.BATCH, sourced_id, {"status": "cancelled"})
            else:
                draft.leave_out(row, Kind.BATCH)
            return
        if not title or len(title) > _MAX_NAME:
            reason = f"The title is longer than {_MAX_NAME} characters." if title else "The title is empty."
            draft.refuse(row, Kind.BATCH, "title", reason)
            return
        school = row["schoolSourcedId"]
        branch = draft.entity(Kind.BRANCH, school)
        if branch is None and (school or not record):
            reason = (
                f"The school {school} {draft.why_not('orgs', school)}." if school else "There is no school."
            )
            draft.refuse(row, Kind.BATCH, "schoolSourcedId", reason)
            return
        subject = self._subject(row)
        if subject is None:
            draft.refuse(
                row, Kind.BATCH, "courseSourcedId", "No subject can be made of its course, subjects or title."
            )
            return
        values: Values = {"name": title, "subject_id": subject, "status": "active"}
        if branch is not None:
            values["branch_id"] = branch
        values |= self._dates(row, is_new=record is None) | self._faculty(sourced_id)
        code = "" if row["classCode"] in self.shared_codes else row["classCode"]
        match = None if record else self._match(row, code, subject, branch)
        draft.settle(
            row,
            Kind.BATCH,
            sourced_id,
            values,
            match=match,
            on_create=lambda: {"code": draft.free_code(Kind.BATCH, [code], sourced_id, _MAX_CODE)},
        )

    def _match(self, row: Row, code: str, subject: Entity, branch: Entity | None) -> int | None:
        """A batch here with the same code; a mere section number may stand for another, so the rest has to fit too."""
        match = self.draft.match_by_code(Kind.BATCH, [code, row["sourcedId"]])
        if match is None:
            return None
        here = self.draft.snapshot.rows[Kind.BATCH][match]
        if here["subject_id"] != subject or here["branch_id"] != branch:
            return None
        self.draft.note(row, "classCode", "A batch with this code and subject is here already: linked to it.")
        return match

    def _subject(self, row: Row) -> Entity | None:
        draft, course, key = self.draft, row["courseSourcedId"], subject_key(row)
        subject = draft.entity(Kind.SUBJECT, key) if key else None
        if subject is not None or not key:
            return subject
        name = subject_name(row)
        if not course:
            here = draft.snapshot.subject_by_name.get(normalise(name))
            if here is not None:
                draft.note(row, "courseSourcedId", f"No course: put into the subject {name!r} that is here.")
                draft.stand_for(Kind.SUBJECT, key, here)
                draft.plan.remembered.append(Remember(Kind.SUBJECT, key, here, {}))
                return here
        if course and normalise(name) in self.taken_names:
            name = row["title"]
        why = f"The course {course} {draft.why_not('courses', course)}" if course else "There is no course"
        draft.note(row, "courseSourcedId", f"{why}: the subject {name!r} is made of the class's own words.")
        self.taken_names.add(normalise(name))
        return _settle_subject(draft, row, key, name[:_MAX_NAME], [course or name])

    def _dates(self, row: Row, *, is_new: bool) -> Values:
        """The span of its terms; without any, a new batch begins with its first enrolment, or today."""
        draft, spans = self.draft, []
        for term_id in row.items_of("termSourcedIds"):
            span = draft.term_dates.get(term_id)
            term = draft.entity(Kind.TERM, term_id) if span is None else None
            if term is not None:
                here = draft.current(Kind.TERM, term)
                span = (here["starts_on"], here["ends_on"])
            if span is None:
                reason = draft.why_not("academicSessions", term_id)
                draft.note(row, "termSourcedIds", f"The term {term_id} {reason}.", alike="unknown term")
            else:
                spans.append(span)
        if spans:
            return {"starts_on": min(span[0] for span in spans), "ends_on": max(span[1] for span in spans)}
        if not is_new:
            return {}
        earliest = self.earliest.get(row["sourcedId"])
        since = f"its first enrolment, {earliest}" if earliest else f"today, {draft.today}"
        draft.note(
            row, "termSourcedIds", f"No term with dates: the batch begins with {since}.", alike="no dates"
        )
        return {"starts_on": earliest or draft.today, "ends_on": None}

    def _faculty(self, class_id: str) -> Values:
        """The batch's one faculty member: primary first, then whoever had it before, then the first in the file."""
        draft = self.draft
        told = self.teachings.get(class_id, [])
        if not told:
            return {}
        record = draft.record(Kind.BATCH, class_id)
        before = record.values.get("faculty_id") if record else None
        choices = [
            (not teaching.is_primary, teaching.faculty != before, teaching.row.number, teaching.faculty)
            for teaching in told
            if teaching.is_active
        ]
        choices += [
            (
                not memory.values["primary"],
                memory.values["faculty_id"] != before,
                0,
                memory.values["faculty_id"],
            )
            for sourced_id, memory in draft.teaching_memories(class_id)
            if sourced_id not in self.mentioned and memory.values["active"]
        ]
        if not choices:
            return {"faculty_id": None}
        self.chosen[class_id] = min(choices, key=lambda choice: choice[:3])[3]
        return {"faculty_id": self.chosen[class_id]}

    def _report(self, teaching: Teaching) -> None:
        draft, row = self.draft, teaching.row
        record = draft.record(Kind.TEACHING, row["sourcedId"])
        batch = draft.entity(Kind.BATCH, teaching.class_id)
        if batch is None:
            reason = f"The class {teaching.class_id} {draft.why_not('classes', teaching.class_id)}."
            draft.refuse(row, Kind.TEACHING, "classSourcedId", reason)
            return
        if record is None and not teaching.is_active:
            draft.leave_out(row, Kind.TEACHING)
            return
        values = {
            "class": teaching.class_id,
            "faculty_id": teaching.faculty,
            "primary": teaching.is_primary,
            "active": teaching.is_active,
        }
        is_chosen = teaching.is_active and self.chosen.get(teaching.class_id) == teaching.faculty
        if teaching.is_active and not is_chosen:
            draft.note(
                row, "primary", "A batch has one faculty member: someone else was chosen (primary first)."
            )
        if record is None or record.values != values:
            draft.plan.remembered.append(Remember(Kind.TEACHING, row["sourcedId"], batch, values))
        if record is None:
            draft.count(row, Kind.TEACHING, Action.CREATED if is_chosen else Action.UNCHANGED)
        else:
            draft.count(row, Kind.TEACHING, Action.UNCHANGED if record.values == values else Action.CHANGED)


def refuse_unteaching(draft: Draft, row: Row) -> None:
    """A teacher's enrolment of someone who is no teacher."""
    user_id = row["userSourcedId"]
    kinds = [kind for kind in PERSON_KINDS if draft.entity(kind, user_id) is not None]
    if kinds:
        reason = f"{user_id} is a {WORD_FOR[kinds[0]]}, not a teacher."
        draft.refuse(row, Kind.TEACHING, "role", reason)
    else:
        draft.refuse(
            row, Kind.TEACHING, "userSourcedId", f"The user {user_id} {draft.why_not('users', user_id)}."
        )
