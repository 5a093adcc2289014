from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.attendance.models import Attendance, AttendanceStatus
from academics_app.core.actor import Actor, Role
from academics_app.core.clock import frozen_at
from academics_app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from academics_app.core.pagination import PageRequest
from academics_app.institute.schemas import SettingsUpdate
from academics_app.institute.service import update_settings
from academics_app.learning_sessions import service
from academics_app.learning_sessions.clash_queries import in_the_way_of_sessions
from academics_app.learning_sessions.clashes import clashes_of_sessions
from academics_app.learning_sessions.models import Batch, LearningSession, SessionStatus, WalkIn
from academics_app.learning_sessions.rules import Wanted
from academics_app.learning_sessions.schemas import (
    SessionCancel,
    SessionCreate,
    SessionSubstitute,
    SessionUpdate,
)
from academics_app.learning_sessions.scope import visible_batches
from academics_app.students.models import Student
from tests import factories
from tests.factories import actor_of

if TYPE_CHECKING:
    from tests.conftest import CountQueries

PAGE = PageRequest()
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _frozen() -> Iterator[None]:
    with frozen_at(NOW):
        yield


@pytest.fixture
async def admin(session: AsyncSession) -> Actor:
    return actor_of(await factories.create_user(session))


@pytest.fixture
async def batch(session: AsyncSession) -> Batch:
    return await factories.create_batch(session, faculty=await factories.create_faculty(session))


@pytest.fixture
async def lesson(session: AsyncSession, batch: Batch) -> LearningSession:
    return await factories.create_session(session, batch=batch, starts_at=NOW)


async def test_the_timetable_shows_names_and_counts(
    session: AsyncSession, admin: Actor, batch: Batch, lesson: LearningSession, count_queries: "CountQueries"
) -> None:
    early, late, gone, guest = [await factories.create_student(session) for _ in range(4)]
    await factories.create_enrollment(session, student=early, batch=batch)
    await factories.create_enrollment(session, student=late, batch=batch, starts_on=date(2026, 11, 24))
    await factories.create_enrollment(session, student=gone, batch=batch, ends_on=date(2026, 11, 22))
    session.add(WalkIn(session_id=lesson.id, student_id=guest.id))
    tomorrow = await factories.create_session(
        session, batch=batch, starts_at=datetime(2026, 11, 24, 9, tzinfo=UTC)
    )
    await factories.create_session(session, batch=batch, starts_at=datetime(2026, 12, 1, 9, tzinfo=UTC))

    with count_queries() as statements:
        week = await service.list_sessions(
            session, actor=admin, start_date=TODAY, end_date=date(2026, 11, 29), page=PAGE
        )
    assert sum("SAVEPOINT" not in each for each in statements) <= 3, statements
    assert [(each.id, each.expected_count) for each in week.items] == [(lesson.id, 2), (tomorrow.id, 2)]
    assert (week.items[0].batch_name, week.total) == (batch.name, 2)


async def test_filters_and_bounds(
    session: AsyncSession, admin: Actor, batch: Batch, lesson: LearningSession
) -> None:
    other = await factories.create_session(
        session, batch=await factories.create_batch(session), starts_at=NOW
    )

    async def found(**filters: int) -> set[int]:
        page = await service.list_sessions(
            session, actor=admin, start_date=TODAY, end_date=TODAY, page=PAGE, **filters
        )
        return {each.id for each in page.items}

    assert await found() == {lesson.id, other.id}
    assert await found(batch_id=batch.id) == {lesson.id}
    assert await found(faculty_id=batch.faculty_id or 0) == {lesson.id}
    assert await found(branch_id=other.branch_id) == {other.id}
    assert await found(room_id=1) == set()
    for start, end in ((TODAY, date(2026, 11, 22)), (TODAY, date(2029, 1, 1))):
        with pytest.raises(InvalidInput):
            await service.list_sessions(session, actor=admin, start_date=start, end_date=end, page=PAGE)


async def test_a_session_is_cancelled_with_a_reason_and_reinstated(
    session: AsyncSession, admin: Actor, lesson: LearningSession
) -> None:
    cancelled = await service.cancel_session(
        session, actor=admin, session_id=lesson.id, data=SessionCancel(reason=" Flood ")
    )
    assert (cancelled.status, cancelled.cancel_reason) == (SessionStatus.CANCELLED, "Flood")
    with pytest.raises(Conflict):
        await service.cancel_session(
            session, actor=admin, session_id=lesson.id, data=SessionCancel(reason="Again")
        )
    with pytest.raises(Conflict):
        await service.assign_substitute(
            session, actor=admin, session_id=lesson.id, data=SessionSubstitute(faculty_id=1)
        )
    back = await service.reinstate_session(
        session, actor=admin, session_id=lesson.id, version=cancelled.version
    )
    assert (back.status, back.cancel_reason) == (SessionStatus.SCHEDULED, None)
    with pytest.raises(Conflict):
        await service.reinstate_session(session, actor=admin, session_id=lesson.id)


@pytest.mark.parametrize("how", ["mark", "register"])
async def test_a_session_that_took_place_is_not_cancelled_or_moved(
    session: AsyncSession, admin: Actor, lesson: LearningSession, how: str
) -> None:
    if how == "mark":
        student = await factories.create_student(session)
        session.add(
            Attendance(
                session_id=lesson.id,
                student_id=student.id,
                status=AttendanceStatus.PRESENT,
                version=1,
                marked_at=NOW,
            )
        )
    else:
        lesson.register_taken_at = NOW
    await session.flush()
    with pytest.raises(Conflict) as refusal:
        await service.cancel_session(
            session, actor=admin, session_id=lesson.id, data=SessionCancel(reason="Oops")
        )
    assert refusal.value.code == "has_marks"
    with pytest.raises(Conflict):
        await service.update_session(
            session, actor=admin, session_id=lesson.id, data=SessionUpdate(local_date=date(2026, 11, 24))
        )
    room = await factories.create_room(session, branch_id=lesson.branch_id)
    moved = await service.update_session(
        session, actor=admin, session_id=lesson.id, data=SessionUpdate(room_id=room.id)
    )
    assert moved.room_name == room.name


async def test_a_substitute_is_recorded_and_released(
    session: AsyncSession, admin: Actor, lesson: LearningSession
) -> None:
    own = lesson.faculty_id
    assert own is not None
    first, second = await factories.create_faculty(session), await factories.create_faculty(session)
    for stand_in in (first, second):
        read = await service.assign_substitute(
            session, actor=admin, session_id=lesson.id, data=SessionSubstitute(faculty_id=stand_in.id)
        )
        assert (read.faculty_name, read.substitute_for_id) == (stand_in.full_name, own)
    released = await service.assign_substitute(
        session, actor=admin, session_id=lesson.id, data=SessionSubstitute(faculty_id=own)
    )
    assert (released.faculty_id, released.substitute_for_id) == (own, None)
    with pytest.raises(InvalidInput):
        await service.assign_substitute(
            session, actor=admin, session_id=lesson.id, data=SessionSubstitute(faculty_id=10**12)
        )


async def test_one_session_moves_in_the_institutes_time(
    session: AsyncSession, admin: Actor, lesson: LearningSession
) -> None:
    await update_settings(session, actor=admin, data=SettingsUpdate(time_zone="Europe/Paris"))
    moved = await service.update_session(
        session,
        actor=admin,
        session_id=lesson.id,
        data=SessionUpdate(local_date=date(2026, 7, 1), starts_at=time(10), version=1),
    )
    assert (moved.local_date, moved.starts_at, moved.ends_at) == (
        date(2026, 7, 1), datetime(2026, 7, 1, 8, tzinfo=UTC), datetime(2026, 7, 1, 9, tzinfo=UTC),
    )  # fmt: skip
    with pytest.raises(InvalidInput):
        await service.update_session(
            session, actor=admin, session_id=lesson.id, data=SessionUpdate(starts_at=time(23))
        )
    with pytest.raises(Conflict):
        await service.update_session(
            session, actor=admin, session_id=lesson.id, data=SessionUpdate(starts_at=time(9), version=1)
        )


async def test_a_one_off_session_takes_the_batchs_teacher_and_room(
    session: AsyncSession, admin: Actor, batch: Batch
) -> None:
    data = SessionCreate(
        batch_id=batch.id, local_date=date(2026, 11, 28), starts_at=time(14), ends_at=time(15, 30)
    )
    made = await service.create_session(session, actor=admin, data=data)
    assert (made.faculty_id, made.substitute_for_id, made.schedule_id) == (batch.faculty_id, None, None)
    stand_in = await factories.create_faculty(session)
    covered = await service.create_session(
        session, actor=admin, data=data.model_copy(update={"faculty_id": stand_in.id})
    )
    assert (covered.faculty_id, covered.substitute_for_id) == (stand_in.id, batch.faculty_id)
    foreign = await factories.create_room(session)
    with pytest.raises(InvalidInput):
        await service.create_session(
            session, actor=admin, data=data.model_copy(update={"room_id": foreign.id})
        )


async def test_each_role_sees_its_own_sessions_and_only_admins_change_them(
    session: AsyncSession, batch: Batch, lesson: LearningSession
) -> None:
    teacher = await factories.create_user(session, role=Role.FACULTY, faculty_id=batch.faculty_id)
    student = await factories.create_user(session, role=Role.STUDENT)
    child = await session.get_one(Student, student.student_id)
    await factories.create_enrollment(session, student=child, batch=batch)
    guardian = await factories.create_guardian(session, child)
    parent = await factories.create_user(session, role=Role.GUARDIAN, guardian_id=guardian.id)
    counselor = await factories.create_user(session, role=Role.COUNSELOR)
    other = await factories.create_session(
        session, batch=await factories.create_batch(session), starts_at=NOW
    )
    days: dict[str, Any] = {"start_date": TODAY, "end_date": TODAY}

    for user in (teacher, student, parent, counselor):
        actor = actor_of(user)
        page = await service.list_sessions(session, actor=actor, page=PAGE, **days)
        sees_all = user is counselor
        assert {each.id for each in page.items} == ({lesson.id, other.id} if sees_all else {lesson.id})
        for refused, failure in ((lesson, Forbidden), (other, Forbidden if sees_all else NotFound)):
            with pytest.raises(failure):
                await service.cancel_session(
                    session, actor=actor, session_id=refused.id, data=SessionCancel(reason="x")
                )
            with pytest.raises(failure):
                await service.reinstate_session(session, actor=actor, session_id=refused.id)
            with pytest.raises(failure):
                await service.assign_substitute(
                    session, actor=actor, session_id=refused.id, data=SessionSubstitute(faculty_id=1)
                )
            with pytest.raises(failure):
                await service.update_session(
                    session, actor=actor, session_id=refused.id, data=SessionUpdate(room_id=None)
                )
        if not sees_all:
            with pytest.raises(NotFound):
                await service.read_session(session, actor=actor, session_id=other.id)
    strangers = (Role.FACULTY, Role.STUDENT, Role.GUARDIAN)
    for stranger in [actor_of(await factories.create_user(session, role=role)) for role in strangers]:
        assert (await service.list_sessions(session, actor=stranger, page=PAGE, **days)).total == 0


async def test_a_students_timetable_is_for_who_may_know_of_the_student(
    session: AsyncSession, admin: Actor, batch: Batch, lesson: LearningSession, count_queries: "CountQueries"
) -> None:
    """Their batches' sessions on the days of their enrolments, and those they walked into."""
    child = await factories.create_student(session)
    await factories.create_enrollment(session, student=child, batch=batch, ends_on=date(2026, 11, 24))
    await factories.create_session(session, batch=batch, starts_at=datetime(2026, 11, 25, 9, tzinfo=UTC))
    elsewhere = await factories.create_session(
        session, batch=await factories.create_batch(session), starts_at=NOW.replace(hour=15)
    )
    session.add(WalkIn(session_id=elsewhere.id, student_id=child.id))
    await session.flush()
    teacher = await factories.create_user(session, role=Role.FACULTY, faculty_id=batch.faculty_id)
    own = await factories.create_user(session, role=Role.STUDENT, student_id=child.id)
    week: dict[str, Any] = {"start_date": TODAY, "end_date": date(2026, 11, 29), "page": PAGE}

    for actor, expected in (
        (admin, [lesson.id, elsewhere.id]),
        (actor_of(own), [lesson.id, elsewhere.id]),
        (actor_of(teacher), [lesson.id]),
    ):
        with count_queries() as statements:
            found = await service.list_sessions(session, actor=actor, student_id=child.id, **week)
        assert len(statements) <= 8, statements
        assert [each.id for each in found.items] == expected
    for role in (Role.FACULTY, Role.STUDENT, Role.GUARDIAN):
        stranger = actor_of(await factories.create_user(session, role=role))
        with pytest.raises(NotFound):
            await service.list_sessions(session, actor=stranger, student_id=child.id, **week)


async def test_the_check_for_clashes_does_not_read_the_whole_timetable(
    session: AsyncSession, admin: Actor, batch: Batch, count_queries: "CountQueries"
) -> None:
    """A peer compares with every session there is, on every save. Here the indexes of the constraints answer."""
    room = await factories.create_room(session, branch_id=batch.branch_id)
    await session.execute(
        text(
            "INSERT INTO learning_session (batch_id, branch_id, faculty_id, room_id, local_date, starts_at, ends_at,"
            " status) SELECT :batch, :branch, :faculty, :room, day::date, day, day + interval '50 minutes', 'scheduled'"
            " FROM generate_series(timestamptz '2020-01-01', '2020-06-30', '1 hour') AS day"
        ),
        {"batch": batch.id, "branch": batch.branch_id, "faculty": batch.faculty_id, "room": room.id},
    )
    await session.execute(text("ANALYZE learning_session"))
    wanted = [Wanted(batch.id, TODAY, NOW, NOW.replace(hour=10), room.id, batch.faculty_id)]
    with count_queries() as statements:
        assert (await clashes_of_sessions(session, wanted, actor=admin)).total == 0
    assert len(statements) <= 2
    asked = str(
        in_the_way_of_sessions(wanted, scope=visible_batches(admin), limit=5).compile(
            dialect=session.get_bind().dialect, compile_kwargs={"literal_binds": True}
        )
    )
    steps = "\n".join(await session.scalars(text("EXPLAIN " + asked.replace(":", "\\:"))))
    assert "Seq Scan on learning_session" not in steps, steps
    assert "ex_learning_session_room_id" in steps
    with count_queries() as statements:
        data = SessionCreate(batch_id=batch.id, local_date=TODAY, starts_at=time(9), ends_at=time(10))
        await service.create_session(session, actor=admin, data=data)
    assert len(statements) <= 7, statements
