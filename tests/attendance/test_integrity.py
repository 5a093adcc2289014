"""Each check finds the defect that was planted, mends it the ordinary way, and is clean the second time."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.absences.models import AbsenceStatus, PlannedAbsence
from academics_app.accounts.models import AuditEvent
from academics_app.attendance.integrity import (
    apply_fix,
    dismiss_finding,
    list_findings,
    preview_fix,
    restore_finding,
    run_checks,
)
from academics_app.attendance.models import Attendance, AttendanceEvent, AttendanceStatus
from academics_app.attendance.queries.integrity import CHECKS as STATEMENTS
from academics_app.attendance.schemas.integrity import (
    CheckName,
    DismissalCreate,
    DismissalRevoke,
    Finding,
    FixCommand,
    FixName,
)
from academics_app.attendance.schemas.register import MarkCommand
from academics_app.attendance.service import mark_student
from academics_app.core.actor import Door, Role, system_actor
from academics_app.core.clock import frozen_at
from academics_app.core.errors import Forbidden, InvalidInput, NotFound
from academics_app.core.pagination import PageRequest
from academics_app.demo import load_demo
from academics_app.institute.models import Holiday
from academics_app.learning_sessions.models import Enrollment, LearningSession
from tests import factories as make
from tests.attendance.conftest import Classroom
from tests.conftest import CountQueries, SignIn

Plant = Callable[[AsyncSession, Classroom], Awaitable[Any]]
YESTERDAY = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=1)
PAGE = PageRequest()


async def add_held(session: AsyncSession, classroom: Classroom, **values: Any) -> LearningSession:
    """A register of yesterday that was taken."""
    values = {"starts_at": YESTERDAY, "register_taken_at": YESTERDAY, "faculty_id": None} | values
    batch = values.pop("batch", classroom.batch)
    return await make.create_session(session, batch=batch, **values)


async def mark(
    session: AsyncSession, classroom: Classroom, session_id: int, status: str = "present", student: int = 0
) -> None:
    """A mark by the ordinary way; by putting the student in where they are not."""
    await mark_student(
        session,
        actor=classroom.admin,
        session_id=session_id,
        command=MarkCommand(student_id=classroom.students[student].id, status=AttendanceStatus(status)),
    )


async def two_places(session: AsyncSession, classroom: Classroom) -> None:
    here = await add_held(session, classroom)
    other = await make.create_batch(session, branch=None, branch_id=classroom.batch.branch_id)
    there = await add_held(session, classroom, batch=other, overlap_allowed=True)
    await make.create_enrollment(session, student=classroom.students[0], batch=other)
    await mark(session, classroom, here.id)
    await mark(session, classroom, there.id, "late")


async def outside_enrollment(session: AsyncSession, classroom: Classroom) -> None:
    held = await add_held(session, classroom)
    await mark(session, classroom, held.id)
    await mark(session, classroom, held.id, student=1)
    await session.execute(
        text("UPDATE enrollment SET ends_on = :day WHERE student_id = :student"),
        {"day": YESTERDAY.date() - timedelta(days=3), "student": classroom.students[0].id},
    )


async def on_holiday(session: AsyncSession, classroom: Classroom) -> None:
    held = await add_held(session, classroom)
    await mark(session, classroom, held.id)
    await mark(session, classroom, held.id, "absent", student=1)
    session.add(Holiday(name="Feast", starts_on=YESTERDAY.date(), ends_on=YESTERDAY.date()))
    await session.flush()


async def taken_empty(session: AsyncSession, classroom: Classroom) -> None:
    await add_held(session, classroom)


async def ledger_drift(session: AsyncSession, classroom: Classroom) -> None:
    held = await add_held(session, classroom)
    await mark(session, classroom, held.id)
    await session.execute(text("UPDATE attendance SET status = 'absent'"))


async def lost_row(session: AsyncSession, classroom: Classroom) -> None:
    held = await add_held(session, classroom)
    await mark(session, classroom, held.id)
    await mark(session, classroom, held.id, student=1)
    gone = {"student": classroom.students[0].id}
    await session.execute(text("DELETE FROM attendance WHERE student_id = :student"), gone)


async def lost_history(session: AsyncSession, classroom: Classroom) -> None:
    held = await add_held(session, classroom)
    await mark(session, classroom, held.id)
    await session.execute(text("DELETE FROM attendance_event"))


async def present_on_leave(session: AsyncSession, classroom: Classroom) -> None:
    held = await add_held(session, classroom)
    await mark(session, classroom, held.id)
    session.add(
        PlannedAbsence(
            student_id=classroom.students[0].id,
            starts_on=YESTERDAY.date(),
            ends_on=YESTERDAY.date(),
            status=AbsenceStatus.APPROVED,
        )
    )
    await session.flush()


PLANTED: list[tuple[CheckName, Plant, FixName]] = [
    (CheckName.TWO_PLACES, two_places, FixName.ABSENT_IN_FIRST),
    (CheckName.TWO_PLACES, two_places, FixName.ABSENT_IN_SECOND),
    (CheckName.OUTSIDE_ENROLLMENT, outside_enrollment, FixName.MAKE_WALK_IN),
    (CheckName.OUTSIDE_ENROLLMENT, outside_enrollment, FixName.EXTEND_ENROLLMENT),
    (CheckName.OUTSIDE_ENROLLMENT, outside_enrollment, FixName.CLEAR_MARK),
    (CheckName.ON_HOLIDAY, on_holiday, FixName.NOT_HELD),
    (CheckName.TAKEN_EMPTY, taken_empty, FixName.GIVE_BACK),
    (CheckName.LEDGER_DRIFT, ledger_drift, FixName.REWRITE),
    (CheckName.LEDGER_DRIFT, lost_row, FixName.REWRITE),
    (CheckName.LEDGER_DRIFT, lost_history, FixName.REWRITE),
    (CheckName.PRESENT_ON_LEAVE, present_on_leave, FixName.MARK_EXCUSED),
]


async def findings_of(
    session: AsyncSession, classroom: Classroom, check: CheckName, *, dismissed: bool = False
) -> list[Finding]:
    page = await list_findings(session, actor=classroom.admin, check=check, page=PAGE, dismissed=dismissed)
    assert page.total == len(page.items)
    return list(page.items)


@pytest.mark.parametrize(
    ("check", "plant", "fix"), PLANTED, ids=lambda value: getattr(value, "__name__", str(value))
)
async def test_a_planted_defect_is_found_and_mended_and_does_not_come_back(
    session: AsyncSession, classroom: Classroom, check: CheckName, plant: Plant, fix: FixName
) -> None:
    assert (await run_checks(session, actor=classroom.admin)).findings == 0, "clean before"
    await plant(session, classroom)
    overview = await run_checks(session, actor=classroom.admin)
    assert {each.name: each.findings for each in overview.checks if each.findings} == {check: 1}
    (finding,) = await findings_of(session, classroom, check)
    assert fix in {offer.name for offer in finding.fixes}

    data = FixCommand(subject=finding.subject, fix=fix)
    preview = await preview_fix(session, actor=classroom.admin, check=check, data=data)
    assert preview.changes
    assert len(await findings_of(session, classroom, check)) == 1, "a preview changes nothing"

    done = await apply_fix(session, actor=classroom.admin, check=check, data=data)
    await session.flush()
    assert done.changes == preview.changes
    after = await run_checks(session, actor=classroom.admin)
    assert after.findings == 0
    with pytest.raises(NotFound):
        await apply_fix(session, actor=classroom.admin, check=check, data=data)
    actions = set(await session.scalars(select(col(AuditEvent.action))))
    assert "attendance.repair" in actions


async def test_a_mended_mark_stands_in_the_ledger(session: AsyncSession, classroom: Classroom) -> None:
    await present_on_leave(session, classroom)
    (finding,) = await findings_of(session, classroom, CheckName.PRESENT_ON_LEAVE)
    data = FixCommand(subject=finding.subject, fix=FixName.MARK_EXCUSED)
    await apply_fix(session, actor=classroom.admin, check=CheckName.PRESENT_ON_LEAVE, data=data)
    row = (await session.scalars(select(Attendance))).one()
    events = (await session.scalars(select(AttendanceEvent).order_by(col(AttendanceEvent.id)))).all()
    assert [event.after_status for event in events] == ["present", "excused"]
    assert (row.status, row.version) == ("excused", events[-1].id)


async def test_each_pair_of_places_is_a_finding_of_its_own(
    session: AsyncSession, classroom: Classroom
) -> None:
    """Around midnight, in three sessions at once: three pairs, and each can be reached."""
    midnight = YESTERDAY.replace(hour=23, minute=30)
    for minutes in (0, 15, 45):
        batch = await make.create_batch(session, branch=None, branch_id=classroom.batch.branch_id)
        await make.create_enrollment(session, student=classroom.students[0], batch=batch)
        starts_at = midnight + timedelta(minutes=minutes)
        held = await add_held(session, classroom, batch=batch, overlap_allowed=True, starts_at=starts_at)
        with frozen_at(midnight + timedelta(hours=2)):
            await mark(session, classroom, held.id)
    found = await findings_of(session, classroom, CheckName.TWO_PLACES)
    assert len({each.subject for each in found}) == len(found) == 3
    for each in found:
        dismissed = await dismiss_finding(
            session,
            actor=classroom.admin,
            check=CheckName.TWO_PLACES,
            data=DismissalCreate(subject=each.subject, reason="Team teaching"),
        )
        assert dismissed.subject == each.subject


async def test_what_is_no_finding(session: AsyncSession, classroom: Classroom) -> None:
    """Walk-ins, sessions side by side, refused and other days' leave, empty batches, corrected and cleared marks."""
    held = await add_held(session, classroom)
    next_hour = await add_held(session, classroom, starts_at=YESTERDAY + timedelta(hours=1))
    for each in (held, next_hour):
        await mark(session, classroom, each.id, "absent")
        await mark(session, classroom, each.id, "present")
        await mark(session, classroom, each.id, "present", student=1)
        await mark_student(
            session,
            actor=classroom.admin,
            session_id=each.id,
            command=MarkCommand(student_id=classroom.students[1].id, status=None),
        )
    for status, days in ((AbsenceStatus.REFUSED, 0), (AbsenceStatus.APPROVED, 1)):
        day = YESTERDAY.date() + timedelta(days=days)
        session.add(
            PlannedAbsence(student_id=classroom.students[0].id, starts_on=day, ends_on=day, status=status)
        )
    empty = await make.create_batch(session)
    await add_held(session, classroom, batch=empty)
    await session.flush()
    assert (await run_checks(session, actor=classroom.admin)).findings == 0


async def test_a_dismissed_finding_is_listed_with_its_reason_and_can_count_again(
    session: AsyncSession, classroom: Classroom
) -> None:
    await on_holiday(session, classroom)
    (finding,) = await findings_of(session, classroom, CheckName.ON_HOLIDAY)
    data = DismissalCreate(subject=finding.subject, reason="Held as agreed")
    for _again in range(2):
        await dismiss_finding(session, actor=classroom.admin, check=CheckName.ON_HOLIDAY, data=data)
    assert await findings_of(session, classroom, CheckName.ON_HOLIDAY) == []
    (kept,) = await findings_of(session, classroom, CheckName.ON_HOLIDAY, dismissed=True)
    assert (kept.dismissed_because, kept.dismissed_by) == ("Held as agreed", classroom.admin.name)
    overview = await run_checks(session, actor=classroom.admin)
    assert overview.sentence.startswith("6 checks, 0 findings, checked ")

    revoke = DismissalRevoke(subject=finding.subject)
    await restore_finding(session, actor=classroom.admin, check=CheckName.ON_HOLIDAY, data=revoke)
    assert len(await findings_of(session, classroom, CheckName.ON_HOLIDAY)) == 1


async def test_a_fix_must_fit_its_check_and_an_enrolment_must_be_there(
    session: AsyncSession, classroom: Classroom
) -> None:
    await outside_enrollment(session, classroom)
    (finding,) = await findings_of(session, classroom, CheckName.OUTSIDE_ENROLLMENT)
    for fix in (FixName.GIVE_BACK, FixName.EXTEND_ENROLLMENT):
        await session.execute(text("DELETE FROM enrollment"))
        with pytest.raises(InvalidInput) as refused:
            await preview_fix(
                session,
                actor=classroom.admin,
                check=CheckName.OUTSIDE_ENROLLMENT,
                data=FixCommand(subject=finding.subject, fix=fix),
            )
        assert "fix" in (refused.value.fields or {})


async def test_extending_covers_the_day(session: AsyncSession, classroom: Classroom) -> None:
    await outside_enrollment(session, classroom)
    (finding,) = await findings_of(session, classroom, CheckName.OUTSIDE_ENROLLMENT)
    data = FixCommand(subject=finding.subject, fix=FixName.EXTEND_ENROLLMENT)
    await apply_fix(session, actor=classroom.admin, check=CheckName.OUTSIDE_ENROLLMENT, data=data)
    statement = select(col(Enrollment.ends_on)).where(col(Enrollment.student_id) == classroom.students[0].id)
    assert await session.scalar(statement) == YESTERDAY.date()


async def test_roles_branches_and_rest(
    session: AsyncSession,
    client: httpx.AsyncClient,
    sign_in: SignIn,
    classroom: Classroom,
    count_queries: CountQueries,
) -> None:
    await taken_empty(session, classroom)
    for role in (Role.FACULTY, Role.COUNSELOR, Role.GUARDIAN):
        with pytest.raises(Forbidden):
            await run_checks(session, actor=make.actor_of(await make.create_user(session, role=role)))
    elsewhere = make.actor_of(
        classroom.admin_user, branch_ids=frozenset({(await make.create_branch(session)).id})
    )
    assert (await run_checks(session, actor=elsewhere)).findings == 0
    (finding,) = await findings_of(session, classroom, CheckName.TAKEN_EMPTY)
    with pytest.raises(NotFound):
        await preview_fix(
            session,
            actor=elsewhere,
            check=CheckName.TAKEN_EMPTY,
            data=FixCommand(subject=finding.subject, fix=FixName.GIVE_BACK),
        )

    headers = await sign_in(classroom.admin_user)
    path = "/api/v1/attendance/checks"
    with count_queries() as statements:
        overview = await client.get(path, headers=headers)
    assert overview.json()["findings"] == 1
    assert len(statements) <= len(STATEMENTS) + 2
    listed = await client.get(f"{path}/taken_empty/findings", params={"skip": 1}, headers=headers)
    assert (listed.json()["items"], listed.json()["total"]) == ([], 1)
    body = {"subject": finding.subject, "fix": "give_back"}
    assert (await client.post(f"{path}/taken_empty/fix", json=body, headers=headers)).status_code == 200
    again = await client.post(f"{path}/taken_empty/fix", json=body, headers=headers)
    assert again.status_code == 404
    for wrong in (
        {"subject": "x"},
        {"subject": "session:1", "reason": " "},
        {"subject": "session:0", "reason": "y"},
    ):
        answer = await client.post(f"{path}/taken_empty/dismiss", json=wrong, headers=headers)
        assert answer.status_code == 422


async def test_leave_for_part_of_a_day_covers_the_sessions_in_it(
    session: AsyncSession, classroom: Classroom
) -> None:
    await present_on_leave(session, classroom)
    for begins, ends, found in (("08:00", "09:00", 0), ("09:30", "11:00", 1)):
        await session.execute(text(f"UPDATE planned_absence SET starts_at = '{begins}', ends_at = '{ends}'"))
        assert len(await findings_of(session, classroom, CheckName.PRESENT_ON_LEAVE)) == found


async def test_the_invented_institute_has_the_one_finding_that_it_invents(session: AsyncSession) -> None:
    with frozen_at(datetime(2026, 11, 23, 12, 4, tzinfo=UTC)):
        await load_demo(time_zone="Europe/Paris")
        overview = await run_checks(session, actor=system_actor(Door.JOB))
    found = {check.name: check.findings for check in overview.checks if check.findings}
    assert found == {CheckName.PRESENT_ON_LEAVE: 1}
