"""Rooms, teachers and students in two places at once: refused, named, and left out where nobody is there to ask."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.core.actor import Actor, Role
from academics_app.core.clock import frozen_at
from academics_app.core.errors import Conflict, Forbidden
from academics_app.core.pagination import PageRequest
from academics_app.institute import calendar
from academics_app.institute.schemas import HolidayCreate, SettingsUpdate
from academics_app.institute.service import update_settings
from academics_app.learning_sessions import service
from academics_app.learning_sessions.clash_schemas import ClashKind, ClashQuery
from academics_app.learning_sessions.models import LearningSession, Seat
from academics_app.learning_sessions.schemas import (
    BatchCreate,
    BatchUpdate,
    EnrollmentCreate,
    EnrollmentUpdate,
    MakeUp,
    MeetingWrite,
    ScheduleUpdate,
    SessionCancel,
    SessionCreate,
    SessionSubstitute,
    SessionUpdate,
)
from tests import factories
from tests.factories import actor_of

if TYPE_CHECKING:
    from tests.conftest import CountQueries, SignIn

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)  # a Monday
MONDAY = date(2026, 11, 23)
PAGE = PageRequest()
TEN: dict[str, Any] = {"starts_at": time(10), "ends_at": time(11)}


@pytest.fixture(autouse=True)
def _frozen() -> Iterator[None]:
    with frozen_at(NOW):
        yield


class World:
    """Two batches of one branch; the first has a session on Monday from ten to eleven."""

    room: Any
    iyer: Any
    physics: Any
    maths: Any
    lesson: Any

    def __init__(self, **parts: Any) -> None:
        self.admin: Actor = parts["admin"]
        for name in ("room", "iyer", "physics", "maths", "lesson"):  # as they were: a refusal expires rows
            setattr(self, name, SimpleNamespace(**parts[name].model_dump()))

    def at(self, hour: int = 10, minute: int = 0, **more: Any) -> SessionCreate:
        """A session of Maths on Monday."""
        return SessionCreate(
            batch_id=self.maths.id,
            local_date=MONDAY,
            starts_at=time(hour, minute),
            ends_at=time(hour + 1, minute),
            **more,
        )


def _begin(during: Range[datetime]) -> int:
    assert during.lower is not None
    return during.lower.astimezone(UTC).hour


@pytest.fixture
async def world(session: AsyncSession) -> World:
    admin = actor_of(await factories.create_user(session))
    await update_settings(session, actor=admin, data=SettingsUpdate(generate_weeks_ahead=2))
    room = await factories.create_room(session, name="Room 1")
    iyer = await factories.create_faculty(session, full_name="R. Iyer")
    branch: dict[str, Any] = {"branch_id": room.branch_id}
    physics = await factories.create_batch(session, name="Physics B", faculty=iyer, **branch)
    maths = await factories.create_batch(
        session, name="Maths A", faculty=await factories.create_faculty(session), **branch
    )
    lesson = await factories.create_session(
        session, batch=physics, room_id=room.id, starts_at=datetime(2026, 11, 23, 10, tzinfo=UTC)
    )
    return World(admin=admin, room=room, iyer=iyer, physics=physics, maths=maths, lesson=lesson)


async def test_a_taken_room_and_a_teacher_who_teaches_are_named(session: AsyncSession, world: World) -> None:
    for more, field, sentence in (
        ({"room_id": world.room.id}, "room_id", "Room 1 is taken by Physics B, Mon 23 Nov 10:00–11:00."),
        ({"faculty_id": world.iyer.id}, "faculty_id", "R. Iyer teaches Physics B, Mon 23 Nov 10:00–11:00."),
    ):
        with pytest.raises(Conflict) as refusal:
            await service.create_session(session, actor=world.admin, data=world.at(10, 59, **more))
        assert (refusal.value.code, refusal.value.detail) == ("clash", sentence)
        assert refusal.value.fields == {field: sentence}
        (told,) = refusal.value.extra["clashes"]
        assert (told["kind"], told["session_id"], told["batch_name"]) == (
            field.removesuffix("_id"), world.lesson.id, "Physics B",
        )  # fmt: skip
    both = {"room_id": world.room.id, "faculty_id": world.iyer.id}
    with pytest.raises(Conflict) as refusal:
        await service.create_session(session, actor=world.admin, data=world.at(**both))
    assert set(refusal.value.fields or {}) == {"room_id", "faculty_id"}
    touching = await service.create_session(session, actor=world.admin, data=world.at(11, **both))
    assert touching.room_name == "Room 1"


async def test_a_student_in_another_session_is_named_with_how_many_more(
    session: AsyncSession, world: World
) -> None:
    for given_name in ("Asha", "Bela", "Chen"):
        student = await factories.create_student(session, given_name=given_name, family_name="Rao")
        for batch in (world.physics, world.maths):
            await factories.create_enrollment(session, student=student, batch=batch)
    with pytest.raises(Conflict) as refusal:
        await service.create_session(session, actor=world.admin, data=world.at(9, 30))
    assert refusal.value.detail == ("Asha Rao is in Physics B, Mon 23 Nov 10:00–11:00 (and 2 more students).")
    assert refusal.value.extra["clash_count"] == 3
    assert set(refusal.value.fields or {}) == {"starts_at"}


async def test_every_way_to_move_a_session_is_guarded(session: AsyncSession, world: World) -> None:
    other = await service.create_session(session, actor=world.admin, data=world.at(12, room_id=world.room.id))
    free = await service.create_session(session, actor=world.admin, data=world.at(10))

    async def refused(change: Any) -> str:
        with pytest.raises(Conflict) as refusal:
            async with session.begin_nested():
                await change
        assert refusal.value.code == "clash", refusal.value.detail
        return refusal.value.detail

    moved = SessionUpdate(starts_at=time(10), ends_at=time(11))
    assert "Room 1" in await refused(
        service.update_session(session, actor=world.admin, session_id=other.id, data=moved)
    )
    taken = SessionUpdate(room_id=world.room.id)
    assert "Room 1" in await refused(
        service.update_session(session, actor=world.admin, session_id=free.id, data=taken)
    )
    assert "R. Iyer" in await refused(
        service.assign_substitute(
            session, actor=world.admin, session_id=free.id, data=SessionSubstitute(faculty_id=world.iyer.id)
        )
    )
    await service.cancel_session(
        session, actor=world.admin, session_id=world.lesson.id, data=SessionCancel(reason="Ill")
    )
    await service.update_session(session, actor=world.admin, session_id=free.id, data=taken)
    assert "Maths A" in await refused(
        service.reinstate_session(session, actor=world.admin, session_id=world.lesson.id)
    )
    make_up = MakeUp(local_date=MONDAY, starts_at=time(12, 30), ends_at=time(13, 30))
    assert "Room 1" in await refused(
        service.add_make_up(session, actor=world.admin, session_id=world.lesson.id, data=make_up)
    )


async def test_an_enrolment_that_clashes_names_batch_and_time(session: AsyncSession, world: World) -> None:
    await service.create_session(session, actor=world.admin, data=world.at(10))
    counselor = actor_of(await factories.create_user(session, role=Role.COUNSELOR))
    students = [await factories.create_student(session, given_name=name) for name in ("Asha", "Bela")]
    first = await service.enroll_students(
        session, actor=counselor, batch_id=world.physics.id, data=_enrol(*students)
    )
    with pytest.raises(Conflict) as refusal:
        await service.enroll_students(
            session, actor=counselor, batch_id=world.maths.id, data=_enrol(*students)
        )
    assert refusal.value.detail == (
        f"{students[0].full_name} is in Physics B, Mon 23 Nov 10:00–11:00 (and 1 more student)."
    )
    assert set(refusal.value.fields or {}) == {"student_ids"}

    for each in first:
        await service.update_enrollment(
            session, actor=counselor, enrollment_id=each.id, data=EnrollmentUpdate(ends_on=date(2026, 11, 22))
        )
    await service.enroll_students(session, actor=counselor, batch_id=world.maths.id, data=_enrol(*students))
    with pytest.raises(Conflict) as refusal:
        await service.update_enrollment(
            session, actor=counselor, enrollment_id=first[0].id, data=EnrollmentUpdate(ends_on=None)
        )
    assert refusal.value.code == "clash"
    assert "is in Maths A" in refusal.value.detail


async def test_a_batch_of_another_branch_is_not_named(session: AsyncSession, world: World) -> None:
    elsewhere = await factories.create_batch(
        session, name="Secret", branch_id=(await factories.create_branch(session)).id
    )
    student = await factories.create_student(session, branch_id=world.maths.branch_id)
    await factories.create_session(session, batch=elsewhere, starts_at=datetime(2026, 11, 23, 10, tzinfo=UTC))
    await service.create_session(session, actor=world.admin, data=world.at(10))
    await service.enroll_students(session, actor=world.admin, batch_id=elsewhere.id, data=_enrol(student))
    counselor = actor_of(await factories.create_user(session, role=Role.COUNSELOR))
    limited = replace(counselor, branch_ids=frozenset({world.maths.branch_id}))

    for actor, batch_name in ((limited, "another branch's batch"), (counselor, "Secret")):
        with pytest.raises(Conflict) as refusal:
            await service.enroll_students(session, actor=actor, batch_id=world.maths.id, data=_enrol(student))
        assert refusal.value.detail == f"{student.full_name} is in {batch_name}, Mon 23 Nov 10:00–11:00."
        [clash] = refusal.value.extra["clashes"]
        assert (clash["batch_id"] is None) is (actor is limited)
        assert (clash["session_id"] is None) is (actor is limited)


def _enrol(*students: Any) -> EnrollmentCreate:
    return EnrollmentCreate(student_ids=[each.id for each in students], starts_on=date(2026, 9, 1))


async def test_seats_follow_every_change(session: AsyncSession, world: World) -> None:
    student = await factories.create_student(session)
    made = await service.enroll_students(
        session, actor=world.admin, batch_id=world.physics.id, data=_enrol(student)
    )

    async def seats() -> list[tuple[int, int]]:
        rows = await session.execute(select(col(Seat.session_id), col(Seat.during)))
        return [(session_id, _begin(during)) for session_id, during in rows]

    assert await seats() == [(world.lesson.id, 10)]
    await service.update_session(
        session,
        actor=world.admin,
        session_id=world.lesson.id,
        data=SessionUpdate(starts_at=time(12), ends_at=time(13)),
    )
    assert await seats() == [(world.lesson.id, 12)]
    await service.cancel_session(
        session, actor=world.admin, session_id=world.lesson.id, data=SessionCancel(reason="Ill")
    )
    assert await seats() == []
    await service.reinstate_session(session, actor=world.admin, session_id=world.lesson.id)
    assert await seats() == [(world.lesson.id, 12)]
    await service.update_enrollment(
        session,
        actor=world.admin,
        enrollment_id=made[0].id,
        data=EnrollmentUpdate(ends_on=date(2026, 11, 22)),
    )
    assert await seats() == []


async def test_a_form_can_ask_beforehand(
    session: AsyncSession, client: httpx.AsyncClient, sign_in: "SignIn", world: World
) -> None:
    admin = await sign_in(await factories.create_user(session))
    query = {
        "batch_id": world.maths.id, "local_date": "2026-11-23", "starts_at": "10:30", "ends_at": "11:30", "room_id": world.room.id,
    }  # fmt: skip
    answer = await client.get("/api/v1/timetable/clashes", headers=admin, params=query)
    assert answer.status_code == 200, answer.text
    assert answer.json()["sentence"] == "Room 1 is taken by Physics B, Mon 23 Nov 10:00–11:00."
    own = query | {"session_id": world.lesson.id}
    answer = await client.get("/api/v1/timetable/clashes", headers=admin, params=own)
    assert answer.json() == {"items": [], "total": 0, "sentence": None}
    backwards = await client.get(
        "/api/v1/timetable/clashes", headers=admin, params=query | {"ends_at": "10:00"}
    )
    assert backwards.status_code == 422
    refused = await client.post(
        "/api/v1/sessions/",
        headers=admin,
        json=query,
    )
    assert (refused.status_code, refused.json()["error"], refused.json()["clash_count"]) == (409, "clash", 1)


async def test_a_schedule_that_clashes_is_refused_as_a_whole(session: AsyncSession, world: World) -> None:
    meetings = [
        MeetingWrite(weekday=1, **TEN),
        MeetingWrite(weekday=0, **TEN, room_id=world.room.id),
    ]
    with pytest.raises(Conflict) as refusal:
        async with session.begin_nested():
            await service.set_schedule(
                session, actor=world.admin, batch_id=world.maths.id, data=ScheduleUpdate(meetings=meetings)
            )
    assert refusal.value.detail == "Room 1 is taken by Physics B, Mon 23 Nov 10:00–11:00."
    assert await service.read_schedule(session, actor=world.admin, batch_id=world.maths.id) == []

    data = BatchCreate(
        code="NEW", name="New", subject_id=world.maths.subject_id, branch_id=world.maths.branch_id,
        faculty_id=world.iyer.id, starts_on=date(2026, 9, 1), meetings=[MeetingWrite(weekday=0, **TEN)],
    )  # fmt: skip
    with pytest.raises(Conflict) as refusal:
        async with session.begin_nested():
            await service.create_batch(session, actor=world.admin, data=data)
    assert refusal.value.detail == "R. Iyer teaches Physics B, Mon 23 Nov 10:00–11:00."


async def test_a_batch_is_not_given_to_a_teacher_who_teaches_then(
    session: AsyncSession, world: World
) -> None:
    for weekday in (0, 1):
        await service.create_session(
            session,
            actor=world.admin,
            data=world.at().model_copy(update={"local_date": date(2026, 11, 23 + weekday)}),
        )
    with pytest.raises(Conflict) as refusal:
        async with session.begin_nested():
            await service.update_batch(
                session,
                actor=world.admin,
                batch_id=world.maths.id,
                data=BatchUpdate(faculty_id=world.iyer.id),
            )
    assert refusal.value.detail == "R. Iyer teaches Physics B, Mon 23 Nov 10:00–11:00."
    assert set(refusal.value.fields or {}) == {"faculty_id"}


async def test_a_week_may_pass_over_its_own_old_places(session: AsyncSession, world: World) -> None:
    week = [
        MeetingWrite(weekday=1, starts_at=time(hour), ends_at=time(hour + 1), room_id=world.room.id)
        for hour in (9, 10, 11)
    ]
    stored = await service.set_schedule(
        session, actor=world.admin, batch_id=world.maths.id, data=ScheduleUpdate(meetings=week)
    )
    student = await factories.create_student(session)
    await factories.create_enrollment(session, student=student, batch=world.maths)
    rotated = [
        meeting.model_copy(update={"id": stored[(place + 1) % 3].id}) for place, meeting in enumerate(week)
    ]
    await service.set_schedule(
        session, actor=world.admin, batch_id=world.maths.id, data=ScheduleUpdate(meetings=rotated)
    )
    rows = await session.scalars(
        select(LearningSession)
        .where(col(LearningSession.batch_id) == world.maths.id)
        .execution_options(populate_existing=True)
    )
    assert {(row.schedule_id, row.starts_at.hour, row.sequence) for row in rows} == {
        (each.id, hour, 1) for each, hour in zip(stored, (11, 9, 10), strict=True)
    }


async def test_nobody_to_ask_leaves_the_clashing_ones_out_and_says_so(
    session: AsyncSession,
    client: httpx.AsyncClient,
    sign_in: "SignIn",
    world: World,
    count_queries: "CountQueries",
) -> None:
    """A holiday goes away, and another session has taken the place in the meantime."""
    holiday = await calendar.create_holiday(
        session,
        actor=world.admin,
        data=HolidayCreate(name="Fair", starts_on=MONDAY, ends_on=date(2026, 12, 1)),
    )
    week = [MeetingWrite(weekday=day, **TEN, room_id=world.room.id) for day in (0, 2)]
    await service.set_schedule(
        session, actor=world.admin, batch_id=world.maths.id, data=ScheduleUpdate(meetings=week)
    )
    await calendar.delete_holiday(session, actor=world.admin, holiday_id=holiday.id)

    rows = await session.scalars(
        select(col(LearningSession.local_date))
        .where(col(LearningSession.batch_id) == world.maths.id)
        .order_by(col(LearningSession.local_date))
    )
    assert [f"{day:%m-%d}" for day in rows] == ["11-25", "11-30", "12-02", "12-07"]
    again = await service.follow_calendar(session, actor=world.admin)
    assert (again.added, again.left_out) == (0, 1)
    with count_queries() as statements:
        unplaced = await service.list_unplaced_meetings(session, actor=world.admin, page=PAGE)
    assert len(statements) <= 6, statements
    (missing,) = unplaced.items
    assert (missing.batch_name, missing.local_date, missing.session_id) == ("Maths A", MONDAY, None)
    assert missing.clash is not None
    assert missing.clash.sentence == "Room 1 is taken by Physics B, Mon 23 Nov 10:00–11:00."
    admin = await sign_in(await factories.create_user(session))
    answer = await client.get(
        "/api/v1/timetable/unplaced", headers=admin, params={"batch_id": world.maths.id}
    )
    assert answer.json()["total"] == 1
    # a change that asks for no place is not refused for it
    await service.update_batch(
        session, actor=world.admin, batch_id=world.maths.id, data=BatchUpdate(name="Maths A1")
    )
    await service.cancel_session(
        session, actor=world.admin, session_id=world.lesson.id, data=SessionCancel(reason="Ill")
    )
    assert (await service.follow_calendar(session, actor=world.admin)).added == 1
    assert (await service.list_unplaced_meetings(session, actor=world.admin, page=PAGE)).total == 0


async def test_of_two_new_sessions_in_each_others_way_the_first_is_made(
    session: AsyncSession, world: World
) -> None:
    holiday = await calendar.create_holiday(
        session, actor=world.admin, data=HolidayCreate(name="Fair", starts_on=date(2026, 11, 24), ends_on=date(2027, 2, 1))
    )  # fmt: skip
    student = await factories.create_student(session)
    for batch in (world.physics, world.maths):
        await factories.create_enrollment(session, student=student, batch=batch)
        await service.set_schedule(
            session,
            actor=world.admin,
            batch_id=batch.id,
            data=ScheduleUpdate(meetings=[MeetingWrite(weekday=3, **TEN)]),
        )
    await calendar.delete_holiday(session, actor=world.admin, holiday_id=holiday.id)
    made = await session.scalars(
        select(col(LearningSession.batch_id)).where(col(LearningSession.schedule_id).is_not(None))
    )
    assert set(made) == {world.physics.id}
    unplaced = await service.list_unplaced_meetings(session, actor=world.admin, page=PAGE)
    assert {each.batch_name for each in unplaced.items} == {"Maths A"}
    assert {each.clash.kind for each in unplaced.items if each.clash} == {ClashKind.STUDENT}


async def test_an_import_learns_beforehand_which_enrolments_clash(
    session: AsyncSession, world: World
) -> None:
    await service.create_session(session, actor=world.admin, data=world.at(10))
    in_physics, new = [await factories.create_student(session) for _ in range(2)]
    await factories.create_enrollment(session, student=in_physics, batch=world.physics)
    first = date(2026, 9, 1)
    wanted = [
        service.WantedEnrollment(in_physics.id, world.maths.id, first, None),
        service.WantedEnrollment(in_physics.id, world.maths.id, date(2026, 11, 24), None),
        service.WantedEnrollment(new.id, world.maths.id, first, None),
        service.WantedEnrollment(new.id, world.physics.id, first, date(2026, 11, 23)),
    ]
    found = await service.clashing_enrollments(session, actor=world.admin, wanted=wanted)
    assert found == {
        wanted[0]: f"{in_physics.full_name} is in Physics B, Mon 23 Nov 10:00–11:00.",
        wanted[3]: f"{new.full_name} is in Maths A, Mon 23 Nov 10:00–11:00.",
    }
    assert await service.clashing_enrollments(session, actor=world.admin, wanted=[]) == {}


@pytest.mark.parametrize("role", [Role.FACULTY, Role.COUNSELOR])
async def test_only_an_admin_is_told_of_clashes(session: AsyncSession, world: World, role: Role) -> None:
    own = {"faculty_id": world.maths.faculty_id} if role is Role.FACULTY else {}
    actor = actor_of(await factories.create_user(session, role=role, **own))
    query = ClashQuery(batch_id=world.maths.id, local_date=MONDAY, **TEN, room_id=world.room.id)
    with pytest.raises(Forbidden):
        await service.find_clashes(session, actor=actor, data=query)
    with pytest.raises(Forbidden):
        await service.list_unplaced_meetings(session, actor=actor, page=PAGE)
    with pytest.raises(Forbidden):
        await service.clashing_enrollments(session, actor=actor, wanted=[])
