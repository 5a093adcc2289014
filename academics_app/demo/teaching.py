"""Branches, rooms, subjects, batches with their weekly meetings, and who is enrolled in them from when to when."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from academics_app.core.search import normalise
from academics_app.demo.catalogue import BRANCHES, ONE_TO_ONE_SUBJECTS, SUBJECTS, topics_of
from academics_app.demo.size import DEMO_GROUP, TUTORIAL_ROOMS, WEEKS_AHEAD, Size
from academics_app.demo.timetable import SLOT_COUNT, SLOT_STARTS, Today, end_of
from academics_app.institute.models import Branch, Holiday, Room, Term
from academics_app.learning_sessions.models import Batch, BatchStatus, Enrollment, WeeklySchedule
from academics_app.students.models import Student, StudentStatus
from academics_app.subjects.models import Subject, Topic

DEMO_FACULTY_ID = 1
# What the demo faculty member teaches, and how far from the current slot each batch meets today.
_DEMO_BATCHES = (("MATH", 0), ("PHYS", -1), ("STAT", -2), ("MATH-1", 1), ("PHYS", 2), ("MATH", 3))
_WEEKLY_PATTERNS = ((0, 2), (0, 3), (0, 2, 4), (0, 1, 3), (0, 2, 5))


@dataclass(frozen=True, slots=True)
class Meeting:
    """One weekly meeting as the generator sees it; `schedule` has the same as wall-clock times."""

    schedule: WeeklySchedule
    batch: Batch
    weekday: int
    slot: int
    room_id: int


@dataclass(slots=True)
class Teaching:
    branches: list[Branch] = field(default_factory=list)
    rooms: list[Room] = field(default_factory=list)
    holidays: list[Holiday] = field(default_factory=list)
    terms: list[Term] = field(default_factory=list)
    subjects: list[Subject] = field(default_factory=list)
    topics: list[Topic] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    meetings: list[Meeting] = field(default_factory=list)
    enrollments: list[Enrollment] = field(default_factory=list)
    busy: set[tuple[int, int, str, int]] = field(default_factory=set)
    """(weekday, slot, "room" | "faculty", id) of every weekly meeting."""

    @property
    def demo_batch(self) -> Batch:
        """The batch whose register the demo faculty member finds open."""
        return self.batches[0]


def invent_places(size: Size, today: date) -> Teaching:
    """Branches with rooms, two holidays in the past and one ahead, a term, subjects with topics."""
    teaching = Teaching()
    for number, (code, name) in enumerate(BRANCHES[: size.branches], start=1):
        teaching.branches.append(Branch(id=number, code=code, name=name))
        for room in range(1, size.rooms + 1):
            tutorial = room > size.rooms - TUTORIAL_ROOMS
            teaching.rooms.append(
                Room(
                    id=len(teaching.rooms) + 1,
                    branch_id=number,
                    name=f"Tutorial {room - size.rooms + TUTORIAL_ROOMS}" if tutorial else f"Room {room}",
                    capacity=3 if tutorial else 36 + room % 3 * 2,
                )
            )
    for number, (name, first, days, branch) in enumerate(
        (
            ("Founders' Day", -52, 1, None),
            ("Riverside street fair", -24, 2, 2),
            ("Winter break", 17, 4, None),
        ),
        1,
    ):
        starts_on = today + timedelta(days=first)
        ends_on = starts_on + timedelta(days=days - 1)
        holiday = Holiday(id=number, name=name, starts_on=starts_on, ends_on=ends_on, branch_id=branch)
        teaching.holidays.append(holiday)
    first_day = today - timedelta(weeks=size.weeks)
    last_day = today + timedelta(weeks=WEEKS_AHEAD)
    teaching.terms.append(Term(id=1, name="Current term", kind="term", starts_on=first_day, ends_on=last_day))
    for code, (name, description, outline) in SUBJECTS.items():
        subject = Subject(id=len(teaching.subjects) + 1, code=code, name=name, description=description)
        subject.search_text = normalise(name, code)
        teaching.subjects.append(subject)
        for position, (title, hours) in enumerate(topics_of(outline), start=1):
            teaching.topics.append(
                Topic(
                    id=len(teaching.topics) + 1,
                    subject_id=subject.id,
                    position=position,
                    title=title,
                    planned_hours=Decimal(hours),
                )
            )
    return teaching


def invent_batches(teaching: Teaching, size: Size, today: Today, seed: str) -> None:
    """Batches with weekly meetings that clash in no faculty member and in no room."""
    rng = Random(f"{seed}:batches")  # noqa: S311
    subjects = {subject.code: subject for subject in teaching.subjects}
    letters: dict[str, int] = {}
    first_day = today.day - timedelta(weeks=size.weeks)
    last_day = today.day + timedelta(weeks=WEEKS_AHEAD)
    groups = [code for code in SUBJECTS if code != "GUIT"]
    taught_today = _demo_slots(today)
    for number in range(1, size.batches + 1):
        demo = number <= len(_DEMO_BATCHES)
        if demo:
            code, one_to_one = _DEMO_BATCHES[number - 1][0].removesuffix("-1"), number == 4
            faculty_id = DEMO_FACULTY_ID
        else:
            # The last faculty member is on leave and has no batch.
            faculty_id = 2 + (number - len(_DEMO_BATCHES) - 1) % (size.faculty - 2)
            one_to_one = number > size.batches - (size.one_to_one - 1)
            code = rng.choice(ONE_TO_ONE_SUBJECTS) if one_to_one else groups[faculty_id % len(groups)]
        kind = f"{code}-1" if one_to_one else code
        letters[kind] = letters.get(kind, 0) + 1
        tag = str(letters[kind]) if one_to_one else _letters(letters[kind])
        branch = teaching.branches[(faculty_id - 1) % len(teaching.branches)]
        name = f"{subjects[code].name} one-to-one {tag}" if one_to_one else f"{subjects[code].name} {tag}"
        late_start = 0 if demo or rng.random() > 0.15 else rng.randrange(1, size.weeks // 2)
        finished = number == len(_DEMO_BATCHES) + 2
        batch = Batch(
            id=number,
            code=f"{code}-{'P' if one_to_one else ''}{tag}",
            name=name,
            subject_id=subjects[code].id,
            faculty_id=faculty_id,
            branch_id=branch.id,
            starts_on=first_day + timedelta(weeks=0 if finished else late_start),
            ends_on=today.day - timedelta(days=18) if finished else None if one_to_one else last_day,
            status=BatchStatus.COMPLETED if finished else BatchStatus.ACTIVE,
        )
        batch.search_text = normalise(batch.code, batch.name)
        teaching.batches.append(batch)
        weekday = today.day.weekday() if demo or number % 2 == 0 else rng.randrange(6)
        weekdays = [(weekday + offset) % 7 for offset in rng.choice(_WEEKLY_PATTERNS)]
        tutorial = [room for room in teaching.rooms if room.branch_id == branch.id and room.capacity == 3]
        large = [room for room in teaching.rooms if room.branch_id == branch.id and room.capacity != 3]
        wanted = {today.day.weekday(): taught_today[number - 1]} if demo else {}
        _place(teaching, batch, weekdays, tutorial if one_to_one else large, wanted, rng)


def enroll(teaching: Teaching, students: list[Student], size: Size, today: date, seed: str) -> None:
    """Fill the batches with students of their branch: nobody in two places at once or twice in a subject.

    The demo batch has exactly DEMO_GROUP students today. Some join late, some leave, a few begin next week; who has
    left all of their batches is withdrawn. One in a hundred is in no batch: they come as guests.
    """
    rng = Random(f"{seed}:enrollments")  # noqa: S311
    waiting: dict[int, list[Student]] = {branch.id: [] for branch in teaching.branches}
    for student in students:
        waiting[student.branch_id].append(student)
    turn = dict.fromkeys(waiting, 0)
    for queue in waiting.values():
        rng.shuffle(queue)
        del queue[: max(3, len(queue) // 100)]
    slots: dict[int, set[tuple[int, int]]] = {student.id: set() for student in students}
    taken_subjects: dict[int, set[int]] = {student.id: set() for student in students}
    meetings: dict[int, set[tuple[int, int]]] = {batch.id: set() for batch in teaching.batches}
    for meeting in teaching.meetings:
        meetings[meeting.batch.id].add((meeting.weekday, meeting.slot))
    # Groups first, so that everybody is in one before anybody has lessons alone.
    for batch in sorted(teaching.batches, key=_is_one_to_one):
        open_demo = batch is teaching.demo_batch
        queue = waiting[batch.branch_id]
        alone = _is_one_to_one(batch)
        places = 1 if alone else DEMO_GROUP + 2 if open_demo else size.group + rng.randrange(-2, 3)
        tries = 0
        filled = 0
        while filled < places and tries < len(queue):
            student = queue[turn[batch.branch_id] % len(queue)]
            turn[batch.branch_id] += 1
            tries += 1
            if slots[student.id] & meetings[batch.id] or batch.subject_id in taken_subjects[student.id]:
                continue
            leaves = filled >= DEMO_GROUP if open_demo else None
            teaching.enrollments.append(
                _enrollment(
                    len(teaching.enrollments) + 1, student, batch, today, rng, alone=alone, leaves=leaves
                )
            )
            slots[student.id] |= meetings[batch.id]
            taken_subjects[student.id].add(batch.subject_id)
            filled += 1
    _settle_statuses(teaching.enrollments, students, today, rng)


def _enrollment(
    number: int, student: Student, batch: Batch, today: date, rng: Random, *, alone: bool, leaves: bool | None
) -> Enrollment:
    """One enrolment; `leaves` decides for the demo batch, chance for the others."""
    taught_days = max((min(today, batch.ends_on or today) - batch.starts_on).days, 21)
    starts_on, ends_on = batch.starts_on, batch.ends_on
    chance = 1.0 if alone else rng.random()
    if leaves or (leaves is None and chance < 0.04):
        ends_on = batch.starts_on + timedelta(days=rng.randrange(10, taught_days - 1))
    elif chance < 0.11:
        starts_on += timedelta(days=rng.randrange(7, taught_days - 10))
    elif leaves is None and chance < 0.118 and batch.status is BatchStatus.ACTIVE:
        starts_on = today + timedelta(days=7)
    return Enrollment(
        id=number, student_id=student.id, batch_id=batch.id, starts_on=starts_on, ends_on=ends_on
    )


def _settle_statuses(
    enrollments: list[Enrollment], students: list[Student], today: date, rng: Random
) -> None:
    current = {each.student_id for each in enrollments if each.ends_on is None or each.ends_on >= today}
    enrolled = {each.student_id for each in enrollments}
    for student in students:
        if student.id in current:
            continue
        if student.id in enrolled:
            student.status = StudentStatus.WITHDRAWN if rng.random() < 0.7 else StudentStatus.COMPLETED
        else:
            student.status = StudentStatus.ON_HOLD


def _place(
    teaching: Teaching,
    batch: Batch,
    weekdays: list[int],
    rooms: list[Room],
    wanted: dict[int, int],
    rng: Random,
) -> None:
    """Give the batch one meeting on each weekday, in slots and rooms that are free; `wanted` fixes a day's slot."""
    usual: int | None = None
    for weekday in sorted(weekdays, key=lambda day: day not in wanted):
        candidates = list(range(SLOT_COUNT))
        rng.shuffle(candidates)
        candidates.sort(key=lambda slot: slot != wanted.get(weekday, usual))
        if weekday in wanted:
            candidates = candidates[:1]
        for slot in candidates:
            room = _free_room(teaching, batch, weekday, slot, rooms)
            if room is None or (weekday, slot, "faculty", batch.faculty_id) in teaching.busy:
                continue
            usual = slot
            batch.room_id = batch.room_id or room.id
            teaching.busy |= {
                (weekday, slot, "room", room.id),
                (weekday, slot, "faculty", batch.faculty_id or 0),
            }
            start = SLOT_STARTS[slot]
            schedule = WeeklySchedule(
                id=len(teaching.meetings) + 1,
                batch_id=batch.id,
                weekday=weekday,
                starts_at=start,
                ends_at=end_of(start),
                room_id=None if room.id == batch.room_id else room.id,
            )
            teaching.meetings.append(Meeting(schedule, batch, weekday, slot, room.id))
            break


def _free_room(teaching: Teaching, batch: Batch, weekday: int, slot: int, rooms: list[Room]) -> Room | None:
    """The batch's own room if it is free, otherwise any."""
    free = [room for room in rooms if (weekday, slot, "room", room.id) not in teaching.busy]
    return next((room for room in free if room.id == batch.room_id), free[0] if free else None)


def _demo_slots(today: Today) -> list[int]:
    """Today's slot of each demo batch: as near to the wanted place as the day has room for."""
    free = set(range(SLOT_COUNT))
    chosen: list[int] = []
    for _, offset in _DEMO_BATCHES:
        place = today.current + offset
        slot = min(free, key=lambda candidate: (abs(candidate - place), candidate))
        free.remove(slot)
        chosen.append(slot)
    return chosen


def _is_one_to_one(batch: Batch) -> bool:
    return "one-to-one" in batch.name


def _letters(number: int) -> str:
    """1 is A, 26 is Z, 27 is AA."""
    text = ""
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text
