"""What is here of what a bundle speaks of, in a fixed number of statements, whatever the bundle's size."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import orjson
from sqlalchemy import ARRAY, BigInteger, Text, any_, cast, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute
from sqlmodel import col

from academics_app.accounts.models import User
from academics_app.attendance.models import Attendance
from academics_app.core.search import normalise
from academics_app.institute.models import Branch
from academics_app.learning_sessions.models import Enrollment, WeeklySchedule
from academics_app.students.models import StudentGuardian
from academics_app.subjects.models import Subject
from academics_app.transfer.models import ImportedRecord
from academics_app.transfer.oneroster.plan import Kind
from academics_app.transfer.oneroster.snapshot import Account, Record, Snapshot, Wanted
from academics_app.transfer.progress import Progress, Stage, silent
from academics_app.transfer.tables import COLUMNS, MODELS, ONEROSTER


async def load_snapshot(
    session: AsyncSession,
    wanted: Wanted,
    *,
    today: date,
    source: str = ONEROSTER,
    progress: Progress = silent,
) -> Snapshot:
    """Look up the rows that the bundle's records stand for, may stand for, or refer to."""
    snapshot = Snapshot(today)
    steps = 5
    progress(Stage.LOOKING_UP, 0, steps)
    await _load_records(
        session, snapshot, source, _in_texts(col(ImportedRecord.sourced_id), wanted.sourced_ids)
    )
    mentioned: dict[Kind, int] = {}
    for kind, _ in snapshot.records:
        mentioned[kind] = mentioned.get(kind, 0) + 1
    totals = select(col(ImportedRecord.kind), func.count()).where(col(ImportedRecord.source) == source)
    for kind, total in await session.execute(totals.group_by(col(ImportedRecord.kind))):
        if kind in MODELS and kind != Kind.ACCOUNT:
            snapshot.not_in_file[Kind(kind)] = total - mentioned.get(Kind(kind), 0)
    progress(Stage.LOOKING_UP, 1, steps)
    ids: dict[Kind, list[int]] = {kind: [] for kind in Kind}
    for (kind, _), record in snapshot.records.items():
        ids[kind].append(record.entity_id)
    await _load_accounts(session, snapshot, ids, wanted)
    progress(Stage.LOOKING_UP, 2, steps)
    for account in snapshot.accounts.values():
        ids[Kind.STUDENT] += [account.student_id] if account.student_id else []
        ids[Kind.FACULTY] += [account.faculty_id] if account.faculty_id else []
        ids[Kind.GUARDIAN] += [account.guardian_id] if account.guardian_id else []
    for kind in (Kind.BRANCH, Kind.TERM, Kind.SUBJECT, Kind.FACULTY, Kind.GUARDIAN, Kind.STUDENT, Kind.BATCH):
        await _load_rows(session, snapshot, kind, ids[kind], wanted.codes)
    progress(Stage.LOOKING_UP, 3, steps)
    await _load_accounts_of_people(session, snapshot)
    await _load_subject_names(session, snapshot)
    snapshot.branch_ids = list(
        await session.scalars(select(col(Branch.id)).where(col(Branch.is_active)).order_by(col(Branch.id)))
    )
    progress(Stage.LOOKING_UP, 4, steps)
    await _load_belonging(session, snapshot, source)
    if ids[Kind.SESSION]:
        await _load_rows(session, snapshot, Kind.SESSION, ids[Kind.SESSION], [])
        await _load_marks(session, snapshot)
    progress(Stage.LOOKING_UP, steps, steps)
    return snapshot


async def _load_records(session: AsyncSession, snapshot: Snapshot, source: str, *conditions: Any) -> None:
    statement = select(
        col(ImportedRecord.kind),
        col(ImportedRecord.sourced_id),
        col(ImportedRecord.entity_id),
        cast(col(ImportedRecord.values), Text),
    ).where(col(ImportedRecord.source) == source, *conditions)
    for kind, sourced_id, entity_id, values in await session.execute(statement):
        snapshot.records[Kind(kind), sourced_id] = Record(entity_id, orjson.loads(values))


async def _load_accounts(
    session: AsyncSession, snapshot: Snapshot, ids: dict[Kind, list[int]], wanted: Wanted
) -> None:
    await _load_account_rows(
        session,
        snapshot,
        or_(
            in_ids(col(User.id), ids[Kind.ACCOUNT]),
            _in_texts(func.lower(col(User.username)), wanted.usernames),
        ),
    )


async def _load_accounts_of_people(session: AsyncSession, snapshot: Snapshot) -> None:
    await _load_account_rows(
        session,
        snapshot,
        or_(
            in_ids(col(User.student_id), list(snapshot.rows[Kind.STUDENT])),
            in_ids(col(User.faculty_id), list(snapshot.rows[Kind.FACULTY])),
            in_ids(col(User.guardian_id), list(snapshot.rows[Kind.GUARDIAN])),
        ),
    )


async def _load_account_rows(session: AsyncSession, snapshot: Snapshot, condition: Any) -> None:
    columns = ["id", "version", *COLUMNS[Kind.ACCOUNT]]
    statement = select(*(getattr(User, name) for name in columns)).where(condition).order_by(col(User.id))
    for row in await session.execute(statement):
        values = {name: plain(value) for name, value in zip(columns, row, strict=True)}
        account = Account(
            values["id"], values["role"], values["student_id"], values["faculty_id"], values["guardian_id"]
        )
        snapshot.rows[Kind.ACCOUNT][account.id] = values
        snapshot.accounts[account.id] = account
        snapshot.account_by_username[values["username"].lower()] = account.id
        for kind in (Kind.STUDENT, Kind.FACULTY, Kind.GUARDIAN):
            if (person := account.person(kind)) is not None:
                snapshot.account_of.setdefault((kind, person), account.id)


async def _load_rows(
    session: AsyncSession, snapshot: Snapshot, kind: Kind, ids: list[int], codes: list[str]
) -> None:
    model = MODELS[kind]
    columns = ["id", "version", *COLUMNS[kind]]
    key: InstrumentedAttribute[int] = model.id  # pyright: ignore[reportAttributeAccessIssue]
    condition = in_ids(key, ids)
    has_code = "code" in COLUMNS[kind]
    if has_code:
        condition = or_(condition, _in_texts(model.code, codes))  # pyright: ignore[reportAttributeAccessIssue]
    for row in await session.execute(select(*(getattr(model, name) for name in columns)).where(condition)):
        values = {name: plain(value) for name, value in zip(columns, row, strict=True)}
        snapshot.rows[kind][values["id"]] = values
        if has_code:
            snapshot.by_code[kind][values["code"]] = values["id"]


async def _load_subject_names(session: AsyncSession, snapshot: Snapshot) -> None:
    for subject_id, name in await session.execute(select(col(Subject.id), col(Subject.name))):
        snapshot.subject_by_name.setdefault(normalise(name), subject_id)


async def _load_belonging(session: AsyncSession, snapshot: Snapshot, source: str) -> None:
    """What hangs on the students and batches that were found: links, enrolments, teachers, schedules."""
    students, batches = list(snapshot.rows[Kind.STUDENT]), list(snapshot.rows[Kind.BATCH])
    await _load_records(
        session,
        snapshot,
        source,
        or_(
            (col(ImportedRecord.kind) == Kind.GUARDIAN_LINK)
            & in_ids(col(ImportedRecord.entity_id), students),
            (col(ImportedRecord.kind) == Kind.TEACHING) & in_ids(col(ImportedRecord.entity_id), batches),
        ),
    )
    links = select(col(StudentGuardian.student_id), col(StudentGuardian.guardian_id))
    for student_id, guardian_id in await session.execute(
        links.where(in_ids(col(StudentGuardian.student_id), students))
    ):
        snapshot.links.add((student_id, guardian_id))
    columns = ["id", "version", *COLUMNS[Kind.ENROLLMENT]]
    recorded = [record.entity_id for (kind, _), record in snapshot.records.items() if kind is Kind.ENROLLMENT]
    wanted = or_(
        in_ids(col(Enrollment.id), recorded),
        in_ids(col(Enrollment.student_id), students) & in_ids(col(Enrollment.batch_id), batches),
    )
    statement = (
        select(*(getattr(Enrollment, name) for name in columns)).where(wanted).order_by(col(Enrollment.id))
    )
    for row in await session.execute(statement):
        values = {name: plain(value) for name, value in zip(columns, row, strict=True)}
        snapshot.rows[Kind.ENROLLMENT][values["id"]] = values
        snapshot.enrollments.setdefault((values["student_id"], values["batch_id"]), []).append(values["id"])
    scheduled = select(col(WeeklySchedule.batch_id)).where(in_ids(col(WeeklySchedule.batch_id), batches))
    snapshot.scheduled_batches = set(await session.scalars(scheduled.distinct()))


async def _load_marks(session: AsyncSession, snapshot: Snapshot) -> None:
    columns = ["session_id", "student_id", "status", "minutes_late", "note", "version"]
    found = select(*(getattr(Attendance, name) for name in columns)).where(
        in_ids(col(Attendance.session_id), list(snapshot.rows[Kind.SESSION]))
    )
    for row in await session.execute(found):
        values = {name: plain(value) for name, value in zip(columns, row, strict=True)}
        snapshot.marks[values.pop("session_id"), values.pop("student_id")] = values


def in_ids(column: Any, ids: Sequence[int]) -> Any:
    """One array instead of a parameter for each id, of which PostgreSQL takes 65,535."""
    return column == any_(literal(list(ids), ARRAY(BigInteger)))


def _in_texts(column: Any, texts: Sequence[str]) -> Any:
    return column == any_(literal(list(texts), ARRAY(Text)))


def plain(value: Any) -> Any:
    """A value as the plan compares it: dates as ISO text, enumerations as theirs."""
    if isinstance(value, date):
        return value.isoformat()
    return str(value.value) if hasattr(value, "value") else value
