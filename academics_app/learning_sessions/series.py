"""Changing and ending a weekly meeting from one of its sessions: this one, this and those that follow, or all."""

from datetime import date, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.accounts.audit import record
from academics_app.core.actor import Actor
from academics_app.core.db import announce
from academics_app.core.errors import Conflict, InvalidInput
from academics_app.core.permissions import Permission
from academics_app.learning_sessions import queries
from academics_app.learning_sessions.access import access_batch
from academics_app.learning_sessions.batches import check_batch, meeting_facts, move_weekday
from academics_app.learning_sessions.generation import Generated, generate_sessions
from academics_app.learning_sessions.models import Batch, LearningSession, SessionStatus, WeeklySchedule
from academics_app.learning_sessions.saving import (
    check_room,
    hold_session,
    moved_to,
    read_one,
    save_session,
)
from academics_app.learning_sessions.schemas import (
    ChangeScope,
    MeetingWrite,
    SessionCancel,
    SessionChange,
    SessionChanged,
)
from academics_app.learning_sessions.sessions import cancel, plan_make_up, stand_in

_DAY = timedelta(days=1)


async def change_session(
    session: AsyncSession, *, actor: Actor, session_id: int, data: SessionChange
) -> SessionChanged:
    """Change this session, or its weekly meeting from this session or from today on.

    "Following" ends the meeting on the day before and begins another one, which takes over the sessions that follow.
    Those that somebody touched stay as they are. Refused as a whole, with the clash named, when one would clash.
    """
    row = await hold_session(session, session_id, actor=actor, version=data.version)
    if data.scope is ChangeScope.THIS:
        return await _change_one(session, row, actor=actor, data=data)
    batch, meeting = await _hold_meeting(session, row, actor=actor)
    if "faculty_id" in data.model_fields_set:
        raise InvalidInput(
            "A weekly meeting is taught by the batch's teacher. Change the batch, or this session alone.",
            fields={"faculty_id": "can be changed for this session only"},
        )
    occurs_on = row.occurs_on or row.local_date
    values = _changed(meeting, occurs_on, data)
    is_first = occurs_on <= (meeting.starts_on or batch.starts_on)
    before = await _week(session, batch.id)
    if data.scope is ChangeScope.SERIES or is_first:
        await move_weekday(session, meeting, values["weekday"])
        values["starts_on"] = meeting.starts_on and _on_weekday(
            meeting.starts_on + timedelta(days=(meeting.weekday - meeting.starts_on.weekday()) % 7),
            values["weekday"],
        )
        for field, value in values.items():
            setattr(meeting, field, value)
        changed = meeting
        await session.flush()  # the week is checked and the sessions are made from the tables
    else:
        values["starts_on"] = _on_weekday(occurs_on, values["weekday"])
        changed = WeeklySchedule(batch_id=batch.id, **values)
        meeting.ends_on = occurs_on - _DAY
        session.add(changed)
        await session.flush()  # the sessions are to name the new meeting
        shift = values["weekday"] - meeting.weekday
        await session.execute(
            queries.shift_occurrences(meeting.id, since=occurs_on, onto=changed.id, days=shift)
        )
    done = await _follow(session, batch, changed, actor=actor, before=before)
    return await _answer(session, session_id, done, actor=actor)


async def cancel_following(
    session: AsyncSession, *, actor: Actor, session_id: int, data: SessionCancel
) -> SessionChanged:
    """Cancel this session with a reason and end its weekly meeting with the day before: the later ones are removed."""
    row = await hold_session(session, session_id, actor=actor, version=data.version)
    batch, meeting = await _hold_meeting(session, row, actor=actor)
    await cancel(session, row, actor=actor, reason=data.reason)
    if data.make_up is not None:
        await plan_make_up(session, row, actor=actor, data=data.make_up)
    occurs_on = row.occurs_on or row.local_date
    before = await _week(session, batch.id)
    if occurs_on <= (meeting.starts_on or batch.starts_on):
        done = await _follow(session, batch, meeting, actor=actor, before=before, ends=True, but=row.id)
    else:
        meeting.ends_on = occurs_on - _DAY
        await session.flush()  # the sessions are made from the tables
        done = await _follow(session, batch, meeting, actor=actor, before=before, but=row.id)
    return await _answer(session, session_id, done, actor=actor)


async def _change_one(
    session: AsyncSession, row: LearningSession, *, actor: Actor, data: SessionChange
) -> SessionChanged:
    changes = await moved_to(session, row, data)
    if "room_id" in data.model_fields_set:
        await check_room(session, actor=actor, room_id=data.room_id, branch_id=row.branch_id)
        changes["room_id"] = data.room_id
    if "faculty_id" in data.model_fields_set:
        if row.status is SessionStatus.CANCELLED:
            raise Conflict("This session is cancelled; reinstate it first.", code="cancelled")
        changes |= stand_in(row, data.faculty_id)
    read = await save_session(session, row, actor=actor, action="session.update", changes=changes)
    moved = int({"starts_at", "room_id", "faculty_id"} & changes.keys() != set())
    return SessionChanged(session=read, moved=moved, added=0, removed=0, left_alone=0)


async def _hold_meeting(
    session: AsyncSession, row: LearningSession, *, actor: Actor
) -> tuple[Batch, WeeklySchedule]:
    if row.schedule_id is None:
        raise Conflict("This session is in no weekly schedule; change it alone.", code="one_off")
    batch = await access_batch(
        session, row.batch_id, actor=actor, to=Permission.SESSION_MANAGE, for_update=True
    )
    statement = select(WeeklySchedule).where(col(WeeklySchedule.id) == row.schedule_id)
    return batch, (await session.scalars(statement)).one()


def _changed(meeting: WeeklySchedule, occurs_on: date, data: SessionChange) -> dict[str, Any]:
    """The meeting as the change leaves it. Its last day moves with its weekday, within the same week."""
    sent = data.model_fields_set
    begin: time = data.starts_at if "starts_at" in sent else meeting.starts_at
    end: time = data.ends_at if "ends_at" in sent else meeting.ends_at
    if end <= begin:
        raise InvalidInput("The end must be after the start.", fields={"ends_at": "must be after the start"})
    weekday = meeting.weekday
    if "local_date" in sent:
        if data.local_date.isocalendar()[:2] != occurs_on.isocalendar()[:2]:
            raise InvalidInput(
                "A weekly meeting moves within its week.", fields={"local_date": "must be in the same week"}
            )
        weekday = data.local_date.weekday()
    last = meeting.ends_on
    if last is not None and weekday != meeting.weekday:
        last -= timedelta(days=(last.weekday() - meeting.weekday) % 7)  # the last day on which it meets
        last = _on_weekday(last, weekday)
    return {
        "weekday": weekday,
        "starts_at": begin,
        "ends_at": end,
        "room_id": data.room_id if "room_id" in sent else meeting.room_id,
        "ends_on": last,
    }


def _on_weekday(day: date, weekday: int) -> date:
    """That day of the same week."""
    return day + timedelta(days=weekday - day.weekday())


async def _week(session: AsyncSession, batch_id: int) -> list[dict[str, Any]]:
    return [meeting_facts(row) for row, _ in await session.execute(queries.meetings([batch_id]))]


async def _follow(
    session: AsyncSession,
    batch: Batch,
    meeting: WeeklySchedule,
    *,
    actor: Actor,
    before: list[dict[str, Any]],
    ends: bool = False,
    but: int | None = None,
) -> Generated:
    """Check the batch's changed week, make its sessions fit it and write it down; `ends` deletes the meeting."""
    stored = [row for row, _ in await session.execute(queries.meetings([batch.id]))]
    week = [MeetingWrite(id=row.id, **meeting_facts(row)) for row in stored]
    await check_batch(session, actor=actor, batch=batch, meetings=week)
    batch.version += 1
    done = await generate_sessions(
        session,
        actor=actor,
        batch_id=batch.id,
        without=[meeting.id] if ends else (),
        refuse=True,
        counted=lambda each: each.schedule_id == meeting.id and each.session_id != but,
    )
    if ends:
        await session.delete(meeting)
    await session.flush()  # the answer is read from the tables
    record(
        session,
        actor=actor,
        action="batch.set_schedule",
        subject_kind="batch",
        subject_id=batch.id,
        before={"meetings": before},
        after={"meetings": await _week(session, batch.id)},
    )
    announce(session, f"batch:{batch.id}", "batches", "timetable")
    return done


async def _answer(session: AsyncSession, session_id: int, done: Generated, *, actor: Actor) -> SessionChanged:
    exists = await session.scalar(
        select(col(LearningSession.id)).where(col(LearningSession.id) == session_id)
    )
    read = await read_one(session, actor=actor, session_id=session_id) if exists else None
    return SessionChanged(
        session=read, moved=done.moved, added=done.added, removed=done.removed, left_alone=done.left_alone
    )
