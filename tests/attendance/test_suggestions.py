"""What the register suggests and why: each reason, their order, nothing over a mark, and the provenance that stays."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.absences.models import AbsenceStatus, PlannedAbsence
from academics_app.attendance.models import (
    Attendance,
    AttendanceEvent,
    AttendanceStatus,
    MarkSource,
    SuggestionReason,
)
from academics_app.attendance.register import list_today, read_register
from academics_app.attendance.schemas.register import BulkMark, MarkCommand, RegisterRow, Suggestion
from academics_app.attendance.service import mark_many
from academics_app.attendance.suggestions import (
    CheckedIn,
    Facts,
    Leave,
    Moment,
    OtherMark,
    provenance,
    suggest,
)
from academics_app.attendance.today import state_line
from academics_app.check_in.models import CheckIn, CheckInMethod
from academics_app.core import clock
from academics_app.core.errors import Conflict
from academics_app.institute.service import current_settings
from academics_app.learning_sessions.models import WalkIn
from tests import factories as make
from tests.attendance.conftest import Classroom, build_classroom
from tests.conftest import CountQueries, SignIn

ZONE = ZoneInfo("Europe/Paris")
START = datetime(2027, 3, 1, 9, tzinfo=UTC)
"""A Monday, 10:00 on the wall."""
TODAY = date(2027, 3, 1)
MINUTE = timedelta(minutes=1)
NOW = Moment(START, START + 60 * MINUTE, TODAY, now=START, zone=ZONE, late_after_minutes=5)

LEAVE = Leave(date(2027, 3, 5))
QR = CheckedIn(START - 2 * MINUTE, "qr")
ELSEWHERE = OtherMark("present", START - 10 * MINUTE, is_now=True, batch_name="Maths A")
EARLIER = OtherMark("absent", START - 90 * MINUTE, is_now=False, batch_name="Maths A")
ALWAYS_ABSENT = ("absent",) * 3


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(leave=LEAVE), ("excused", None, "planned_absence", "on leave until Fri 5 Mar")),
        (Facts(leave=Leave(TODAY)), ("excused", None, "planned_absence", "on leave today")),
        (
            Facts(leave=Leave(TODAY, time(10), time(11, 30), "appointment")),
            ("excused", None, "planned_absence", "appointment 10:00–11:30"),
        ),
        (
            Facts(leave=Leave(TODAY, time(10), time(11, 30), "exam")),
            ("excused", None, "planned_absence", "on leave 10:00–11:30"),
        ),
        (Facts(checked_in=QR), ("present", None, "checked_in", "checked in by QR 09:58")),
        (
            Facts(checked_in=CheckedIn(START + 5 * MINUTE, "kiosk")),
            ("present", None, "checked_in", "checked in at the kiosk 10:05"),
        ),
        (
            Facts(checked_in=CheckedIn(START + 6 * MINUTE, "qr")),
            ("late", 6, "checked_in", "checked in by QR 10:06"),
        ),
        (Facts(other=ELSEWHERE), ("absent", None, "present_elsewhere", "present in Maths A now")),
        (Facts(other=EARLIER), ("absent", None, "absent_earlier_today", "absent at 08:30 in Maths A")),
        (Facts(newest_first=ALWAYS_ABSENT), ("absent", None, "absent_lately", "absent the last 3 times")),
        (Facts(other=OtherMark("present", START - 90 * MINUTE, is_now=False, batch_name="B")), None),
        (Facts(newest_first=("absent", "absent")), None),
        (Facts(newest_first=("absent", None, "absent", "absent")), None),
        (Facts(newest_first=("absent", "absent", "excused", "absent")), None),
        (Facts(), None),
        # The order, each one against all that come after it.
        (Facts(LEAVE, QR, ELSEWHERE, ALWAYS_ABSENT), ("excused", None, "planned_absence", None)),
        (Facts(None, QR, ELSEWHERE, ALWAYS_ABSENT), ("present", None, "checked_in", None)),
        (Facts(None, None, ELSEWHERE, ALWAYS_ABSENT), ("absent", None, "present_elsewhere", None)),
        (Facts(None, None, EARLIER, ALWAYS_ABSENT), ("absent", None, "absent_earlier_today", None)),
    ],
)
def test_the_best_suggestion(facts: Facts, expected: tuple[str, int | None, str, str | None] | None) -> None:
    found = suggest(facts, NOW)
    if expected is None or found is None:
        assert found is expected
        return
    status, minutes, reason, text = expected
    assert (found.status, found.minutes_late, found.reason) == (status, minutes, reason)
    if text is not None:
        assert found.text == text


def test_a_past_register_says_when_and_not_now() -> None:
    later = Moment(START, NOW.ends_at, TODAY, now=START + timedelta(days=3), zone=ZONE, late_after_minutes=5)
    texts = [suggest(facts, later) for facts in (Facts(leave=Leave(TODAY)), Facts(other=ELSEWHERE))]
    assert [found.text for found in texts if found] == [
        "on leave on Mon 1 Mar",
        "present in Maths A at that time",
    ]


def test_provenance_is_told_in_full_while_the_facts_still_say_so() -> None:
    reason = SuggestionReason.PLANNED_ABSENCE
    assert provenance(Facts(LEAVE, QR), NOW, reason) == "on leave until Fri 5 Mar"
    assert provenance(Facts(None, QR), NOW, reason) == "planned absence"
    assert provenance(Facts(LEAVE, QR), NOW, SuggestionReason.CHECKED_IN) == "checked in by QR 09:58"


# ---- from the database ----


async def leave_of(session: AsyncSession, student_id: int, day: date, **values: Any) -> PlannedAbsence:
    absence = PlannedAbsence(
        **{"student_id": student_id, "starts_on": day, "ends_on": day, "status": AbsenceStatus.APPROVED}
        | values
    )
    session.add(absence)
    await session.flush()
    return absence


async def mark(session: AsyncSession, session_id: int, student_id: int, status: AttendanceStatus) -> None:
    session.add(
        Attendance(
            session_id=session_id,
            student_id=student_id,
            status=status,
            version=1,
            marked_at=datetime(2027, 1, 1, tzinfo=UTC),
        )
    )
    await session.flush()


async def rows_of(session: AsyncSession, room: Classroom) -> list[RegisterRow]:
    """The classroom's rows in the order of its students."""
    read = await read_register(session, actor=room.teacher, session_id=room.session.id)
    rows = {row.student_id: row for row in read.rows}
    return [rows[student.id] for student in room.students]


async def suggestions(session: AsyncSession, room: Classroom) -> list[tuple[str, str] | None]:
    found = [row.suggestion for row in await rows_of(session, room)]
    return [(each.status.value, each.reason.value) if each else None for each in found]


@pytest.fixture
async def room(session: AsyncSession) -> Classroom:
    """A class of six, whose session is today at noon in the institute's zone."""
    room = await build_classroom(session, size=6)
    noon = room.session.starts_at.replace(hour=12, minute=0)
    room.session.starts_at, room.session.ends_at = noon, noon + 60 * MINUTE
    await session.flush()
    await current_settings(session)
    return room


def around(room: Classroom) -> Any:
    return clock.frozen_at(room.session.starts_at)


async def test_every_reason_comes_out_of_one_statement(
    session: AsyncSession, room: Classroom, count_queries: CountQueries
) -> None:
    day, start = room.session.local_date, room.session.starts_at
    on_leave, checked_in, elsewhere, earlier, lately, nothing = (student.id for student in room.students)
    await leave_of(session, on_leave, day)
    session.add(
        CheckIn(
            session_id=room.session.id, student_id=checked_in, at=start + 7 * MINUTE, method=CheckInMethod.QR
        )
    )
    other_batch = await make.create_batch(session, name="Maths A", branch_id=room.batch.branch_id)
    overlapping = await make.create_session(
        session, batch=other_batch, starts_at=start + 10 * MINUTE, local_date=day
    )
    session.add(WalkIn(session_id=overlapping.id, student_id=elsewhere))
    before = await make.create_session(
        session, batch=other_batch, starts_at=start - 60 * MINUTE, local_date=day
    )
    session.add(WalkIn(session_id=before.id, student_id=earlier))
    await mark(session, overlapping.id, elsewhere, AttendanceStatus.PRESENT)
    await mark(session, before.id, earlier, AttendanceStatus.ABSENT)
    for back in range(1, 4):
        past = await make.create_session(
            session, batch=room.batch, starts_at=start - timedelta(days=back), register_taken_at=start
        )
        await mark(session, past.id, lately, AttendanceStatus.ABSENT)
        await mark(session, past.id, nothing, AttendanceStatus.PRESENT)

    with around(room), count_queries() as statements:
        found = await suggestions(session, room)
    assert found == [
        ("excused", "planned_absence"),
        ("late", "checked_in"),
        ("absent", "present_elsewhere"),
        ("absent", "absent_earlier_today"),
        ("absent", "absent_lately"),
        None,
    ]
    assert len(statements) == 3, "the session, the roster and what is known of the unmarked"
    late = (await rows_of(session, room))[1].suggestion
    assert late is not None
    assert late.minutes_late == 7


async def test_only_an_approved_absence_that_touches_the_session(
    session: AsyncSession, room: Classroom
) -> None:
    day = room.session.local_date
    requested, withdrawn, over, in_it, before_it, spanning = (student.id for student in room.students)
    await leave_of(session, requested, day, status=AbsenceStatus.REQUESTED)
    await leave_of(session, withdrawn, day, status=AbsenceStatus.WITHDRAWN)
    await leave_of(session, over, day - timedelta(days=2), ends_on=day - timedelta(days=1))
    await leave_of(session, in_it, day, starts_at=time(12, 30), ends_at=time(13, 30))
    await leave_of(session, before_it, day, starts_at=time(10), ends_at=time(12))
    await leave_of(session, spanning, day - timedelta(days=9), ends_on=day + timedelta(days=9))
    with around(room):
        found = await suggestions(session, room)
    excused = ("excused", "planned_absence")
    assert found == [None, None, None, excused, None, excused]


async def test_nothing_is_suggested_where_nothing_can_be_applied(
    session: AsyncSession, room: Classroom, count_queries: CountQueries
) -> None:
    day = room.session.local_date
    for student in room.students:
        await leave_of(session, student.id, day - timedelta(days=9), ends_on=day + timedelta(days=9))
    with clock.frozen_at(room.session.starts_at - timedelta(days=2)):
        assert await suggestions(session, room) == [None] * 6
    for student in room.students[1:]:
        await mark(session, room.session.id, student.id, AttendanceStatus.PRESENT)
    with around(room):
        assert await suggestions(session, room) == [("excused", "planned_absence")] + [None] * 5
        await mark(session, room.session.id, room.students[0].id, AttendanceStatus.PRESENT)
        with count_queries() as statements:
            assert await suggestions(session, room) == [None] * 6
    assert len(statements) == 2, "a register without a gap asks for nothing more"


async def test_a_cancelled_session_elsewhere_is_no_reason(session: AsyncSession, room: Classroom) -> None:
    day, start = room.session.local_date, room.session.starts_at
    batch = await make.create_batch(session, branch_id=room.batch.branch_id)
    gone = await make.create_session(
        session, batch=batch, starts_at=start - 60 * MINUTE, local_date=day, status="cancelled"
    )
    yesterday = await make.create_session(
        session,
        batch=batch,
        starts_at=start - 120 * MINUTE,
        local_date=day - timedelta(days=1),
    )
    student = room.students[0].id
    for other in (gone, yesterday):
        session.add(WalkIn(session_id=other.id, student_id=student))
        await mark(session, other.id, student, AttendanceStatus.ABSENT)
    with around(room):
        assert await suggestions(session, room) == [None] * 6


def apply(row: RegisterRow, **values: Any) -> MarkCommand:
    """The command that a screen sends for a row's suggestion."""
    found = row.suggestion
    assert isinstance(found, Suggestion)
    return MarkCommand(
        **{
            "mark_id": uuid4(),
            "student_id": row.student_id,
            "status": found.status,
            "minutes_late": found.minutes_late,
            "suggested_by": found.reason,
            "base_version": row.version,
        }
        | values
    )


async def test_the_provenance_is_stored_with_the_mark_and_in_the_ledger(
    session: AsyncSession, client: httpx.AsyncClient, room: Classroom, sign_in: SignIn
) -> None:
    day, start = room.session.local_date, room.session.starts_at
    absence = await leave_of(session, room.students[0].id, day)
    session.add(
        CheckIn(
            session_id=room.session.id, student_id=room.students[1].id, at=start, method=CheckInMethod.KIOSK
        )
    )
    await session.flush()
    headers = await sign_in(room.teacher_user)
    url = f"/api/v1/attendance/session/{room.session.id}/register"
    read = (await client.get(url, headers=headers)).json()
    wanted = [row for row in read["rows"] if row["suggestion"]]
    assert len(wanted) == 2
    marks = [
        {
            "student_id": row["student_id"],
            "status": row["suggestion"]["status"],
            "suggested_by": row["suggestion"]["reason"],
            "base_version": row["version"],
        }
        for row in wanted
    ]
    answer = await client.post(
        "/api/v1/attendance/bulk", json={"session_id": room.session.id, "marks": marks}, headers=headers
    )
    assert answer.status_code == 200
    assert {mark["suggested_by"] for mark in answer.json()["marks"]} == {"planned_absence", "checked_in"}

    events = await session.scalars(
        select(AttendanceEvent).where(col(AttendanceEvent.session_id) == room.session.id)
    )
    assert {(event.source, event.suggested_by) for event in events} == {
        (MarkSource.SUGGESTION, SuggestionReason.PLANNED_ABSENCE),
        (MarkSource.SUGGESTION, SuggestionReason.CHECKED_IN),
    }
    rows = await rows_of(session, room)
    assert rows[0].suggestion is rows[1].suggestion is None
    assert rows[0].suggested_text is not None
    assert rows[0].suggested_text.startswith("on leave")
    absence.status = AbsenceStatus.WITHDRAWN
    await session.flush()
    assert (await rows_of(session, room))[0].suggested_text == "planned absence"


async def test_a_suggestion_never_goes_over_a_mark(session: AsyncSession, room: Classroom) -> None:
    await leave_of(session, room.students[0].id, room.session.local_date)
    command = apply((await rows_of(session, room))[0])
    first = MarkCommand(student_id=room.students[0].id, status=AttendanceStatus.PRESENT, base_version=0)
    await mark_many(session, actor=room.admin, data=BulkMark(session_id=room.session.id, marks=[first]))
    with pytest.raises(Conflict):
        await mark_many(
            session, actor=room.teacher, data=BulkMark(session_id=room.session.id, marks=[command])
        )
    assert (await rows_of(session, room))[0].status is AttendanceStatus.PRESENT


async def test_a_suggestion_can_not_clear_a_mark() -> None:
    with pytest.raises(ValueError, match="never clears"):
        MarkCommand(student_id=1, status=None, suggested_by=SuggestionReason.CHECKED_IN)


async def test_today_says_how_many_are_on_leave(
    session: AsyncSession, room: Classroom, count_queries: CountQueries
) -> None:
    day = room.session.local_date
    await leave_of(session, room.students[0].id, day)
    await leave_of(session, room.students[1].id, day - timedelta(days=3), ends_on=day + timedelta(days=1))
    await leave_of(session, room.students[2].id, day, status=AbsenceStatus.REQUESTED)
    with around(room), count_queries() as statements:
        (today,) = await list_today(session, actor=room.teacher, day=day)
    assert len(statements) == 1
    assert (today.expected, today.on_leave) == (6, 2)
    line, _action = state_line(today, reader="", zone=ZONE)
    assert line == "open · 6 expected · 2 on leave"
