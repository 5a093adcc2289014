"""Carrying out an import's plan in bulk. Nothing here decides anything.

It keeps what the services of the tables' own features promise: `search_text`, `version`, sessions that follow their
batch, and accounts that are signed out when they are closed.
"""

from collections.abc import Callable, Sequence
from typing import Any

import orjson
from psycopg import errors as psycopg_errors
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.core.actor import Actor
from academics_app.core.errors import Conflict
from academics_app.core.search import normalise
from academics_app.faculty.rules import faculty_search_text
from academics_app.learning_sessions.generation import follow_calendar, generate_sessions
from academics_app.learning_sessions.models import WeeklySchedule
from academics_app.students.models import StudentGuardian
from academics_app.students.rules import guardian_search_text, student_search_text
from academics_app.subjects.rules import subject_search_text
from academics_app.transfer.copying import chunks, copy_line, copy_rows, new_ids
from academics_app.transfer.lookup import in_ids
from academics_app.transfer.mark_store import STALE, MarkWriter
from academics_app.transfer.oneroster.plan import Create, Kind, Plan, Ref, Update
from academics_app.transfer.oneroster.snapshot import Values
from academics_app.transfer.progress import Progress, Stage, silent
from academics_app.transfer.tables import COLUMNS, CONSTANTS, MODELS

_LOCK_KEY = 0x4F6E6552
"""Any number that nothing else locks; it keeps two imports from running at once."""
_MANY_ROWS = 1_000

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


async def lock_imports(session: AsyncSession) -> None:
    """Be the only import until the transaction ends; Conflict when another one runs."""
    if not await session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK_KEY))):
        raise Conflict("Another import is running. Try again when it is done.", code="import_running")


async def carry_out(
    session: AsyncSession, plan: Plan, *, actor: Actor, run_id: int, progress: Progress = silent
) -> None:
    """Write the plan, all of it or, by raising, nothing. Conflict when a row is not as the plan has seen it."""
    try:
        await _Writer(session, plan, actor, run_id, progress).write()
        await _let_sessions_follow(session, plan, actor)
    except (IntegrityError, psycopg_errors.IntegrityError) as error:
        raise Conflict(STALE, code="stale_preview") from error


class _Writer:
    """One run. Rows get their ids before they are written, so that those which refer to them can be written too."""

    def __init__(
        self, session: AsyncSession, plan: Plan, actor: Actor, run_id: int, progress: Progress
    ) -> None:
        self.session = session
        self.plan = plan
        self.actor = actor
        self.run_id = run_id
        self.progress = progress
        self.ids: dict[Ref, int] = {}
        self.done = 0

    async def write(self) -> None:
        self._advance(0)
        for kind, creates in self.plan.creates.items():
            await self._give_ids(kind, creates)
        for kind in MODELS:
            await self._update(kind, self.plan.updates[kind])
            await self._create(kind, self.plan.creates[kind])
        await self._link()
        await MarkWriter(self.session, self.plan, self.actor, self._resolved, self._advance).write()
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
        ids = await new_ids(self.session, str(MODELS[kind].__tablename__), len(creates))
        for create, new_id in zip(creates, ids, strict=True):
            self.ids[Ref(kind, create.sourced_id)] = new_id

    async def _create(self, kind: Kind, creates: Sequence[Create]) -> None:
        if not creates:
            return
        constants = CONSTANTS.get(kind, {})
        search_text = _SEARCH_TEXTS.get(kind)
        columns = ["id", *COLUMNS[kind], *constants, *(["search_text"] if search_text else [])]

        def line(create: Create) -> str:
            row = {name: self._resolved(value) for name, value in create.values.items()} | constants
            row["id"] = self.ids[Ref(kind, create.sourced_id)]
            if search_text:
                row["search_text"] = search_text(row)
            return copy_line([row.get(name) for name in columns])

        await self._copy(str(MODELS[kind].__tablename__), columns, creates, line)

    async def _copy(
        self, table: str, columns: Sequence[str], rows: Sequence[Any], line: Callable[[Any], str]
    ) -> None:
        await copy_rows(self.session, table, columns, rows, line, self._advance)

    async def _update(self, kind: Kind, updates: Sequence[Update]) -> None:
        if not updates:
            return
        if kind is Kind.ENROLLMENT and self.plan.parked:
            await self._park(self.plan.parked)
        columns = dict(COLUMNS[kind])
        rows = [{name: self._resolved(value) for name, value in each.after.items()} for each in updates]
        if make_search_text := _SEARCH_TEXTS.get(kind):
            columns["search_text"] = "text"
            for row in rows:
                row["search_text"] = make_search_text(row)
        table = str(MODELS[kind].__tablename__)
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
            raise Conflict(STALE, code="stale_preview")
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
            lambda link: copy_line(
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
        for chunk in chunks(self.plan.remembered):
            values = [
                orjson.dumps({name: self._resolved(value) for name, value in each.values.items()}).decode()
                for each in chunk
            ]
            await self.session.execute(
                statement,
                {
                    "source": self.plan.source,
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
            str(MODELS[kind].__tablename__) for kind in MODELS if len(self.plan.creates[kind]) >= _MANY_ROWS
        ]
        if grown:
            await self.session.execute(text(f"ANALYZE {', '.join([*grown, 'imported_record'])}"))


async def _let_sessions_follow(session: AsyncSession, plan: Plan, actor: Actor) -> None:
    """Sessions of changed batches that have a schedule: all active ones at once, cancelled ones one by one."""
    changed = {update.entity_id: update for update in plan.updates[Kind.BATCH]}
    statement = select(col(WeeklySchedule.batch_id)).where(
        in_ids(col(WeeklySchedule.batch_id), list(changed))
    )
    scheduled = set(await session.scalars(statement.distinct())) if changed else set()
    for batch_id in sorted(scheduled):
        if changed[batch_id].after["status"] != "active":
            await generate_sessions(session, actor=actor, batch_id=batch_id)
    if any(changed[batch_id].after["status"] == "active" for batch_id in scheduled):
        await follow_calendar(session, actor=actor)
