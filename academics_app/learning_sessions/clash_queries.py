"""Statements on what is in the way of sessions and enrolments: a room, a teacher or a student that is taken."""

from collections.abc import Collection, Sequence
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Integer,
    Select,
    TableValuedAlias,
    and_,
    case,
    cast,
    column,
    func,
    literal_column,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased
from sqlalchemy.types import TypeEngine
from sqlmodel import col

from academics_app.faculty.names import faculty_name
from academics_app.institute.names import room_name
from academics_app.learning_sessions.models import Batch, Enrollment, LearningSession, Seat
from academics_app.learning_sessions.rules import Wanted, WantedEnrollment
from academics_app.students.names import student_name

ROOM, FACULTY, STUDENT = 0, 1, 2
"""Ranks of the kinds: the first of several is told first."""

_INSTANT = DateTime(timezone=True)


def in_the_way_of_sessions(
    wanted: Sequence[Wanted],
    *,
    scope: ColumnElement[bool],
    ignored: Collection[int] = (),
    limit: int | None = None,
) -> "Select[*tuple[Any, ...]]":
    """What each of the sessions would clash with: stored sessions but the `ignored`, and those before it in the list.

    `n` is the place in the list; a batch outside the `scope`, a condition on Batch, is told without its name and ids.
    With a limit the first rows and, in `total`, how many there are; without one, one
    row for each `n` that clashes.
    """
    asked = _rows(
        "asked",
        batch_id=(BigInteger(), [each.batch_id for each in wanted]),
        local_date=(Date(), [each.local_date for each in wanted]),
        starts_at=(_INSTANT, [each.starts_at for each in wanted]),
        ends_at=(_INSTANT, [each.ends_at for each in wanted]),
        room_id=(BigInteger(), [each.room_id for each in wanted]),
        faculty_id=(BigInteger(), [each.faculty_id for each in wanted]),
    )
    before = asked.alias("before")
    stored = aliased(LearningSession)
    free = col(stored.id) != func.all(_array(BigInteger(), list(ignored)))
    parts: list[Select[Any]] = []
    for kind, name in ((ROOM, "room_id"), (FACULTY, "faculty_id")):
        parts.append(
            select(*_found(asked.c, kind, asked.c[name], stored))
            .select_from(asked)
            .join(stored, and_(getattr(stored, name) == asked.c[name], _meet(asked, stored), _counts(stored)))
            .where(free)
        )
        parts.append(
            select(*_found(asked.c, kind, asked.c[name], before.c))
            .select_from(asked)
            .join(
                before, and_(before.c.n < asked.c.n, before.c[name] == asked.c[name], _meet(asked, before.c))
            )
        )
    mine = aliased(Enrollment)
    parts.append(
        select(*_found(asked.c, STUDENT, col(mine.student_id), stored))
        .select_from(asked)
        .join(mine, and_(col(mine.batch_id) == asked.c.batch_id, _covers(mine, asked.c.local_date)))
        .join(Seat, and_(col(Seat.student_id) == col(mine.student_id), _during(asked.c)))
        .join(stored, col(stored.id) == col(Seat.session_id))
        .where(free)
    )
    # few of the wanted ones meet: who is in both is looked up for those pairs alone, among the wanted ones' students
    pairs = _pairs(asked, before, _meet(asked, before.c))
    member = (
        select(asked.c.n, col(mine.student_id).label("student_id"))
        .select_from(asked)
        .join(mine, and_(col(mine.batch_id) == asked.c.batch_id, _covers(mine, asked.c.local_date)))
        .cte("member")
        .prefix_with("MATERIALIZED")
    )
    also = member.alias("also")
    later, earlier = _half(pairs, "asked"), _half(pairs, "before")
    parts.append(
        select(*_found(later, STUDENT, member.c.student_id, earlier))
        .select_from(pairs)
        .join(member, member.c.n == later.n)
        .join(also, and_(also.c.n == earlier.n, also.c.student_id == member.c.student_id))
    )
    return _named(parts if len(wanted) > 1 else parts[::2], limit, scope)


def in_the_way_of_enrollments(
    wanted: Sequence[WantedEnrollment], *, scope: ColumnElement[bool], limit: int | None = None
) -> "Select[*tuple[Any, ...]]":
    """The same for enrolments: sessions of their batches at a time at which the student is elsewhere."""
    asked = _rows(
        "asked",
        student_id=(BigInteger(), [each.student_id for each in wanted]),
        batch_id=(BigInteger(), [each.batch_id for each in wanted]),
        starts_on=(Date(), [each.starts_on for each in wanted]),
        ends_on=(Date(), [each.ends_on for each in wanted]),
    )
    before = asked.alias("before")
    mine, stored = aliased(LearningSession), aliased(LearningSession)
    parts: list[Select[Any]] = [
        select(*_found(asked.c, STUDENT, asked.c.student_id, stored, mine))
        .select_from(asked)
        .join(mine, _of_enrollment(mine, asked.c))
        .join(Seat, and_(col(Seat.student_id) == asked.c.student_id, _during(mine)))
        .join(stored, col(stored.id) == col(Seat.session_id))
        .where(col(stored.id) != col(mine.id))
    ]
    pairs = _pairs(asked, before, before.c.student_id == asked.c.student_id)
    later, earlier = _half(pairs, "asked"), _half(pairs, "before")
    parts.append(
        select(*_found(later, STUDENT, later.student_id, stored, mine))
        .select_from(pairs)
        .join(mine, _of_enrollment(mine, later))
        .join(
            stored,
            and_(
                _of_enrollment(stored, earlier),
                col(stored.local_date).between(col(mine.local_date) - 1, col(mine.local_date) + 1),
                func.tstzrange(col(stored.starts_at), col(stored.ends_at)).op("&&", is_comparison=True)(
                    func.tstzrange(col(mine.starts_at), col(mine.ends_at))
                ),
            ),
        )
        .where(col(stored.id) != col(mine.id))
    )
    return _named(parts if len(wanted) > 1 else parts[:1], limit, scope)


def _rows(name: str, **columns: tuple[TypeEngine[Any], list[Any]]) -> TableValuedAlias:
    """A list as rows: one array parameter for each column, however long it is; `n` counts from 0."""
    length = len(next(iter(columns.values()))[1])
    columns = {"n": (Integer(), list(range(length)))} | columns
    arrays = (_array(kind, values) for kind, values in columns.values())
    return (
        func.unnest(*arrays)
        .table_valued(*(column(each, kind) for each, (kind, _) in columns.items()), name=name)
        .render_derived(name=name)
    )


def _array(kind: TypeEngine[Any], values: list[Any]) -> ColumnElement[Any]:
    return cast(values, ARRAY(kind))


def _pairs(asked: TableValuedAlias, before: TableValuedAlias, condition: ColumnElement[bool]) -> CTE:
    """The rows and those before them in the list that the condition holds for; found first, and once."""
    columns = [
        each.label(f"{side}_{each.name}")
        for side, rows in (("asked", asked), ("before", before))
        for each in rows.c
    ]
    return (
        select(*columns)
        .join_from(asked, before, and_(before.c.n < asked.c.n, condition))
        .cte("pairs")
        .prefix_with("MATERIALIZED")
    )


def _half(pairs: FromClause, side: str) -> Any:
    """The columns of one side of the pairs, under their own names."""
    start = f"{side}_"
    return SimpleNamespace(
        **{each.name.removeprefix(start): each for each in pairs.c if each.name.startswith(start)}
    )


def _of_enrollment(session: type[LearningSession], enrollment: Any) -> ColumnElement[bool]:
    """The condition on the session that it is one of the enrolment's."""
    return and_(
        col(session.batch_id) == enrollment.batch_id,
        _covers(enrollment, col(session.local_date)),
        _counts(session),
    )


def _found(asked: Any, kind: int, subject: Any, other: Any, at: Any = None) -> list[ColumnElement[Any]]:
    """The columns of one kind of clash: who is taken, by `other`, when a session is wanted at `at`."""
    at = asked if at is None else at
    is_stored = hasattr(other, "status")
    return [
        asked.n.label("n"),
        literal_column(str(kind)).label("kind"),
        subject.label("subject_id"),
        (other.id if is_stored else cast(null(), BigInteger)).label("session_id"),
        other.batch_id.label("batch_id"),
        other.local_date.label("local_date"),
        other.starts_at.label("starts_at"),
        other.ends_at.label("ends_at"),
        at.local_date.label("wanted_date"),
        at.starts_at.label("wanted_starts_at"),
    ]


def _counts(stored: type[LearningSession]) -> ColumnElement[bool]:
    """The condition of the constraints, word for word, so that their indexes serve."""
    return and_(
        col(stored.status).op("<>", is_comparison=True)(literal_column("'cancelled'")),
        ~col(stored.overlap_allowed),
    )


def _meet(asked: FromClause, other: Any) -> ColumnElement[bool]:
    return func.tstzrange(other.starts_at, other.ends_at).op("&&", is_comparison=True)(
        func.tstzrange(asked.c.starts_at, asked.c.ends_at)
    )


def _during(at: Any) -> ColumnElement[bool]:
    return col(Seat.during).op("&&", is_comparison=True)(func.tstzrange(at.starts_at, at.ends_at))


def _covers(enrollment: Any, day: Any) -> ColumnElement[bool]:
    return and_(enrollment.starts_on <= day, or_(enrollment.ends_on.is_(None), enrollment.ends_on >= day))


def _named(
    parts: "Sequence[Select[Any]]", limit: int | None, scope: ColumnElement[bool]
) -> "Select[*tuple[Any, ...]]":
    """The clashes in order, with the names of what is taken and, within the scope, of the batch that has it."""
    found = union_all(*parts).subquery("found")
    order = (found.c.wanted_starts_at, found.c.n, found.c.kind, found.c.starts_at, found.c.subject_id)
    if limit is None:
        chosen = (
            select(found).ext(distinct_on(found.c.n)).order_by(found.c.n, found.c.kind, found.c.starts_at)
        )
    else:
        chosen = select(found, func.count().over().label("total")).order_by(*order).limit(limit)
    first = chosen.subquery("first")
    name = case(
        (first.c.kind == ROOM, room_name(first.c.subject_id)),
        (first.c.kind == FACULTY, faculty_name(first.c.subject_id)),
        else_=student_name(first.c.subject_id),
    )
    return (
        select(first, name.label("name"), case((scope, col(Batch.name))).label("batch_name"))
        .join(Batch, col(Batch.id) == first.c.batch_id)
        .order_by(first.c.wanted_starts_at, first.c.n, first.c.kind, first.c.starts_at, first.c.subject_id)
    )
