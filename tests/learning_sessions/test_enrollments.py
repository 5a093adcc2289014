import asyncio
from datetime import date, time

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.core import db
from academics_app.core.actor import Actor, Door, Role, system_actor
from academics_app.core.clock import frozen_at, instant_of
from academics_app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from academics_app.core.pagination import PageRequest
from academics_app.institute.service import update_settings
from academics_app.institute.settings import InstituteSettings
from academics_app.learning_sessions import service
from academics_app.learning_sessions.models import Batch, Enrollment
from academics_app.learning_sessions.schemas import EnrollmentCreate, EnrollmentUpdate
from academics_app.students.models import Student
from tests import factories
from tests.factories import actor_of

PAGE = PageRequest()
FIRST = date(2026, 9, 1)


@pytest.fixture
async def admin(session: AsyncSession) -> Actor:
    return actor_of(await factories.create_user(session))


@pytest.fixture
async def batch(session: AsyncSession) -> Batch:
    return await factories.create_batch(session)


def _from(first: date | None, *students: Student, last: date | None = None) -> EnrollmentCreate:
    data = {"student_ids": [student.id for student in students], "ends_on": last}
    return EnrollmentCreate.model_validate(data | ({"starts_on": first} if first else {}))


async def test_many_are_enrolled_together_and_listed_by_name(
    session: AsyncSession, admin: Actor, batch: Batch
) -> None:
    zoe = await factories.create_student(session, given_name="Zoë", family_name="")
    ada = await factories.create_student(session, given_name="Ada", family_name="O'Brien")
    made = await service.enroll_students(
        session, actor=admin, batch_id=batch.id, data=_from(FIRST, zoe, ada, zoe)
    )
    assert [each.student_name for each in made] == ["Ada O'Brien", "Zoë"]
    listed = await service.list_enrollments(session, actor=admin, batch_id=batch.id, page=PAGE)
    assert (listed.total, list(listed.items)) == (2, made)


async def test_a_late_joiner_starts_today_in_the_institutes_zone(
    session: AsyncSession, admin: Actor, batch: Batch
) -> None:
    student = await factories.create_student(session)
    await update_settings(session, actor=admin, data=InstituteSettings(time_zone="Asia/Kolkata"))
    zone = InstituteSettings(time_zone="Asia/Kolkata").zone
    with frozen_at(instant_of(date(2026, 11, 24), time(0, 30), zone)):  # still the 23rd in UTC
        made = await service.enroll_students(
            session, actor=admin, batch_id=batch.id, data=_from(None, student)
        )
    assert made[0].starts_on == date(2026, 11, 24)


async def test_an_overlap_is_refused_by_name_and_nobody_is_enrolled(
    session: AsyncSession, admin: Actor, batch: Batch
) -> None:
    present, new = await factories.create_student(session), await factories.create_student(session)
    await service.enroll_students(
        session, actor=admin, batch_id=batch.id, data=_from(FIRST, present, last=date(2026, 10, 31))
    )
    with pytest.raises(Conflict) as refusal:
        await service.enroll_students(
            session, actor=admin, batch_id=batch.id, data=_from(date(2026, 10, 31), new, present)
        )
    assert present.full_name in refusal.value.detail
    assert (await service.list_enrollments(session, actor=admin, batch_id=batch.id, page=PAGE)).total == 1

    await service.enroll_students(
        session, actor=admin, batch_id=batch.id, data=_from(date(2026, 11, 1), new, present)
    )
    assert (await service.list_enrollments(session, actor=admin, batch_id=batch.id, page=PAGE)).total == 3


async def test_the_database_refuses_an_overlap_by_itself(
    session: AsyncSession, admin: Actor, batch: Batch
) -> None:
    student = await factories.create_student(session)
    first = (
        await service.enroll_students(
            session, actor=admin, batch_id=batch.id, data=_from(FIRST, student, last=FIRST)
        )
    )[0]
    second = await service.enroll_students(
        session, actor=admin, batch_id=batch.id, data=_from(date(2026, 9, 2), student)
    )
    with pytest.raises(Conflict):
        await service.update_enrollment(
            session, actor=admin, enrollment_id=first.id, data=EnrollmentUpdate(ends_on=None)
        )
    with pytest.raises(IntegrityError):
        await _add(
            session, Enrollment(student_id=student.id, batch_id=batch.id, starts_on=second[0].starts_on)
        )


async def _add(session: AsyncSession, row: Enrollment) -> None:
    async with session.begin_nested():
        session.add(row)
        await session.flush()


async def test_an_enrolment_ends_and_opens_again(session: AsyncSession, admin: Actor, batch: Batch) -> None:
    student = await factories.create_student(session)
    made = (
        await service.enroll_students(session, actor=admin, batch_id=batch.id, data=_from(FIRST, student))
    )[0]
    ended = await service.update_enrollment(
        session,
        actor=admin,
        enrollment_id=made.id,
        data=EnrollmentUpdate(ends_on=date(2026, 10, 1), version=1),
    )
    assert (ended.ends_on, ended.version) == (date(2026, 10, 1), 2)
    current = await service.list_enrollments(
        session, actor=admin, batch_id=batch.id, page=PAGE, current_only=True
    )
    assert current.total == 0
    with pytest.raises(Conflict):
        await service.update_enrollment(
            session, actor=admin, enrollment_id=made.id, data=EnrollmentUpdate(ends_on=None, version=1)
        )
    with pytest.raises(InvalidInput):
        await service.update_enrollment(
            session, actor=admin, enrollment_id=made.id, data=EnrollmentUpdate(ends_on=date(2026, 8, 1))
        )
    again = await service.update_enrollment(
        session, actor=admin, enrollment_id=made.id, data=EnrollmentUpdate(ends_on=None)
    )
    assert again.ends_on is None


async def test_students_that_are_not_there_are_named(
    session: AsyncSession, admin: Actor, batch: Batch
) -> None:
    student = await factories.create_student(session)
    data = EnrollmentCreate(student_ids=[student.id, 10**12], starts_on=FIRST)
    with pytest.raises(InvalidInput) as refusal:
        await service.enroll_students(session, actor=admin, batch_id=batch.id, data=data)
    assert "1000000000000" in (refusal.value.fields or {})["student_ids"]
    other_branch = actor_of(await factories.create_user(session), branch_ids=frozenset({batch.branch_id}))
    with pytest.raises(InvalidInput):
        await service.enroll_students(
            session, actor=other_branch, batch_id=batch.id, data=_from(FIRST, student)
        )


async def test_who_may_enrol_and_who_sees_whom(session: AsyncSession, batch: Batch) -> None:
    teacher = await factories.create_user(session, role=Role.FACULTY)
    batch.faculty_id = teacher.faculty_id
    student_user = await factories.create_user(session, role=Role.STUDENT)
    student = await session.get_one(Student, student_user.student_id)
    other = await factories.create_student(session)
    guardian = await factories.create_guardian(session, student)
    parent = await factories.create_user(session, role=Role.GUARDIAN, guardian_id=guardian.id)
    counselor = actor_of(await factories.create_user(session, role=Role.COUNSELOR))
    stranger = actor_of(await factories.create_user(session, role=Role.FACULTY))
    made = await service.enroll_students(
        session, actor=counselor, batch_id=batch.id, data=_from(FIRST, student, other)
    )
    foreign = next(each for each in made if each.student_id == other.id)

    for user, expected in ((teacher, 2), (student_user, 1), (parent, 1)):
        actor = actor_of(user)
        assert (
            await service.list_enrollments(session, actor=actor, batch_id=batch.id, page=PAGE)
        ).total == expected
        with pytest.raises(Forbidden):
            await service.enroll_students(session, actor=actor, batch_id=batch.id, data=_from(FIRST, other))
        with pytest.raises(Forbidden if expected == 2 else NotFound):
            await service.update_enrollment(
                session, actor=actor, enrollment_id=foreign.id, data=EnrollmentUpdate(ends_on=FIRST)
            )
    with pytest.raises(NotFound):
        await service.list_enrollments(session, actor=stranger, batch_id=batch.id, page=PAGE)
    with pytest.raises(NotFound):
        await service.enroll_students(session, actor=stranger, batch_id=batch.id, data=_from(FIRST, other))


@pytest.mark.usefixtures("committed")
async def test_two_that_enrol_at_once_make_one_enrolment() -> None:
    async with db.transaction() as setup:
        batch, student = await factories.create_batch(setup), await factories.create_student(setup)

    async def enroll() -> str:
        try:
            async with db.transaction() as own:
                await service.enroll_students(
                    own, actor=system_actor(Door.REST), batch_id=batch.id, data=_from(FIRST, student)
                )
        except Conflict as conflict:
            return conflict.code
        return "enrolled"

    outcomes = await asyncio.gather(*(enroll() for _ in range(6)))
    assert sorted(outcomes) == ["already_enrolled"] * 5 + ["enrolled"]
