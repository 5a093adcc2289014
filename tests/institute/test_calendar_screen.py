"""Terms and holidays without a browser."""

from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.accounts.models import User
from academics_app.core.actor import Door, Role, system_actor
from academics_app.core.clock import frozen_at
from academics_app.institute.models import Holiday, Term
from academics_app.institute.ui.calendar import CalendarLists
from academics_app.institute.ui.calendar_forms import HolidayForm, TermForm
from academics_app.learning_sessions.models import LearningSession, WeeklySchedule
from academics_app.learning_sessions.service import generate_sessions
from tests import factories as make
from tests.ui.conftest import SignInTab, Tab, sign_in_tab, tab

__all__ = ["sign_in_tab", "tab"]

NOW = datetime.fromisoformat("2026-11-23T09:00:00+00:00")
PATH = "/terms"


@pytest.fixture
async def admin(session: AsyncSession) -> User:
    return await make.create_user(session)


@pytest.fixture(autouse=True)
def _frozen():
    with frozen_at(NOW):
        yield


async def test_the_lists_say_what_runs_and_what_overlaps(
    tab: Tab, sign_in_tab: SignInTab, session: AsyncSession, admin: User
) -> None:
    branch, other = await make.create_branch(session), await make.create_branch(session)
    session.add_all(
        [
            Term(name="Autumn", starts_on=date(2026, 9, 1), ends_on=date(2026, 12, 18)),
            Term(name="Winter", starts_on=date(2026, 12, 14), ends_on=date(2027, 3, 1)),
            Term(name="2026/27", kind="schoolYear", starts_on=date(2026, 9, 1), ends_on=date(2027, 7, 1)),
            Holiday(name="Break", starts_on=date(2026, 12, 21), ends_on=date(2027, 1, 3)),
            Holiday(name="Here", starts_on=date(2027, 2, 1), ends_on=date(2027, 2, 2), branch_id=branch.id),
            Holiday(name="There", starts_on=date(2027, 2, 1), ends_on=date(2027, 2, 2), branch_id=other.id),
        ]
    )
    await session.flush()
    await sign_in_tab(tab, admin)
    await tab.send(CalendarLists.open, PATH)
    state = await tab.state(CalendarLists)
    assert state.phase == "ready"
    assert {row.name: row.overlaps for row in state.terms} == {
        "Autumn": "overlaps Winter", "2026/27": "", "Winter": "overlaps Autumn",
    }  # fmt: skip
    assert {row.overlaps for row in state.holidays} == {""}
    assert [row.is_now for row in state.terms] == [True, True, False]
    assert "Next holiday: Break, 21 Dec 2026 – 3 Jan 2027." in state.answer
    assert state.has_branches


async def test_a_holiday_says_what_it_takes_away_and_brings_back(
    tab: Tab, sign_in_tab: SignInTab, session: AsyncSession, admin: User
) -> None:
    batch = await make.create_batch(session)
    session.add(WeeklySchedule(batch_id=batch.id, weekday=0, starts_at=time(10), ends_at=time(11)))
    await session.flush()
    await generate_sessions(session, actor=system_actor(Door.JOB), batch_id=batch.id)
    await session.flush()
    by_hand = await make.create_session(session, batch=batch, starts_at=NOW + timedelta(days=9, hours=5))
    await sign_in_tab(tab, admin)
    await tab.send(HolidayForm.edit, PATH, row_id=0)
    form = {"name": "Break", "starts_on": "2026-11-30", "ends_on": "2026-12-07", "branch_id": ""}
    await tab.send(HolidayForm.save, PATH, form=form | {"ends_on": "2026-11-01"})
    assert (await tab.state(HolidayForm)).form_open
    await tab.send(HolidayForm.save, PATH, form=form)
    said = " ".join(tab.scripts)
    assert "2 sessions are taken away. 1 session that somebody changed stays on these days." in said
    count = select(func.count()).select_from(LearningSession).where(col(LearningSession.id) != by_hand.id)
    gone = await session.scalar(count)

    await tab.send(CalendarLists.open, PATH)
    holiday = (await tab.state(CalendarLists)).holidays[0]
    await tab.send(HolidayForm.edit, PATH, row_id=holiday.id)
    await tab.send(HolidayForm.remove, PATH)
    assert await session.scalar(select(func.count()).select_from(Holiday)) == 1, "not asked yet"
    await tab.send(HolidayForm.ask, PATH)
    await tab.send(HolidayForm.remove, PATH)
    assert "2 sessions are added." in " ".join(tab.scripts)
    assert await session.scalar(count) == (gone or 0) + 2
    await tab.send(
        HolidayForm.put_back, PATH, name="Break", starts_on="2026-11-30", ends_on="2026-12-07", branch_id=""
    )
    assert await session.scalar(count) == gone


async def test_a_term_is_added_changed_deleted_and_put_back(
    tab: Tab, sign_in_tab: SignInTab, session: AsyncSession, admin: User
) -> None:
    await sign_in_tab(tab, admin)
    form = {"name": "Spring", "starts_on": "2027-01-10", "ends_on": "2027-04-01", "kind": "term"}
    await tab.send(TermForm.edit, PATH, row_id=0)
    await tab.send(TermForm.save, PATH, form=form | {"name": ""})
    assert set((await tab.state(TermForm)).form_errors) == {"name"}
    await tab.send(TermForm.save, PATH, form=form)
    await tab.send(CalendarLists.open, PATH)
    row = (await tab.state(CalendarLists)).terms[0]
    await tab.send(TermForm.edit, PATH, row_id=row.id)
    await tab.send(TermForm.save, PATH, form=form | {"name": "Spring term"})
    assert (await session.scalars(select(col(Term.name)))).all() == ["Spring term"]
    await tab.send(TermForm.edit, PATH, row_id=row.id)
    await tab.send(TermForm.ask, PATH)
    await tab.send(TermForm.keep, PATH)
    await tab.send(TermForm.remove, PATH)
    assert await session.scalar(select(func.count()).select_from(Term)) == 1
    await tab.send(TermForm.ask, PATH)
    await tab.send(TermForm.remove, PATH)
    assert await session.scalar(select(func.count()).select_from(Term)) == 0
    await tab.send(
        TermForm.put_back, PATH, name="Spring", kind="term", starts_on="2027-01-10", ends_on="2027-04-01"
    )
    assert await session.scalar(select(func.count()).select_from(Term)) == 1


@pytest.mark.parametrize("role", [Role.FACULTY, Role.COUNSELOR, Role.STUDENT, Role.GUARDIAN])
async def test_nobody_else_changes_the_calendar(
    tab: Tab, sign_in_tab: SignInTab, session: AsyncSession, role: Role
) -> None:
    await sign_in_tab(tab, await make.create_user(session, role=role))
    await tab.send(TermForm.edit, PATH, row_id=0)
    await tab.send(
        TermForm.put_back, PATH, name="Spring", kind="term", starts_on="2027-01-10", ends_on="2027-04-01"
    )
    await tab.send(CalendarLists.open, PATH)
    assert await session.scalar(select(func.count()).select_from(Term)) == 0
    assert (await tab.state(CalendarLists)).phase == "loading"
