"""The figure of a student on every screen is the one of the REST API."""

from types import SimpleNamespace

import httpx
import reflex as rx
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.attendance.ui.absenteeism import Absenteeism
from academics_app.learning_sessions.models import Batch
from academics_app.students.models import Student
from academics_app.students.ui.record import StudentRecord
from academics_app.ui.components.rate import RatePanel, percent
from tests.attendance.test_absenteeism import QUERY, mark_days
from tests.permissions.test_handlers import use_cookie
from tests.permissions.world import build_world
from tests.ui.conftest import Tab, tab

__all__ = ["tab"]


async def test_page_panel_and_list_say_what_rest_says(
    session: AsyncSession, client: httpx.AsyncClient, tab: Tab
) -> None:
    world = await build_world(session)
    student_id = world.ids["student_id"]
    headers = world.headers("admin")
    period = {"start": QUERY["start_date"], "end": QUERY["end_date"]}
    batch = await session.get_one(Batch, world.ids["batch_id"])
    student = await session.get_one(Student, student_id)
    await mark_days(session, SimpleNamespace(batch=batch, students=[student]), 0, "AAAPALLE")  # pyright: ignore[reportArgumentType]
    summary = (
        await client.get(f"/api/v1/attendance/student/{student_id}", params=QUERY, headers=headers)
    ).json()
    assert (summary["attended"], summary["counted"]) == (3, 7)

    use_cookie(tab, world, "admin")
    (await tab.state(rx.State)).router_data = {"pathname": "/"}
    tab.query = {"student_id": str(student_id)}
    chosen = f"start={period['start']}&end={period['end']}"
    await tab.send(StudentRecord.open, f"/students/{student_id}?{chosen}")
    page = await tab.state(StudentRecord)
    assert page.rate == percent(summary["rate"])

    await tab.send(RatePanel.explain, "/", student_id=student_id, **period)
    panel = await tab.state(RatePanel)
    assert panel.sentence == f"3 of 7 sessions counted = {percent(summary['rate'])}"
    assert {each.reason: each.number for each in panel.left_out} == summary["left_out"]
    assert len(panel.sessions) == summary["counted"] + 1, "with the excused one"

    await tab.send(Absenteeism.open, "/attendance/absenteeism?period=days&threshold=3")
    listed = await tab.state(Absenteeism)
    rest = await client.get(
        "/api/v1/attendance/analytics/absenteeism",
        params={"start_date": listed.start, "end_date": listed.end, "threshold_days": 3},
        headers=headers,
    )
    assert listed.phase == "ready"
    assert [(row.student_id, row.rate) for row in listed.rows] == [
        (each["student_id"], percent(each["rate"])) for each in rest.json()
    ]
