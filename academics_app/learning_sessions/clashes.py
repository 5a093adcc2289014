"""Who and what cannot be in two places at once: the database refuses it, and this finds out what to say.

Rooms, teachers and students are guarded by exclusion constraints, so that no door and no race gets around them. What
is in the way is looked for only once they have refused.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from zoneinfo import ZoneInfo

from psycopg.errors import DeadlockDetected
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.core.actor import Actor
from academics_app.core.constraints import refusals
from academics_app.core.errors import AppError, Conflict
from academics_app.core.permissions import Permission, may, require
from academics_app.institute.current import current_settings
from academics_app.learning_sessions import clash_queries
from academics_app.learning_sessions.access import access_batch
from academics_app.learning_sessions.clash_schemas import Clash, Clashes, ClashKind, ClashQuery
from academics_app.learning_sessions.rules import Wanted, WantedEnrollment, bounds
from academics_app.learning_sessions.scope import visible_batches

_TIMETABLE_LOCK = 7_301_004
"""Key of the advisory lock that whoever writes the timetable holds."""
_CONSTRAINTS = ("ex_learning_session_room_id", "ex_learning_session_faculty_id", "ex_seat_student_id")
_KINDS = {
    clash_queries.ROOM: ClashKind.ROOM,
    clash_queries.FACULTY: ClashKind.FACULTY,
    clash_queries.STUDENT: ClashKind.STUDENT,
}
SHOWN = 20
"""How many clashes are listed."""
_LOOKED_AT = 500
"""How many rows the sentences are made from."""

Find = Callable[[], Awaitable[Clashes]]


class _Refused(AppError):
    """One of the constraints said no."""


_REFUSED: dict[str, AppError] = dict.fromkeys(_CONSTRAINTS, _Refused("It clashes."))


async def hold_timetable(
    session: AsyncSession, *, actor: Actor, to: Permission = Permission.SESSION_MANAGE
) -> None:
    """Be the only writer of sessions, schedules and enrolments until the transaction ends.

    Exclusion constraints alone are enough for the truth, but two that book the same room would wait for each other
    and one be thrown out of its wait. Called before any row is locked; whoever may not write waits for nobody.
    """
    if may(actor, to):
        await session.execute(select(func.pg_advisory_xact_lock(_TIMETABLE_LOCK)))


@asynccontextmanager
async def refuse_clashes(
    session: AsyncSession,
    find: Find,
    fields: Mapping[ClashKind, str],
    failures: Mapping[str, AppError] | None = None,
    *,
    at_the_end: bool = False,
) -> AsyncIterator[None]:
    """As `refusals`; a clash is a Conflict that names what `find` finds, beside the field of its kind.

    With `at_the_end` the constraints look once all of the block is written, so that sessions may pass over each
    other's old places.
    """
    try:
        async with refusals(session, {**(failures or {}), **_REFUSED}):
            if at_the_end:
                await _set_constraints(session, "DEFERRED")
            yield
            if at_the_end:
                await session.flush()  # what is still in the session counts too
                await _set_constraints(session, "IMMEDIATE")
    except _Refused as refusal:
        raise conflict_of(await find(), fields) from refusal
    except OperationalError as error:
        if isinstance(error.orig, DeadlockDetected):
            raise _busy() from error
        raise


def conflict_of(clashes: Clashes, fields: Mapping[ClashKind, str]) -> Conflict:
    """The refusal that names the clashes; a plain "try again" when the one in the way is gone already."""
    if clashes.sentence is None:
        return _busy()
    by_field: dict[str, str] = {}
    for clash in clashes.items:
        if clash.kind in fields:
            by_field.setdefault(fields[clash.kind], clash.sentence)
    listed = [clash.model_dump(mode="json") for clash in clashes.items]
    return Conflict(
        clashes.sentence,
        code="clash",
        fields=by_field,
        extra={"clashes": listed, "clash_count": clashes.total},
    )


async def find_clashes(session: AsyncSession, *, actor: Actor, data: ClashQuery) -> Clashes:
    """What a session would clash with, for a form that has not been sent yet."""
    batch = await access_batch(session, data.batch_id, actor=actor, to=Permission.SESSION_MANAGE)
    zone = (await current_settings(session)).zone
    starts_at, ends_at = bounds(data.local_date, data.starts_at, data.ends_at, zone)
    wanted = Wanted(
        batch.id,
        data.local_date,
        starts_at,
        ends_at,
        data.room_id or batch.room_id,
        data.faculty_id or batch.faculty_id,
        data.session_id,
    )
    return await clashes_of_sessions(session, [wanted], actor=actor)


async def clashes_of_sessions(
    session: AsyncSession, wanted: Sequence[Wanted], *, actor: Actor, ignored: Collection[int] = ()
) -> Clashes:
    """What is in the way of the sessions; they and the `ignored` ones are not, where they stand now."""
    zone = (await current_settings(session)).zone
    own = {each.session_id for each in wanted if each.session_id is not None}
    statement = clash_queries.in_the_way_of_sessions(
        wanted, scope=visible_batches(actor), ignored=own | set(ignored), limit=_LOOKED_AT
    )
    return _told((await session.execute(statement)).all(), zone)


async def clashing_sessions(
    session: AsyncSession, wanted: Sequence[Wanted], *, actor: Actor, ignored: Collection[int] = ()
) -> dict[int, Clash]:
    """The first clash of each of the sessions that has any, by its place in the list."""
    zone = (await current_settings(session)).zone
    own = {each.session_id for each in wanted if each.session_id is not None}
    statement = clash_queries.in_the_way_of_sessions(
        wanted, scope=visible_batches(actor), ignored=own | set(ignored)
    )
    return {row.n: _clash(row, zone) for row in await session.execute(statement)}


async def clashes_of_enrollments(
    session: AsyncSession, wanted: Sequence[WantedEnrollment], *, actor: Actor
) -> Clashes:
    """Where the students would be in two places at once."""
    zone = (await current_settings(session)).zone
    statement = clash_queries.in_the_way_of_enrollments(
        wanted, scope=visible_batches(actor), limit=_LOOKED_AT
    )
    return _told((await session.execute(statement)).all(), zone, of_enrollments=True)


async def clashing_enrollments(
    session: AsyncSession, *, actor: Actor, wanted: Sequence[WantedEnrollment]
) -> dict[WantedEnrollment, str]:
    """Those of an import's enrolments that clash with what is stored or with an earlier one, and the sentence."""
    require(actor, Permission.IMPORT_RUN)
    if not wanted:
        return {}
    zone = (await current_settings(session)).zone
    statement = clash_queries.in_the_way_of_enrollments(wanted, scope=visible_batches(actor))
    return {wanted[row.n]: _sentence(row, zone) for row in await session.execute(statement)}


async def _set_constraints(session: AsyncSession, when: str) -> None:
    await session.execute(text(f"SET CONSTRAINTS {', '.join(_CONSTRAINTS)} {when}"))


def _busy() -> Conflict:
    return Conflict(
        "Somebody else is changing the timetable at this moment. Try again.", code="busy", retry_after=1
    )


def _told(rows: Sequence[Any], zone: ZoneInfo, *, of_enrollments: bool = False) -> Clashes:
    if not rows:
        return Clashes(items=[], total=0, sentence=None)
    found = [_clash(row, zone) for row in rows]
    sentence = found[0].sentence
    first = rows[0]
    if found[0].kind is ClashKind.STUDENT:
        students = {
            row.subject_id
            for row in rows
            if row.kind == clash_queries.STUDENT and (of_enrollments or row.n == first.n)
        }
        if len(students) > 1:
            noun = "student" if len(students) == 2 else "students"
            sentence = f"{sentence.removesuffix('.')} (and {len(students) - 1} more {noun})."
    others = 0 if of_enrollments else len({row.n for row in rows}) - 1
    if others:
        sentence += f" {others} more {'session clashes' if others == 1 else 'sessions clash'}."
    return Clashes(items=found[:SHOWN], total=first.total, sentence=sentence)


def _clash(row: Any, zone: ZoneInfo) -> Clash:
    facts = {name: value for name, value in row._asdict().items() if name in Clash.model_fields}
    facts["kind"] = _KINDS[row.kind]
    if row.batch_name is None:
        facts |= {"session_id": None, "batch_id": None}
    return Clash(**facts, sentence=_sentence(row, zone))


def _sentence(row: Any, zone: ZoneInfo) -> str:
    begin, end = row.starts_at.astimezone(zone), row.ends_at.astimezone(zone)
    when = f"{_WEEKDAYS[begin.weekday()]} {begin.day} {_MONTHS[begin.month - 1]} {begin:%H:%M}–{end:%H:%M}"
    batch_name = row.batch_name or "another branch's batch"
    match _KINDS[row.kind]:
        case ClashKind.ROOM:
            return f"{row.name} is taken by {batch_name}, {when}."
        case ClashKind.FACULTY:
            return f"{row.name} teaches {batch_name}, {when}."
        case ClashKind.STUDENT:
            return f"{row.name} is in {batch_name}, {when}."


_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
