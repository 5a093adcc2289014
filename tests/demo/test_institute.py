"""The invented institute in memory: nobody in two places at once, whatever the hour."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise

import pytest

from academics_app.accounts.models import UserStatus
from academics_app.demo.institute import Institute, invent_institute
from academics_app.demo.sessions import Register, Session
from academics_app.demo.size import DEMO_GROUP, SIZES
from academics_app.demo.teaching import DEMO_FACULTY_ID
from academics_app.learning_sessions.models import Enrollment

NOON = datetime(2026, 11, 23, 12, 4, tzinfo=UTC)
MOMENTS = [
    NOON,
    datetime(2026, 11, 29, 3, 30, tzinfo=UTC),  # a Sunday night
    datetime(2026, 7, 1, 0, 1, tzinfo=UTC),
    datetime(2026, 7, 3, 23, 58, tzinfo=UTC),
]


@cache
def invented_at(now: datetime) -> Institute:
    return invent_institute("small", "UTC", now, "a hash")


@pytest.fixture(params=MOMENTS, ids=str)
def institute(request: pytest.FixtureRequest) -> Institute:
    return invented_at(request.param)


def classes_of(institute: Institute) -> dict[int, list[Enrollment]]:
    classes: dict[int, list[Enrollment]] = defaultdict(list)
    for each in institute.teaching.enrollments:
        classes[each.batch_id].append(each)
    return classes


def present_on(classes: dict[int, list[Enrollment]], session: Session) -> list[int]:
    return [
        each.student_id
        for each in classes[session.batch_id]
        if each.starts_on <= session.local_date <= (each.ends_on or date.max)
    ]


def test_as_much_of_everything_as_was_promised(institute: Institute) -> None:
    people, teaching = institute.people, institute.teaching
    assert len(teaching.branches) == 2
    assert len(people.students) == 400
    assert len(people.faculty) == 20
    assert len(teaching.batches) == 25
    assert len(teaching.subjects) == 12
    children = Counter(each.guardian_id for each in people.guardianships)
    guardians = Counter(each.student_id for each in people.guardianships)
    assert {1, 2, 3} <= set(children.values())
    assert set(guardians.values()) == {1, 2}
    assert set(guardians) == {student.id for student in people.students}
    classes = classes_of(institute)
    assert any(len(present_on(classes, each)) == 1 for each in institute.sessions)
    assert any(each.substitute_for_id for each in institute.sessions)
    assert any(each.cancel_reason for each in institute.sessions)


def test_no_faculty_member_room_or_student_is_in_two_places_at_once(institute: Institute) -> None:
    diaries: dict[tuple[str, int], list[Session]] = defaultdict(list)
    classes = classes_of(institute)
    for session in institute.sessions:
        diaries["faculty", session.faculty_id].append(session)
        diaries["room", session.room_id].append(session)
        for student_id in present_on(classes, session):
            diaries["student", student_id].append(session)
    for who, sessions in diaries.items():
        sessions.sort(key=lambda each: each.starts_at)
        for earlier, later in pairwise(sessions):
            assert earlier.ends_at <= later.starts_at, (who, earlier, later)


def test_sessions_lie_within_their_batches_and_never_on_a_holiday(institute: Institute) -> None:
    batches = {batch.id: batch for batch in institute.teaching.batches}
    for session in institute.sessions:
        batch = batches[session.batch_id]
        assert batch.starts_on <= session.local_date <= (batch.ends_on or date.max)
        for holiday in institute.teaching.holidays:
            closed = holiday.branch_id in (None, session.branch_id)
            assert not (closed and holiday.starts_on <= session.local_date <= holiday.ends_on)
    assert len({(each.schedule_id, each.local_date) for each in institute.sessions}) == len(
        institute.sessions
    )


def test_rooms_are_large_enough(institute: Institute) -> None:
    capacity = {room.id: room.capacity or 0 for room in institute.teaching.rooms}
    classes = classes_of(institute)
    assert all(len(present_on(classes, each)) <= capacity[each.room_id] for each in institute.sessions)


def test_nobody_learns_a_subject_twice_at_once(institute: Institute) -> None:
    subjects = {batch.id: batch.subject_id for batch in institute.teaching.batches}
    pairs = Counter((each.student_id, subjects[each.batch_id]) for each in institute.teaching.enrollments)
    assert set(pairs.values()) == {1}


def test_the_demo_faculty_member_has_a_day_around_noon() -> None:
    institute = invented_at(NOON)
    today = [
        each
        for each in institute.sessions
        if each.local_date == NOON.date() and each.faculty_id == DEMO_FACULTY_ID
    ]
    taken = [each for each in today if each.register_taken_at is not None]
    due = timedelta(minutes=10)
    overdue = [each for each in today if each.register_taken_at is None and each.starts_at + due <= NOON]
    now_open = [
        each for each in today if each.starts_at - timedelta(minutes=15) <= NOON < each.starts_at + due
    ]
    upcoming = [each for each in today if each.starts_at - timedelta(minutes=15) > NOON]
    assert all(each.ends_at <= NOON for each in taken)
    assert (len(taken), len(overdue), len(now_open), len(upcoming)) == (1, 1, 1, 3)
    assert len(present_on(classes_of(institute), now_open[0])) == DEMO_GROUP


def test_nothing_of_the_future_has_happened(institute: Institute) -> None:
    now = institute.ledger._now
    for session in institute.sessions:
        if session.starts_at > now:
            assert session.register_taken_at is None
            assert session.status in ("scheduled", "cancelled")
        if session.register_taken_at is not None:
            assert session.register_taken_at <= now
            assert session.status == "held"


def test_only_five_accounts_can_sign_in(institute: Institute) -> None:
    users = institute.people.users
    known = [user for user in users if user.password_hash]
    assert sorted(user.username for user in known) == ["admin", "counselor", "faculty", "guardian", "student"]
    assert {user.role.value for user in known} == {user.username for user in known}
    assert len({user.username for user in users}) == len(users)
    assert {user.status for user in users} == {UserStatus.ACTIVE}
    assert all(user.email is None or user.email.endswith(".example.org") for user in users)


def test_the_demo_guardian_has_the_demo_student_and_a_sibling(institute: Institute) -> None:
    by_name = {user.username: user for user in institute.people.users if user.password_hash}
    children = [
        each.student_id
        for each in institute.people.guardianships
        if each.guardian_id == by_name["guardian"].guardian_id
    ]
    assert by_name["student"].student_id in children
    assert len(children) > 1


def test_the_same_clock_gives_the_same_institute() -> None:
    one, other = (invent_institute("small", "UTC", NOON, "a hash") for _ in range(2))
    assert one.sessions == other.sessions
    assert list(one.ledger.lines(one.sessions)) == list(other.ledger.lines(other.sessions))
    assert [each.full_name for each in one.people.guardians] == [
        each.full_name for each in other.people.guardians
    ]


def test_names_of_many_cultures() -> None:
    institute = invented_at(NOON)
    names = {f"{each.given_name} {each.family_name}".strip() for each in institute.people.students}
    assert any("O'Brien" in name for name in names)
    assert any(not name.isascii() for name in names)
    assert max(map(len, names)) > 25
    assert min(map(len, names)) <= 3


def test_the_large_one_has_a_year_of_marks() -> None:
    size = SIZES["large"]
    institute = invent_institute("large", "UTC", NOON, "a hash")
    assert len(institute.people.students) == size.students == 2_000
    classes = classes_of(institute)
    taken = [each for each in institute.sessions if each.register is Register.TAKEN]
    assert sum(len(present_on(classes, each)) for each in taken) >= 360_000
