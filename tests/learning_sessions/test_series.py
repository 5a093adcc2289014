"""One session, it and those that follow, or the whole weekly meeting; make-ups."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.attendance.models import Attendance, AttendanceStatus
from academics_app.core.actor import Actor, Role
from academics_app.core.clock import frozen_at
from academics_app.core.errors import Conflict, Forbidden, InvalidInput
from academics_app.institute import calendar
from academics_app.institute.schemas import HolidayCreate, SettingsUpdate
from academics_app.institute.service import update_settings
from academics_app.learning_sessions import service
from academics_app.learning_sessions.generation import Generated
from academics_app.learning_sessions.models import LearningSession, SessionStatus
from academics_app.learning_sessions.schemas import (
    BatchCreate,
    BatchRead,
    ChangeScope,
    MakeUp,
    MeetingWrite,
    SessionCancel,
    SessionChange,
    SessionUpdate,
)
from tests import factories
from tests.factories import actor_of

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)  # a Monday
MONDAYS = ["11-23", "11-30", "12-07", "12-14"]
FOLLOWING, SERIES = ChangeScope.FOLLOWING, ChangeScope.SERIES


@pytest.fixture(autouse=True)
def _frozen() -> Iterator[None]:
    with frozen_at(NOW):
        yield


@pytest.fixture
async def admin(session: AsyncSession) -> Actor:
    admin = actor_of(await factories.create_user(session))
    await update_settings(session, actor=admin, data=SettingsUpdate(generate_weeks_ahead=3))
    return admin


@pytest.fixture
async def batch(session: AsyncSession, admin: Actor) -> BatchRead:
    """Mondays from ten to eleven, since September."""
    subject, teacher = await factories.create_subject(session), await factories.create_faculty(session)
    room = await factories.create_room(session)
    data = BatchCreate(
        code="PHY-B", name="Physics B", subject_id=subject.id, faculty_id=teacher.id, branch_id=room.branch_id, room_id=room.id,
        starts_on=date(2026, 9, 1), meetings=[MeetingWrite(weekday=0, starts_at=time(10), ends_at=time(11))],
    )  # fmt: skip
    return await service.create_batch(session, actor=admin, data=data)


async def rows(session: AsyncSession, batch: BatchRead) -> list[LearningSession]:
    statement = (
        select(LearningSession)
        .where(col(LearningSession.batch_id) == batch.id)
        .order_by(col(LearningSession.occurs_on), col(LearningSession.id))
        .execution_options(populate_existing=True)
    )
    return list(await session.scalars(statement))


async def places(session: AsyncSession, batch: BatchRead) -> list[str]:
    return [f"{row.starts_at:%m-%d %H}" for row in await rows(session, batch)]


async def week(session: AsyncSession, admin: Actor, batch: BatchRead) -> list[tuple[Any, ...]]:
    meetings = await service.read_schedule(session, actor=admin, batch_id=batch.id)
    return [(each.weekday, each.starts_at.hour, each.starts_on, each.ends_on) for each in meetings]


async def settled(session: AsyncSession, admin: Actor, batch: BatchRead) -> bool:
    """Whether the nightly run agrees that nothing is to do."""
    return await service.generate_sessions(session, actor=admin, batch_id=batch.id) == Generated()


async def test_this_and_following_end_the_meeting_and_begin_another(
    session: AsyncSession, admin: Actor, batch: BatchRead
) -> None:
    before = await rows(session, batch)
    data = SessionChange(scope=FOLLOWING, starts_at=time(14), ends_at=time(15, 30), version=1)
    done = await service.change_session(session, actor=admin, session_id=before[2].id, data=data)
    assert done.session is not None
    assert (done.session.id, done.session.starts_at.hour, done.session.sequence) == (before[2].id, 14, 1)
    assert (done.moved, done.added, done.removed, done.left_alone) == (2, 0, 0, 0)
    assert await places(session, batch) == ["11-23 10", "11-30 10", "12-07 14", "12-14 14"]
    assert [row.id for row in await rows(session, batch)] == [row.id for row in before]
    assert await week(session, admin, batch) == [
        (0, 10, None, date(2026, 12, 6)), (0, 14, date(2026, 12, 7), None),
    ]  # fmt: skip
    assert await settled(session, admin, batch)


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        (date(2026, 12, 4), ["11-23 10", "12-04 10", "12-11 10", "12-18 10"]),
        (date(2026, 11, 30), [f"{day} 10" for day in MONDAYS]),
    ],
)
async def test_another_date_of_the_week_moves_the_weekday(
    session: AsyncSession, admin: Actor, batch: BatchRead, to: date, expected: list[str]
) -> None:
    second = (await rows(session, batch))[1]
    data = SessionChange(scope=FOLLOWING, local_date=to)
    await service.change_session(session, actor=admin, session_id=second.id, data=data)
    assert await places(session, batch) == expected
    assert await settled(session, admin, batch)


async def test_the_whole_series_moves_from_today_on(
    session: AsyncSession, admin: Actor, batch: BatchRead
) -> None:
    """What was held this week stays, and no second session is made for its week."""
    first, *_ = before = await rows(session, batch)
    with frozen_at(datetime(2026, 11, 24, 6, tzinfo=UTC)):
        data = SessionChange(scope=SERIES, local_date=date(2026, 12, 3))
        done = await service.change_session(session, actor=admin, session_id=before[1].id, data=data)
        assert (done.moved, done.added, done.removed) == (3, 0, 0)
        assert await places(session, batch) == ["11-23 10", "12-03 10", "12-10 10", "12-17 10"]
        assert await settled(session, admin, batch)
        last = (await rows(session, batch))[-1]
        back = SessionChange(scope=SERIES, local_date=date(2026, 12, 14))
        await service.change_session(session, actor=admin, session_id=last.id, data=back)
        assert await places(session, batch) == [f"{day} 10" for day in MONDAYS]
        assert await settled(session, admin, batch)
    assert (await rows(session, batch))[0].id == first.id


async def test_what_somebody_touched_is_left_alone_and_counted(
    session: AsyncSession, admin: Actor, batch: BatchRead
) -> None:
    first, cancelled, marked, _ = await rows(session, batch)
    await service.cancel_session(
        session, actor=admin, session_id=cancelled.id, data=SessionCancel(reason="Ill")
    )
    student = await factories.create_student(session)
    session.add(
        Attendance(
            session_id=marked.id,
            student_id=student.id,
            status=AttendanceStatus.EXCUSED,
            version=1,
            marked_at=NOW,
        )
    )
    await session.flush()
    data = SessionChange(scope=SERIES, local_date=date(2026, 11, 27), starts_at=time(9), ends_at=time(10))
    done = await service.change_session(session, actor=admin, session_id=first.id, data=data)
    assert (done.moved, done.added, done.removed, done.left_alone) == (2, 0, 0, 2)
    assert await places(session, batch) == ["11-27 09", "11-30 10", "12-07 10", "12-18 09"]
    assert await settled(session, admin, batch)


async def test_a_session_moved_to_another_date_is_not_made_again_on_the_old_one(
    session: AsyncSession, admin: Actor, batch: BatchRead
) -> None:
    second = (await rows(session, batch))[1]
    await service.update_session(
        session, actor=admin, session_id=second.id, data=SessionUpdate(local_date=date(2026, 12, 2))
    )
    assert await settled(session, admin, batch)
    assert await places(session, batch) == ["11-23 10", "12-02 10", "12-07 10", "12-14 10"]
    # onto the very day of the next one, which only the clock keeps apart
    await service.update_session(
        session, actor=admin, session_id=second.id,
        data=SessionUpdate(local_date=date(2026, 12, 7), starts_at=time(12), ends_at=time(13)),
    )  # fmt: skip
    assert await places(session, batch) == ["11-23 10", "12-07 12", "12-07 10", "12-14 10"]
    assert await settled(session, admin, batch)


async def test_a_meetings_last_day_moves_with_it(
    session: AsyncSession, admin: Actor, batch: BatchRead
) -> None:
    before = await rows(session, batch)
    await service.change_session(
        session, actor=admin, session_id=before[3].id, data=SessionChange(scope=FOLLOWING, starts_at=time(9))
    )
    data = SessionChange(scope=SERIES, local_date=date(2026, 11, 25))
    await service.change_session(session, actor=admin, session_id=before[0].id, data=data)
    assert await places(session, batch) == ["11-25 10", "12-02 10", "12-09 10", "12-14 09"]
    assert await week(session, admin, batch) == [
        (0, 9, date(2026, 12, 14), None), (2, 10, None, date(2026, 12, 9)),
    ]  # fmt: skip
    assert await settled(session, admin, batch)


async def test_following_from_the_first_session_changes_the_meeting_itself(
    session: AsyncSession, admin: Actor, batch: BatchRead
) -> None:
    before = await rows(session, batch)
    await service.change_session(
        session, actor=admin, session_id=before[2].id, data=SessionChange(scope=FOLLOWING, starts_at=time(9))
    )
    await service.change_session(
        session, actor=admin, session_id=before[2].id, data=SessionChange(scope=FOLLOWING, starts_at=time(8))
    )
    assert await week(session, admin, batch) == [
        (0, 8, date(2026, 12, 7), None), (0, 10, None, date(2026, 12, 6)),
    ]  # fmt: skip
    assert await places(session, batch) == ["11-23 10", "11-30 10", "12-07 08", "12-14 08"]


async def test_what_cannot_be_said_of_a_series_is_refused(
    session: AsyncSession, admin: Actor, batch: BatchRead
) -> None:
    lesson = (await rows(session, batch))[0]
    teacher = await factories.create_faculty(session)
    for data, field in (
        (SessionChange(scope=SERIES, faculty_id=teacher.id), "faculty_id"),
        (SessionChange(scope=FOLLOWING, local_date=date(2026, 11, 30)), "local_date"),
        (SessionChange(scope=SERIES, starts_at=time(12)), "ends_at"),
    ):
        with pytest.raises(InvalidInput) as refusal:
            await service.change_session(session, actor=admin, session_id=lesson.id, data=data)
        assert set(refusal.value.fields or {}) == {field}
    stored = await session.scalar(select(col(LearningSession.batch_id)))
    assert stored == batch.id
    one_off = await factories.create_session(
        session, batch=await factories.create_batch(session), starts_at=NOW
    )
    with pytest.raises(Conflict) as conflict:
        await service.change_session(
            session, actor=admin, session_id=one_off.id, data=SessionChange(scope=SERIES)
        )
    assert conflict.value.code == "one_off"


async def test_a_series_that_would_clash_stays_as_it_is(
    session: AsyncSession, admin: Actor, batch: BatchRead
) -> None:
    other = await factories.create_batch(session, name="Maths A", branch_id=batch.branch_id)
    await factories.create_session(
        session, batch=other, room_id=batch.room_id, starts_at=datetime(2026, 12, 9, 10, tzinfo=UTC)
    )
    lesson_id = (await rows(session, batch))[1].id
    data = SessionChange(scope=FOLLOWING, local_date=date(2026, 12, 2))
    with pytest.raises(Conflict) as refusal:
        async with session.begin_nested():
            await service.change_session(session, actor=admin, session_id=lesson_id, data=data)
    assert refusal.value.detail.endswith("is taken by Maths A, Wed 9 Dec 10:00–11:00.")
    assert await places(session, batch) == [f"{day} 10" for day in MONDAYS]


async def test_a_holiday_on_the_new_day_takes_the_session_itself(
    session: AsyncSession, admin: Actor, batch: BatchRead
) -> None:
    fair = HolidayCreate(name="Fair", starts_on=date(2026, 11, 27), ends_on=date(2026, 11, 27))
    await calendar.create_holiday(session, actor=admin, data=fair)
    lesson = (await rows(session, batch))[0]
    data = SessionChange(scope=SERIES, local_date=date(2026, 11, 27))
    done = await service.change_session(session, actor=admin, session_id=lesson.id, data=data)
    assert (done.session, done.moved, done.removed) == (None, 3, 1)


async def test_one_session_takes_room_time_and_substitute_at_once(
    session: AsyncSession, admin: Actor, batch: BatchRead
) -> None:
    lesson = (await rows(session, batch))[0]
    stand_in = await factories.create_faculty(session)
    data = SessionChange(starts_at=time(12), ends_at=time(13), room_id=None, faculty_id=stand_in.id)
    done = await service.change_session(session, actor=admin, session_id=lesson.id, data=data)
    assert done.session is not None
    assert (done.session.room_id, done.session.faculty_id, done.session.substitute_for_id) == (
        None, stand_in.id, batch.faculty_id,
    )  # fmt: skip
    assert (done.moved, done.session.sequence) == (1, 1)


async def test_the_rest_of_a_series_is_cancelled(
    session: AsyncSession, admin: Actor, batch: BatchRead
) -> None:
    before = await rows(session, batch)
    by_hand = SessionUpdate(starts_at=time(8))
    await service.update_session(session, actor=admin, session_id=before[3].id, data=by_hand)
    done = await service.cancel_following(
        session, actor=admin, session_id=before[1].id, data=SessionCancel(reason="Moved away")
    )
    assert done.session is not None
    assert (done.session.status, done.session.cancel_reason) == (SessionStatus.CANCELLED, "Moved away")
    assert (done.removed, done.left_alone) == (1, 1)
    assert await places(session, batch) == ["11-23 10", "11-30 10", "12-14 08"]
    assert await week(session, admin, batch) == [(0, 10, None, date(2026, 11, 29))]
    assert await settled(session, admin, batch)


async def test_the_sequence_grows_with_time_room_teacher_and_status(
    session: AsyncSession, admin: Actor, batch: BatchRead
) -> None:
    lesson = (await rows(session, batch))[0]
    topic = await factories.create_topic(session)
    same = await service.update_session(
        session, actor=admin, session_id=lesson.id, data=SessionUpdate(topic_id=topic.id)
    )
    assert same.sequence == 0
    gone = await service.cancel_session(
        session, actor=admin, session_id=lesson.id, data=SessionCancel(reason="Ill")
    )
    assert gone.sequence == 1
    back = await service.reinstate_session(session, actor=admin, session_id=lesson.id)
    assert back.sequence == 2
    moved = await service.update_session(
        session, actor=admin, session_id=lesson.id, data=SessionUpdate(starts_at=time(9), room_id=None)
    )
    assert moved.sequence == 3


async def test_a_cancelled_session_is_made_up_for_at_once_or_later(
    session: AsyncSession, admin: Actor, batch: BatchRead
) -> None:
    first, second, *_ = await rows(session, batch)
    make_up = MakeUp(local_date=date(2026, 11, 28), starts_at=time(9), ends_at=time(10))
    gone = await service.cancel_session(
        session, actor=admin, session_id=first.id, data=SessionCancel(reason="Ill", make_up=make_up)
    )
    assert gone.made_up_by is not None
    made = await service.read_session(session, actor=admin, session_id=gone.made_up_by.id)
    assert made.makes_up_for is not None
    assert (made.makes_up_for.id, made.room_id, made.faculty_id) == (
        first.id,
        batch.room_id,
        batch.faculty_id,
    )
    assert made.schedule_id is None

    for refused in (
        service.add_make_up(session, actor=admin, session_id=first.id, data=make_up),
        service.reinstate_session(session, actor=admin, session_id=first.id),
    ):
        with pytest.raises(Conflict) as conflict:
            await refused
        assert conflict.value.code == "made_up"
    with pytest.raises(Conflict):
        await service.add_make_up(session, actor=admin, session_id=second.id, data=make_up)

    await service.cancel_session(session, actor=admin, session_id=made.id, data=SessionCancel(reason="Snow"))
    assert (await service.read_session(session, actor=admin, session_id=first.id)).made_up_by is None
    stand_in = await factories.create_faculty(session)
    later = make_up.model_copy(update={"faculty_id": stand_in.id, "local_date": date(2026, 12, 5)})
    again = await service.add_make_up(session, actor=admin, session_id=first.id, data=later)
    assert (again.faculty_id, again.substitute_for_id) == (stand_in.id, batch.faculty_id)
    assert await settled(session, admin, batch)


@pytest.mark.parametrize("role", [Role.FACULTY, Role.COUNSELOR])
async def test_only_an_admin_changes_series(
    session: AsyncSession, admin: Actor, batch: BatchRead, role: Role
) -> None:
    own = {"faculty_id": batch.faculty_id} if role is Role.FACULTY else {}
    actor = actor_of(await factories.create_user(session, role=role, **own))
    lesson = (await rows(session, batch))[0]
    make_up = MakeUp(local_date=date(2026, 11, 28), starts_at=time(9), ends_at=time(10))
    for refused in (
        service.change_session(session, actor=actor, session_id=lesson.id, data=SessionChange(scope=SERIES)),
        service.cancel_following(session, actor=actor, session_id=lesson.id, data=SessionCancel(reason="x")),
        service.add_make_up(session, actor=actor, session_id=lesson.id, data=make_up),
    ):
        with pytest.raises(Forbidden):
            await refused
