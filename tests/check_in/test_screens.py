"""The screens: what reaches the browser, and whom."""

from contextlib import suppress
from contextvars import ContextVar

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.check_in.models import CheckInWindow, Kiosk
from academics_app.check_in.ui.code import CodeWall
from academics_app.check_in.ui.kiosks import KioskForm, KioskList, KioskRevocation, NewLink
from academics_app.check_in.ui.own import OwnCheckIn
from academics_app.core import clock
from academics_app.core.actor import Role
from academics_app.core.errors import AppError
from academics_app.core.security import fingerprint
from tests import factories as make
from tests.check_in.conftest import JUST_BEFORE, Lesson, open_window, shown_code, try_code
from tests.ui.conftest import SignInTab, Tab, sign_in_tab, tab

__all__ = ["sign_in_tab", "tab"]


@pytest.fixture(autouse=True)
def _two_minutes_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the event processor too, whose task began before the test."""
    monkeypatch.setattr(clock, "_frozen", ContextVar("frozen", default=JUST_BEFORE))


@pytest.fixture
def path(tab: Tab, lesson: Lesson) -> str:
    tab.query = {"session_id": str(lesson.session.id)}
    return f"/sessions/{lesson.session.id}/code"


async def test_the_wall_shows_the_code_and_nothing_of_the_secret(
    tab: Tab, sign_in_tab: SignInTab, session: AsyncSession, lesson: Lesson, path: str
) -> None:
    await sign_in_tab(tab, lesson.teacher_user)
    await tab.send(CodeWall.open, path)
    wall = await tab.state(CodeWall)
    assert (wall.phase, wall.window, wall.code, wall.qr) == ("ready", "closed", "", "")
    await tab.send(CodeWall.start, path)
    code = await shown_code(session, lesson)
    wall = await tab.state(CodeWall)
    assert (wall.window, wall.code, wall.spelled) == ("open", code, f"{code[:3]} {code[3:]}")
    assert wall.qr.startswith("data:image/svg+xml")
    assert (wall.milliseconds, wall.count) == (15000, "0 of 3 checked in")
    secret = (await session.get_one(CheckInWindow, lesson.session.id)).secret
    kept = str(tab.deltas) + str(wall.dict())
    assert all(form not in kept for form in (secret.hex(), str(secret), "secret"))

    await try_code(session, lesson.student(), code)
    await tab.send(CodeWall.open, path)
    wall = await tab.state(CodeWall)
    assert wall.count == "1 of 3 checked in"
    assert wall.names == [f"{lesson.students[0].full_name}, 09:58"]
    await tab.send(CodeWall.stop, path)
    wall = await tab.state(CodeWall)
    assert (wall.window, wall.code, wall.qr) == ("closed", "", "")
    assert "closed" in wall.notice


@pytest.mark.parametrize("who", ["student", "other faculty", "nobody"])
async def test_the_wall_shows_others_nothing(
    tab: Tab, sign_in_tab: SignInTab, session: AsyncSession, lesson: Lesson, path: str, who: str
) -> None:
    await open_window(session, lesson)
    code = await shown_code(session, lesson)
    if who == "student":
        await sign_in_tab(tab, lesson.users[0])
    elif who == "other faculty":
        await sign_in_tab(tab, await make.create_user(session, role=Role.FACULTY))
    for handler in (CodeWall.open, CodeWall.start, CodeWall.stop):
        with suppress(AppError):
            await tab.send(handler, path)
    wall = await tab.state(CodeWall)
    assert (wall.code, wall.title) == ("", "")
    assert code not in str(tab.deltas)
    assert await shown_code(session, lesson) == code, "and it is open as before"


async def test_the_student_sees_what_waits_for_a_code(
    tab: Tab, sign_in_tab: SignInTab, session: AsyncSession, lesson: Lesson
) -> None:
    await sign_in_tab(tab, lesson.users[0])
    await tab.send(OwnCheckIn.open, "/check-in")
    assert (await tab.state(OwnCheckIn)).answer == "Your teacher has not opened the check-in."
    await open_window(session, lesson)
    await tab.send(OwnCheckIn.open, "/check-in")
    assert (await tab.state(OwnCheckIn)).answer == "Physics B is waiting for your code."
    await try_code(session, lesson.student(), await shown_code(session, lesson))
    await tab.send(OwnCheckIn.open, "/check-in")
    own = await tab.state(OwnCheckIn)
    assert (own.answer, own.rows[0].state) == ("You are checked in.", "Checked in 09:58")


async def test_an_admin_adds_changes_and_revokes_a_kiosk(
    tab: Tab, sign_in_tab: SignInTab, session: AsyncSession, lesson: Lesson
) -> None:
    await sign_in_tab(tab, lesson.admin_user)
    await tab.send(KioskList.open, "/attendance/kiosks")
    assert (await tab.state(KioskList)).answer == "No kiosk takes check-ins."
    await tab.send(KioskForm.edit, kiosk_id=0)
    await tab.send(KioskForm.save, form={"name": "", "place": f"{lesson.branch.id}:"})
    assert set((await tab.state(KioskForm)).form_errors) == {"name"}
    await tab.send(KioskForm.save, form={"name": "Front door", "place": f"{lesson.branch.id}:"})
    link = await tab.state(NewLink)
    token = link.url.partition("#")[2]
    kiosk = (await session.scalars(select(Kiosk).where(col(Kiosk.token_hash) == fingerprint(token)))).one()
    await tab.send(NewLink.close)
    assert (await tab.state(NewLink)).url == ""

    await tab.send(KioskList.open, "/attendance/kiosks")
    row = (await tab.state(KioskList)).rows[0]
    assert (row.name, row.state) == ("Front door", "Waiting for its device")
    assert kiosk.token_hash not in str(tab.deltas)
    await tab.send(KioskForm.edit, kiosk_id=kiosk.id)
    place = f"{lesson.branch.id}:{lesson.room.id}"
    assert place in [each[0] for each in (await tab.state(KioskForm)).places]
    await tab.send(KioskForm.save, form={"name": "Side door", "place": place})
    await tab.send(KioskList.open, "/attendance/kiosks")
    row = (await tab.state(KioskList)).rows[0]
    assert (row.name, row.place) == ("Side door", f"{lesson.branch.name} · Room 1")

    await tab.send(KioskRevocation.ask, kiosk_id=kiosk.id)
    assert (await tab.state(KioskRevocation)).name == "Side door"
    await tab.send(KioskRevocation.revoke)
    await tab.send(KioskList.open, "/attendance/kiosks")
    assert (await tab.state(KioskList)).rows[0].is_revoked
