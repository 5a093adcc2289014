"""Bulk reads and writes for imports. Nothing here decides anything: rules make the plan, this carries it out.

The one module outside `analytics` and `reports` that reads and writes other features' tables itself: going through
their services would cost several statements for each of a hundred thousand rows. It keeps what those services promise:
`search_text`, `version`, and sessions that follow their batch.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import orjson
from psycopg import AsyncConnection, sql
from psycopg import errors as psycopg_errors
from sqlalchemy import ARRAY, BigInteger, Text, any_, cast, func, literal, or_, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute
from sqlmodel import SQLModel, col

from academics_app.accounts.models import User
from academics_app.core.actor import Actor
from academics_app.core.errors import Conflict
from academics_app.core.search import normalise
from academics_app.faculty.models import Faculty
from academics_app.faculty.rules import faculty_search_text
from academics_app.institute.models import Branch, Term
from academics_app.learning_sessions.generation import follow_calendar, generate_sessions
from academics_app.learning_sessions.models import Batch, Enrollment, WeeklySchedule
from academics_app.students.models import Guardian, Student, StudentGuardian
from academics_app.students.rules import guardian_search_text, student_search_text
from academics_app.subjects.models import Subject
from academics_app.subjects.rules import subject_search_text
from academics_app.transfer.models import ImportedRecord
from academics_app.transfer.oneroster.plan import Create, Kind, Plan, Ref, Update
from academics_app.transfer.oneroster.snapshot import Account, Record, Snapshot, Values, Wanted
from academics_app.transfer.progress import Progress, Stage, silent

SOURCE = "oneroster"

_LOCK_KEY = 0x4F6E6552
"""Any number that nothing else locks; it keeps two imports from running at once."""
_CHUNK_ROWS = 10_000
_MANY_ROWS = 1_000

_MODELS: dict[Kind, type[SQLModel]] = {
    Kind.BRANCH: Branch,
    Kind.TERM: Term,
    Kind.SUBJECT: Subject,
    Kind.FACULTY: Faculty,
    Kind.GUARDIAN: Guardian,
    Kind.STUDENT: Student,
    Kind.ACCOUNT: User,
    Kind.BATCH: Batch,
    Kind.ENROLLMENT: Enrollment,
}
"""In the order in which rows refer to one another."""

_COLUMNS: dict[Kind, dict[str, str]] = {
    Kind.BRANCH: {"code": "text", "name": "text", "is_active": "boolean"},
    Kind.TERM: {"name": "text", "kind": "text", "starts_on": "date", "ends_on": "date"},
    Kind.SUBJECT: {"code": "text", "name": "text", "is_active": "boolean"},
    Kind.FACULTY: {"code": "text", "full_name": "text", "email": "text", "phone": "text", "status": "text"},
    Kind.GUARDIAN: {"full_name": "text", "email": "text", "phone": "text"},
    Kind.STUDENT: {
        "code": "text",
        "given_name": "text",
        "family_name": "text",
        "email": "text",
        "phone": "text",
        "date_of_birth": "date",
        "status": "text",
        "branch_id": "bigint",
    },
    Kind.ACCOUNT: {
        "username": "text",
        "email": "text",
        "full_name": "text",
        "role": "text",
        "status": "text",
        "student_id": "bigint",
        "faculty_id": "bigint",
        "guardian_id": "bigint",
    },
    Kind.BATCH: {
        "code": "text",
        "name": "text",
        "subject_id": "bigint",
        "faculty_id": "bigint",
        "branch_id": "bigint",
        "starts_on": "date",
        "ends_on": "date",
        "status": "text",
    },
    Kind.ENROLLMENT: {"student_id": "bigint", "batch_id": "bigint", "starts_on": "date", "ends_on": "date"},
}
_CONSTANTS: dict[Kind, dict[str, Any]] = {
    Kind.SUBJECT: {"description": ""},
    Kind.STUDENT: {"notes": ""},
    Kind.ACCOUNT: {"token_version": 1},
}
_SEARCH_TEXTS: dict[Kind, Callable[[Values], str]] = {
    Kind.SUBJECT: lambda row: subject_search_text(name=row["name"], code=row["code"]),
    Kind.FACULTY: lambda row: faculty_search_text(
        full_name=row["full_name"], code=row["code"], email=row.get("email"), phone=row.get("phone")
    ),
    Kind.GUARDIAN: lambda row: guardian_search_text(
        full_name=row["full_name"], email=row.get("email"), phone=row.get("phone")
    ),
    Kind.STUDENT: lambda row: student_search_text(
        given_name=row["given_name"],
        family_name=row["family_name"],
        code=row["code"],
        email=row.get("email"),
        phone=row.get("phone"),
    ),
    Kind.ACCOUNT: lambda row: normalise(row["full_name"], row["username"], row.get("email")),
    Kind.BATCH: lambda row: normalise(row["code"], row["name"]),
}

_STALE = "What is here has changed while the import ran; nothing was stored. Look at a new preview."


async def lock_imports(session: AsyncSession) -> None:
    """Be the only import until the transaction ends; Conflict when another one runs."""
    if not await session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK_KEY))):
        raise Conflict("Another import is running. Try again when it is done.", code="import_running")


async def load_snapshot(
    session: AsyncSession, wanted: Wanted, *, today: date, progress: Progress = silent
) -> Snapshot:
    """Look up what a bundle speaks of: a fixed number of statements, whatever its size."""
    snapshot = Snapshot(today)
    steps = 5
    progress(Stage.LOOKING_UP, 0, steps)
    await _load_records(session, snapshot, _in_texts(col(ImportedRecord.sourced_id), wanted.sourced_ids))
    mentioned: dict[Kind, int] = {}
    for kind, _ in snapshot.records:
        mentioned[kind] = mentioned.get(kind, 0) + 1
    totals = select(col(ImportedRecord.kind), func.count()).where(col(ImportedRecord.source) == SOURCE)
    for kind, total in await session.execute(totals.group_by(col(ImportedRecord.kind))):
        if kind in _MODELS and kind != Kind.ACCOUNT:
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
    await _load_belonging(session, snapshot)
    progress(Stage.LOOKING_UP, steps, steps)
    return snapshot


async def _load_records(session: AsyncSession, snapshot: Snapshot, *conditions: Any) -> None:
    statement = select(
        col(ImportedRecord.kind),
        col(ImportedRecord.sourced_id),
        col(ImportedRecord.entity_id),
        cast(col(ImportedRecord.values), Text),
    ).where(col(ImportedRecord.source) == SOURCE, *conditions)
    for kind, sourced_id, entity_id, values in await session.execute(statement):
        snapshot.records[Kind(kind), sourced_id] = Record(entity_id, orjson.loads(values))


async def _load_accounts(
    session: AsyncSession, snapshot: Snapshot, ids: dict[Kind, list[int]], wanted: Wanted
) -> None:
    await _load_account_rows(
        session,
        snapshot,
        or_(
            _in_ids(col(User.id), ids[Kind.ACCOUNT]),
            _in_texts(func.lower(col(User.username)), wanted.usernames),
        ),
    )


async def _load_accounts_of_people(session: AsyncSession, snapshot: Snapshot) -> None:
    await _load_account_rows(
        session,
        snapshot,
        or_(
            _in_ids(col(User.student_id), list(snapshot.rows[Kind.STUDENT])),
            _in_ids(col(User.faculty_id), list(snapshot.rows[Kind.FACULTY])),
            _in_ids(col(User.guardian_id), list(snapshot.rows[Kind.GUARDIAN])),
        ),
    )


async def _load_account_rows(session: AsyncSession, snapshot: Snapshot, condition: Any) -> None:
    columns = ["id", "version", *_COLUMNS[Kind.ACCOUNT]]
    statement = select(*(getattr(User, name) for name in columns)).where(condition).order_by(col(User.id))
    for row in await session.execute(statement):
        values = {name: _plain(value) for name, value in zip(columns, row, strict=True)}
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
    model = _MODELS[kind]
    columns = ["id", "version", *_COLUMNS[kind]]
    key: InstrumentedAttribute[int] = model.id  # pyright: ignore[reportAttributeAccessIssue]
    condition = _in_ids(key, ids)
    has_code = "code" in _COLUMNS[kind]
    if has_code:
        condition = or_(condition, _in_texts(model.code, codes))  # pyright: ignore[reportAttributeAccessIssue]
    for row in await session.execute(select(*(getattr(model, name) for name in columns)).where(condition)):
        values = {name: _plain(value) for name, value in zip(columns, row, strict=True)}
        snapshot.rows[kind][values["id"]] = values
        if has_code:
            snapshot.by_code[kind][values["code"]] = values["id"]


async def _load_subject_names(session: AsyncSession, snapshot: Snapshot) -> None:
    for subject_id, name in await session.execute(select(col(Subject.id), col(Subject.name))):
        snapshot.subject_by_name.setdefault(normalise(name), subject_id)


async def _load_belonging(session: AsyncSession, snapshot: Snapshot) -> None:
    """What hangs on the students and batches that were found: links, enrolments, teachers, schedules."""
    students, batches = list(snapshot.rows[Kind.STUDENT]), list(snapshot.rows[Kind.BATCH])
    await _load_records(
        session,
        snapshot,
        or_(
            (col(ImportedRecord.kind) == Kind.GUARDIAN_LINK)
            & _in_ids(col(ImportedRecord.entity_id), students),
            (col(ImportedRecord.kind) == Kind.TEACHING) & _in_ids(col(ImportedRecord.entity_id), batches),
        ),
    )
    links = select(col(StudentGuardian.student_id), col(StudentGuardian.guardian_id))
    for student_id, guardian_id in await session.execute(
        links.where(_in_ids(col(StudentGuardian.student_id), students))
    ):
        snapshot.links.add((student_id, guardian_id))
    columns = ["id", "version", *_COLUMNS[Kind.ENROLLMENT]]
    recorded = [record.entity_id for (kind, _), record in snapshot.records.items() if kind is Kind.ENROLLMENT]
    wanted = or_(
        _in_ids(col(Enrollment.id), recorded),
        _in_ids(col(Enrollment.student_id), students) & _in_ids(col(Enrollment.batch_id), batches),
    )
    statement = (
        select(*(getattr(Enrollment, name) for name in columns)).where(wanted).order_by(col(Enrollment.id))
    )
    for row in await session.execute(statement):
        values = {name: _plain(value) for name, value in zip(columns, row, strict=True)}
        snapshot.rows[Kind.ENROLLMENT][values["id"]] = values
        snapshot.enrollments.setdefault((values["student_id"], values["batch_id"]), []).append(values["id"])
    scheduled = select(col(WeeklySchedule.batch_id)).where(_in_ids(col(WeeklySchedule.batch_id), batches))
    snapshot.scheduled_batches = set(await session.scalars(scheduled.distinct()))


def _in_ids(column: Any, ids: Sequence[int]) -> Any:
    """One array instead of a parameter for each id, of which PostgreSQL takes 65,535."""
    return column == any_(literal(list(ids), ARRAY(BigInteger)))


def _in_texts(column: Any, texts: Sequence[str]) -> Any:
    return column == any_(literal(list(texts), ARRAY(Text)))


def _plain(value: Any) -> Any:
    """A value as the plan compares it: dates as ISO text, enumerations as theirs."""
    if isinstance(value, date):
        return value.isoformat()
    return str(value.value) if hasattr(value, "value") else value


async def carry_out(
    session: AsyncSession, plan: Plan, *, actor: Actor, run_id: int, progress: Progress = silent
) -> None:
    """Write the plan, all of it or, by raising, nothing. Conflict when a row is not as the plan has seen it."""
    try:
        await _Writer(session, plan, run_id, progress).write()
        await _let_sessions_follow(session, plan, actor)
    except (IntegrityError, psycopg_errors.IntegrityError) as error:
        raise Conflict(_STALE, code="stale_preview") from error


class _Writer:
    """One run. Rows get their ids before they are written, so that those which refer to them can be written too."""

    def __init__(self, session: AsyncSession, plan: Plan, run_id: int, progress: Progress) -> None:
        self.session = session
        self.plan = plan
        self.run_id = run_id
        self.progress = progress
        self.ids: dict[Ref, int] = {}
        self.done = 0

    async def write(self) -> None:
        self._advance(0)
        for kind, creates in self.plan.creates.items():
            await self._give_ids(kind, creates)
        for kind in _MODELS:
            await self._update(kind, self.plan.updates[kind])
            await self._create(kind, self.plan.creates[kind])
        await self._link()
        await self._remember()
        await self._analyze()

    def _advance(self, rows: int) -> None:
        self.done += rows
        self.progress(Stage.STORING, self.done, self.plan.total)

    def _resolved(self, value: Any) -> Any:
        return self.ids[value] if isinstance(value, Ref) else value

    async def _give_ids(self, kind: Kind, creates: Sequence[Create]) -> None:
        if not creates:
            return
        ids = await self.session.scalars(
            text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)"),
            {"name": _MODELS[kind].__tablename__, "count": len(creates)},
        )
        for create, new_id in zip(creates, ids, strict=True):
            self.ids[Ref(kind, create.sourced_id)] = new_id

    async def _create(self, kind: Kind, creates: Sequence[Create]) -> None:
        if not creates:
            return
        constants = _CONSTANTS.get(kind, {})
        search_text = _SEARCH_TEXTS.get(kind)
        columns = ["id", *_COLUMNS[kind], *constants, *(["search_text"] if search_text else [])]

        def line(create: Create) -> str:
            row = {name: self._resolved(value) for name, value in create.values.items()} | constants
            row["id"] = self.ids[Ref(kind, create.sourced_id)]
            if search_text:
                row["search_text"] = search_text(row)
            return _copy_line([row.get(name) for name in columns])

        await self._copy(str(_MODELS[kind].__tablename__), columns, creates, line)

    async def _copy(
        self, table: str, columns: Sequence[str], rows: Sequence[Any], line: Callable[[Any], str]
    ) -> None:
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        driver = await _driver(self.session)
        async with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for chunk in _chunks(rows):
                await copy.write(await asyncio.to_thread(lambda chunk=chunk: "".join(map(line, chunk))))
                self._advance(len(chunk))

    async def _update(self, kind: Kind, updates: Sequence[Update]) -> None:
        if not updates:
            return
        if kind is Kind.ENROLLMENT and self.plan.parked:
            await self._park(self.plan.parked)
        columns = dict(_COLUMNS[kind])
        rows = [{name: self._resolved(value) for name, value in each.after.items()} for each in updates]
        if make_search_text := _SEARCH_TEXTS.get(kind):
            columns["search_text"] = "text"
            for row in rows:
                row["search_text"] = make_search_text(row)
        table = str(_MODELS[kind].__tablename__)
        taken = {"id": "bigint", "version": "integer", **columns}
        arrays = ", ".join(f"CAST(:{name} AS {kind_}[])" for name, kind_ in taken.items())
        changes = ", ".join(f"{name} = v.{name}" for name in columns)
        result = await self.session.execute(
            text(
                f"UPDATE {table} AS t SET {changes}, version = t.version + 1, updated_at = now() "  # noqa: S608 - names of ours
                f"FROM unnest({arrays}) AS v({', '.join(taken)}) WHERE t.id = v.id AND t.version = v.version"
            ),
            {name: [row[name] for row in rows] for name in taken},
        )
        if result.rowcount != len(updates):  # pyright: ignore[reportAttributeAccessIssue] - an UPDATE's result has it
            raise Conflict(_STALE, code="stale_preview")
        if kind is Kind.ACCOUNT:
            await self._sign_out(updates)
        self._advance(len(updates))

    async def _park(self, ids: set[int]) -> None:
        """Days that no enrolment has, one for each: two that change places would be in each other's way."""
        await self.session.execute(
            text(
                "UPDATE enrollment AS t SET starts_on = v.day, ends_on = v.day FROM (SELECT id, "
                "DATE '1000-01-01' + at::integer AS day FROM unnest(CAST(:ids AS bigint[])) WITH ORDINALITY AS u(id, at)"
                ") AS v WHERE t.id = v.id"
            ),
            {"ids": sorted(ids)},
        )

    async def _sign_out(self, updates: Sequence[Update]) -> None:
        """Another token version ends every sign-in of the accounts that were closed."""
        closed = [update.entity_id for update in updates if update.values.get("status") == "disabled"]
        if closed:
            await self.session.execute(
                text("UPDATE user_account SET token_version = token_version + 1 WHERE id = ANY(:ids)"),
                {"ids": closed},
            )

    async def _link(self) -> None:
        if not self.plan.links:
            return
        columns = ["student_id", "guardian_id", "relation", "is_primary"]
        await self._copy(
            StudentGuardian.__tablename__,  # pyright: ignore[reportArgumentType]
            columns,
            self.plan.links,
            lambda link: _copy_line(
                [self._resolved(link.student), self._resolved(link.guardian), link.relation, link.is_primary]
            ),
        )

    async def _remember(self) -> None:
        statement = text(
            "INSERT INTO imported_record (source, kind, sourced_id, entity_id, values, run_id) "
            "SELECT :source, kind, sourced_id, entity_id, values::jsonb, :run_id FROM unnest(CAST(:kinds AS text[]), "
            "CAST(:sourced_ids AS text[]), CAST(:entity_ids AS bigint[]), CAST(:values AS text[])) "
            "AS v(kind, sourced_id, entity_id, values) "
            "ON CONFLICT (source, kind, sourced_id) DO UPDATE "
            "SET entity_id = excluded.entity_id, values = excluded.values, run_id = excluded.run_id"
        )
        for chunk in _chunks(self.plan.remembered):
            values = [
                orjson.dumps({name: self._resolved(value) for name, value in each.values.items()}).decode()
                for each in chunk
            ]
            await self.session.execute(
                statement,
                {
                    "source": SOURCE,
                    "run_id": self.run_id,
                    "kinds": [each.kind.value for each in chunk],
                    "sourced_ids": [each.sourced_id for each in chunk],
                    "entity_ids": [self._resolved(each.entity) for each in chunk],
                    "values": values,
                },
            )
            self._advance(len(chunk))

    async def _analyze(self) -> None:
        """Tell the planner of tables that have grown much, before the next screen asks for a join of them."""
        grown = [
            str(_MODELS[kind].__tablename__) for kind in _MODELS if len(self.plan.creates[kind]) >= _MANY_ROWS
        ]
        if grown:
            await self.session.execute(text(f"ANALYZE {', '.join([*grown, 'imported_record'])}"))


async def _let_sessions_follow(session: AsyncSession, plan: Plan, actor: Actor) -> None:
    """Sessions of changed batches that have a schedule: all active ones at once, cancelled ones one by one."""
    changed = {update.entity_id: update for update in plan.updates[Kind.BATCH]}
    statement = select(col(WeeklySchedule.batch_id)).where(
        _in_ids(col(WeeklySchedule.batch_id), list(changed))
    )
    scheduled = set(await session.scalars(statement.distinct())) if changed else set()
    for batch_id in sorted(scheduled):
        if changed[batch_id].after["status"] != "active":
            await generate_sessions(session, actor=actor, batch_id=batch_id)
    if any(changed[batch_id].after["status"] == "active" for batch_id in scheduled):
        await follow_calendar(session, actor=actor)


async def _driver(session: AsyncSession) -> AsyncConnection[Any]:
    """The psycopg connection under the session, inside its transaction: SQLAlchemy knows no COPY."""
    raw = await (await session.connection()).get_raw_connection()
    driver = raw.driver_connection
    if not isinstance(driver, AsyncConnection):
        raise TypeError("imports are written with psycopg's COPY")
    return driver


def _chunks(rows: Sequence[Any]) -> list[Sequence[Any]]:
    return [rows[at : at + _CHUNK_ROWS] for at in range(0, len(rows), _CHUNK_ROWS)]


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _copy_line(values: Sequence[Any]) -> str:
    """One line of COPY's text format."""
    return "\t".join(map(_copied, values)) + "\n"


def _copied(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(value).translate(_ESCAPES)
