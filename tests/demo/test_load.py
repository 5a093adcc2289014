"""The demo institute in PostgreSQL: loaded once, looked at from several sides, refused a second time."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.core import search
from academics_app.core.clock import frozen_at
from academics_app.core.errors import Conflict
from academics_app.core.security import verify_password
from academics_app.demo import DemoLogin, load_demo
from academics_app.institute.service import current_settings
from academics_app.students.models import Student
from tests.factories import create_branch

NOON = datetime(2026, 11, 23, 12, 4, tzinfo=UTC)


@pytest.fixture
async def logins(session: AsyncSession) -> list[DemoLogin]:
    with frozen_at(NOON):
        return await load_demo(time_zone="Europe/Paris")


async def count(session: AsyncSession, query: str) -> int:
    return await session.scalar(text(f"SELECT count(*) FROM {query}")) or 0


async def test_the_institute_is_there_and_says_that_it_is_invented(
    session: AsyncSession, logins: list[DemoLogin]
) -> None:
    settings = await current_settings(session)
    assert settings.is_demo
    assert "invented" in settings.name
    assert settings.time_zone == "Europe/Paris"
    assert await count(session, "student") == 400
    assert await count(session, "faculty") == 20
    assert await count(session, "batch") == 25
    assert await count(session, "branch") == 2
    assert await count(session, "attendance") > 12_000
    assert await count(session, "topic_progress") > 1_000
    assert await count(session, "walk_in") > 0


async def test_each_login_fits_its_account(session: AsyncSession, logins: list[DemoLogin]) -> None:
    stored = {
        row.username: row
        for row in await session.execute(
            text("SELECT username, role, password_hash FROM user_account WHERE password_hash IS NOT NULL")
        )
    }
    assert {login.role for login in logins} == {"admin", "faculty", "counselor", "student", "guardian"}
    for login in logins:
        assert stored[login.username].role == login.role
        assert await verify_password(login.password, stored[login.username].password_hash)


async def test_ledger_and_rows_agree(session: AsyncSession, logins: list[DemoLogin]) -> None:
    disagreeing = await count(
        session,
        """attendance a FULL JOIN (
            SELECT DISTINCT ON (session_id, student_id) * FROM attendance_event
            ORDER BY session_id, student_id, id DESC
        ) e USING (session_id, student_id)
        WHERE (a.status, a.minutes_late, a.note, a.version, a.marked_at, a.marked_by_id) IS DISTINCT FROM
              (e.after_status, e.after_minutes, e.after_note, e.id, e.at, e.user_id)""",
    )
    chained = await count(session, "attendance_event WHERE before_status IS NOT NULL")
    broken = await count(
        session,
        """(SELECT before_status, lag(after_status) OVER w AS was FROM attendance_event
            WINDOW w AS (PARTITION BY session_id, student_id ORDER BY id)) chain
        WHERE before_status IS DISTINCT FROM was""",
    )
    early = await count(session, f"attendance_event WHERE at > '{NOON.isoformat()}'")
    assert (disagreeing, broken, early) == (0, 0, 0)
    assert chained > 0


async def test_taken_registers_have_a_mark_for_everyone_enrolled_on_the_day(
    session: AsyncSession, logins: list[DemoLogin]
) -> None:
    unmarked = await count(
        session,
        """learning_session s JOIN enrollment e ON e.batch_id = s.batch_id
            AND s.local_date BETWEEN e.starts_on AND coalesce(e.ends_on, 'infinity')
        LEFT JOIN attendance a ON a.session_id = s.id AND a.student_id = e.student_id
        WHERE s.register_taken_at IS NOT NULL AND a.status IS NULL""",
    )
    strangers = await count(
        session,
        """attendance a JOIN learning_session s ON s.id = a.session_id
        WHERE NOT EXISTS (
            SELECT FROM enrollment e WHERE e.batch_id = s.batch_id AND e.student_id = a.student_id
            AND s.local_date BETWEEN e.starts_on AND coalesce(e.ends_on, 'infinity'))
        AND NOT EXISTS (SELECT FROM walk_in w WHERE w.session_id = s.id AND w.student_id = a.student_id)""",
    )
    half_taken = await count(
        session,
        """learning_session
        WHERE (register_taken_at IS NULL) <> (register_taken_by_id IS NULL)
           OR (register_taken_at IS NOT NULL) <> (status = 'held')
           OR (status = 'cancelled') <> (cancel_reason IS NOT NULL)""",
    )
    assert (unmarked, strangers, half_taken) == (0, 0, 0)


async def test_each_screen_has_something_to_show(session: AsyncSession, logins: list[DemoLogin]) -> None:
    today = "date '2026-11-23'"
    assert await count(session, f"planned_absence WHERE status = 'approved' AND starts_on = {today}") == 2
    assert await count(session, f"planned_absence WHERE status = 'approved' AND starts_on > {today}") == 1
    assert (
        await count(session, "planned_absence WHERE status = 'requested' AND requested_by_id IS NOT NULL")
        == 2
    )
    assert (
        await count(session, "check_in JOIN learning_session s ON s.id = session_id WHERE batch_id = 1") == 3
    )
    assert await count(session, "correction WHERE status = 'requested'") == 1
    assert await count(session, "learning_session WHERE makes_up_for_id IS NOT NULL") == 1
    substituted = f"substitute_for_id IS NOT NULL AND faculty_id = 1 AND local_date > {today}"
    assert await count(session, f"learning_session WHERE {substituted}") > 0
    taken = await count(session, "learning_session WHERE register_taken_at IS NOT NULL")
    assert await count(session, "register_event WHERE action = 'taken'") == taken


async def test_the_patterns_are_plausible(session: AsyncSession, logins: list[DemoLogin]) -> None:
    shares = {
        row.status: row.share
        for row in await session.execute(
            text("SELECT status, count(*)::float / sum(count(*)) OVER () AS share FROM attendance GROUP BY 1")
        )
    }
    assert 0.89 < shares["present"] + shares["late"] < 0.95
    assert 0 < shares["excused"] < shares["absent"]
    absence = {
        row.monday: row.rate
        for row in await session.execute(
            text("""
                SELECT extract(isodow FROM local_date) = 1 AS monday,
                       avg((a.status = 'absent')::int)::float AS rate
                FROM attendance a JOIN learning_session s ON s.id = a.session_id GROUP BY 1
            """)
        )
    }
    assert absence[True] > 1.3 * absence[False]
    chronic = await count(
        session,
        "(SELECT FROM attendance GROUP BY student_id HAVING avg((status = 'absent')::int) > 0.25) x",
    )
    assert 4 <= chronic <= 40


async def test_new_rows_go_on_after_the_demo_ids(session: AsyncSession, logins: list[DemoLogin]) -> None:
    branch = await create_branch(session)
    assert branch.id == 3
    following = await session.scalar(text("SELECT nextval(pg_get_serial_sequence('attendance_event', 'id'))"))
    assert following == await session.scalar(text("SELECT max(id) + 1 FROM attendance_event"))


async def test_students_are_found_by_their_names(session: AsyncSession, logins: list[DemoLogin]) -> None:
    found = select(col(Student.full_name)).where(search.matches(col(Student.search_text), "jose"))  # pyright: ignore[reportArgumentType]
    assert any(name.startswith("José") for name in (await session.scalars(found)).all())


async def test_a_database_with_an_institute_is_left_alone(session: AsyncSession) -> None:
    await create_branch(session)
    with pytest.raises(Conflict):
        await load_demo()
    assert await count(session, "student") == 0


async def test_it_is_not_loaded_twice(session: AsyncSession, logins: list[DemoLogin]) -> None:
    with pytest.raises(Conflict):
        await load_demo()
    assert await count(session, "student") == 400


async def test_progress_is_told_up_to_the_end(session: AsyncSession) -> None:
    told: list[float] = []
    await load_demo(progress=lambda _doing, share: told.append(share))
    assert told == sorted(told)
    assert told[-1] == 1.0
