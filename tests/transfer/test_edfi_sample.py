"""The Ed-Fi sample district: exactly what its files hold, counted here by other means than the importer's."""

import csv
import gzip
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from academics_app.attendance.models import Attendance, AttendanceEvent, MarkSource
from academics_app.core.actor import Door, system_actor
from academics_app.institute.models import Term
from academics_app.learning_sessions.models import Batch, Enrollment, LearningSession, SessionStatus
from academics_app.students.models import Student
from academics_app.transfer.edfi.choices import AttendanceChoices
from academics_app.transfer.models import ImportedRecord
from academics_app.transfer.oneroster.plan import Kind
from academics_app.transfer.schemas import ImportPreview, ImportResult
from academics_app.transfer.service import commit_import, preview_import

SAMPLE = Path(__file__).resolve().parents[3] / "shared" / "data" / "edfi_sample"
ADMIN = system_actor(Door.COMMAND_LINE)
STATUS = {"Excused Absence": "excused", "Unexcused Absence": "absent", "Tardy": "late"}

pytestmark = pytest.mark.skipif(not SAMPLE.is_dir(), reason="shared/data/edfi_sample is not there")


async def run(
    session: AsyncSession, choices: AttendanceChoices | None = None
) -> tuple[ImportPreview, ImportResult]:
    preview = await preview_import(session, actor=ADMIN, source=SAMPLE, choices=choices)
    result = await commit_import(
        session, actor=ADMIN, source=SAMPLE, choices=choices, expected_digest=preview.digest
    )
    await session.flush()
    session.expire_all()
    return preview, result


def school_events() -> list[dict[str, str]]:
    with gzip.open(SAMPLE / "school_attendance_events.csv.gz", "rt") as file:
        return list(csv.DictReader(file))


def section_events() -> list[dict[str, str]]:
    with (SAMPLE / "section_tardy_events.csv").open() as file:
        return list(csv.DictReader(file))


async def count(session: AsyncSession, model: type[SQLModel], *conditions: object) -> int:
    statement = select(func.count()).select_from(model).where(*conditions)  # pyright: ignore[reportArgumentType]
    return await session.scalar(statement) or 0


def of(preview: ImportPreview, file: str, kind: Kind) -> tuple[int, int, int, int]:
    counts = next(
        counts for each in preview.files if each.name == file for counts in each.counts if counts.kind is kind
    )
    return counts.created, counts.changed, counts.unchanged, counts.refused


async def test_the_sample_comes_in_with_exactly_its_counts(session: AsyncSession) -> None:
    events, tardies = school_events(), section_events()
    assert (len(events), len(tardies)) == (1917, 66)

    preview, result = await run(session)

    assert of(preview, "StudentSchoolAttendance.xml", Kind.MARK) == (1916, 0, 0, 1)
    assert of(preview, "StudentSectionAttendance-Tardy.xml", Kind.MARK) == (66, 0, 0, 0)
    assert of(preview, "Student.xml", Kind.STUDENT) == (960, 0, 0, 0)
    assert of(preview, "MasterSchedule.xml", Kind.BATCH) == (532, 0, 0, 0)
    assert of(preview, "EducationOrgCalendar.xml", Kind.TERM) == (2, 0, 4, 0)
    [refused] = [message for message in preview.messages if message.level == "refused"]
    assert (refused.file, refused.field) == ("StudentSchoolAttendance.xml", "AttendanceEventCategory")
    assert refused.reason == "No status is chosen for the category 'Partial'."
    assert events[refused.row - 1]["category"] == "Partial"
    assert result.model_dump(exclude={"run_id", "kinds"}) == {
        name: getattr(preview, name) for name in ("created", "changed", "unchanged", "refused", "kept")
    }

    expected = Counter(
        (each["student_id"], each["event_date"], STATUS[each["category"]])
        for each in [*events, *tardies]
        if each["category"] in STATUS
    )
    rows = await session.execute(
        select(col(Student.code), col(LearningSession.local_date), col(Attendance.status))
        .join(Attendance, col(Attendance.student_id) == col(Student.id))
        .join(LearningSession, col(LearningSession.id) == col(Attendance.session_id))
    )
    assert Counter((code, day.isoformat(), status.value) for code, day, status in rows) == expected
    assert sum(expected.values()) == 1982
    minutes = await session.execute(
        select(col(Attendance.minutes_late), func.count())
        .join(LearningSession, col(LearningSession.id) == col(Attendance.session_id))
        .join(Batch, col(Batch.id) == col(LearningSession.batch_id))
        .where(col(Attendance.status) == "late", ~col(Batch.name).startswith("School day"))
        .group_by(col(Attendance.minutes_late))
    )
    told = Counter(int(each["duration_min"]) for each in tardies)
    assert {row[0]: row[1] for row in minutes} == told


async def test_a_session_of_exceptions_only_says_nothing_of_anybody_else(session: AsyncSession) -> None:
    await run(session)
    days = {(each["school_id"], each["event_date"]) for each in school_events()}
    classes = {(each["section_id"], each["event_date"]) for each in section_events()}
    assert await count(session, LearningSession) == len(days) + len(classes)
    assert await count(session, LearningSession, col(LearningSession.register_taken_at).is_not(None)) == 0
    assert await count(session, LearningSession, ~col(LearningSession.overlap_allowed)) == 0
    assert await count(session, LearningSession, col(LearningSession.status) != SessionStatus.HELD) == 0
    assert await count(session, Attendance, col(Attendance.status) == "present") == 0
    assert await count(session, Attendance, col(Attendance.source) != MarkSource.IMPORT) == 0
    assert await count(session, AttendanceEvent) == await count(session, Attendance) == 1982
    assert await count(session, AttendanceEvent, col(AttendanceEvent.door) == Door.IMPORT) == 1982
    assert await count(session, Term) == 2


async def test_a_second_run_changes_nothing(session: AsyncSession) -> None:
    await run(session)
    tables = (Student, Batch, Enrollment, LearningSession, Attendance, AttendanceEvent, ImportedRecord)
    before = [await count(session, table) for table in tables]
    preview, result = await run(session)
    assert (preview.created, preview.changed, preview.refused) == (0, 0, 1)
    assert (result.created, result.changed) == (0, 0)
    assert [await count(session, table) for table in tables] == before


async def test_unmentioned_may_mean_present(session: AsyncSession) -> None:
    await run(session)
    choices = AttendanceChoices(unmentioned_present=True)

    preview, _result = await run(session, choices)

    placed = {(each["school_id"], each["session"], each["student_id"]) for each in school_events()}
    days = {(each["school_id"], each["session"], each["event_date"]) for each in school_events()}
    pairs = sum(day[:2] == place[:2] for day in days for place in placed)
    told = len({(each["school_id"], each["event_date"], each["student_id"]) for each in school_events()})
    assert of(preview, "StudentSchoolAttendance.xml", Kind.PRESENCE)[0] == pairs - told
    assert await count(session, LearningSession, col(LearningSession.register_taken_at).is_(None)) == 0
    again, _result = await run(session, choices)
    assert (again.created, again.changed) == (0, 0)
