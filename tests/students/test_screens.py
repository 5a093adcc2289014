import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.students.models import Student, StudentGuardian
from academics_app.students.ui.form import StudentForm
from academics_app.students.ui.guardians import GuardianForm
from academics_app.students.ui.listing import StudentList
from academics_app.students.ui.record import StudentRecord
from tests.students.people import People, make_people
from tests.ui.conftest import SignInTab, Tab, sign_in_tab, tab

__all__ = ["sign_in_tab", "tab"]

FIELDS = {
    "family_name": "",
    "phone": "",
    "email": "",
    "date_of_birth": "",
    "code": "",
    "status": "active",
    "notes": "",
}


@pytest.fixture
async def people(session: AsyncSession) -> People:
    return await make_people(session)


async def test_the_form_says_what_is_wrong_and_then_leads_to_the_student(
    tab: Tab, sign_in_tab: SignInTab, people: People, session: AsyncSession
):
    await sign_in_tab(tab, people.users["counselor"])
    await tab.send(StudentForm.add)
    await tab.send(StudentForm.save, form=FIELDS | {"given_name": "", "email": "nope"})
    form = await tab.state(StudentForm)
    assert set(form.form_errors) == {"given_name", "email"}
    assert form.form_open
    await tab.send(StudentForm.save, form=FIELDS | {"given_name": "Ada"})
    added = (await session.scalars(select(Student).where(col(Student.given_name) == "Ada"))).one()
    assert tab.redirects == [f"/students/{added.id}"]
    await tab.send(StudentForm.save, form=FIELDS | {"given_name": "Ada"})
    assert len((await session.scalars(select(Student).where(col(Student.given_name) == "Ada"))).all()) == 1


async def test_a_stale_form_says_what_changed_and_keeps_both_changes(
    tab: Tab, sign_in_tab: SignInTab, people: People, session: AsyncSession
):
    await sign_in_tab(tab, people.users["admin"])
    await tab.send(StudentForm.edit, student_id=people.student.id)
    typed = dict((await tab.state(StudentForm)).opened) | {"notes": "Likes engines."}
    student = (await session.scalars(select(Student).where(col(Student.id) == people.student.id))).one()
    student.phone, student.version = "020 7946 0001", 2
    await session.flush()
    await tab.send(StudentForm.save, form=typed)
    form = await tab.state(StudentForm)
    assert "020 7946 0001" in form.form_problem
    assert form.form_open
    await tab.send(StudentForm.save, form=typed)
    await session.refresh(student)
    assert (student.phone, student.notes, student.version) == ("020 7946 0001", "Likes engines.", 3)


@pytest.mark.parametrize("who", ["student", "guardian", "other_student"])
async def test_events_of_those_who_may_not_change_nothing(
    tab: Tab, sign_in_tab: SignInTab, people: People, session: AsyncSession, who: str
):
    await sign_in_tab(tab, people.users[who])
    await tab.send(StudentForm.add)
    await tab.send(StudentForm.edit, student_id=people.student.id)
    await tab.send(StudentForm.save, form=FIELDS | {"given_name": "Ada"})
    await tab.send(GuardianForm.remove, student_id=people.student.id, guardian_id=people.guardian.id)
    await tab.send(StudentList.open)
    assert not any("Needs a quiet room" in str(delta) for delta in tab.deltas)
    assert (await session.scalars(select(Student).where(col(Student.given_name) == "Ada"))).all() == []
    linked = select(StudentGuardian).where(col(StudentGuardian.student_id) == people.student.id)
    assert len((await session.scalars(linked)).all()) == 1


@pytest.mark.parametrize(
    ("who", "phase", "sees_notes"),
    [
        ("faculty", "ready", True),
        ("student", "ready", False),
        ("guardian", "ready", False),
        ("other_student", "missing", False),
        ("other_faculty", "missing", False),
    ],
)
async def test_a_students_page_shows_what_its_reader_may_see(
    tab: Tab,
    sign_in_tab: SignInTab,
    people: People,
    monkeypatch: pytest.MonkeyPatch,
    who: str,
    phase: str,
    sees_notes: bool,  # noqa: FBT001 - a parameter of the table
):
    await sign_in_tab(tab, people.users[who])
    monkeypatch.setattr(StudentRecord, "_asked", lambda _self: people.student.id)
    await tab.send(StudentRecord.open, f"/students/{people.student.id}")
    record = await tab.state(StudentRecord)
    assert record.phase == phase
    assert record.may_edit == sees_notes
    sent = str(tab.deltas)
    assert ("Needs a quiet room" in sent) == sees_notes
    assert ("mina@example.org" in sent) == (phase == "ready")
    assert ("Jun Park" in sent) == (phase == "ready")


async def test_the_list_says_how_many_and_of_whom(tab: Tab, sign_in_tab: SignInTab, people: People):
    await sign_in_tab(tab, people.users["faculty"])
    await tab.send(StudentList.open, "/students?q=prak+mina&status=active")
    listed = await tab.state(StudentList)
    assert [row.name for row in listed.rows] == ["Mina Park"]
    assert (listed.count_line, listed.answer) == ("1–1 of 1", "You teach 1 active student.")
    assert "Jun Sato" not in str(tab.deltas)


async def test_removing_a_guardian_can_be_undone(
    tab: Tab, sign_in_tab: SignInTab, people: People, session: AsyncSession
):
    await sign_in_tab(tab, people.users["faculty"])
    linked = select(StudentGuardian).where(col(StudentGuardian.student_id) == people.student.id)
    await tab.send(GuardianForm.remove, student_id=people.student.id, guardian_id=people.guardian.id)
    assert (await session.scalars(linked)).all() == []
    await tab.send(GuardianForm.undo_remove)
    assert len((await session.scalars(linked)).all()) == 1
