from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.attendance.models import Attendance, AttendanceStatus
from academics_app.core.actor import Actor, Role
from academics_app.core.clock import frozen_at
from academics_app.core.errors import Forbidden, NotFound
from academics_app.institute import calendar
from academics_app.institute import service as institute
from academics_app.institute.schemas import HolidayCreate, HolidayUpdate, SettingsUpdate
from academics_app.learning_sessions import service
from academics_app.learning_sessions.generation import Generated
from academics_app.learning_sessions.models import Batch, LearningSession, WalkIn
from academics_app.learning_sessions.schemas import (
    BatchCreate,
    BatchUpdate,
    MeetingWrite,
    ScheduleUpdate,
    SessionCancel,
    SessionSubstitute,
    SessionUpdate,
)
from tests import factories
from tests.factories import actor_of

if TYPE_CHECKING:
    from tests.conftest import CountQueries

MONDAY, WEDNESDAY = 0, 2
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)  # a Monday, before the first meeting


@pytest.fixture(autouse=True)
def _frozen() -> Iterator[None]:
    with frozen_at(NOW):
        yield


@pytest.fixture
async def admin(session: AsyncSession) -> Actor:
    admin = actor_of(await factories.create_user(session))
    await institute.update_settings(
        session, actor=admin, data=SettingsUpdate(time_zone="Europe/Paris", generate_weeks_ahead=3)
    )
    return admin


@pytest.fixture
async def batch(session: AsyncSession, admin: Actor) -> Batch:
    subject, teacher = await factories.create_subject(session), await factories.create_faculty(session)
    room = await factories.create_room(session)
    data = BatchCreate(
        code="PHY-B",
        name="Physics B",
        subject_id=subject.id,
        faculty_id=teacher.id,
        branch_id=room.branch_id,
        room_id=room.id,
        starts_on=date(2026, 9, 1),
        meetings=[_meeting(MONDAY), _meeting(WEDNESDAY)],
    )
    created = await service.create_batch(session, actor=admin, data=data)
    return await session.get_one(Batch, created.id)


def _meeting(weekday: int, hour: int = 10, **more: int | None) -> MeetingWrite:
    return MeetingWrite(weekday=weekday, starts_at=time(hour), ends_at=time(hour + 1), **more)  # pyright: ignore[reportArgumentType]


async def _sessions(session: AsyncSession, batch: Batch) -> list[LearningSession]:
    statement = (
        select(LearningSession)
        .where(col(LearningSession.batch_id) == batch.id)
        .order_by(col(LearningSession.starts_at))
        .execution_options(populate_existing=True)
    )
    return list(await session.scalars(statement))


async def _days(session: AsyncSession, batch: Batch) -> list[str]:
    return [f"{each.local_date:%m-%d}" for each in await _sessions(session, batch)]


ALL_DAYS = ["11-23", "11-25", "11-30", "12-02", "12-07", "12-09", "12-14"]


async def test_a_new_batch_has_its_sessions_at_once_and_no_second_run_adds_any(
    session: AsyncSession, admin: Actor, batch: Batch
) -> None:
    rows = await _sessions(session, batch)
    assert [f"{row.local_date:%m-%d}" for row in rows] == ALL_DAYS
    assert {(row.faculty_id, row.room_id, row.branch_id) for row in rows} == {
        (batch.faculty_id, batch.room_id, batch.branch_id)
    }
    assert rows[0].starts_at == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert await service.generate_sessions(session, actor=admin, batch_id=batch.id) == Generated()
    assert await service.follow_calendar(session, actor=admin) == Generated()


async def test_until_reaches_further(session: AsyncSession, admin: Actor, batch: Batch) -> None:
    done = await service.generate_sessions(session, actor=admin, batch_id=batch.id, until=date(2026, 12, 21))
    assert done == Generated(added=2)


async def test_a_changed_meeting_moves_its_untouched_sessions_only(
    session: AsyncSession, admin: Actor, batch: Batch
) -> None:
    rows = await _sessions(session, batch)
    marked, walked_into, cancelled, covered, moved_by_hand = rows[0], rows[2], rows[4], rows[6], rows[1]
    student = await factories.create_student(session)
    session.add_all(
        [
            Attendance(
                session_id=marked.id,
                student_id=student.id,
                status=AttendanceStatus.ABSENT,
                version=1,
                marked_at=NOW,
            ),
            WalkIn(session_id=walked_into.id, student_id=student.id),
        ]
    )
    await session.flush()
    other = await factories.create_faculty(session)
    await service.cancel_session(
        session, actor=admin, session_id=cancelled.id, data=SessionCancel(reason="Ill")
    )
    await service.assign_substitute(
        session, actor=admin, session_id=covered.id, data=SessionSubstitute(faculty_id=other.id)
    )
    await service.update_session(
        session,
        actor=admin,
        session_id=moved_by_hand.id,
        data=SessionUpdate(starts_at=time(8), ends_at=time(9)),
    )
    schedule = await service.read_schedule(session, actor=admin, batch_id=batch.id)
    week = ScheduleUpdate(
        meetings=[_meeting(MONDAY, 15, id=schedule[0].id), _meeting(WEDNESDAY, 16, id=schedule[1].id)]
    )
    await service.set_schedule(session, actor=admin, batch_id=batch.id, data=week)

    after = {row.id: row.starts_at.hour for row in await _sessions(session, batch)}
    assert list(after) != []
    assert [after[row.id] for row in (marked, walked_into, cancelled, covered, moved_by_hand)] == [
        9,
        9,
        9,
        9,
        7,
    ]
    assert sorted(after[row.id] for row in (rows[3], rows[5])) == [15, 15]
    assert len(after) == len(ALL_DAYS)


async def test_a_dropped_meeting_takes_its_untouched_sessions_with_it(
    session: AsyncSession, admin: Actor, batch: Batch
) -> None:
    cancelled = (await _sessions(session, batch))[3]
    await service.cancel_session(
        session, actor=admin, session_id=cancelled.id, data=SessionCancel(reason="Fair")
    )
    with frozen_at(datetime(2026, 11, 25, 9, 30, tzinfo=UTC)):  # Wednesday's session is running
        await service.set_schedule(
            session, actor=admin, batch_id=batch.id, data=ScheduleUpdate(meetings=[_meeting(MONDAY)])
        )
    assert await _days(session, batch) == ["11-23", "11-25", "11-30", "12-02", "12-07", "12-14"]
    stayed = {f"{row.local_date:%m-%d}": row.schedule_id for row in await _sessions(session, batch)}
    assert stayed["11-25"] is None
    assert stayed["12-02"] is None


async def test_the_same_week_again_changes_no_session(
    session: AsyncSession, admin: Actor, batch: Batch
) -> None:
    before = [row.id for row in await _sessions(session, batch)]
    week = ScheduleUpdate(meetings=[_meeting(WEDNESDAY), _meeting(MONDAY)])
    await service.set_schedule(session, actor=admin, batch_id=batch.id, data=week)
    assert [row.id for row in await _sessions(session, batch)] == before


async def test_sessions_follow_holidays_both_ways(session: AsyncSession, admin: Actor, batch: Batch) -> None:
    other_branch = await factories.create_branch(session)
    elsewhere = HolidayCreate(
        name="Fête", starts_on=date(2026, 11, 24), ends_on=date(2026, 12, 20), branch_id=other_branch.id
    )
    await calendar.create_holiday(session, actor=admin, data=elsewhere)
    assert await _days(session, batch) == ALL_DAYS

    everywhere = HolidayCreate(name="Break", starts_on=date(2026, 11, 30), ends_on=date(2026, 12, 7))
    holiday = await calendar.create_holiday(session, actor=admin, data=everywhere)
    assert await _days(session, batch) == ["11-23", "11-25", "12-09", "12-14"]

    await calendar.update_holiday(
        session, actor=admin, holiday_id=holiday.id, data=HolidayUpdate(ends_on=date(2026, 12, 1))
    )
    assert await _days(session, batch) == ["11-23", "11-25", "12-02", "12-07", "12-09", "12-14"]

    await calendar.delete_holiday(session, actor=admin, holiday_id=holiday.id)
    assert await _days(session, batch) == ALL_DAYS


async def test_a_session_with_a_mark_survives_a_holiday(
    session: AsyncSession, admin: Actor, batch: Batch
) -> None:
    marked = (await _sessions(session, batch))[2]
    student = await factories.create_student(session)
    session.add(
        Attendance(
            session_id=marked.id,
            student_id=student.id,
            status=AttendanceStatus.LATE,
            version=1,
            marked_at=NOW,
        )
    )
    await session.flush()
    break_ = HolidayCreate(name="Break", starts_on=date(2026, 11, 24), ends_on=date(2026, 12, 20))
    await calendar.create_holiday(session, actor=admin, data=break_)
    assert await _days(session, batch) == ["11-23", "11-30"]
    assert await session.get(Attendance, (marked.id, student.id)) is not None


async def test_another_time_zone_keeps_the_wall_clock(
    session: AsyncSession, admin: Actor, batch: Batch
) -> None:
    await institute.update_settings(session, actor=admin, data=SettingsUpdate(time_zone="Asia/Kolkata"))
    rows = await _sessions(session, batch)
    assert {(row.starts_at.hour, row.starts_at.minute) for row in rows} == {(4, 30)}
    assert len(rows) == len(ALL_DAYS)


async def test_sessions_follow_the_batch(session: AsyncSession, admin: Actor, batch: Batch) -> None:
    rows = await _sessions(session, batch)
    old, new, substitute = (
        batch.faculty_id,
        await factories.create_faculty(session),
        await factories.create_faculty(session),
    )
    await service.assign_substitute(
        session, actor=admin, session_id=rows[1].id, data=SessionSubstitute(faculty_id=substitute.id)
    )
    await service.update_session(
        session, actor=admin, session_id=rows[2].id, data=SessionUpdate(room_id=None)
    )
    with frozen_at(datetime(2026, 11, 23, 12, tzinfo=UTC)):
        await service.update_batch(
            session,
            actor=admin,
            batch_id=batch.id,
            data=BatchUpdate(faculty_id=new.id, ends_on=date(2026, 12, 7)),
        )
    after = await _sessions(session, batch)
    assert [f"{row.local_date:%m-%d}" for row in after] == ALL_DAYS[:5]
    assert [row.faculty_id for row in after] == [old, substitute.id, new.id, new.id, new.id]
    assert after[1].substitute_for_id == new.id


async def test_a_completed_batch_has_no_more_sessions(
    session: AsyncSession, admin: Actor, batch: Batch
) -> None:
    with frozen_at(datetime(2026, 11, 25, 12, tzinfo=UTC)):
        await service.update_batch(
            session, actor=admin, batch_id=batch.id, data=BatchUpdate.model_validate({"status": "completed"})
        )
    assert await _days(session, batch) == ["11-23", "11-25"]


async def test_a_year_across_both_clock_changes(session: AsyncSession, admin: Actor, batch: Batch) -> None:
    await service.generate_sessions(session, actor=admin, batch_id=batch.id, until=date(2027, 11, 30))
    hours = {f"{row.local_date:%Y-%m-%d}": row.starts_at.hour for row in await _sessions(session, batch)}
    assert (hours["2027-03-24"], hours["2027-03-29"]) == (9, 8)
    assert (hours["2027-10-27"], hours["2027-11-01"]) == (8, 9)


@pytest.mark.parametrize("role", [Role.FACULTY, Role.COUNSELOR, Role.STUDENT, Role.GUARDIAN])
async def test_only_an_admin_generates(session: AsyncSession, batch: Batch, role: Role) -> None:
    own = {"faculty_id": batch.faculty_id} if role is Role.FACULTY else {}
    actor = actor_of(await factories.create_user(session, role=role, **own))
    with pytest.raises(NotFound if role in {Role.STUDENT, Role.GUARDIAN} else Forbidden):
        await service.generate_sessions(session, actor=actor, batch_id=batch.id)
    with pytest.raises(Forbidden):
        await service.follow_calendar(session, actor=actor)


async def test_many_batches_take_a_fixed_number_of_statements(
    session: AsyncSession, admin: Actor, batch: Batch, count_queries: "CountQueries"
) -> None:
    for number in range(3):
        data = BatchCreate(
            code=f"X{number}",
            name="X",
            subject_id=batch.subject_id,
            branch_id=batch.branch_id,
            starts_on=date(2026, 9, 1),
            meetings=[_meeting(day) for day in range(7)],
        )
        await service.create_batch(session, actor=admin, data=data)
    with count_queries() as statements:
        assert await service.follow_calendar(session, actor=admin) == Generated()
    assert sum("SAVEPOINT" not in each for each in statements) <= 6, statements
