"""The screens' handlers: a family asks from its home, staff answer in place and can take the answer back."""

from datetime import time
from typing import Any

import pytest
import reflex as rx
from reflex.istate.data import RouterData
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.absences.models import AbsenceStatus, PlannedAbsence
from academics_app.absences.service import read_current_leave
from academics_app.absences.ui.form import AbsenceForm, Refusal
from academics_app.absences.ui.listing import AbsenceList
from academics_app.absences.ui.wording import leave_sentence
from academics_app.core.errors import Forbidden, NotFound
from academics_app.home.my_home import MyHome
from academics_app.students.models import StudentGuardian
from tests import factories as make
from tests.absences.conftest import Family
from tests.ui.conftest import SignInTab, Tab, sign_in_tab, tab

__all__ = ["sign_in_tab", "tab"]

PATH = "/absences"


def filled(family: Family, **values: str) -> dict[str, str]:
    """The form as a browser sends it."""
    empty = dict.fromkeys(("ends_on", "starts_at", "ends_at", "reason"), "")
    return empty | {"starts_on": family.day(1).isoformat(), "kind": "illness"} | values


async def be(tab: Tab, sign_in_tab: SignInTab, family: Family, who: str) -> None:
    tab.forget()
    tab.token = who
    await sign_in_tab(tab, family.users[who])
    state = await tab.state(rx.State)
    state.router_data = {"pathname": "/"}
    state.router = RouterData.from_router_data({"pathname": "/", "headers": {"cookie": tab.cookie}})


async def stored(session: AsyncSession) -> list[tuple[AbsenceStatus, str]]:
    rows = await session.scalars(select(PlannedAbsence).execution_options(populate_existing=True))
    return [(row.status, row.decision_note) for row in rows]


async def test_a_family_asks_and_staff_answer_in_place(
    tab: Tab, sign_in_tab: SignInTab, family: Family, session: AsyncSession
) -> None:
    await be(tab, sign_in_tab, family, "guardian")
    await tab.send(AbsenceForm.open_by_address, f"{PATH}?new=1")
    form: Any = await tab.state(AbsenceForm)
    assert (form.form_open, form.is_staff, form.student_id) == (True, False, family.student.id)
    await tab.send(AbsenceForm.save, f"{PATH}?new=1", form=filled(family, ends_on="2020-01-01"))
    assert "ends_on" in form.form_errors
    await tab.send(AbsenceForm.save, f"{PATH}?new=1", form=filled(family, reason="Fever"))
    await tab.send(AbsenceForm.save, f"{PATH}?new=1", form=filled(family, reason="Fever"))
    assert await stored(session) == [(AbsenceStatus.REQUESTED, "")]
    assert tab.redirects[:1] == [PATH]

    await be(tab, sign_in_tab, family, "teacher")
    await tab.send(AbsenceList.open, PATH)
    listed: Any = await tab.state(AbsenceList)
    assert listed.answer == "1 request waits for an answer. Nobody is on leave today."
    (row,) = listed.rows
    assert (row.status_label, row.reason, row.may_decide) == ("Waiting", "Illness: Fever", True)
    await tab.send(AbsenceList.approve, PATH, absence_id=row.id)
    assert (await stored(session))[0][0] is AbsenceStatus.APPROVED
    await tab.send(AbsenceList.reopen, PATH, absence_id=row.id)
    await tab.send(Refusal.ask, PATH, absence_id=row.id)
    await tab.send(Refusal.save, PATH, form={"note": "Exam on that day"})
    assert await stored(session) == [(AbsenceStatus.REFUSED, "Exam on that day")]
    await tab.send(AbsenceList.open, PATH)
    assert listed.rows == []

    await be(tab, sign_in_tab, family, "guardian")
    await tab.send(AbsenceList.open, PATH)
    (row,) = (await tab.state(AbsenceList)).rows
    assert (row.status_label, row.answer) == ("Refused", "“Exam on that day” Ada Teacher")
    await tab.send(MyHome.open, "/home")
    home: Any = await tab.state(MyHome)
    assert [(each.status, each.answer) for each in home.absences] == [("Refused", row.answer)]
    assert home.ask_url == "/absences?new=1"


async def test_staff_look_the_student_up(
    tab: Tab, sign_in_tab: SignInTab, family: Family, session: AsyncSession
) -> None:
    await be(tab, sign_in_tab, family, "teacher")
    await tab.send(AbsenceForm.add, PATH)
    form: Any = await tab.state(AbsenceForm)
    await tab.send(AbsenceForm.save, PATH, form=filled(family))
    assert form.form_problem == "Choose the student."
    await tab.send(AbsenceForm.search, PATH, text=family.student.given_name)
    assert [hit.id for hit in form.hits] == [family.student.id]
    await tab.send(AbsenceForm.choose, PATH, student_id=family.student.id)
    await tab.send(
        AbsenceForm.save, PATH, form=filled(family, starts_at="10:00", ends_at="11:30", kind="appointment")
    )
    assert (await stored(session))[0][0] is AbsenceStatus.APPROVED
    await tab.send(AbsenceList.open, PATH)
    (row,) = (await tab.state(AbsenceList)).rows
    assert row.when.endswith(", 10:00–11:30")
    await tab.send(AbsenceForm.edit, PATH, absence_id=row.id)
    await tab.send(AbsenceForm.save, PATH, form=dict(form.opened) | {"starts_at": "", "ends_at": ""})
    await tab.send(AbsenceList.open, PATH)
    assert "10:00" not in (await tab.state(AbsenceList)).rows[0].when
    await tab.send(AbsenceList.withdraw, PATH, absence_id=row.id)
    assert (await stored(session))[0][0] is AbsenceStatus.WITHDRAWN


async def test_the_address_names_one_student(tab: Tab, sign_in_tab: SignInTab, family: Family) -> None:
    await be(tab, sign_in_tab, family, "teacher")
    for student_id, name in ((family.student.id, family.student.full_name), (999_999, "Unknown student")):
        await tab.send(AbsenceList.open, f"{PATH}?student={student_id}")
        assert (await tab.state(AbsenceList)).student_name == name


async def test_how_long_somebody_is_on_leave_is_said(session: AsyncSession, family: Family) -> None:
    actor, student, today = make.actor_of(family.users["teacher"]), family.student, family.day(0)
    said = [leave_sentence(await read_current_leave(session, actor=actor, student_id=student.id), today)]
    spans: tuple[dict[str, Any], ...] = ({}, {"starts_at": time(10), "ends_at": time(11, 30)})
    for hours in spans:
        absence = PlannedAbsence(
            student_id=student.id, starts_on=today, ends_on=today, status=AbsenceStatus.APPROVED, **hours
        )
        session.add(absence)
        await session.flush()
        leave = await read_current_leave(session, actor=actor, student_id=student.id)
        said.append(leave_sentence(leave, today))
        await session.delete(absence)
    assert said == ["", "On leave today.", "On leave today, 10:00–11:30."]


@pytest.mark.parametrize("who", ["student", "guardian", "stranger"])
async def test_a_family_can_not_decide(
    tab: Tab, sign_in_tab: SignInTab, family: Family, session: AsyncSession, who: str
) -> None:
    absence = PlannedAbsence(student_id=family.student.id, starts_on=family.day(1), ends_on=family.day(1))
    session.add(absence)
    await session.flush()
    await be(tab, sign_in_tab, family, who)
    await tab.send(AbsenceList.approve, PATH, absence_id=absence.id)
    await tab.send(Refusal.ask, PATH, absence_id=absence.id)
    await tab.send(Refusal.save, PATH, form={"note": ""})
    with pytest.raises((Forbidden, NotFound)):
        await tab.send(AbsenceList.withdraw, PATH, absence_id=absence.id)
    await tab.send(AbsenceForm.search, PATH, text=family.student.given_name)
    assert (await tab.state(AbsenceForm)).hits == []
    assert await stored(session) == [(AbsenceStatus.REQUESTED, "")]


async def test_a_guardian_goes_between_children(
    tab: Tab, sign_in_tab: SignInTab, family: Family, session: AsyncSession
) -> None:
    brother = await make.create_student(session, given_name="Zed")
    guardian_id = family.users["guardian"].guardian_id
    assert guardian_id is not None
    session.add(StudentGuardian(student_id=brother.id, guardian_id=guardian_id))
    await session.flush()
    await be(tab, sign_in_tab, family, "guardian")
    await tab.send(AbsenceForm.open_by_address, f"{PATH}?new=1&student={brother.id}")
    form: Any = await tab.state(AbsenceForm)
    assert (form.student_id, len(form.own)) == (brother.id, 2)
    strangers = await make.create_student(session)
    await tab.send(AbsenceForm.save, PATH, form=filled(family, student_id=str(strangers.id)))
    assert form.form_problem == "Choose the student."
    await tab.send(AbsenceForm.save, PATH, form=filled(family, student_id=str(brother.id)))
    await tab.send(AbsenceList.open, f"{PATH}?student={brother.id}")
    listed: Any = await tab.state(AbsenceList)
    assert [row.name for row in listed.rows] == [brother.full_name]
    await tab.send(AbsenceList.open, f"{PATH}?student={family.student.id}")
    assert listed.rows == []
