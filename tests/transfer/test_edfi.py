"""Importing exceptions-only attendance: what becomes of each event, what stays, what is refused."""

import gzip
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.attendance.models import (
    Attendance,
    AttendanceEvent,
    AttendanceStatus,
    RegisterAction,
    RegisterEvent,
)
from academics_app.core.actor import Door, system_actor
from academics_app.core.errors import Conflict, InvalidInput
from academics_app.institute.models import Branch
from academics_app.learning_sessions.models import Enrollment, LearningSession
from academics_app.students.models import Student
from academics_app.transfer.edfi.choices import AttendanceChoices
from academics_app.transfer.schemas import ImportPreview
from academics_app.transfer.service import commit_import, preview_import
from tests import factories
from tests.transfer.edfi_files import (
    district,
    interchange,
    school_event,
    section_event,
    student,
)

ADMIN = system_actor(Door.COMMAND_LINE)


async def run(
    session: AsyncSession, content: bytes, choices: AttendanceChoices | None = None, *, name: str = "edfi.zip"
) -> ImportPreview:
    """Preview and import."""
    preview = await preview_import(session, actor=ADMIN, source=content, name=name, choices=choices)
    await commit_import(
        session,
        actor=ADMIN,
        source=content,
        name=name,
        choices=choices,
        expected_digest=preview.digest,
    )
    await session.flush()
    session.expire_all()
    return preview


async def marks(session: AsyncSession) -> dict[str, tuple[str, int | None]]:
    """Status and minutes by the student's code; each of them has one mark."""
    rows = await session.execute(
        select(col(Student.code), col(Attendance.status), col(Attendance.minutes_late)).join(
            Student, col(Student.id) == col(Attendance.student_id)
        )
    )
    return {code: (status.value, minutes) for code, status, minutes in rows}


def refused(preview: ImportPreview) -> list[tuple[str, str]]:
    return [(message.field, message.reason) for message in preview.messages if message.level == "refused"]


async def test_each_category_becomes_its_status(session: AsyncSession) -> None:
    await run(
        session,
        district(
            school_event("11", category="Excused Absence", reason="Dentist"),
            school_event("12"),
            section_event("13"),
        ),
    )
    assert await marks(session) == {"11": ("excused", None), "12": ("absent", None), "13": ("late", 7)}
    lesson = (
        await session.scalars(
            select(LearningSession).order_by(col(LearningSession.starts_at).desc()).limit(1)
        )
    ).one()
    assert lesson.starts_at == datetime(2025, 9, 10, 9, 30, tzinfo=UTC)  # the arrival less the minutes
    assert await session.scalar(select(func.count()).select_from(Enrollment)) == 3


@pytest.mark.parametrize(
    ("event", "field", "reason"),
    [
        (school_event("99"), "StudentUniqueId", "The student 99 is neither in the files nor here"),
        (school_event("11", category="Partial"), "AttendanceEventCategory", "No status is chosen"),
        (
            school_event("11", "2025-12-24"),
            "EventDate",
            "The date is outside its term, 2025-09-01 to 2025-12-19",
        ),
        (school_event("11", "soon"), "EventDate", "soon"),
        (school_event("11", ""), "EventDate", "The EventDate is missing."),
        (section_event("11", identifier="XYZ"), "SectionIdentifier", "The section XYZ is neither"),
    ],
)
async def test_what_cannot_be_read_is_refused_with_its_reason(
    session: AsyncSession, event: str, field: str, reason: str
) -> None:
    preview = await run(session, district(event, school_event("12")))
    [(told_field, told)] = refused(preview)
    assert told_field == field
    assert reason in told
    assert await marks(session) == {"12": ("absent", None)}


async def test_two_events_of_a_student_on_a_day_cannot_both_count(session: AsyncSession) -> None:
    preview = await run(
        session,
        district(school_event("11"), school_event("11"), school_event("11", category="Excused Absence")),
    )
    [(_field, reason)] = refused(preview)
    assert reason == "Row 1 says Unexcused Absence of this student on this day; one of them can count."
    assert await marks(session) == {"11": ("absent", None)}


async def test_a_category_is_mapped_as_chosen(session: AsyncSession) -> None:
    content = district(school_event("11", category="Partial"), school_event("12"))
    choices = AttendanceChoices(
        categories={"partial": AttendanceStatus.LATE, "Unexcused Absence": None}, unmentioned_present=False
    )
    preview = await run(session, content, choices)
    assert {each.name: each.status for each in preview.categories} == {
        "Partial": "late",
        "Unexcused Absence": None,
    }
    assert await marks(session) == {"11": ("late", None)}


async def test_other_choices_than_those_of_the_preview_are_another_import(session: AsyncSession) -> None:
    content = district(school_event("11"), school_event("12", "2025-09-11"))
    preview = await preview_import(session, actor=ADMIN, source=content)
    with pytest.raises(Conflict):
        await commit_import(
            session,
            actor=ADMIN,
            source=content,
            expected_digest=preview.digest,
            choices=AttendanceChoices(unmentioned_present=True),
        )
    assert await marks(session) == {}


async def test_nobody_is_present_unless_that_is_said(session: AsyncSession) -> None:
    content = district(
        school_event("11"),
        school_event("12", "2025-09-11"),
        school_event("13", "2025-09-11", category="Partial"),
    )
    await run(session, content)
    rows = (await session.scalars(select(LearningSession))).all()
    assert [row.register_taken_at for row in rows] == [None, None]
    assert {row.overlap_allowed for row in rows} == {True}

    await run(session, content, AttendanceChoices(unmentioned_present=True))
    present = await session.execute(
        select(col(Student.code), col(LearningSession.local_date))
        .join(Attendance, col(Attendance.student_id) == col(Student.id))
        .join(LearningSession, col(LearningSession.id) == col(Attendance.session_id))
        .where(col(Attendance.status) == "present")
    )
    # The refused event of 13 says that they belong there, and that they were not simply present on that day.
    assert {(code, day.isoformat()) for code, day in present} == {
        ("12", "2025-09-10"),
        ("13", "2025-09-10"),
        ("11", "2025-09-11"),
    }
    taken = (await session.scalars(select(RegisterEvent))).all()
    assert {(event.action, event.door) for event in taken} == {(RegisterAction.TAKEN, Door.IMPORT)}
    assert len(taken) == 2


async def test_a_changed_file_changes_its_mark_and_the_ledger_says_so(session: AsyncSession) -> None:
    await run(session, district(school_event("11")))
    preview = await run(session, district(school_event("11", category="Excused Absence")))
    assert (preview.created, preview.changed) == (0, 1)
    events = (await session.scalars(select(AttendanceEvent).order_by(col(AttendanceEvent.id)))).all()
    assert [(event.before_status, event.after_status, event.door) for event in events] == [
        (None, "absent", Door.IMPORT),
        ("absent", "excused", Door.IMPORT),
    ]
    mark = (await session.scalars(select(Attendance))).one()
    assert mark.version == events[-1].id


@pytest.mark.parametrize("clear", [True, False])
async def test_a_mark_that_was_changed_here_stays(session: AsyncSession, *, clear: bool) -> None:
    await run(session, district(school_event("11")))
    if clear:
        await session.execute(delete(Attendance))
    else:
        await session.execute(update(Attendance).values(status=AttendanceStatus.PRESENT, version=10**6))
    preview = await run(session, district(school_event("11", category="Excused Absence")))
    assert (preview.created, preview.changed, preview.kept) == (0, 0, 1)
    assert await marks(session) == ({} if clear else {"11": ("present", None)})


async def test_a_student_who_is_here_is_linked_by_code_and_name(session: AsyncSession) -> None:
    branch = await factories.create_branch(session)
    here = await factories.create_student(
        session, branch=branch, code="11", given_name="Ann", family_name="Lee"
    )
    student_id = here.id
    await factories.create_student(session, branch=branch, code="12", given_name="Else", family_name="Where")
    preview = await run(session, district(school_event("11"), school_event("12")))
    assert ("StudentUniqueId", "Somebody else here has the code 12.") in refused(preview)
    assert (await session.scalars(select(Attendance))).one().student_id == student_id


async def test_a_student_of_no_known_school_has_a_branch_that_says_so(session: AsyncSession) -> None:
    await run(session, district(school_event("11")))
    rows = await session.execute(
        select(col(Student.code), col(Branch.name)).join(Branch, col(Branch.id) == col(Student.branch_id))
    )
    names = {row[0]: row[1] for row in rows}
    assert names == {"11": "School 1", "12": "School not given", "13": "School not given"}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.xml", b"<InterchangeStudent><Student>", "no well-formed XML"),
        ("a.xml", b"<html></html>", "no Ed-Fi interchange"),
        (
            "a.xml",
            b'<!DOCTYPE x [<!ENTITY e "boom">]><InterchangeStudent>&e;</InterchangeStudent>',
            "document type or entities",
        ),
        ("a.xml.gz", gzip.compress(b"<InterchangeStudent/>", mtime=0)[:-9], "damaged"),
        ("a.xml", b'<?xml version="1.0" encoding="nonsense"?><InterchangeStudent/>', "can't be read"),
    ],
)
async def test_a_hostile_or_broken_file_is_refused(
    session: AsyncSession, name: str, content: bytes, reason: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        await preview_import(session, actor=ADMIN, source=content, name=name)
    assert reason in caught.value.detail


async def test_one_file_gzipped_and_a_csv_of_events(session: AsyncSession) -> None:
    await run(session, district())
    students = gzip.compress(interchange("Student", student("14", "Di", "Fox")))
    assert (await run(session, students, name="Student.xml.gz")).created == 1
