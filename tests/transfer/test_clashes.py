"""An enrolment that would put a student in two places at once is a refused row, not the end of the import."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.core.actor import Door, system_actor
from academics_app.learning_sessions.models import Batch, Enrollment
from academics_app.transfer.service import commit_oneroster, preview_oneroster
from tests import factories
from tests.transfer.bundles import Rows, bundle, enrollment, school, user

ADMIN = system_actor(Door.COMMAND_LINE)


def two_classes(*more: dict[str, str], users: Rows | None = None) -> bytes:
    """The small school with a second class, and these enrolments besides."""
    files = school()
    second = files["classes"][0] | {"sourcedId": "class-2", "title": "Physics A", "classCode": "PHY-A"}
    return bundle(
        files
        | {
            "classes": [*files["classes"], second],
            "users": [*files["users"], *(users or [])],
            "enrollments": [*files["enrollments"], *more],
        }
    )


@pytest.mark.parametrize(
    ("more", "users", "name"),
    [
        ([enrollment("e-x", "student-1", classSourcedId="class-2")], [], "Ann Lee"),
        (
            [
                enrollment("e-w", "student-9"),
                enrollment("e-x", "student-9", classSourcedId="class-2"),
            ],
            [user("student-9", "student", "New", "Comer", identifier="S9")],
            "New Comer",
        ),
    ],
    ids=["enrolled elsewhere", "new, in two classes at once"],
)
async def test_a_clashing_enrolment_is_refused_by_name(
    session: AsyncSession, more: Rows, users: Rows, name: str
) -> None:
    first = two_classes()
    preview = await preview_oneroster(session, actor=ADMIN, source=first)
    await commit_oneroster(session, actor=ADMIN, source=first, expected_digest=preview.digest)
    batches = (await session.scalars(select(Batch).order_by(col(Batch.id)))).all()
    at = datetime(2026, 10, 6, 9, tzinfo=UTC)
    for batch, begins in zip(batches, (at, at + timedelta(minutes=30)), strict=True):
        await factories.create_session(session, batch=batch, starts_at=begins, faculty_id=None, room_id=None)
    await session.flush()

    content = two_classes(*more, users=users)
    preview = await preview_oneroster(session, actor=ADMIN, source=content)
    [refused] = [message for message in preview.messages if message.level == "refused"]
    assert (refused.file, refused.sourced_id, refused.field) == ("enrollments", "e-x", "classSourcedId")
    assert refused.reason.startswith(f"{name} is in Mathematics A, Tue 6 Oct")

    result = await commit_oneroster(session, actor=ADMIN, source=content, expected_digest=preview.digest)
    assert result.refused == 1
    enrolled = (
        await session.scalars(select(Enrollment).where(col(Enrollment.batch_id) == batches[1].id))
    ).all()
    assert enrolled == []
