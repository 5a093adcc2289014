"""Corrections: asked for after the edit window, decided by another person, never over a mark unseen."""

from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.accounts.models import AuditEvent
from academics_app.attendance.corrections import (
    approve_correction,
    describe_target,
    list_corrections,
    read_correction,
    refuse_correction,
    request_correction,
    withdraw_correction,
)
from academics_app.attendance.models import Attendance, AttendanceStatus, CorrectionStatus, MarkSource
from academics_app.attendance.schemas.corrections import (
    CorrectionApproval,
    CorrectionCreate,
    CorrectionRead,
    CorrectionRefusal,
)
from academics_app.attendance.schemas.register import MarkCommand
from academics_app.attendance.service import MarkConflict, mark_student
from academics_app.core import clock
from academics_app.core.actor import Actor, Role
from academics_app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from academics_app.core.pagination import PageRequest
from academics_app.learning_sessions.models import LearningSession
from tests import factories as make
from tests.attendance.conftest import Classroom
from tests.attendance.registers import NOW, session_at, set_settings, take
from tests.conftest import CountQueries, SignIn

PRESENT, ABSENT, LATE, EXCUSED = AttendanceStatus


@pytest.fixture
async def lesson(session: AsyncSession, classroom: Classroom) -> LearningSession:
    """Three weeks ago: locked for its teacher, open for admins. The first student was absent."""
    lesson = await session_at(session, classroom, days_ago=21)
    await take(session, classroom, lesson, s0=ABSENT)
    return lesson


async def ask(
    session: AsyncSession,
    classroom: Classroom,
    lesson: LearningSession,
    *,
    actor: Actor | None = None,
    student: int = 0,
    **values: object,
) -> CorrectionRead:
    data = {
        "session_id": lesson.id,
        "student_id": classroom.students[student].id,
        "status_wanted": EXCUSED,
        "reason": "Certificate came later",
    } | values
    with clock.frozen_at(NOW):
        return await request_correction(
            session, actor=actor or classroom.teacher, data=CorrectionCreate.model_validate(data)
        )


async def approve(
    session: AsyncSession, actor: Actor, correction_id: int, **values: object
) -> CorrectionRead:
    with clock.frozen_at(NOW):
        return await approve_correction(
            session, actor=actor, correction_id=correction_id, data=CorrectionApproval.model_validate(values)
        )


async def stored(session: AsyncSession, lesson: LearningSession, student_id: int) -> Attendance:
    statement = select(Attendance).where(
        col(Attendance.session_id) == lesson.id, col(Attendance.student_id) == student_id
    )
    return (await session.scalars(statement, execution_options={"populate_existing": True})).one()


async def test_an_approved_correction_is_a_mark(
    session: AsyncSession, classroom: Classroom, lesson: LearningSession
) -> None:
    asked = await ask(session, classroom, lesson, note="ill")
    assert (asked.seen.status, asked.current.status, asked.status_wanted) == (ABSENT, ABSENT, EXCUSED)
    assert (asked.requested_by, asked.may_decide, asked.may_withdraw) == ("Ada Teacher", False, True)

    decided = await approve(session, classroom.admin, asked.id, note="seen")
    mark = await stored(session, lesson, classroom.students[0].id)
    assert (decided.status, decided.decided_by) == (CorrectionStatus.APPROVED, classroom.admin.name)
    assert (decided.decision_note, decided.current.status) == ("seen", EXCUSED)
    assert (mark.status, mark.note, mark.source) == (EXCUSED, "ill", MarkSource.CORRECTION)
    assert mark.marked_by_id == classroom.admin.user_id

    actions = (await session.scalars(select(col(AuditEvent.action)).order_by(col(AuditEvent.id)))).all()
    assert actions == ["correction.request", "correction.approve"]
    for decide in (approve_correction, refuse_correction):
        with pytest.raises(Conflict, match="approved already"):
            await decide(
                session, actor=classroom.admin, correction_id=asked.id, data=CorrectionApproval(note="")
            )


async def test_a_refused_or_withdrawn_one_changes_nothing(
    session: AsyncSession, classroom: Classroom, lesson: LearningSession
) -> None:
    asked = await ask(session, classroom, lesson)
    with pytest.raises(Conflict, match="waiting already"):
        await ask(session, classroom, lesson, status_wanted=PRESENT)
    refused = await refuse_correction(
        session, actor=classroom.admin, correction_id=asked.id, data=CorrectionRefusal(note="no proof")
    )
    assert (refused.status, refused.decision_note) == (CorrectionStatus.REFUSED, "no proof")

    again = await ask(session, classroom, lesson)
    with pytest.raises(Forbidden, match="who asked"):
        await withdraw_correction(session, actor=classroom.admin, correction_id=again.id)
    withdrawn = await withdraw_correction(session, actor=classroom.teacher, correction_id=again.id)
    assert withdrawn.status is CorrectionStatus.WITHDRAWN
    assert (await stored(session, lesson, classroom.students[0].id)).status is ABSENT


async def test_a_mark_that_changed_meanwhile_is_not_replaced_unseen(
    session: AsyncSession, classroom: Classroom, lesson: LearningSession
) -> None:
    asked = await ask(session, classroom, lesson)
    with clock.frozen_at(NOW):
        late = await mark_student(
            session,
            actor=classroom.admin,
            session_id=lesson.id,
            command=MarkCommand(
                student_id=classroom.students[0].id,
                status=LATE,
                minutes_late=4,
                base_version=asked.current.version,
            ),
        )
    other_admin = make.actor_of(await make.create_user(session))
    with pytest.raises(MarkConflict) as conflict:
        await approve(session, other_admin, asked.id)
    assert conflict.value.extra["current"]["status"] == "late"

    seen = await read_correction(session, actor=other_admin, correction_id=asked.id)
    assert (seen.status, seen.seen.status, seen.current.status) == (CorrectionStatus.REQUESTED, ABSENT, LATE)
    assert seen.marked_by == classroom.admin.name
    decided = await approve(session, other_admin, asked.id, base_version=late.mark.version)
    assert decided.current.status is EXCUSED


async def test_who_may_mark_does_not_ask(
    session: AsyncSession, classroom: Classroom, lesson: LearningSession
) -> None:
    with pytest.raises(Conflict, match="change this register yourself until Tue 8 Jun 2027") as still_open:
        await ask(session, classroom, lesson, actor=classroom.admin)
    assert still_open.value.code == "register_open"

    untaken = await session_at(session, classroom, days_ago=30)
    with pytest.raises(Conflict) as never_taken:
        await ask(session, classroom, untaken)
    assert never_taken.value.code == "register_not_taken"

    with pytest.raises(InvalidInput, match="stands like this"):
        await ask(session, classroom, lesson, status_wanted=ABSENT)
    stranger = await make.create_student(session)
    with pytest.raises(InvalidInput, match="not in this session"):
        await ask(session, classroom, lesson, student_id=stranger.id)


async def test_nobody_decides_their_own_unless_alone(
    session: AsyncSession, classroom: Classroom, lesson: LearningSession
) -> None:
    await set_settings(session, classroom, admin_edit_days=10)
    second = await make.create_user(session)
    asked = await ask(session, classroom, lesson, actor=classroom.admin)
    assert not asked.may_decide
    with pytest.raises(Forbidden, match="Another admin"):
        await approve(session, classroom.admin, asked.id)

    second.status = "disabled"  # pyright: ignore[reportAttributeAccessIssue]
    await session.flush()
    assert (await read_correction(session, actor=classroom.admin, correction_id=asked.id)).may_decide
    assert (await approve(session, classroom.admin, asked.id)).status is CorrectionStatus.APPROVED


async def test_who_knows_of_a_correction(
    session: AsyncSession, classroom: Classroom, lesson: LearningSession
) -> None:
    asked = await ask(session, classroom, lesson)
    stranger = make.actor_of(await make.create_user(session, role=Role.FACULTY))
    student = await make.create_user(session, role=Role.STUDENT, student_id=classroom.students[0].id)
    counselor = await make.create_user(session, role=Role.COUNSELOR)
    elsewhere = await make.create_branch(session)
    far_admin = make.actor_of(await make.create_user(session), branch_ids=frozenset({elsewhere.id}))

    for outsider in (stranger, far_admin):
        with pytest.raises(NotFound):
            await read_correction(session, actor=outsider, correction_id=asked.id)
        assert (await list_corrections(session, actor=outsider, page=PageRequest())).total == 0
        with pytest.raises(NotFound):
            await approve(session, outsider, asked.id)
    with pytest.raises(Forbidden, match="Only an admin may decide"):
        await approve(session, classroom.teacher, asked.id)
    for user in (student, counselor):
        with pytest.raises(Forbidden):
            await ask(session, classroom, lesson, actor=make.actor_of(user))
        with pytest.raises(Forbidden):
            await list_corrections(session, actor=make.actor_of(user), page=PageRequest())


async def test_the_worklist(
    session: AsyncSession, classroom: Classroom, lesson: LearningSession, count_queries: CountQueries
) -> None:
    first, second, third = [await ask(session, classroom, lesson, student=each) for each in range(3)]
    await approve(session, classroom.admin, second.id)

    with count_queries() as statements:
        page = await list_corrections(session, actor=classroom.admin, page=PageRequest(limit=2))
    assert len(statements) == 2
    assert ([item.id for item in page.items], page.total) == ([first.id, third.id], 3)
    waiting = await list_corrections(
        session, actor=classroom.teacher, page=PageRequest(), status=CorrectionStatus.REQUESTED, is_own=True
    )
    assert (waiting.total, [item.may_withdraw for item in waiting.items]) == (2, [True, True])
    own = await list_corrections(session, actor=classroom.admin, page=PageRequest(), is_own=True)
    assert own.total == 0
    of_other = await list_corrections(
        session, actor=classroom.admin, page=PageRequest(), session_id=classroom.session.id
    )
    assert of_other.total == 0


async def test_what_a_request_would_be_about(
    session: AsyncSession, classroom: Classroom, lesson: LearningSession
) -> None:
    with clock.frozen_at(NOW):
        target = await describe_target(
            session, actor=classroom.teacher, session_id=lesson.id, student_id=classroom.students[0].id
        )
        with pytest.raises(Conflict, match="yourself"):
            await describe_target(
                session, actor=classroom.admin, session_id=lesson.id, student_id=classroom.students[0].id
            )
    assert (target.student_name, target.current.status) == (classroom.students[0].full_name, ABSENT)
    assert target.batch_name == classroom.batch.name


async def test_over_rest(
    session: AsyncSession,
    classroom: Classroom,
    lesson: LearningSession,
    client: httpx.AsyncClient,
    sign_in: SignIn,
) -> None:
    path = "/api/v1/attendance/corrections"
    body = {
        "session_id": lesson.id,
        "student_id": classroom.students[0].id,
        "status_wanted": "late",
        "minutes_late": 9,
        "reason": "  Came after all ",
    }
    with clock.frozen_at(NOW):
        teacher, admin = await sign_in(classroom.teacher_user), await sign_in(classroom.admin_user)
        asked = await client.post(path, json=body, headers=teacher)
        assert (asked.status_code, asked.json()["reason"]) == (201, "Came after all")
        one = f"{path}/{asked.json()['id']}"
        assert (await client.get(one, headers=teacher)).json()["status"] == "requested"
        done = await client.post(f"{one}/approve", json={"note": "ok"}, headers=admin)
        assert (done.json()["status"], done.json()["current"]["minutes_late"]) == ("approved", 9)
        assert (await client.post(f"{one}/withdraw", headers=teacher)).json()["error"] == "correction_decided"
        mistaken = await client.post(
            path, json=body | {"reason": " ", "mark_id": str(uuid4())}, headers=teacher
        )
    assert (mistaken.status_code, set(mistaken.json()["fields"])) == (422, {"reason", "mark_id"})
