"""The timetable's screens, without a browser: what each role sees, and what the panel does and undoes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.accounts.models import User
from academics_app.core.actor import Role
from academics_app.core.clock import frozen_at
from academics_app.institute.models import Holiday, Room, Term
from academics_app.learning_sessions.models import Batch, LearningSession, SessionStatus, WeeklySchedule
from academics_app.learning_sessions.ui.session_panel import SessionPanel
from academics_app.learning_sessions.ui.timetable import Timetable
from academics_app.learning_sessions.ui.timetable_filters import TimetableFilters
from academics_app.learning_sessions.ui.unplaced import Unplaced
from academics_app.students.models import Student, StudentGuardian
from tests import factories as make
from tests.conftest import CountQueries
from tests.ui.conftest import SignInTab, Tab, sign_in_tab, tab

__all__ = ["sign_in_tab", "tab"]

NOW = datetime.fromisoformat("2026-11-23T09:00:00+00:00")
"""A Monday."""
WEEK = "/timetable?week=2026-11-23"


@dataclass
class House:
    """Two batches in two rooms; the first meets each Monday at ten for four weeks."""

    batch: Batch
    other_batch: Batch
    room: Room
    other_room: Room
    weekly: list[LearningSession]
    other: LearningSession
    child: Student
    second: Student
    users: Mapping[str, User]


@pytest.fixture
async def house(session: AsyncSession) -> House:
    branch = await make.create_branch(session)
    room = await make.create_room(session, branch=branch, name="Room 1")
    other_room = await make.create_room(session, branch=branch, name="Room 2")
    teacher = await make.create_user(session, role=Role.FACULTY)
    other_teacher = await make.create_user(session, role=Role.FACULTY)
    until = {"branch_id": branch.id, "ends_on": date(2026, 12, 14)}
    batch = await make.create_batch(
        session, name="Physics B", faculty_id=teacher.faculty_id, room_id=room.id, **until
    )
    other_batch = await make.create_batch(
        session, name="Maths A", faculty_id=other_teacher.faculty_id, room_id=other_room.id, **until
    )
    meeting = WeeklySchedule(batch_id=batch.id, weekday=0, starts_at=time(10), ends_at=time(11))
    session.add(meeting)
    await session.flush()
    child = await make.create_student(session, branch=branch, given_name="Ada", family_name="")
    second = await make.create_student(session, branch=branch, given_name="Ben", family_name="")
    await make.create_enrollment(session, student=child, batch=batch)
    await make.create_enrollment(session, student=second, batch=other_batch)
    guardian = await make.create_guardian(session, child, second)
    weekly = []
    for week in range(4):
        at = NOW + timedelta(hours=1, weeks=week)
        made = await make.create_session(
            session, batch=batch, starts_at=at, room_id=room.id, schedule_id=meeting.id, occurs_on=at.date()
        )
        weekly.append(made)
    other = await make.create_session(
        session, batch=other_batch, starts_at=NOW + timedelta(hours=3), room_id=other_room.id
    )
    users = {
        "admin": await make.create_user(session),
        "counselor": await make.create_user(session, role=Role.COUNSELOR),
        "faculty": teacher,
        "student": await make.create_user(session, role=Role.STUDENT, student_id=child.id),
        "guardian": await make.create_user(session, role=Role.GUARDIAN, guardian_id=guardian.id),
    }
    return House(batch, other_batch, room, other_room, weekly, other, child, second, users)


@pytest.fixture(autouse=True)
def _frozen() -> Any:
    with frozen_at(NOW):
        yield


async def opened(tab: Tab, path: str) -> Any:
    await tab.send(Timetable.open, path)
    state = await tab.state(Timetable)
    assert state.phase == "ready", state.problem
    return state


def titles(state: Any) -> list[str]:
    return [lesson.title for column in state.columns for lesson in column.lessons]


SEEN = {
    "admin": ["Physics B", "Maths A"],
    "counselor": ["Physics B", "Maths A"],
    "faculty": ["Physics B"],
    "student": ["Physics B"],
    "guardian": ["Physics B", "Maths A"],
}


@pytest.mark.parametrize("who", SEEN)
async def test_each_role_sees_its_own_week(tab: Tab, sign_in_tab: SignInTab, house: House, who: str) -> None:
    await sign_in_tab(tab, house.users[who])
    state = await opened(tab, WEEK)
    assert titles(state) == SEEN[who]
    await tab.send(TimetableFilters.load, WEEK)
    await tab.send(Unplaced.load, WEEK)
    filters = await tab.state(TimetableFilters)
    assert bool(filters.batches) == (who in {"admin", "counselor", "faculty"})
    assert bool(filters.faculty) == (who in {"admin", "counselor"})
    assert state.may_manage == (who == "admin")
    assert not tab.scripts or all("error" not in script for script in tab.scripts)


async def test_a_guardian_switches_between_children(tab: Tab, sign_in_tab: SignInTab, house: House) -> None:
    await sign_in_tab(tab, house.users["guardian"])
    state = await opened(tab, WEEK)
    assert [lesson.who for column in state.columns for lesson in column.lessons] == ["Ada", "Ben"]
    assert [name for _id, name in state.children] == ["Ada", "Ben"]
    state = await opened(tab, f"{WEEK}&student={house.second.id}")
    assert titles(state) == ["Maths A"]
    assert state.subscribe_href == f"/account/calendar?student={house.second.id}"


async def test_another_persons_child_is_not_shown(
    tab: Tab, sign_in_tab: SignInTab, house: House, session: AsyncSession
) -> None:
    await session.execute(StudentGuardian.__table__.delete())  # pyright: ignore[reportAttributeAccessIssue]
    await sign_in_tab(tab, house.users["guardian"])
    await tab.send(Timetable.open, f"{WEEK}&student={house.child.id}")
    state = await tab.state(Timetable)
    assert state.phase == "failed"
    assert titles(state) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("faculty", ["Physics B"]),
        ("batch", ["Physics B"]),
        ("room", ["Physics B"]),
        ("student", ["Physics B"]),
    ],
)
async def test_the_address_narrows_the_week(
    tab: Tab, sign_in_tab: SignInTab, house: House, name: str, expected: list[str]
) -> None:
    ids = {
        "faculty": house.batch.faculty_id,
        "batch": house.batch.id,
        "room": house.room.id,
        "student": house.child.id,
    }
    await sign_in_tab(tab, house.users["admin"])
    state = await opened(tab, f"{WEEK}&{name}={ids[name]}")
    assert titles(state) == expected
    assert f"{name}={ids[name]}" in state.next_href
    await tab.send(Timetable.choose, f"{WEEK}&{name}={ids[name]}", name=name, value="")
    assert tab.redirects == ["/timetable?week=2026-11-23"]


async def test_a_day_has_a_column_for_each_room(tab: Tab, sign_in_tab: SignInTab, house: House) -> None:
    await sign_in_tab(tab, house.users["admin"])
    state = await opened(tab, "/timetable?day=2026-11-23")
    assert state.layout == "rooms"
    assert [column.label for column in state.columns] == ["Room 1", "Room 2"]
    assert [lesson.title for lesson in state.agenda] == ["Physics B", "Maths A"]
    assert [day.number for day in state.strip] == ["23", "24", "25", "26", "27", "28", "29"]
    assert state.answer.startswith("2 sessions today.")
    assert state.previous_href == "/timetable?day=2026-11-22"
    await tab.send(Timetable.jump, "/timetable?day=2026-11-23", day="2026-12-24")
    await tab.send(Timetable.jump, "/timetable?day=2026-11-23", day="0002-01-01")
    await tab.send(Timetable.jump, "/timetable?day=2026-11-23", day="2026-1")
    assert tab.redirects == ["/timetable?day=2026-12-24"]


@pytest.mark.parametrize(
    "address", ["?week=x", "?day=", "?week=9999-99-99", "?student=0", "?room=99999999999999999999"]
)
async def test_a_senseless_address_shows_this_week_or_day(
    tab: Tab, sign_in_tab: SignInTab, house: House, address: str
) -> None:
    await sign_in_tab(tab, house.users["admin"])
    assert titles(await opened(tab, f"/timetable{address}")) == ["Physics B", "Maths A"]


async def test_holidays_and_terms_are_named_and_the_sentence_counts(
    tab: Tab, sign_in_tab: SignInTab, house: House, session: AsyncSession
) -> None:
    session.add_all(
        [
            Holiday(name="Founders' day", starts_on=date(2026, 11, 25), ends_on=date(2026, 11, 25)),
            Term(name="Autumn", starts_on=date(2026, 11, 24), ends_on=date(2026, 12, 18)),
        ]
    )
    first = house.weekly[0]
    first.status, first.cancel_reason = SessionStatus.CANCELLED, "Storm"
    house.other.substitute_for_id = house.other.faculty_id
    house.other.faculty_id = house.batch.faculty_id
    await session.flush()
    await sign_in_tab(tab, house.users["admin"])
    state = await opened(tab, WEEK)
    assert state.columns[2].holiday == "Founders' day"
    assert state.columns[1].term == "Autumn begins"
    assert state.term_label == "Autumn"
    assert state.answer.startswith("2 sessions this week, 1 cancelled, 1 with a substitute. Next: Maths A")
    assert state.columns[0].lessons[0].note == "Cancelled: Storm"


async def test_a_week_with_nothing_and_a_week_with_much(
    tab: Tab, sign_in_tab: SignInTab, house: House, session: AsyncSession, count_queries: CountQueries
) -> None:
    await sign_in_tab(tab, house.users["admin"])
    assert (await opened(tab, "/timetable?week=2027-06-07")).is_empty
    batches = [await make.create_batch(session, branch_id=house.batch.branch_id) for _number in range(16)]
    session.add_all(
        LearningSession(
            batch_id=batch.id, branch_id=batch.branch_id, local_date=(NOW + timedelta(days=day)).date(),
            starts_at=NOW + timedelta(days=day, hours=hour), ends_at=NOW + timedelta(days=day, hours=hour + 1),
        )
        for batch in batches for day in range(5) for hour in range(5)
    )  # fmt: skip
    await session.flush()
    with count_queries() as statements:
        state = await opened(tab, WEEK)
    assert len(statements) <= 8, statements
    assert state.layout == "compact"
    assert len(titles(state)) == 402
    first_day = state.columns[0].lessons
    assert sum(bool(lesson.slot) for lesson in first_day) == 5


async def test_a_refresh_without_news_sends_nothing(tab: Tab, sign_in_tab: SignInTab, house: House) -> None:
    await sign_in_tab(tab, house.users["admin"])
    await opened(tab, WEEK)
    tab.forget()
    await opened(tab, WEEK)
    assert not any("columns" in str(delta) for delta in tab.deltas)


async def panel(tab: Tab, house: House, row: LearningSession) -> Any:
    await tab.send(SessionPanel.open, "/timetable", session_id=row.id)
    state = await tab.state(SessionPanel)
    assert state.form_open
    return state


async def stored(session: AsyncSession, row: LearningSession) -> LearningSession:
    await session.refresh(row)
    return row


def place(row: LearningSession, **other: str) -> dict[str, str]:
    return {
        "local_date": row.local_date.isoformat(),
        "starts_at": f"{row.starts_at:%H:%M}",
        "ends_at": f"{row.ends_at:%H:%M}",
        "room_id": str(row.room_id or ""),
    } | other


async def test_one_session_moves_and_moves_back(
    tab: Tab, sign_in_tab: SignInTab, house: House, session: AsyncSession
) -> None:
    await sign_in_tab(tab, house.users["admin"])
    first, second = house.weekly[:2]
    await panel(tab, house, first)
    form = place(first, starts_at="14:00", ends_at="15:00", scope="this")
    await tab.send(SessionPanel.change, form=form)
    assert (await stored(session, first)).starts_at.hour == 14
    assert (await stored(session, second)).starts_at.hour == 10
    assert not (await tab.state(SessionPanel)).form_open
    await tab.send(
        SessionPanel.change_back,
        session_id=first.id, scope="this", day="2026-11-23", starts_at="10:00", ends_at="11:00",
        room_id=str(house.room.id),
    )  # fmt: skip
    assert (await stored(session, first)).starts_at.hour == 10


@pytest.mark.parametrize(("scope", "hours"), [("following", [10, 14, 14, 14]), ("series", [14, 14, 14, 14])])
async def test_this_and_following_or_every_week(
    tab: Tab, sign_in_tab: SignInTab, house: House, session: AsyncSession, scope: str, hours: list[int]
) -> None:
    await sign_in_tab(tab, house.users["admin"])
    second = house.weekly[1]
    await panel(tab, house, second)
    form = place(second, starts_at="14:00", ends_at="15:00", scope=scope)
    await tab.send(SessionPanel.change, form=form)
    state = await tab.state(SessionPanel)
    assert (state.form_problem, state.form_errors) == ("", {})
    assert [(await stored(session, row)).starts_at.hour for row in house.weekly] == hours
    assert any("moved" in script for script in tab.scripts)


async def test_a_clash_is_said_beside_the_field(tab: Tab, sign_in_tab: SignInTab, house: House) -> None:
    await sign_in_tab(tab, house.users["admin"])
    first = house.weekly[0]
    await panel(tab, house, first)
    form = place(first, starts_at="12:00", ends_at="13:00", room_id=str(house.other_room.id), scope="this")
    await tab.send(SessionPanel.change, form=form)
    state = await tab.state(SessionPanel)
    assert state.form_open
    assert "Maths A" in state.form_errors["room_id"]
    await tab.send(SessionPanel.change, form=place(first, scope="this"))
    assert (await tab.state(SessionPanel)).form_problem == "Nothing is different yet."


async def test_cancelling_with_a_make_up_and_reinstating(
    tab: Tab, sign_in_tab: SignInTab, house: House, session: AsyncSession
) -> None:
    await sign_in_tab(tab, house.users["admin"])
    first = house.weekly[0]
    await panel(tab, house, first)
    await tab.send(SessionPanel.show_form, name="cancel")
    await tab.send(SessionPanel.cancel, form={"reason": " "})
    assert "reason" in (await tab.state(SessionPanel)).form_errors
    await tab.send(SessionPanel.toggle_make_up)
    form = {"reason": "Storm"} | place(first, local_date="2026-11-27")
    await tab.send(SessionPanel.cancel, form=form)
    assert (await stored(session, first)).status is SessionStatus.CANCELLED
    made_up = await session.scalars(
        select(LearningSession).where(col(LearningSession.makes_up_for_id) == first.id)
    )
    assert made_up.one().local_date == date(2026, 11, 27)
    state = await panel(tab, house, first)
    assert state.shown.made_up_by.startswith("Fri 27 Nov")
    await tab.send(SessionPanel.reinstate, session_id=first.id)
    state = await tab.state(SessionPanel)
    assert state.form_open
    assert state.form_problem


async def test_a_make_up_can_be_planned_later(
    tab: Tab, sign_in_tab: SignInTab, house: House, session: AsyncSession
) -> None:
    await sign_in_tab(tab, house.users["admin"])
    first = house.weekly[0]
    await panel(tab, house, first)
    await tab.send(SessionPanel.cancel, form={"reason": "Storm", "scope": "this"})
    await panel(tab, house, first)
    await tab.send(SessionPanel.make_up, form=place(first, local_date=""))
    assert "local_date" in (await tab.state(SessionPanel)).form_errors
    await tab.send(SessionPanel.make_up, form=place(first, local_date="2026-11-26"))
    state = await opened(tab, WEEK)
    notes = [lesson.note for column in state.columns for lesson in column.lessons]
    assert notes == ["Cancelled: Storm, made up Thu 26 Nov", "", "Make-up for Mon 23 Nov"]


async def test_ending_the_series_counts_what_goes(
    tab: Tab, sign_in_tab: SignInTab, house: House, session: AsyncSession
) -> None:
    await sign_in_tab(tab, house.users["admin"])
    second = house.weekly[1]
    await panel(tab, house, second)
    await tab.send(SessionPanel.cancel, form={"reason": "Merged", "scope": "following"})
    left = await session.scalars(
        select(col(LearningSession.status))
        .where(col(LearningSession.batch_id) == house.batch.id)
        .order_by(col(LearningSession.starts_at))
    )
    assert left.all() == [SessionStatus.SCHEDULED, SessionStatus.CANCELLED]
    assert any("2 removed" in script for script in tab.scripts)


@pytest.mark.parametrize("who", ["faculty", "counselor", "student", "guardian"])
async def test_nobody_else_changes_a_session(
    tab: Tab, sign_in_tab: SignInTab, house: House, session: AsyncSession, who: str
) -> None:
    await sign_in_tab(tab, house.users[who])
    first = house.weekly[0]
    await tab.send(SessionPanel.open, session_id=first.id)
    await tab.send(SessionPanel.cancel, form={"reason": "Mine"})
    await tab.send(
        SessionPanel.change_back,
        session_id=first.id, scope="this", day="2026-11-24", starts_at="10:00", ends_at="11:00", room_id="",
    )  # fmt: skip
    await tab.send(Unplaced.show)
    row = await stored(session, first)
    assert (row.status, row.local_date) == (SessionStatus.SCHEDULED, date(2026, 11, 23))
    assert not (await tab.state(Unplaced)).is_open


async def test_the_search_finds_a_student_to_show(tab: Tab, sign_in_tab: SignInTab, house: House) -> None:
    await sign_in_tab(tab, house.users["counselor"])
    await opened(tab, WEEK)
    await tab.send(TimetableFilters.search, WEEK, text="Ada")
    state = await tab.state(TimetableFilters)
    assert [hit.name for hit in state.hits] == ["Ada"]
    await tab.send(TimetableFilters.pick, WEEK, student_id=str(house.child.id))
    assert tab.redirects == [f"/timetable?week=2026-11-23&student={house.child.id}"]
    await tab.send(TimetableFilters.load, f"{WEEK}&student={house.child.id}")
    assert (await tab.state(TimetableFilters)).student_name == "Ada"
