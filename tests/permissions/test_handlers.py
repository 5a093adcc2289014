"""Every event handler of every screen, sent by every kind of caller through the app's own gate."""

import pytest
import reflex as rx
from reflex.istate.data import RouterData
from reflex_base.event import Event
from reflex_base.registry import RegistrationContext
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.academics_app import app
from academics_app.accounts.authentication import SCREEN_COOKIE
from academics_app.attendance.ui.register import RegisterPage
from academics_app.students.ui.record import StudentRecord
from academics_app.ui.middleware import PolicyMiddleware
from tests.permissions.handler_table import EVERYBODY, SERVES
from tests.permissions.world import CALLERS, World, build_world
from tests.ui.conftest import Tab, tab

__all__ = ["tab"]

OURS = ".academics_app___"


def short_names() -> dict[str, str]:
    """The table's name of each handler that the app has registered, with its full one."""
    found = {}
    for full_name, registered in RegistrationContext.get().event_handlers.items():
        if OURS in full_name and registered.handler.fn.__name__ != "setvar":
            short = full_name.split(OURS, 1)[1]
            for separator in ("___ui___", "____", "___"):
                short = short.replace(separator, ".")
            found[short] = full_name
    return found


def test_every_handler_has_a_row() -> None:
    """A new handler without a row fails here."""
    registered = {name for name in short_names() if not name.startswith("test")}
    assert registered - set(SERVES) == set(), "handlers that the table does not know"
    assert set(SERVES) - registered == set(), "rows for handlers that are gone"
    assert {caller for callers in SERVES.values() for caller in callers} == EVERYBODY == set(CALLERS)


def use_cookie(tab: Tab, world: World, caller: str) -> None:
    tab.token = f"tab-{caller.replace(' ', '-')}"
    tab.cookie = f"{SCREEN_COOKIE}={world.cookies[caller]}" if caller in world.cookies else ""


@pytest.mark.parametrize("caller", CALLERS)
async def test_each_handler_serves_whom_the_table_says(tab: Tab, session: AsyncSession, caller: str) -> None:
    world = await build_world(session)
    use_cookie(tab, world, caller)
    state = await tab.state(rx.State)
    state.router = RouterData.from_router_data({"pathname": "/", "headers": {"cookie": tab.cookie}})
    gate = PolicyMiddleware()
    let_through = {
        short
        for short, full_name in short_names().items()
        if short in SERVES and await gate.preprocess(app, state, Event(name=full_name, payload={})) is None
    }
    assert let_through == {short for short, callers in SERVES.items() if caller in callers}


async def test_no_state_holds_what_its_reader_may_not_see(tab: Tab, session: AsyncSession) -> None:
    """Pages opened by address with somebody else's id: nothing of the record reaches the browser."""
    world = await build_world(session)
    student = await session.get_one(_student_table(), world.ids["student_id"])
    student.given_name, student.notes = "Quintessa", "confidential remark"
    student.phone = "+15550100"
    await session.flush()
    may_read = {"student", "guardian", "faculty", "counselor", "admin"}
    for caller in CALLERS:
        use_cookie(tab, world, caller)
        tab.forget()
        (await tab.state(rx.State)).router_data = {"pathname": "/"}
        tab.query = {"student_id": str(world.ids["student_id"])}
        await tab.send(StudentRecord.open, f"/students/{world.ids['student_id']}")
        sent = str(tab.deltas)
        assert ("Quintessa" in sent) is (caller in may_read), caller
        assert ("confidential remark" in sent) is (caller in may_read - {"student", "guardian"}), caller


async def test_no_register_reaches_whom_it_is_not_for(tab: Tab, session: AsyncSession) -> None:
    world = await build_world(session)
    for caller in CALLERS:
        use_cookie(tab, world, caller)
        tab.forget()
        (await tab.state(rx.State)).router_data = {"pathname": "/"}
        tab.query = {"session_id": str(world.ids["session_id"])}
        await tab.send(RegisterPage.open, f"/sessions/{world.ids['session_id']}/register")
        assert ("absences_in_a_row" in str(tab.deltas)) is (caller in {"faculty", "admin"}), caller


def _student_table() -> type:
    from academics_app.students.models import Student

    return Student
