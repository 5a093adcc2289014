"""Kiosks: their admin, their token, and what happens at the door."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.check_in import desk, limits
from academics_app.check_in.kiosks import (
    create_kiosk,
    list_kiosks,
    renew_kiosk,
    revoke_kiosk,
    update_kiosk,
)
from academics_app.check_in.models import Kiosk
from academics_app.check_in.schemas import KioskCheckIn, KioskCreate, KioskLink, KioskUpdate, KioskWelcome
from academics_app.core.actor import Role
from academics_app.core.clock import frozen_at
from academics_app.core.errors import AppError, Conflict, Forbidden, InvalidInput, NotFound, NotSignedIn
from academics_app.core.pagination import PageRequest
from academics_app.learning_sessions.models import SessionStatus
from tests import factories as make
from tests.check_in.conftest import JUST_BEFORE, TEN, Lesson, stored
from tests.conftest import CountQueries


async def add_kiosk(session: AsyncSession, lesson: Lesson, **values: object) -> KioskLink:
    data = KioskCreate.model_validate({"name": "Front door", "branch_id": lesson.branch.id} | values)
    return await create_kiosk(session, actor=lesson.admin, data=data)


@pytest.fixture
async def kiosk(session: AsyncSession, lesson: Lesson) -> desk.KioskActor:
    link = await add_kiosk(session, lesson)
    return await desk.recognise_kiosk(session, token=link.token)


async def type_code(
    session: AsyncSession, kiosk: desk.KioskActor, code: str = "S-00431", *, at: datetime = JUST_BEFORE
) -> KioskWelcome:
    with frozen_at(at):
        return await desk.check_in_at_kiosk(session, actor=kiosk, data=KioskCheckIn(code=code))


async def refusal_of(
    session: AsyncSession, kiosk: desk.KioskActor, code: str = "S-00431", *, at: datetime = JUST_BEFORE
) -> AppError:
    with pytest.raises(AppError) as refused:
        await type_code(session, kiosk, code, at=at)
    return refused.value


async def test_a_code_at_the_door_is_a_welcome(
    session: AsyncSession, lesson: Lesson, kiosk: desk.KioskActor
) -> None:
    session.info.clear()
    welcome = await type_code(session, kiosk)
    assert welcome == KioskWelcome(
        given_name="Asha",
        batch_name="Physics B",
        room_name="Room 1",
        starts_at=TEN,
        at=JUST_BEFORE,
        is_new=True,
    )
    assert set(session.info["live_topics"]) == {
        f"register:{lesson.session.id}",
        f"student:{lesson.students[0].id}",
    }
    row = await stored(session, lesson.session, lesson.students[0])
    assert row is not None
    assert (row.method, row.kiosk_id, row.device_hash) == ("kiosk", kiosk.kiosk_id, None)


@pytest.mark.parametrize("code", ["s-00431", " S-00431 ", "431", "00431"])
async def test_a_code_may_be_typed_as_people_type(
    session: AsyncSession, kiosk: desk.KioskActor, code: str
) -> None:
    assert (await type_code(session, kiosk, code)).given_name == "Asha"


async def test_the_code_as_it_stands_goes_before_the_number(
    session: AsyncSession, lesson: Lesson, kiosk: desk.KioskActor
) -> None:
    zoe = await make.create_student(session, branch=lesson.branch, code="431", given_name="Zoe")
    await make.create_enrollment(session, student=zoe, batch=lesson.batch)
    assert (await type_code(session, kiosk, "431")).given_name == "Zoe"
    assert (await type_code(session, kiosk, "S-00431")).given_name == "Asha"


async def test_the_second_time_stores_nothing(
    session: AsyncSession, lesson: Lesson, kiosk: desk.KioskActor
) -> None:
    await type_code(session, kiosk)
    again = await type_code(session, kiosk, at=TEN)
    assert (again.at, again.is_new) == (JUST_BEFORE, False)


async def test_between_two_sessions_the_nearer_start_is_meant(
    session: AsyncSession, lesson: Lesson, kiosk: desk.KioskActor
) -> None:
    batch = await make.create_batch(session, branch=lesson.branch, name="Maths A")
    await make.create_enrollment(session, student=lesson.students[0], batch=batch)
    await make.create_session(session, batch=batch, starts_at=TEN + timedelta(hours=1))
    assert (await type_code(session, kiosk, at=TEN + timedelta(minutes=20))).batch_name == "Physics B"
    assert (await type_code(session, kiosk, at=TEN + timedelta(minutes=50))).batch_name == "Maths A"


async def test_nobody_learns_which_codes_there_are(
    session: AsyncSession, lesson: Lesson, kiosk: desk.KioskActor
) -> None:
    """A wrong code, no session, too early, over, cancelled: the same answer to the letter."""
    idle = await make.create_student(session, branch=lesson.branch, code="S-09999")
    answers = [
        await refusal_of(session, kiosk, "S-12345"),
        await refusal_of(session, kiosk, idle.code),
        await refusal_of(session, kiosk, at=TEN - timedelta(minutes=15, seconds=1)),
        await refusal_of(session, kiosk, at=TEN + timedelta(hours=1)),
    ]
    lesson.session.status = SessionStatus.CANCELLED
    await session.flush()
    answers.append(await refusal_of(session, kiosk))
    assert {(each.status, str(each.body())) for each in answers} == {
        (404, "{'error': 'no_session_now', 'detail': 'No session of yours now.'}")
    }
    assert await stored(session, lesson.session, lesson.students[0]) is None


async def test_a_wrong_code_costs_the_same_queries(
    session: AsyncSession, kiosk: desk.KioskActor, count_queries: CountQueries
) -> None:
    await refusal_of(session, kiosk, "S-12345")
    with count_queries() as wrong:
        await refusal_of(session, kiosk, "S-12345")
    with count_queries() as early:
        await refusal_of(session, kiosk, at=TEN - timedelta(hours=1))
    assert len(wrong) == len(early) == 1


async def test_a_kiosk_serves_its_own_branch_and_room(session: AsyncSession, lesson: Lesson) -> None:
    elsewhere = await make.create_branch(session)
    other_room = await make.create_room(session, branch=lesson.branch)
    for place, is_served in (
        ({"branch_id": elsewhere.id}, False),
        ({"room_id": other_room.id}, False),
        ({"room_id": lesson.room.id}, True),
    ):
        link = await add_kiosk(session, lesson, **place)
        kiosk = await desk.recognise_kiosk(session, token=link.token)
        if is_served:
            assert (await type_code(session, kiosk)).given_name == "Asha"
        else:
            assert (await refusal_of(session, kiosk)).code == "no_session_now"


async def test_undo_takes_back_what_was_just_stored(
    session: AsyncSession, lesson: Lesson, kiosk: desk.KioskActor
) -> None:
    async def undo(code: str, *, seconds: int, by: desk.KioskActor = kiosk) -> bool:
        with frozen_at(JUST_BEFORE + timedelta(seconds=seconds)):
            return (await desk.undo_at_kiosk(session, actor=by, data=KioskCheckIn(code=code))).undone

    await type_code(session, kiosk)
    other = await desk.recognise_kiosk(session, token=(await add_kiosk(session, lesson)).token)
    assert not await undo("S-00431", seconds=3, by=other), "another kiosk's"
    assert not await undo("S-00432", seconds=3), "another student's"
    assert not await undo("S-00431", seconds=11), "too late"
    assert await undo("431", seconds=5)
    assert await stored(session, lesson.session, lesson.students[0]) is None
    assert not await undo("431", seconds=5), "there is nothing left"
    assert (await type_code(session, kiosk)).is_new


async def test_a_kiosk_waits_after_failures_in_a_row(session: AsyncSession, kiosk: desk.KioskActor) -> None:
    """A hundred tries a second: ten are looked at, then it waits 2, 4, 8 … seconds; a right code starts anew."""
    statuses = [(await refusal_of(session, kiosk, f"S-{number:05d}")).status for number in range(100)]
    assert statuses == [404] * 10 + [429] * 90
    assert (await refusal_of(session, kiosk)).retry_after == 2
    at = JUST_BEFORE + timedelta(seconds=2)
    assert (await refusal_of(session, kiosk, "S-00001", at=at)).status == 404
    assert (await refusal_of(session, kiosk, at=at)).retry_after == 4
    at += timedelta(seconds=4)
    assert (await type_code(session, kiosk, at=at)).is_new
    assert (await refusal_of(session, kiosk, "S-00001", at=at)).status == 404
    assert (await type_code(session, kiosk, at=at)).given_name == "Asha"


async def test_a_kiosk_takes_sixty_tries_a_minute(session: AsyncSession, kiosk: desk.KioskActor) -> None:
    for _try in range(limits.KIOSK_TRIES):
        await type_code(session, kiosk)
    assert (await refusal_of(session, kiosk)).retry_after == 60
    assert await type_code(session, kiosk, at=JUST_BEFORE + timedelta(seconds=60))


async def test_a_link_works_once(session: AsyncSession, lesson: Lesson) -> None:
    link = await add_kiosk(session, lesson)
    assert link.url.endswith(f"/kiosk#{link.token}")
    assert not link.kiosk.is_set_up
    row = await session.get_one(Kiosk, link.kiosk.id)
    assert link.token not in str(row.model_dump())
    kiosk, kept = await desk.exchange_token(session, token=link.token)
    await session.flush()
    assert kiosk.kiosk_id == link.kiosk.id
    assert await desk.recognise_kiosk(session, token=kept) == kiosk
    for token in (link.token, "", None, "nonsense"):
        with pytest.raises(NotSignedIn) as refused:
            await desk.recognise_kiosk(session, token=token)
        assert refused.value.code == "kiosk_unknown"


async def test_a_new_link_ends_the_earlier_device(session: AsyncSession, lesson: Lesson) -> None:
    link = await add_kiosk(session, lesson)
    _kiosk, kept = await desk.exchange_token(session, token=link.token)
    session.info.clear()
    new = await renew_kiosk(session, actor=lesson.admin, kiosk_id=link.kiosk.id)
    assert f"kiosk:{link.kiosk.id}" in session.info["live_topics"]
    with pytest.raises(NotSignedIn):
        await desk.recognise_kiosk(session, token=kept)
    assert (await desk.recognise_kiosk(session, token=new.token)).kiosk_id == link.kiosk.id


async def test_a_revoked_kiosk_is_shut(session: AsyncSession, lesson: Lesson) -> None:
    link = await add_kiosk(session, lesson)
    session.info.clear()
    await revoke_kiosk(session, actor=lesson.admin, kiosk_id=link.kiosk.id)
    assert set(session.info["live_topics"]) == {"kiosks", f"kiosk:{link.kiosk.id}"}
    await session.flush()
    with pytest.raises(NotSignedIn) as refused:
        await desk.recognise_kiosk(session, token=link.token)
    assert refused.value.code == "kiosk_revoked"
    with pytest.raises(NotSignedIn):
        await desk.exchange_token(session, token=link.token)
    for change in (
        renew_kiosk(session, actor=lesson.admin, kiosk_id=link.kiosk.id),
        update_kiosk(session, actor=lesson.admin, kiosk_id=link.kiosk.id, data=KioskUpdate(name="New")),
    ):
        with pytest.raises(Conflict):
            await change
    session.info.clear()
    await revoke_kiosk(session, actor=lesson.admin, kiosk_id=link.kiosk.id)
    assert "live_topics" not in session.info, "revoking twice changes nothing"


async def test_a_sign_of_life_is_noted_once_a_minute(
    session: AsyncSession, lesson: Lesson, kiosk: desk.KioskActor
) -> None:
    async def seen_at(seconds: int) -> datetime | None:
        with frozen_at(TEN + timedelta(seconds=seconds)):
            state = await desk.read_kiosk_state(session, actor=kiosk)
        assert (state.name, state.place) == ("Front door", lesson.branch.name)
        listed = await list_kiosks(session, actor=lesson.admin, page=PageRequest())
        return listed.items[0].last_seen_at

    assert await seen_at(0) == TEN
    assert await seen_at(59) == TEN
    assert await seen_at(61) == TEN + timedelta(seconds=61)


async def test_a_kiosk_is_moved_within_its_branch(session: AsyncSession, lesson: Lesson) -> None:
    kiosk_id = (await add_kiosk(session, lesson)).kiosk.id
    strange = await make.create_room(session)

    async def change(**values: object) -> tuple[str, str | None]:
        done = await update_kiosk(
            session, actor=lesson.admin, kiosk_id=kiosk_id, data=KioskUpdate.model_validate(values)
        )
        return done.name, done.room_name

    assert await change(room_id=lesson.room.id) == ("Front door", "Room 1")
    assert await change(name="Back door") == ("Back door", "Room 1")
    assert await change(room_id=None) == ("Back door", None)
    for room_id in (strange.id, 2**62):
        with pytest.raises(InvalidInput) as refused:
            await change(room_id=room_id)
        assert refused.value.fields is not None
    with pytest.raises(InvalidInput):
        await add_kiosk(session, lesson, room_id=strange.id)
    with pytest.raises(NotFound):
        await add_kiosk(session, lesson, branch_id=2**62)


async def test_only_admins_of_the_branch_know_of_a_kiosk(
    session: AsyncSession, lesson: Lesson, count_queries: CountQueries
) -> None:
    kiosk_id, *_others = [(await add_kiosk(session, lesson)).kiosk.id for _number in range(3)]
    with count_queries() as statements:
        assert (await list_kiosks(session, actor=lesson.admin, page=PageRequest(limit=2))).total == 3
    assert len(statements) == 2
    elsewhere = make.actor_of(lesson.admin_user, branch_ids=frozenset({lesson.branch.id + 1}))
    assert (await list_kiosks(session, actor=elsewhere, page=PageRequest())).items == []
    with pytest.raises(NotFound):
        await revoke_kiosk(session, actor=elsewhere, kiosk_id=kiosk_id)
    for role in set(Role) - {Role.ADMIN}:
        actor = make.actor_of(await make.create_user(session, role=role))
        for attempt in (
            list_kiosks(session, actor=actor, page=PageRequest()),
            renew_kiosk(session, actor=actor, kiosk_id=kiosk_id),
            revoke_kiosk(session, actor=actor, kiosk_id=kiosk_id),
        ):
            with pytest.raises(Forbidden):
                await attempt
