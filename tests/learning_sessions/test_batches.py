from datetime import date, time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.core.actor import Actor, Role
from academics_app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from academics_app.core.pagination import PageRequest
from academics_app.learning_sessions import service
from academics_app.learning_sessions.models import BatchStatus
from academics_app.learning_sessions.schemas import BatchCreate, BatchUpdate, MeetingWrite, ScheduleUpdate
from academics_app.students.models import Student
from tests import factories
from tests.factories import actor_of

if TYPE_CHECKING:
    from tests.conftest import CountQueries

PAGE = PageRequest()


@pytest.fixture
async def admin(session: AsyncSession) -> Actor:
    return actor_of(await factories.create_user(session))


async def _data(session: AsyncSession, **more: object) -> BatchCreate:
    subject, branch = await factories.create_subject(session), await factories.create_branch(session)
    values = {
        "code": "M-1",
        "name": "Maths A",
        "subject_id": subject.id,
        "branch_id": branch.id,
        "starts_on": "2026-09-01",
    }
    return BatchCreate.model_validate(values | more)


def _meeting(weekday: int, starts_at: time, ends_at: time) -> MeetingWrite:
    return MeetingWrite(weekday=weekday, starts_at=starts_at, ends_at=ends_at)


async def test_a_batch_is_read_back_with_its_names(session: AsyncSession, admin: Actor) -> None:
    teacher, room = await factories.create_faculty(session), await factories.create_room(session)
    data = await _data(
        session,
        name="  Ελληνικά ' OR 1=1 -- ",
        faculty_id=teacher.id,
        room_id=room.id,
        branch_id=room.branch_id,
        meetings=[{"weekday": 4, "starts_at": "09:00", "ends_at": "10:30"}],
    )
    created = await service.create_batch(session, actor=admin, data=data)
    assert created == await service.read_batch(session, actor=admin, batch_id=created.id)
    assert (created.name, created.faculty_name, created.room_name) == (
        "Ελληνικά ' OR 1=1 --",
        teacher.full_name,
        room.name,
    )
    assert [(each.weekday, each.starts_at, each.room_name) for each in created.meetings] == [
        (4, time(9), None)
    ]
    assert created.enrolled_count == 0


async def test_what_does_not_fit_is_refused_by_field(session: AsyncSession, admin: Actor) -> None:
    good = await _data(session)
    room = await factories.create_room(session)
    for change, field in (
        ({"subject_id": 10**12}, "subject_id"),
        ({"faculty_id": 10**12}, "faculty_id"),
        ({"ends_on": date(2026, 8, 31)}, "ends_on"),
        ({"room_id": room.id}, "room_id"),
    ):
        with pytest.raises(InvalidInput) as refusal:
            await service.create_batch(session, actor=admin, data=good.model_copy(update=change))
        assert set(refusal.value.fields or {}) == {field}
    with pytest.raises(NotFound):
        await service.create_batch(session, actor=admin, data=good.model_copy(update={"branch_id": 10**12}))
    await service.create_batch(session, actor=admin, data=good)
    with pytest.raises(Conflict) as taken:
        await service.create_batch(session, actor=admin, data=good)
    assert taken.value.fields == {"code": "is taken"}


async def test_meetings_of_one_week_do_not_overlap(session: AsyncSession, admin: Actor) -> None:
    batch = await service.create_batch(session, actor=admin, data=await _data(session))
    touching = [
        _meeting(0, time(9), time(10)),
        _meeting(0, time(10), time(11)),
        _meeting(1, time(9), time(10)),
    ]
    await service.set_schedule(
        session, actor=admin, batch_id=batch.id, data=ScheduleUpdate(meetings=touching)
    )
    overlapping = [*touching, _meeting(0, time(10, 59), time(12))]
    with pytest.raises(InvalidInput):
        await service.set_schedule(
            session, actor=admin, batch_id=batch.id, data=ScheduleUpdate(meetings=overlapping)
        )
    unknown = [MeetingWrite(id=10**12, weekday=0, starts_at=time(9), ends_at=time(10))]
    with pytest.raises(NotFound):
        await service.set_schedule(
            session, actor=admin, batch_id=batch.id, data=ScheduleUpdate(meetings=unknown)
        )


async def test_a_stale_form_is_refused(session: AsyncSession, admin: Actor) -> None:
    batch = await service.create_batch(session, actor=admin, data=await _data(session))
    await service.update_batch(
        session, actor=admin, batch_id=batch.id, data=BatchUpdate(name="New", version=1)
    )
    with pytest.raises(Conflict):
        await service.update_batch(
            session, actor=admin, batch_id=batch.id, data=BatchUpdate(name="Old", version=1)
        )
    with pytest.raises(Conflict):
        await service.set_schedule(
            session, actor=admin, batch_id=batch.id, data=ScheduleUpdate(meetings=[], version=1)
        )


async def test_search_forgives_typing_errors_and_filters_narrow(session: AsyncSession, admin: Actor) -> None:
    teacher, subject = await factories.create_faculty(session), await factories.create_subject(session)
    physics = await factories.create_batch(session, name="Physics Évening", faculty=teacher, subject=subject)
    done = await factories.create_batch(session, name="Physics Morning", status=BatchStatus.COMPLETED)
    await factories.create_batch(session, name="Cooking")

    async def found(**filters: object) -> list[int]:
        page = await service.list_batches(session, actor=admin, page=PAGE, **filters)  # pyright: ignore[reportArgumentType]
        assert page.total == len(page.items)
        return [each.id for each in page.items]

    assert await found(query="phisics evening") == [physics.id]
    assert await found(status=BatchStatus.COMPLETED) == [done.id]
    assert await found(faculty_id=teacher.id) == [physics.id]
    assert await found(subject_id=subject.id) == [physics.id]
    assert await found(query="%") == []


async def test_each_role_sees_its_own_batches(session: AsyncSession, admin: Actor) -> None:
    teacher = await factories.create_user(session, role=Role.FACULTY)
    own = await factories.create_batch(session, faculty_id=teacher.faculty_id)
    other = await factories.create_batch(session)
    student = await factories.create_user(session, role=Role.STUDENT)
    child = await session.get_one(Student, student.student_id)
    await factories.create_enrollment(session, student=child, batch=own)
    parent_record = await factories.create_guardian(session, child)
    parent = await factories.create_user(session, role=Role.GUARDIAN, guardian_id=parent_record.id)

    for user in (teacher, student, parent):
        actor = actor_of(user)
        page = await service.list_batches(session, actor=actor, page=PAGE)
        assert [each.id for each in page.items] == [own.id]
        with pytest.raises(NotFound):
            await service.read_batch(session, actor=actor, batch_id=other.id)
        with pytest.raises(NotFound):
            await service.read_schedule(session, actor=actor, batch_id=other.id)
        with pytest.raises(Forbidden):
            await service.update_batch(session, actor=actor, batch_id=own.id, data=BatchUpdate(name="Mine"))
        with pytest.raises(Forbidden):
            await service.set_schedule(
                session, actor=actor, batch_id=own.id, data=ScheduleUpdate(meetings=[])
            )
        with pytest.raises(Forbidden):
            await service.create_batch(session, actor=actor, data=await _data(session))
    counselor = actor_of(await factories.create_user(session, role=Role.COUNSELOR))
    assert (await service.list_batches(session, actor=counselor, page=PAGE)).total == 2
    with pytest.raises(Forbidden):
        await service.update_batch(session, actor=counselor, batch_id=own.id, data=BatchUpdate(name="Mine"))
    limited = actor_of(await factories.create_user(session), branch_ids=frozenset({own.branch_id}))
    assert [each.id for each in (await service.list_batches(session, actor=limited, page=PAGE)).items] == [
        own.id
    ]
    with pytest.raises(NotFound):
        await service.update_batch(
            session, actor=limited, batch_id=own.id, data=BatchUpdate(branch_id=other.branch_id)
        )


async def test_a_list_takes_three_statements(
    session: AsyncSession, admin: Actor, count_queries: "CountQueries"
) -> None:
    for _ in range(4):
        await factories.create_batch(session)
    await service.list_batches(session, actor=admin, page=PAGE)
    with count_queries() as statements:
        await service.list_batches(session, actor=admin, page=PAGE)
    assert sum("SAVEPOINT" not in each for each in statements) == 3, statements
