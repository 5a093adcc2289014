"""Which students are in which batch, and from when to when."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.accounts.audit import record
from academics_app.core.actor import Actor
from academics_app.core.clock import local_date, utc_now
from academics_app.core.db import announce
from academics_app.core.errors import AppError, Conflict, InvalidInput
from academics_app.core.pagination import Page, PageRequest
from academics_app.core.permissions import Permission
from academics_app.core.versions import refuse_stale
from academics_app.institute.current import current_settings
from academics_app.learning_sessions import queries
from academics_app.learning_sessions.access import access_batch, access_enrollment
from academics_app.learning_sessions.clash_schemas import ClashKind
from academics_app.learning_sessions.clashes import clashes_of_enrollments, hold_timetable, refuse_clashes
from academics_app.learning_sessions.models import Enrollment
from academics_app.learning_sessions.rules import WantedEnrollment
from academics_app.learning_sessions.schemas import EnrollmentCreate, EnrollmentRead, EnrollmentUpdate
from academics_app.students.names import student_names
from academics_app.students.scope import visible_students


async def list_enrollments(
    session: AsyncSession,
    *,
    actor: Actor,
    batch_id: int,
    page: PageRequest,
    current_only: bool = False,
) -> Page[EnrollmentRead]:
    """Enrolments of a batch by student name, those of today or of all times. Students see their own alone."""
    await access_batch(session, batch_id, actor=actor, to=Permission.BATCH_READ)
    today = local_date(utc_now(), (await current_settings(session)).zone) if current_only else None
    statement = queries.enrollments(actor, batch_id=batch_id, on=today)
    total = await session.scalar(
        statement.with_only_columns(func.count(), maintain_column_froms=True).order_by(None)
    )
    rows = await session.execute(statement.offset(page.skip).limit(page.limit))
    items = [_read(*row) for row in rows]
    return Page(items=items, total=total or 0, skip=page.skip, limit=page.limit)


async def enroll_students(
    session: AsyncSession, *, actor: Actor, batch_id: int, data: EnrollmentCreate
) -> list[EnrollmentRead]:
    """Enrol one student or many, all or none.

    Refused for one who is in the batch at that time already, and for one who has another session when this batch has.
    """
    await hold_timetable(session, actor=actor, to=Permission.ENROLLMENT_MANAGE)
    batch = await access_batch(session, batch_id, actor=actor, to=Permission.ENROLLMENT_MANAGE)
    student_ids = list(dict.fromkeys(data.student_ids))
    known = student_names(student_ids).where(visible_students(actor))
    names = {row.id: row.full_name for row in await session.execute(known)}
    if missing := [str(student_id) for student_id in student_ids if student_id not in names]:
        raise InvalidInput(
            "Some of these students are not there.",
            fields={"student_ids": f"there is no student {', '.join(missing)}"},
        )
    starts_on = data.starts_on or local_date(utc_now(), (await current_settings(session)).zone)
    _check(starts_on, data.ends_on)
    rows = [
        Enrollment(student_id=each, batch_id=batch_id, starts_on=starts_on, ends_on=data.ends_on)
        for each in student_ids
    ]
    overlap = await _overlap(session, batch_id, names, starts_on, data.ends_on)
    if overlap is not None:
        raise overlap
    wanted = [WantedEnrollment(each, batch_id, starts_on, data.ends_on) for each in student_ids]
    async with refuse_clashes(
        session,
        lambda: clashes_of_enrollments(session, wanted, actor=actor),
        {ClashKind.STUDENT: "student_ids"},
        _REFUSALS,
    ):
        session.add_all(rows)
    for row in rows:
        record(
            session,
            actor=actor,
            action="enrollment.create",
            subject_kind="enrollment",
            subject_id=row.id,
            after=_facts(row),
        )
    _announce(session, batch.id, student_ids)
    ids = [row.id for row in rows]
    statement = queries.enrollments(actor, batch_id=batch_id).where(col(Enrollment.id).in_(ids))
    return [_read(*row) for row in await session.execute(statement)]


async def update_enrollment(
    session: AsyncSession, *, actor: Actor, enrollment_id: int, data: EnrollmentUpdate
) -> EnrollmentRead:
    """End an enrolment, open it again, or correct its first day; refused where the student is elsewhere then."""
    await hold_timetable(session, actor=actor, to=Permission.ENROLLMENT_MANAGE)
    row = await access_enrollment(session, enrollment_id, actor=actor, to=Permission.ENROLLMENT_MANAGE)
    refuse_stale(row.version, data.version)
    before = _facts(row)
    changes = data.model_dump(exclude_unset=True, exclude={"version"})
    first, last = changes.get("starts_on", row.starts_on), changes.get("ends_on", row.ends_on)
    _check(first, last)
    wanted = [WantedEnrollment(row.student_id, row.batch_id, first, last)]
    async with refuse_clashes(
        session,
        lambda: clashes_of_enrollments(session, wanted, actor=actor),
        {ClashKind.STUDENT: "starts_on"},
        _REFUSALS,
    ):
        for field, value in changes.items():
            setattr(row, field, value)
        row.version += 1
    record(
        session,
        actor=actor,
        action="enrollment.update",
        subject_kind="enrollment",
        subject_id=row.id,
        before=before,
        after=_facts(row),
    )
    _announce(session, row.batch_id, [row.student_id])
    statement = queries.enrollments(actor, batch_id=row.batch_id).where(col(Enrollment.id) == row.id)
    return _read(*(await session.execute(statement)).one())


async def _overlap(
    session: AsyncSession, batch_id: int, names: dict[int, str], starts_on: date, ends_on: date | None
) -> Conflict | None:
    """The refusal that names who is enrolled at that time; the constraint decides when two do it at once."""
    wanted = func.daterange(starts_on, ends_on, "[]")
    present = func.daterange(col(Enrollment.starts_on), col(Enrollment.ends_on), "[]")
    statement = select(col(Enrollment.student_id)).where(
        col(Enrollment.batch_id) == batch_id,
        col(Enrollment.student_id).in_(names),
        present.op("&&")(wanted),
    )
    taken = sorted({names[each] for each in await session.scalars(statement)})
    if not taken:
        return None
    shown = ", ".join(taken[:5]) + (f" and {len(taken) - 5} more" if len(taken) > 5 else "")
    return Conflict(
        f"Already enrolled in this batch at that time: {shown}.",
        code="already_enrolled",
        fields={"student_ids": f"already enrolled: {shown}"},
    )


def _check(starts_on: date, ends_on: date | None) -> None:
    if ends_on is not None and ends_on < starts_on:
        raise InvalidInput("The last day is before the first.", fields={"ends_on": "is before the first day"})


def _announce(session: AsyncSession, batch_id: int, student_ids: Sequence[int]) -> None:
    announce(
        session, f"batch:{batch_id}", "batches", "timetable", *(f"student:{each}" for each in student_ids)
    )


def _read(row: Enrollment, student_name: str, student_code: str) -> EnrollmentRead:
    return EnrollmentRead(**row.model_dump(), student_name=student_name, student_code=student_code)


def _facts(row: Enrollment) -> dict[str, object]:
    return row.model_dump(include={"student_id", "batch_id", "starts_on", "ends_on"})


_REFUSALS: dict[str, AppError] = {
    "ex_enrollment_overlap": Conflict(
        "The student is enrolled in this batch at that time already.", code="already_enrolled"
    ),
}
