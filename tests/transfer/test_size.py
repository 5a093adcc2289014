"""A large bundle costs hardly more statements than a small one."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.core.actor import Door, system_actor
from academics_app.learning_sessions.models import Enrollment
from academics_app.transfer.service import commit_oneroster, preview_oneroster
from benchmarks.oneroster_import import make_roster
from tests.conftest import CountQueries

ADMIN = system_actor(Door.COMMAND_LINE)


@pytest.mark.parametrize("students", [100, 2000])
async def test_a_roster_is_imported_with_few_statements(
    session: AsyncSession, count_queries: CountQueries, students: int
) -> None:
    source = make_roster(students)
    with count_queries() as previewing:
        preview = await preview_oneroster(session, actor=ADMIN, source=source)
    steps: list[tuple[str, int, int]] = []
    with count_queries() as importing:
        await commit_oneroster(
            session,
            actor=ADMIN,
            source=source,
            expected_digest=preview.digest,
            progress=lambda stage, done, total: steps.append((str(stage), done, total)),
        )
    assert len(previewing) <= 20
    assert len(importing) <= 40
    assert (preview.refused, preview.changed) == (0, 0)
    assert await session.scalar(select(func.count()).select_from(Enrollment)) == students * 3
    storing = [(done, total) for stage, done, total in steps if stage == "Storing"]
    assert storing == sorted(storing)
    assert storing[-1][0] == storing[-1][1]

    again = await preview_oneroster(session, actor=ADMIN, source=source)
    assert (again.created, again.changed, again.refused) == (0, 0, 0)
