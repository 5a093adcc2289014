"""One small institute with a caller of each kind, for the permission tables."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.absences.models import PlannedAbsence
from academics_app.accounts.authentication import Device, issue_pair, issue_screen_cookie, open_sign_in
from academics_app.accounts.models import User, UserStatus
from academics_app.attendance.models import AttendanceStatus, Correction
from academics_app.calendar_feeds.models import CalendarFeed
from academics_app.check_in.models import Kiosk
from academics_app.core.actor import Door, Role
from academics_app.core.security import fingerprint
from academics_app.institute.models import Holiday, Term
from academics_app.learning_sessions.models import LearningSession, WalkIn
from academics_app.subjects.models import Subject
from tests import factories as make
from tests.attendance.conftest import Classroom, build_classroom

CALENDAR_TOKEN = "c" * 43

CALLERS = (
    "nobody",
    "student",
    "other student",
    "guardian",
    "faculty",
    "other faculty",
    "counselor",
    "admin",
)


@dataclass
class World:
    """`ids` fill the placeholders of paths and bodies; `tokens` and `cookies` are by caller, none for nobody."""

    ids: dict[str, Any]
    users: dict[str, User]
    tokens: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    def headers(self, caller: str) -> dict[str, str]:
        return {} if caller == "nobody" else {"Authorization": f"Bearer {self.tokens[caller]}"}


async def build_world(session: AsyncSession) -> World:
    """The student is enrolled with the faculty member's batch; everything "other" has nothing to do with either."""
    classroom = await build_classroom(session)
    student = classroom.students[0]
    branch_id = classroom.batch.branch_id
    guardian = await make.create_guardian(session, student)
    other_student = await make.create_student(session, branch_id=branch_id)
    guest = await make.create_student(session, branch_id=branch_id)
    session.add(WalkIn(session_id=classroom.session.id, student_id=guest.id))
    subject = await session.get_one(Subject, classroom.batch.subject_id)
    topic = await make.create_topic(session, subject=subject, position=1)
    room = await make.create_room(session, branch_id=branch_id)
    holiday = Holiday(name="Holiday", starts_on=date(2027, 1, 1), ends_on=date(2027, 1, 2))
    term = Term(name="Term", starts_on=date(2026, 9, 1), ends_on=date(2026, 12, 20))
    session.add_all([holiday, term])
    enrollment = await make.create_enrollment(
        session, student=guest, batch=classroom.batch, starts_on=date(2020, 1, 1), ends_on=date(2020, 2, 1)
    )
    later = await make.create_session(
        session, batch=classroom.batch, starts_at=classroom.session.starts_at + timedelta(days=9)
    )
    cancelled = await make.create_session(
        session,
        batch=classroom.batch,
        starts_at=classroom.session.starts_at + timedelta(days=10),
        status="cancelled",
        cancel_reason="Storm",
    )
    kiosk = Kiosk(name="Front door", branch_id=branch_id, token_hash="0" * 64)
    session.add(kiosk)
    await session.flush()
    users = {
        "student": await make.create_user(session, role=Role.STUDENT, student_id=student.id),
        "other student": await make.create_user(session, role=Role.STUDENT, student_id=other_student.id),
        "guardian": await make.create_user(session, role=Role.GUARDIAN, guardian_id=guardian.id),
        "faculty": classroom.teacher_user,
        "other faculty": await make.create_user(session, role=Role.FACULTY),
        "counselor": await make.create_user(session, role=Role.COUNSELOR),
        "admin": classroom.admin_user,
    }
    pending = await make.create_user(
        session, role=Role.STUDENT, status=UserStatus.PENDING, student_id=None, full_name="Pending Person"
    )
    correction, long_ago = await _ask_for_correction(
        session, classroom, student_id=student.id, guest_id=guest.id
    )
    in_a_month = classroom.session.local_date + timedelta(days=30)
    absence = PlannedAbsence(
        student_id=student.id,
        starts_on=in_a_month,
        ends_on=in_a_month,
        requested_by_id=users["guardian"].id,
    )
    session.add(absence)
    await session.flush()
    feed = CalendarFeed(user_id=users["student"].id, label="Phone", token_hash=fingerprint(CALENDAR_TOKEN))
    session.add(feed)
    await session.flush()
    world = World(
        ids={
            "feed_id": feed.id,
            "token": CALENDAR_TOKEN,
            "session_id": classroom.session.id,
            "check": "taken_empty",
            "later_session_id": later.id,
            "cancelled_session_id": cancelled.id,
            "student_id": student.id,
            "other_student_id": other_student.id,
            "guest_id": guest.id,
            "guardian_id": guardian.id,
            "faculty_id": classroom.batch.faculty_id,
            "substitute_id": users["other faculty"].faculty_id,
            "batch_id": classroom.batch.id,
            "subject_id": subject.id,
            "topic_id": topic.id,
            "branch_id": branch_id,
            "room_id": room.id,
            "kiosk_id": kiosk.id,
            "holiday_id": holiday.id,
            "term_id": term.id,
            "enrollment_id": enrollment.id,
            "user_id": users["counselor"].id,
            "absence_id": absence.id,
            "correction_id": correction.id,
            "locked_session_id": long_ago.id,
            "tomorrow": (classroom.session.local_date + timedelta(days=1)).isoformat(),
            "pending_user_id": pending.id,
        },
        users=users,
    )
    for caller, user in users.items():
        world.tokens[caller] = issue_pair(
            await open_sign_in(session, user=user, device=Device(Door.REST))
        ).access_token
        world.cookies[caller] = issue_screen_cookie(
            await open_sign_in(session, user=user, device=Device(Door.SCREEN))
        )
    await session.flush()
    return world


async def _ask_for_correction(
    session: AsyncSession, classroom: Classroom, *, student_id: int, guest_id: int
) -> tuple[Correction, LearningSession]:
    """A register of long ago that nobody may change any more, and a request of its teacher about the guest."""
    starts_at = classroom.session.starts_at - timedelta(days=120)
    long_ago = await make.create_session(
        session, batch=classroom.batch, starts_at=starts_at, register_taken_at=starts_at
    )
    session.add_all([WalkIn(session_id=long_ago.id, student_id=each) for each in (student_id, guest_id)])
    correction = Correction(
        session_id=long_ago.id,
        student_id=guest_id,
        status_wanted=AttendanceStatus.EXCUSED,
        base_version=0,
        reason="Certificate came later",
        requested_by_id=classroom.teacher_user.id,
    )
    session.add(correction)
    await session.flush()
    return correction, long_ago
