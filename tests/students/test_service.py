import asyncio

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.core import live
from academics_app.core.actor import Door, Role, system_actor
from academics_app.core.db import transaction
from academics_app.core.errors import Forbidden, InvalidInput, NotFound
from academics_app.students import service
from academics_app.students.models import Student, StudentStatus
from academics_app.students.schemas import StudentCreate, StudentUpdate
from tests import factories
from tests.students.people import People, make_people


@pytest.fixture
async def people(session: AsyncSession) -> People:
    return await make_people(session)


async def test_codes_given_at_the_same_moment_differ(committed: None):
    async with transaction() as session:
        await factories.create_branch(session)

    async def create(number: int) -> str:
        async with transaction() as session:
            data = StudentCreate(given_name=f"Student {number}")
            return (await service.create_student(session, actor=system_actor(Door.JOB), data=data)).code

    codes = await asyncio.gather(*(create(number) for number in range(8)))
    assert sorted(codes) == [f"S-{number:05d}" for number in range(1, 9)]


async def test_of_two_edits_at_once_the_second_is_stale(committed: None):
    async with transaction() as session:
        student_id = (await factories.create_student(session)).id

    async def edit(phone: str) -> str:
        async with transaction() as session:
            data = StudentUpdate(phone=phone, version=1)
            await service.update_student(
                session, actor=system_actor(Door.JOB), student_id=student_id, data=data
            )
            return phone

    outcomes = await asyncio.gather(edit("020 111"), edit("020 222"), return_exceptions=True)
    saved = [outcome for outcome in outcomes if isinstance(outcome, str)]
    assert len(saved) == 1
    async with transaction() as session:
        student = (await session.scalars(select(Student).where(col(Student.id) == student_id))).one()
        assert (student.phone, student.version) == (saved[0], 2)


async def test_watchers_hear_of_a_change_after_its_commit(committed: None):
    async with transaction() as session:
        student_id = (await factories.create_student(session)).id
    async with live.bus().watch(f"student:{student_id}", "students") as watch:
        async with transaction() as session:
            data = StudentUpdate(status=StudentStatus.ON_HOLD)
            await service.update_student(
                session, actor=system_actor(Door.JOB), student_id=student_id, data=data
            )
            assert live.bus().watcher_count("students") == 1
        assert await watch.changed(5) == {f"student:{student_id}", "students"}


async def test_access_tells_apart_unknown_and_forbidden(session: AsyncSession, people: People):
    student = factories.actor_of(people.users["student"])
    to = service.Permission.STUDENT_UPDATE
    with pytest.raises(Forbidden):
        await service.access_student(session, people.student.id, actor=student, to=to)
    with pytest.raises(NotFound):
        await service.access_student(session, people.other_student.id, actor=student, to=to)


@pytest.mark.parametrize(
    ("who", "names"), [("student", {"Mina Park"}), ("guardian", {"Mina Park"}), ("admin", set())]
)
async def test_own_students(session: AsyncSession, people: People, who: str, names: set[str]):
    own = await service.list_own_students(session, actor=factories.actor_of(people.users[who]))
    assert {student.full_name for student in own} == names
    assert {student.notes for student in own} <= {None}


@pytest.mark.parametrize(
    ("who", "beyond_own", "found"),
    [
        ("admin", False, True),
        ("faculty", False, True),
        ("other_faculty", False, False),
        ("other_faculty", True, True),
    ],
)
async def test_finding_a_student(
    session: AsyncSession,
    people: People,
    who: str,
    beyond_own: bool,  # noqa: FBT001 - parameters of the table
    found: bool,  # noqa: FBT001
):
    actor = factories.actor_of(people.users[who])
    hits = await service.find_students(session, actor=actor, query="prak mina", beyond_own=beyond_own)
    assert [hit.full_name for hit in hits] == (["Mina Park"] if found else [])


async def test_students_and_guardians_search_nobody(session: AsyncSession, people: People):
    for who in ("student", "guardian"):
        with pytest.raises(Forbidden):
            await service.find_students(
                session, actor=factories.actor_of(people.users[who]), query="", beyond_own=True
            )


async def test_an_actor_of_one_branch_reaches_no_other(session: AsyncSession, people: People):
    elsewhere = await factories.create_branch(session)
    user = await factories.create_user(session, role=Role.FACULTY)
    actor = factories.actor_of(user, branch_ids=frozenset({elsewhere.id}))
    assert await service.find_students(session, actor=actor, query="mina", beyond_own=True) == []


async def test_counts_cover_every_status(session: AsyncSession, people: People):
    counts = await service.count_students(session, actor=factories.actor_of(people.users["faculty"]))
    assert counts == {status: int(status is StudentStatus.ACTIVE) for status in StudentStatus}


async def test_names_by_id(session: AsyncSession, people: People):
    assert await service.student_names(session, [people.student.id]) == {people.student.id: "Mina Park"}
    assert await service.student_names(session, []) == {}


async def test_an_institute_without_a_branch_says_so(session: AsyncSession):
    with pytest.raises(InvalidInput, match="Add a branch first"):
        await service.create_student(
            session, actor=system_actor(Door.JOB), data=StudentCreate(given_name="A")
        )
