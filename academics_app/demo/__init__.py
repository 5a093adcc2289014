"""An invented institute, to try the product with and to measure it on.

Loading in bulk is not a feature's business: this package writes every feature's tables directly, by COPY, and may
import all models for it. Nothing imports this package but the command line, tests and benchmarks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import tzlocal
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.accounts.models import User, UserBranch
from academics_app.core.actor import Role
from academics_app.core.clock import local_date, utc_now
from academics_app.core.db import announce, transaction
from academics_app.core.errors import Conflict
from academics_app.core.security import hash_password
from academics_app.demo.institute import Institute, invent_institute
from academics_app.demo.lately import HAPPENINGS
from academics_app.demo.size import SizeName
from academics_app.demo.teaching import DEMO_FACULTY_ID
from academics_app.demo.writing import (
    ATTENDANCE_FROM_LEDGER,
    PROGRESS_FROM_ATTENDANCE,
    copy_events,
    copy_rows,
    driver_of,
    restart_ids,
)
from academics_app.faculty.models import Faculty
from academics_app.institute.current import forget_settings
from academics_app.institute.models import Branch, Holiday, Room, Setting, Term
from academics_app.learning_sessions.models import Batch, Enrollment, LearningSession, WalkIn, WeeklySchedule
from academics_app.models import metadata
from academics_app.students.models import Guardian, Student, StudentGuardian
from academics_app.subjects.models import Subject, Topic

DEMO_PASSWORD = "maple-grove"  # noqa: S105 - printed for everyone to read
_OCCUPIED_BY = ("branch", "student", "faculty", "batch", "user_account")

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """An account to try the product with."""

    role: str
    username: str
    password: str


async def load_demo(
    *, size: SizeName = "small", progress: Progress | None = None, time_zone: str | None = None
) -> list[DemoLogin]:
    """Fill an empty database with the invented institute, in one transaction; one login for each role.

    The same clock and zone give the same institute. Today's sessions lie around the present moment; see
    `timetable.todays_slots` for what midnight makes impossible.

    Args:
        size: How much of it: 400, 2,000 or 20,000 students, with 12 weeks or a year of registers.
        progress: Called with what is being done and the share that is done, 0 to 1.
        time_zone: The institute's zone; by default this machine's, so that "now" is where its user is.

    Raises:
        Conflict: There is an institute already, or an account.
    """
    report = progress or (lambda _doing, _share: None)
    async with transaction() as session:
        await _refuse_if_occupied(session)
        report("Inventing people and timetables", 0.0)
        password_hash = await hash_password(DEMO_PASSWORD)
        now = utc_now()
        institute = invent_institute(size, time_zone or _machine_zone(), now, password_hash)
        await _write(session, institute, report)
        await _add_happenings(session, institute, now)
        announce(session, "settings", "students", "timetable")
    forget_settings()
    report("Done", 1.0)
    return [DemoLogin(role.value, role.value, DEMO_PASSWORD) for role in Role]


async def _write(session: AsyncSession, institute: Institute, report: Progress) -> None:
    connection = await driver_of(session)
    people, teaching = institute.people, institute.teaching
    settings = institute.settings.model_dump(include={"name", "time_zone", "is_demo"})
    report("Writing people and timetables", 0.15)
    for model, rows in (
        (Setting, [Setting(key=key, value=value) for key, value in settings.items()]),
        (Branch, teaching.branches),
        (Room, teaching.rooms),
        (Holiday, teaching.holidays),
        (Term, teaching.terms),
        (Subject, teaching.subjects),
        (Topic, teaching.topics),
        (Faculty, people.faculty),
        (Student, people.students),
        (Guardian, people.guardians),
        (StudentGuardian, people.guardianships),
        (User, people.users),
        (UserBranch, people.user_branches),
        (Batch, teaching.batches),
        (WeeklySchedule, [meeting.schedule for meeting in teaching.meetings]),
        (Enrollment, teaching.enrollments),
        (LearningSession, institute.sessions),
    ):
        await copy_rows(connection, model, rows)
    report("Writing registers", 0.35)
    await copy_events(connection, institute.ledger.lines(institute.sessions))
    await restart_ids(connection, metadata.tables["attendance_event"])
    await copy_rows(connection, WalkIn, institute.ledger.walk_ins)
    report("Writing marks", 0.7)
    await connection.execute(ATTENDANCE_FROM_LEDGER)
    report("Writing progress", 0.9)
    await connection.execute("ANALYZE")
    await connection.execute(PROGRESS_FROM_ATTENDANCE)
    await connection.execute("ANALYZE topic_progress")


async def _add_happenings(session: AsyncSession, institute: Institute, now: datetime) -> None:
    connection = await driver_of(session)
    zone = institute.settings.zone
    known = {
        "now": now,
        "today": local_date(now, zone),
        "zone": institute.settings.time_zone,
        "batch": institute.teaching.demo_batch.id,
        "faculty": DEMO_FACULTY_ID,
    }
    for statement in HAPPENINGS:
        await connection.execute(statement, known)


async def _refuse_if_occupied(session: AsyncSession) -> None:
    """Hold the lock until the transaction ends, so that of two loads at once the second finds the first one's."""
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtext('academics demo'))"))
    for table in _OCCUPIED_BY:
        found = await session.scalar(text(f"SELECT EXISTS (SELECT FROM {table})"))  # noqa: S608 - our own names
        if found:
            raise Conflict("This database already holds an institute; the demo needs an empty one.")


def _machine_zone() -> str:
    try:
        return ZoneInfo(tzlocal.get_localzone_name()).key
    except (OSError, ValueError, TypeError):
        return "UTC"
