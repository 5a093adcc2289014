"""Two hundred at once for one place, on connections of their own: exactly one gets it, and the others are told so."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.core import db
from academics_app.core.actor import Door, system_actor
from academics_app.core.errors import AppError
from academics_app.learning_sessions import service
from academics_app.learning_sessions.models import Batch, Enrollment, LearningSession, Seat
from academics_app.learning_sessions.schemas import EnrollmentCreate, SessionCreate, SessionUpdate
from tests import factories

pytestmark = pytest.mark.usefixtures("committed")

ATTEMPTS = 200
ADMIN = system_actor(Door.REST)
DAY = date(2026, 11, 23)


async def _outcome(write: Callable[[AsyncSession], Awaitable[object]]) -> str:
    try:
        async with db.transaction() as own:
            await write(own)
    except AppError as refusal:
        return refusal.code
    return "done"


async def _outcomes(*writes: Callable[[AsyncSession], Awaitable[object]]) -> Counter[str]:
    return Counter(await asyncio.gather(*(_outcome(write) for write in writes)))


def _at(batch_id: int, number: int, **more: int) -> SessionCreate:
    """Half past nine, and up to 29 minutes later: each overlaps every other."""
    minute = 30 + number % 30
    return SessionCreate(
        batch_id=batch_id, local_date=DAY, starts_at=time(9, minute), ends_at=time(10, minute), **more
    )


def _create(data: SessionCreate) -> Callable[[AsyncSession], Awaitable[object]]:
    return lambda own: service.create_session(own, actor=ADMIN, data=data)


async def _stored() -> int:
    async with db.reading() as own:
        return await own.scalar(select(func.count()).select_from(LearningSession)) or 0


@pytest.mark.parametrize("what", ["room", "faculty"])
async def test_two_hundred_book_one_room_or_teacher(what: str) -> None:
    async with db.transaction() as setup:
        room, teacher = await factories.create_room(setup), await factories.create_faculty(setup)
        batches = [await factories.create_batch(setup, branch_id=room.branch_id) for _ in range(10)]
    taken = {"room_id": room.id} if what == "room" else {"faculty_id": teacher.id}
    outcomes = await _outcomes(
        *(_create(_at(batches[number % 10].id, number, **taken)) for number in range(ATTEMPTS))
    )
    assert outcomes == {"done": 1, "clash": ATTEMPTS - 1}
    assert await _stored() == 1


async def test_two_hundred_book_one_student() -> None:
    """Half of them by a session of another of the student's batches, half by an enrolment into another batch."""
    async with db.transaction() as setup:
        student = await factories.create_student(setup)
        joined = [await factories.create_batch(setup) for _ in range(10)]
        for batch in joined:
            await factories.create_enrollment(setup, student=student, batch=batch)
        others = [await factories.create_batch(setup) for _ in range(10)]
        for batch in others:
            await factories.create_session(
                setup, batch=batch, starts_at=datetime(2026, 11, 23, 9, 45, tzinfo=UTC)
            )
    writes = []
    for number in range(ATTEMPTS // 2):
        writes += [
            _create(_at(joined[number % 10].id, number)),
            _enroll(others[number % 10].id, student.id),
        ]
    outcomes = await _outcomes(*writes)
    assert outcomes["done"] == 1, outcomes
    # who asks again for the very enrolment that won hears that it is there
    assert set(outcomes) <= {"done", "clash", "already_enrolled"}
    assert outcomes["clash"] >= ATTEMPTS - 1 - 9
    async with db.reading() as own:
        assert await own.scalar(select(func.count()).select_from(Seat)) == 1


def _enroll(batch_id: int, student_id: int) -> Callable[[AsyncSession], Awaitable[object]]:
    data = EnrollmentCreate(student_ids=[student_id], starts_on=date(2026, 9, 1))
    return lambda own: service.enroll_students(own, actor=ADMIN, batch_id=batch_id, data=data)


async def test_the_database_alone_refuses_those_that_come_past_the_services() -> None:
    """No lock is taken here: the constraints decide, and a deadlock between two of them is a refusal as well."""
    async with db.transaction() as setup:
        room = await factories.create_room(setup)
        batch = await factories.create_batch(setup, branch_id=room.branch_id)

    async def insert() -> bool:
        try:
            async with db.transaction() as own:
                own.add(
                    LearningSession(
                        batch_id=batch.id,
                        branch_id=batch.branch_id,
                        room_id=room.id,
                        local_date=DAY,
                        starts_at=datetime(2026, 11, 23, 9, tzinfo=UTC),
                        ends_at=datetime(2026, 11, 23, 10, tzinfo=UTC),
                    )
                )
        except Exception as error:  # noqa: BLE001 - whichever of the two it is
            assert "ex_learning_session_room_id" in str(error) or "deadlock" in str(error)  # noqa: PT017
            return False
        return True

    assert sum(await asyncio.gather(*(insert() for _ in range(8)))) == 1


async def test_a_deadlock_is_a_refusal_that_may_be_tried_again() -> None:
    """Two writers without the lock hold one batch each and want the other's."""
    async with db.transaction() as setup:
        batches = [await factories.create_batch(setup) for _ in range(2)]
        lessons = [
            await factories.create_session(
                setup, batch=batch, starts_at=datetime(2026, 11, 23, 9, tzinfo=UTC)
            )
            for batch in batches
        ]
    both_hold = asyncio.Barrier(2)

    async def write(number: int, own: AsyncSession) -> None:
        mine, other = batches[number], lessons[1 - number]
        await own.execute(
            select(col(Batch.id)).where(col(Batch.id) == mine.id).with_for_update(key_share=True)
        )
        await both_hold.wait()
        await _reschedule(own, other.id)

    outcomes = await _outcomes(lambda own: write(0, own), lambda own: write(1, own))
    assert outcomes == {"done": 1, "busy": 1}


async def _reschedule(own: AsyncSession, session_id: int) -> None:
    from academics_app.learning_sessions.clashes import clashes_of_sessions, refuse_clashes

    row = await own.get_one(LearningSession, session_id)
    async with refuse_clashes(own, lambda: clashes_of_sessions(own, [], actor=system_actor(Door.JOB)), {}):
        row.starts_at, row.ends_at = row.starts_at.replace(hour=12), row.ends_at.replace(hour=13)


@pytest.mark.parametrize("first", ["enrolment", "session"])
async def test_an_enrolment_and_a_session_at_once_make_the_seat(first: str) -> None:
    """Whichever is written first, past the services' lock; the other one waits in the trigger and sees it."""
    async with db.transaction() as setup:
        student, batch = await factories.create_student(setup), await factories.create_batch(setup)
    rows = {
        "enrolment": Enrollment(student_id=student.id, batch_id=batch.id, starts_on=date(2026, 9, 1)),
        "session": LearningSession(
            batch_id=batch.id,
            branch_id=batch.branch_id,
            local_date=DAY,
            starts_at=datetime(2026, 11, 23, 9, tzinfo=UTC),
            ends_at=datetime(2026, 11, 23, 10, tzinfo=UTC),
        ),
    }
    second = "session" if first == "enrolment" else "enrolment"
    is_written, is_waiting = asyncio.Event(), asyncio.Event()

    async def write_first() -> None:
        async with db.transaction() as own:
            own.add(rows[first])
            await own.flush()
            is_written.set()
            await is_waiting.wait()
            await asyncio.sleep(0)

    async def write_second() -> None:
        await is_written.wait()
        async with db.transaction() as own:
            own.add(rows[second])
            is_waiting.set()
            await own.flush()

    await asyncio.gather(write_first(), write_second())
    async with db.reading() as own:
        seats = (await own.execute(select(col(Seat.session_id), col(Seat.student_id)))).all()
    assert [tuple(seat) for seat in seats] == [(rows["session"].id, student.id)]


async def test_enrolments_and_sessions_of_many_at_once_leave_every_seat() -> None:
    async with db.transaction() as setup:
        batch = await factories.create_batch(setup)
        students = [await factories.create_student(setup) for _ in range(12)]
    writes = [_enroll(batch.id, student.id) for student in students]
    for hour in range(6):
        data = SessionCreate(
            batch_id=batch.id, local_date=DAY, starts_at=time(9 + hour), ends_at=time(10 + hour)
        )
        writes.insert(2 * hour, _create(data))
    assert await _outcomes(*writes) == {"done": 18}
    async with db.reading() as own:
        assert await own.scalar(select(func.count()).select_from(Seat)) == 72


async def test_two_changes_of_one_session_are_one_after_the_other() -> None:
    async with db.transaction() as setup:
        lesson = await factories.create_session(
            setup,
            batch=await factories.create_batch(setup),
            starts_at=datetime(2026, 11, 23, 9, tzinfo=UTC),
        )

    def move(hour: int) -> Callable[[AsyncSession], Awaitable[object]]:
        data = SessionUpdate(starts_at=time(hour), ends_at=time(hour + 1), version=1)
        return lambda own: service.update_session(own, actor=ADMIN, session_id=lesson.id, data=data)

    assert await _outcomes(*(move(hour) for hour in range(10, 18))) == {"done": 1, "stale_version": 7}
