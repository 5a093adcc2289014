"""Importing OneRoster into the database: what is made, what stays, what is refused."""

from datetime import date

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from academics_app.accounts.models import AuditEvent, User, UserStatus
from academics_app.core.actor import Actor, Door, Role, system_actor
from academics_app.core.errors import Conflict, Forbidden, InvalidInput
from academics_app.core.pagination import PageRequest
from academics_app.faculty.models import Faculty, FacultyStatus
from academics_app.institute.models import Branch, Term
from academics_app.learning_sessions.models import Batch, BatchStatus, Enrollment
from academics_app.students.models import Guardian, Student, StudentGuardian, StudentStatus
from academics_app.subjects.models import Subject
from academics_app.transfer import store
from academics_app.transfer.models import ImportedRecord, ImportRun
from academics_app.transfer.schemas import ImportPreview, ImportResult
from academics_app.transfer.service import commit_oneroster, list_import_runs, preview_oneroster
from tests import factories
from tests.transfer.bundles import SAMPLES, bundle, enrollment, school, user, with_row

ADMIN = system_actor(Door.COMMAND_LINE)
EVERYTHING = (Branch, Term, Subject, Faculty, Student, Guardian, StudentGuardian, User, Batch, Enrollment)
SAMPLE_NAMES = [
    "Test_full_data_set.zip",
    "Test_minimal_data_set.zip",
    "oneroster_test_data.zip",
    "v1p2_full_dataset.zip",
    "oat-sa_v1p1",
]


async def run(session: AsyncSession, source: bytes) -> tuple[ImportPreview, ImportResult]:
    """Preview and import."""
    preview = await preview_oneroster(session, actor=ADMIN, source=source)
    result = await commit_oneroster(session, actor=ADMIN, source=source, expected_digest=preview.digest)
    await session.flush()
    session.expire_all()
    return preview, result


async def count(session: AsyncSession, model: type[SQLModel]) -> int:
    return await session.scalar(select(func.count()).select_from(model)) or 0


async def counts(session: AsyncSession) -> dict[str, int]:
    return {model.__name__: await count(session, model) for model in EVERYTHING}


async def student(session: AsyncSession, code: str = "S1") -> Student:
    return (await session.scalars(select(Student).where(col(Student.code) == code))).one()


def reasons(preview: ImportPreview, level: str) -> list[str]:
    return [f"{m.file} {m.row} {m.field}: {m.reason}" for m in preview.messages if m.level == level]


async def test_a_school_is_imported(session: AsyncSession) -> None:
    preview, result = await run(session, bundle(school()))

    assert reasons(preview, "refused") == []
    branch = (await session.scalars(select(Branch))).one()
    assert (branch.code, branch.name) == ("NORTH", "North School")
    batch = (await session.scalars(select(Batch))).one()
    faculty = (await session.scalars(select(Faculty))).one()
    subject = (await session.scalars(select(Subject))).one()
    assert (batch.code, batch.name, batch.branch_id) == ("MATH-A", "Mathematics A", branch.id)
    assert (batch.subject_id, batch.faculty_id) == (subject.id, faculty.id)
    assert (batch.starts_on, batch.ends_on) == (date(2026, 9, 1), date(2026, 12, 18))
    ann = await student(session)
    assert (ann.full_name, ann.email, ann.date_of_birth, ann.branch_id) == (
        "Ann Lee",
        "ann@example.org",
        date(2010, 4, 17),
        branch.id,
    )
    assert ann.search_text == "ann lee s1 ann@example.org"
    guardian = (await session.scalars(select(Guardian))).one()
    link = (await session.scalars(select(StudentGuardian))).one()
    assert (link.student_id, link.guardian_id, link.relation, link.is_primary) == (
        ann.id,
        guardian.id,
        "parent",
        True,
    )
    enrollments = (await session.scalars(select(Enrollment).order_by(col(Enrollment.id)))).all()
    assert [(e.batch_id, e.starts_on, e.ends_on) for e in enrollments] == [
        (batch.id, date(2026, 9, 1), date(2026, 12, 18))
    ] * 2
    users = {u.username: u for u in await session.scalars(select(User))}
    assert {name: u.role for name, u in users.items()} == {
        "tara.stone": Role.FACULTY,
        "ann.lee": Role.STUDENT,
        "bob.ray": Role.STUDENT,
        "pat.lee": Role.GUARDIAN,
    }
    assert all(u.password_hash is None and u.status is UserStatus.ACTIVE for u in users.values())
    assert users["ann.lee"].student_id == ann.id
    assert (result.created, result.changed, result.refused) == (preview.created, 0, 0)


async def test_the_same_file_again_changes_nothing(session: AsyncSession) -> None:
    await run(session, bundle(school()))
    before = await counts(session)
    versions = (await session.execute(select(col(Student.code), col(Student.version)))).all()

    preview, result = await run(session, bundle(school()))

    assert (preview.created, preview.changed, preview.kept, preview.refused) == (0, 0, 0, 0)
    assert result.unchanged == preview.unchanged > 0
    assert await counts(session) == before
    assert (await session.execute(select(col(Student.code), col(Student.version)))).all() == versions


@pytest.mark.parametrize("name", SAMPLE_NAMES)
async def test_every_sample_imports_and_again_changes_nothing(session: AsyncSession, name: str) -> None:
    path = SAMPLES / name
    if not path.exists():
        pytest.skip(f"the sample bundle {name} is not on this machine (../shared/data/oneroster_samples)")
    preview = await preview_oneroster(session, actor=ADMIN, source=path)
    result = await commit_oneroster(session, actor=ADMIN, source=path, expected_digest=preview.digest)
    assert result.created == preview.created > 0
    before = await counts(session)
    assert before["Student"] == {"oneroster_test_data.zip": 1, "oat-sa_v1p1": 2}.get(name, 3)

    again = await preview_oneroster(session, actor=ADMIN, source=path)

    assert (again.created, again.changed) == (0, 0)
    assert again.refused == preview.refused
    await commit_oneroster(session, actor=ADMIN, source=path, expected_digest=again.digest)
    assert await counts(session) == before


async def test_an_edit_made_here_stays(session: AsyncSession) -> None:
    await run(session, bundle(school()))
    await session.execute(
        update(Student).where(col(Student.code) == "S1").values(phone="555 01", email="new@example.org")
    )

    same, _ = await run(session, bundle(school()))
    assert (await student(session)).email == "new@example.org"
    changed = with_row(school(), "users", "student-1", email="file@example.org", familyName="Leigh")
    preview, _ = await run(session, bundle(changed))

    ann = await student(session)
    assert (ann.email, ann.phone, ann.family_name) == ("new@example.org", "555 01", "Leigh")
    assert ann.search_text == "ann leigh s1 new@example.org 55501"
    assert reasons(same, "kept") == [
        "users 3 email: Kept new@example.org: edited here since. The file says ann@example.org."
    ]
    assert (
        "users 3 email: Kept new@example.org: edited here since. The file says file@example.org."
        in reasons(preview, "kept")
    )
    again, _ = await run(session, bundle(changed))
    assert (again.created, again.changed) == (0, 0)


async def test_what_the_other_system_changes_is_changed_here(session: AsyncSession) -> None:
    await run(session, bundle(school()))
    files = with_row(school(), "academicSessions", "term-1", endDate="2026-12-20")
    files = with_row(files, "users", "student-1", email="")

    preview, _ = await run(session, bundle(files))

    assert (await session.scalars(select(Term))).one().ends_on == date(2026, 12, 20)
    assert (await session.scalars(select(Batch))).one().ends_on == date(2026, 12, 20)
    assert {e.ends_on for e in await session.scalars(select(Enrollment))} == {date(2026, 12, 20)}
    assert (await student(session)).email is None
    by_file = {file.name: {c.kind: c.changed for c in file.counts if c.changed} for file in preview.files}
    assert {name: kinds for name, kinds in by_file.items() if kinds} == {
        "academicSessions": {"term": 1},
        "classes": {"batch": 1},
        "users": {"student": 1, "account": 1},
        "enrollments": {"enrollment": 2},
    }


async def test_a_delta_says_nothing_with_an_empty_cell(session: AsyncSession) -> None:
    await run(session, bundle(school()))
    delta = {
        "users": [user("student-1", "student", "Anna", "Lee", orgSourcedIds="", email="")],
        "demographics": [{"sourcedId": "student-2", "birthDate": "2011-01-02"}],
    }

    preview, _ = await run(session, bundle(delta, delta=True))

    assert reasons(preview, "refused") == []
    ann, bob = await student(session), await student(session, "S2")
    assert (ann.given_name, ann.email, bob.date_of_birth) == ("Anna", "ann@example.org", date(2011, 1, 2))
    assert preview.messages == [] or not any("earlier imports" in m.reason for m in preview.messages)


async def test_what_is_given_up_is_marked_and_never_deleted(session: AsyncSession) -> None:
    await run(session, bundle(school()))
    before = await counts(session)
    files = with_row(school(), "users", "student-1", status="tobedeleted")
    files = with_row(files, "users", "teacher-1", status="inactive")
    files = with_row(files, "classes", "class-1", status="tobedeleted")
    files = with_row(files, "enrollments", "e-s1", status="tobedeleted", endDate="2026-10-01")
    files = with_row(files, "orgs", "org-1", status="tobedeleted")

    preview, _ = await run(session, bundle(files))

    assert await counts(session) == before
    assert (await student(session)).status is StudentStatus.WITHDRAWN
    assert (await session.scalars(select(Faculty))).one().status is FacultyStatus.LEFT
    assert (await session.scalars(select(Batch))).one().status is BatchStatus.CANCELLED
    assert not (await session.scalars(select(Branch))).one().is_active
    statuses = {row.username: row.status for row in await session.scalars(select(User))}
    assert statuses["ann.lee"] is statuses["tara.stone"] is UserStatus.DISABLED
    assert statuses["bob.ray"] is UserStatus.ACTIVE
    ends = {e.ends_on for e in await session.scalars(select(Enrollment))}
    assert ends == {date(2026, 10, 1), date(2026, 12, 18)}
    assert any("the account is closed" in reason for reason in reasons(preview, "note"))
    again, _ = await run(session, bundle(files))
    assert (again.created, again.changed) == (0, 0)

    await run(session, bundle(school()))
    assert (await student(session)).status is StudentStatus.ACTIVE
    assert (await session.scalars(select(Batch))).one().status is BatchStatus.ACTIVE
    assert {e.ends_on for e in await session.scalars(select(Enrollment))} == {date(2026, 12, 18)}


async def test_an_ended_enrolment_does_not_move_with_the_days(session: AsyncSession) -> None:
    await run(session, bundle(school()))
    ended = with_row(school(), "enrollments", "e-s1", status="tobedeleted")
    await run(session, bundle(ended))
    row = (await session.scalars(select(Enrollment).order_by(col(Enrollment.ends_on)))).first()
    assert row is not None
    await session.execute(
        update(ImportedRecord)
        .where(col(ImportedRecord.sourced_id) == "e-s1")
        .values(values={"starts_on": "2026-09-01", "ends_on": "2026-10-05", "ended": True})
    )
    await session.execute(
        update(Enrollment).where(col(Enrollment.id) == row.id).values(ends_on=date(2026, 10, 5))
    )

    preview, _ = await run(session, bundle(ended))

    assert (preview.changed, preview.kept) == (0, 0)


async def test_people_who_are_here_already_are_linked_by_their_code_and_name(session: AsyncSession) -> None:
    here = await factories.create_student(
        session, code="S1", given_name="Ann", family_name="Lee", phone="555 77"
    )
    stranger = await factories.create_student(session, code="S2", given_name="Zoe", family_name="Quill")

    preview, _ = await run(session, bundle(school()))

    ann = await student(session)
    assert (ann.id, ann.phone, ann.email) == (here.id, "555 77", "ann@example.org")
    assert "users 3 identifier: A student with the code S1 is here already: linked." in reasons(
        preview, "note"
    )
    refused = reasons(preview, "refused")
    assert "users 4 identifier: The code S2 belongs to someone of another name here." in refused
    assert "enrollments 4 userSourcedId: The user student-2 was refused (row 4)." in refused
    assert (await student(session, "S2")).id == stranger.id
    again, _ = await run(session, bundle(school()))
    assert (again.created, again.changed) == (0, 0)


async def test_a_user_name_that_is_taken_costs_the_account_alone(session: AsyncSession) -> None:
    await factories.create_user(session, username="Ann.Lee", role=Role.ADMIN)
    twin = user("student-3", "student", "Bob", "Ray", identifier="S3")
    files = school()
    preview, _ = await run(session, bundle(files | {"users": [*files["users"], twin]}))

    without = "The student is imported without an account."
    assert reasons(preview, "refused") == [
        f"users 3 username: The user name ann.lee belongs to another account here. {without}",
        f"users 6 username: The user name bob.ray is that of row 4. {without}",
    ]
    assert await count(session, Student) == 3
    assert (
        await session.scalars(select(User).where(func.lower(User.username) == "ann.lee"))
    ).one().role is Role.ADMIN


async def test_an_account_with_more_rights_is_left_alone(session: AsyncSession) -> None:
    await run(session, bundle(school()))
    await session.execute(update(User).where(col(User.username) == "tara.stone").values(role=Role.ADMIN))

    await run(session, bundle(with_row(school(), "users", "teacher-1", status="tobedeleted")))

    tara = (await session.scalars(select(User).where(col(User.username) == "tara.stone"))).one()
    assert tara.status is UserStatus.ACTIVE


async def test_a_role_is_never_changed_and_an_administrator_never_made(session: AsyncSession) -> None:
    await run(session, bundle(school()))
    files = with_row(school(), "users", "student-1", role="teacher")
    boss = user("boss", "administrator", "Ada", "Boss")
    preview, _ = await run(session, bundle(files | {"users": [*files["users"], boss]}))

    refused = reasons(preview, "refused")
    assert (
        "users 3 role: Imported as a student before, now a teacher: a change of role has to be made here."
        in refused
    )
    assert "users 6 role: administrator: administrators are not created by import." in refused
    assert await session.scalar(select(func.count()).where(col(User.role) == Role.ADMIN)) == 0


async def test_a_guardian_unlinked_here_stays_unlinked(session: AsyncSession) -> None:
    await run(session, bundle(school()))
    await session.execute(text("DELETE FROM student_guardian"))

    preview, _ = await run(session, bundle(school()))

    assert await count(session, StudentGuardian) == 0
    assert reasons(preview, "kept") == [
        "users 5 agentSourcedIds: Kept apart from parent-1: unlinked here since."
    ]


async def test_enrolments_that_change_places_in_time(session: AsyncSession) -> None:
    files = school()
    first = enrollment("e-1", "student-1", beginDate="2026-09-01", endDate="2026-09-30")
    second = enrollment("e-2", "student-1", beginDate="2026-10-01", endDate="2026-10-31")
    await run(session, bundle(files | {"enrollments": [first, second]}))
    swapped = [
        first | {"beginDate": "2026-10-01", "endDate": "2026-10-31"},
        second | {"beginDate": "2026-09-01", "endDate": "2026-09-30"},
    ]

    preview, _ = await run(session, bundle(files | {"enrollments": swapped}))

    assert (preview.changed, preview.refused) == (2, 0)
    rows = (await session.scalars(select(Enrollment).order_by(col(Enrollment.id)))).all()
    assert [row.starts_on for row in rows] == [date(2026, 10, 1), date(2026, 9, 1)]


async def test_an_enrolment_made_by_hand_is_linked(session: AsyncSession) -> None:
    files = school()
    await run(session, bundle(files | {"enrollments": []}))
    batch = (await session.scalars(select(Batch))).one()
    await factories.create_enrollment(
        session, student=await student(session), batch=batch, starts_on=date(2026, 9, 10), ends_on=None
    )

    preview, _ = await run(session, bundle(files))

    row = (await session.scalars(select(Enrollment).where(col(Enrollment.ends_on).is_(None)))).one()
    assert row.starts_on == date(2026, 9, 10)
    assert await count(session, Enrollment) == 2
    assert "enrollments 3 userSourcedId: The student is enrolled here already: linked to it." in reasons(
        preview, "note"
    )


async def test_nothing_is_stored_when_a_row_fails_in_the_middle(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = bundle(school())
    preview = await preview_oneroster(session, actor=ADMIN, source=source)
    before = await counts(session)

    async def fail(_self: object) -> None:
        await session.execute(text("INSERT INTO branch (code, name) SELECT code, name FROM branch"))

    monkeypatch.setattr(store._Writer, "_link", fail)
    with pytest.raises(Conflict, match="nothing was stored"):
        async with session.begin_nested():
            await commit_oneroster(session, actor=ADMIN, source=source, expected_digest=preview.digest)

    assert await counts(session) == before
    assert await count(session, ImportRun) == await count(session, ImportedRecord) == 0


async def test_an_import_that_would_differ_from_its_preview_is_refused(session: AsyncSession) -> None:
    source = bundle(school())
    preview = await preview_oneroster(session, actor=ADMIN, source=source)
    await factories.create_student(session, code="S1", given_name="Zoe", family_name="Quill")

    with pytest.raises(Conflict) as refusal:
        await commit_oneroster(session, actor=ADMIN, source=source, expected_digest=preview.digest)

    assert refusal.value.code == "stale_preview"
    assert await count(session, Faculty) == 0


async def test_a_row_changed_while_the_import_runs_is_not_overwritten(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    await run(session, bundle(school()))
    source = bundle(with_row(school(), "users", "student-1", familyName="Leigh"))
    preview = await preview_oneroster(session, actor=ADMIN, source=source)
    carry_out = store.carry_out

    async def late(*args: object, **kwargs: object) -> None:
        await session.execute(
            update(Student)
            .where(col(Student.code) == "S1")
            .values(notes="edited", version=Student.version + 1)
        )
        await carry_out(*args, **kwargs)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(store, "carry_out", late)
    with pytest.raises(Conflict, match="has changed while the import ran"):
        async with session.begin_nested():
            await commit_oneroster(session, actor=ADMIN, source=source, expected_digest=preview.digest)


@pytest.mark.parametrize("role", [Role.FACULTY, Role.COUNSELOR, Role.STUDENT, Role.GUARDIAN])
async def test_only_an_admin_may_import(session: AsyncSession, role: Role) -> None:
    actor = Actor(user_id=1, role=role, name="X", door=Door.REST)
    with pytest.raises(Forbidden):
        await preview_oneroster(session, actor=actor, source=bundle(school()))
    with pytest.raises(Forbidden):
        await commit_oneroster(session, actor=actor, source=bundle(school()), expected_digest="0" * 64)
    with pytest.raises(Forbidden):
        await list_import_runs(session, actor=actor, page=PageRequest())


async def test_an_admin_of_some_branches_may_not_import(session: AsyncSession) -> None:
    actor = Actor(user_id=1, role=Role.ADMIN, name="X", door=Door.REST, branch_ids=frozenset({1}))
    with pytest.raises(Forbidden, match="every branch"):
        await preview_oneroster(session, actor=actor, source=bundle(school()))


async def test_the_run_is_remembered_and_audited_without_passwords(session: AsyncSession) -> None:
    _, result = await run(session, bundle(school()))

    page = await list_import_runs(session, actor=ADMIN, page=PageRequest())
    assert (page.total, page.items[0].id, page.items[0].user_name) == (1, result.run_id, "System")
    event = (await session.scalars(select(AuditEvent).where(col(AuditEvent.action) == "import.commit"))).one()
    assert event.subject_id == result.run_id
    stored = await session.scalars(
        text(
            "SELECT t::text FROM imported_record t UNION ALL SELECT t::text FROM audit_event t "
            "UNION ALL SELECT t::text FROM import_run t UNION ALL SELECT t::text FROM user_account t"
        )
    )
    assert not any("Password1" in row for row in stored)


async def test_what_is_no_bundle_is_refused(session: AsyncSession) -> None:
    with pytest.raises(InvalidInput, match="isn't a zip file"):
        await preview_oneroster(session, actor=ADMIN, source=b"hello")
