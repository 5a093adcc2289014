"""Opening, showing and closing a session's code."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.check_in import windows
from academics_app.check_in.models import CheckInWindow
from academics_app.core.actor import Actor, Role
from academics_app.core.clock import frozen_at
from academics_app.core.errors import Conflict, Forbidden, NotFound
from academics_app.learning_sessions.models import SessionStatus
from tests import factories as make
from tests.check_in.conftest import JUST_BEFORE, TEN, Lesson, open_window, shown_code, try_code
from tests.conftest import CountQueries


async def read(session: AsyncSession, lesson: Lesson, actor: Actor | None = None):
    return await windows.read_window(session, actor=actor or lesson.teacher, session_id=lesson.session.id)


async def test_the_marker_opens_shows_and_closes(session: AsyncSession, lesson: Lesson) -> None:
    with frozen_at(JUST_BEFORE):
        assert (await read(session, lesson)).state == "closed"
        opened = await windows.open_window(session, actor=lesson.teacher, session_id=lesson.session.id)
        assert (opened.state, opened.checked_in, opened.expected) == ("open", 0, 3)
        assert opened.code is not None
        assert opened.url is not None
        assert opened.url.endswith(f"/check-in?s={lesson.session.id}&c={opened.code}")
        again = await windows.open_window(session, actor=lesson.admin, session_id=lesson.session.id)
        assert again == opened

        await windows.close_window(session, actor=lesson.teacher, session_id=lesson.session.id)
        closed = await read(session, lesson)
        assert (closed.state, closed.code, closed.url, closed.code_expires_at) == ("closed", None, None, None)


async def test_reopening_makes_earlier_codes_void(session: AsyncSession, lesson: Lesson) -> None:
    await open_window(session, lesson)
    code = await shown_code(session, lesson)
    with frozen_at(JUST_BEFORE):
        await windows.close_window(session, actor=lesson.teacher, session_id=lesson.session.id)
    await open_window(session, lesson)
    with pytest.raises(Conflict) as refused:
        await try_code(session, lesson.student(), code)
    assert refused.value.code == "code_wrong"


async def test_the_names_of_the_last_ones_are_shown(session: AsyncSession, lesson: Lesson) -> None:
    await open_window(session, lesson)
    for number, seconds in ((0, 0), (1, 2)):
        at = JUST_BEFORE + timedelta(seconds=seconds)
        await try_code(session, lesson.student(number), await shown_code(session, lesson, at=at), at=at)
    with frozen_at(JUST_BEFORE):
        window = await read(session, lesson)
    assert window.checked_in == 2
    assert [each.name.split()[0] for each in window.recent] == ["Ben", "Asha"]


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (TEN - timedelta(minutes=16), "check_in_not_open"),
        (TEN + timedelta(minutes=60), "session_over"),
    ],
)
async def test_it_opens_only_around_the_session(session: AsyncSession, lesson: Lesson, at, code: str) -> None:  # noqa: ANN001
    with frozen_at(at), pytest.raises(Conflict) as refused:
        await windows.open_window(session, actor=lesson.teacher, session_id=lesson.session.id)
    assert refused.value.code == code


async def test_a_cancelled_session_has_no_code(session: AsyncSession, lesson: Lesson) -> None:
    await open_window(session, lesson)
    lesson.session.status = SessionStatus.CANCELLED
    await session.flush()
    with frozen_at(JUST_BEFORE):
        assert (await read(session, lesson)).code is None
        with pytest.raises(Conflict) as refused:
            await windows.open_window(session, actor=lesson.teacher, session_id=lesson.session.id)
    assert refused.value.code == "session_cancelled"


async def test_a_window_ends_with_the_session_that_was_shortened(
    session: AsyncSession, lesson: Lesson
) -> None:
    await open_window(session, lesson)
    lesson.session.ends_at = TEN + timedelta(minutes=20)
    await session.flush()
    with frozen_at(TEN + timedelta(minutes=20)):
        window = await read(session, lesson)
    assert (window.state, window.code, window.closes_at) == ("over", None, TEN + timedelta(minutes=20))


async def test_only_the_marker_sees_the_code(session: AsyncSession, lesson: Lesson) -> None:
    await open_window(session, lesson)
    substitute = await make.create_faculty(session)
    stranger = make.actor_of(await make.create_user(session, role=Role.FACULTY))
    counselor = make.actor_of(await make.create_user(session, role=Role.COUNSELOR))
    for verb in (windows.open_window, windows.read_window, windows.close_window):
        with pytest.raises(NotFound):
            await verb(session, actor=stranger, session_id=lesson.session.id)
        for actor in (lesson.student(), counselor):
            with pytest.raises(Forbidden):
                await verb(session, actor=actor, session_id=lesson.session.id)
    lesson.session.faculty_id, lesson.session.substitute_for_id = substitute.id, lesson.session.faculty_id
    await session.flush()
    for verb in (windows.open_window, windows.read_window, windows.close_window):
        with pytest.raises(Forbidden):
            await verb(session, actor=lesson.teacher, session_id=lesson.session.id)


async def test_the_secret_leaves_the_server_nowhere(session: AsyncSession, lesson: Lesson) -> None:
    await open_window(session, lesson)
    secret = (await session.get_one(CheckInWindow, lesson.session.id)).secret
    with frozen_at(JUST_BEFORE):
        sent = (await read(session, lesson)).model_dump_json()
    assert "secret" not in sent
    assert secret.hex() not in sent
    assert len(secret) == 32


async def test_showing_the_code_costs_few_queries(
    session: AsyncSession, lesson: Lesson, count_queries: CountQueries
) -> None:
    await open_window(session, lesson)
    with frozen_at(JUST_BEFORE):
        await read(session, lesson)
        with count_queries() as statements:
            await read(session, lesson)
    assert len(statements) <= 5
