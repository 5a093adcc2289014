"""Asking for an absence, answering, taking back: by whom, when, and what it is refused for."""

import asyncio
from datetime import date, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.absences import service
from academics_app.absences.models import AbsenceKind, AbsenceStatus
from academics_app.absences.rules import Span, check_span
from academics_app.absences.schemas import (
    AbsenceCreate,
    AbsenceDecision,
    AbsenceRead,
    AbsenceUpdate,
    Decision,
)
from academics_app.accounts.models import AuditEvent
from academics_app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from academics_app.core.pagination import PageRequest
from tests import factories as make
from tests.absences.conftest import Family
from tests.conftest import CountQueries

REQUESTED, APPROVED = AbsenceStatus.REQUESTED, AbsenceStatus.APPROVED
DAY = date(2027, 3, 1)


async def plan(session: AsyncSession, family: Family, who: str, **values: Any) -> AbsenceRead:
    data = AbsenceCreate(**{"student_id": family.student.id, "starts_on": family.day(1)} | values)
    return await service.create_absence(session, actor=family[who], data=data)


async def decide(
    session: AsyncSession, family: Family, who: str, absence: AbsenceRead, decision: str, note: str = ""
) -> AbsenceRead:
    data = AbsenceDecision(decision=Decision(decision), note=note)
    return await service.decide_absence(session, actor=family[who], absence_id=absence.id, data=data)


@pytest.mark.parametrize("who", ["teacher", "counselor", "admin"])
async def test_staff_enter_it_approved(session: AsyncSession, family: Family, who: str) -> None:
    absence = await plan(
        session, family, who, ends_on=family.day(3), kind=AbsenceKind.TRAVEL, reason=" Away "
    )
    assert (absence.status, absence.reason) == (APPROVED, "Away")
    assert absence.decided_by == absence.requested_by == family[who].name
    assert absence.ends_on == family.day(3)


@pytest.mark.parametrize("who", ["guardian", "student"])
async def test_a_family_asks_and_staff_answer(session: AsyncSession, family: Family, who: str) -> None:
    asked = await plan(session, family, who, starts_on=family.today)
    assert (asked.status, asked.ends_on, asked.decided_at) == (REQUESTED, family.today, None)
    assert (asked.may_change, asked.may_withdraw, asked.may_decide) == (True, True, False)

    answered = await decide(session, family, "teacher", asked, "refused", "Exam on that day")
    assert (answered.status, answered.decision_note) == (AbsenceStatus.REFUSED, "Exam on that day")
    with pytest.raises(Conflict, match="refused already"):
        await decide(session, family, "admin", asked, "approved")
    mine = await service.read_absence(session, actor=family[who], absence_id=asked.id)
    assert (mine.decided_by, mine.decision_note) == ("Ada Teacher", "Exam on that day")
    assert (mine.may_change, mine.may_withdraw) == (False, False)


async def test_what_others_may_not_know_of_is_not_there(session: AsyncSession, family: Family) -> None:
    asked = await plan(session, family, "guardian")
    for who in ("stranger", "other teacher"):
        with pytest.raises(NotFound):
            await plan(session, family, who)
        for step in (service.read_absence, service.withdraw_absence, service.reopen_absence):
            with pytest.raises(NotFound):
                await step(session, actor=family[who], absence_id=asked.id)
        with pytest.raises(NotFound):
            await decide(session, family, who, asked, "approved")
        with pytest.raises(NotFound):
            await service.list_student_absences(
                session, actor=family[who], student_id=family.student.id, page=PageRequest()
            )
        listed = await service.list_absences(session, actor=family[who], page=PageRequest())
        assert listed.total == 0
    for who in ("guardian", "student"):
        with pytest.raises(Forbidden):
            await decide(session, family, who, asked, "approved")


async def test_only_who_asked_or_staff_may_change_it_and_take_it_back(
    session: AsyncSession, family: Family
) -> None:
    asked = await plan(session, family, "guardian")
    change = AbsenceUpdate(reason="Wedding", version=asked.version)
    with pytest.raises(Forbidden):
        await service.update_absence(session, actor=family["student"], absence_id=asked.id, data=change)
    with pytest.raises(Forbidden):
        await service.withdraw_absence(session, actor=family["student"], absence_id=asked.id)

    changed = await service.update_absence(
        session, actor=family["guardian"], absence_id=asked.id, data=change
    )
    assert (changed.reason, changed.version) == ("Wedding", 2)
    with pytest.raises(Conflict, match="since you opened it"):
        await service.update_absence(session, actor=family["guardian"], absence_id=asked.id, data=change)

    await decide(session, family, "teacher", asked, "approved")
    with pytest.raises(Conflict):
        await service.update_absence(
            session, actor=family["guardian"], absence_id=asked.id, data=AbsenceUpdate(reason="More")
        )
    shorter = AbsenceUpdate(ends_on=family.day(1), reason="Back early")
    assert (
        await service.update_absence(session, actor=family["teacher"], absence_id=asked.id, data=shorter)
    ).status is APPROVED

    gone = await service.withdraw_absence(session, actor=family["guardian"], absence_id=asked.id)
    again = await service.withdraw_absence(session, actor=family["guardian"], absence_id=asked.id)
    assert gone.status is again.status is AbsenceStatus.WITHDRAWN
    assert gone.version == again.version
    back = await service.reopen_absence(session, actor=family["guardian"], absence_id=asked.id)
    assert back.status is APPROVED


async def test_a_decision_can_be_undone_by_staff(session: AsyncSession, family: Family) -> None:
    asked = await plan(session, family, "student")
    await decide(session, family, "counselor", asked, "approved", "Fine")
    with pytest.raises(Forbidden):
        await service.reopen_absence(session, actor=family["student"], absence_id=asked.id)
    undone = await service.reopen_absence(session, actor=family["teacher"], absence_id=asked.id)
    assert (undone.status, undone.decided_by, undone.decided_at, undone.decision_note) == (
        REQUESTED,
        None,
        None,
        "",
    )
    twice = await decide(session, family, "teacher", asked, "approved")
    assert (await decide(session, family, "admin", asked, "approved")).version == twice.version


async def test_nobody_is_away_twice(session: AsyncSession, family: Family) -> None:
    await plan(session, family, "admin", starts_on=family.day(2), ends_on=family.day(4))
    for who in ("guardian", "teacher"):
        with pytest.raises(Conflict, match="on approved leave already from") as refused:
            await plan(session, family, who, starts_on=family.day(4), ends_on=family.day(9))
        assert refused.value.fields == {"starts_on": "overlaps another absence"}
    await plan(session, family, "guardian", starts_on=family.day(5))
    with pytest.raises(Conflict, match="waits for an answer already"):
        await plan(session, family, "student", starts_on=family.day(5))

    morning = {"starts_on": family.day(1), "starts_at": time(9), "ends_at": time(10)}
    await plan(session, family, "admin", **morning)
    await plan(session, family, "admin", **morning | {"starts_at": time(10), "ends_at": time(11)})
    with pytest.raises(Conflict):
        await plan(session, family, "admin", **morning | {"starts_at": time(9, 30), "ends_at": time(9, 45)})


async def test_a_request_that_overlaps_by_now_can_only_be_refused(
    session: AsyncSession, family: Family
) -> None:
    asked = await plan(session, family, "guardian", starts_on=family.day(1), ends_on=family.day(3))
    await plan(session, family, "teacher", starts_on=family.day(3))
    with pytest.raises(Conflict, match="approved leave already on"):
        await decide(session, family, "teacher", asked, "approved")
    assert (await decide(session, family, "teacher", asked, "refused")).status is AbsenceStatus.REFUSED


async def test_families_plan_from_today_on_and_staff_within_the_edit_window(
    session: AsyncSession, family: Family
) -> None:
    for who, back, allowed in (
        ("guardian", 1, False),
        ("student", 1, False),
        ("teacher", 7, True),
        ("teacher", 8, False),
        ("counselor", 7, True),
        ("admin", 90, True),
        ("admin", 91, False),
    ):
        values = {"starts_on": family.day(-back), "ends_on": family.day(-back)}
        if allowed:
            done = await plan(session, family, who, **values)
            await service.withdraw_absence(session, actor=family[who], absence_id=done.id)
        else:
            with pytest.raises(InvalidInput) as refused:
                await plan(session, family, who, **values)
            assert set(refused.value.fields or {}) == {"starts_on"}


@pytest.mark.parametrize(
    ("span", "field"),
    [
        (Span(DAY, DAY - timedelta(days=1)), "ends_on"),
        (Span(DAY, DAY + timedelta(days=366)), "ends_on"),
        (Span(DAY + timedelta(days=800), DAY + timedelta(days=800)), "starts_on"),
        (Span(DAY, DAY, time(9), None), "ends_at"),
        (Span(DAY, DAY, None, time(9)), "starts_at"),
        (Span(DAY, DAY, time(9), time(9)), "ends_at"),
        (Span(DAY, DAY + timedelta(days=1), time(9), time(10)), "starts_at"),
        (Span(DAY - timedelta(days=1), DAY), "starts_on"),
        (Span(DAY, DAY + timedelta(days=365)), None),
        (Span(DAY, DAY, time(9), time(10)), None),
    ],
)
def test_what_a_span_must_be(span: Span, field: str | None) -> None:
    if field is None:
        check_span(span, today=DAY, earliest=DAY)
        return
    with pytest.raises(InvalidInput) as refused:
        check_span(span, today=DAY, earliest=DAY)
    assert set(refused.value.fields or {}) == {field}


async def test_each_step_is_in_the_audit_log(session: AsyncSession, family: Family) -> None:
    asked = await plan(session, family, "guardian")
    await decide(session, family, "teacher", asked, "approved")
    await service.reopen_absence(session, actor=family["teacher"], absence_id=asked.id)
    await service.withdraw_absence(session, actor=family["guardian"], absence_id=asked.id)
    await session.flush()
    events = await session.scalars(
        select(AuditEvent).where(col(AuditEvent.subject_kind) == "absence").order_by(col(AuditEvent.id))
    )
    told = [(event.action, event.user_id) for event in events]
    guardian, teacher = family.users["guardian"].id, family.users["teacher"].id
    assert told == [
        ("absence.create", guardian),
        ("absence.approve", teacher),
        ("absence.reopen", teacher),
        ("absence.withdraw", guardian),
    ]


async def test_watchers_of_the_student_and_of_todays_registers_are_told(
    session: AsyncSession, family: Family
) -> None:
    def told() -> set[str]:
        return set(session.info.pop("live_topics", {}))

    told()
    asked = await plan(session, family, "guardian", starts_on=family.day(3))
    assert told() == {f"student:{family.student.id}", "absences"}
    now = await plan(session, family, "guardian", starts_on=family.today)
    concerned = {f"student:{family.student.id}", "absences", "registers", f"register:{family.session.id}"}
    assert told() == concerned
    await decide(session, family, "teacher", now, "approved")
    assert told() == concerned
    await service.withdraw_absence(session, actor=family["teacher"], absence_id=asked.id)
    assert told() == {f"student:{family.student.id}", "absences"}


async def test_a_list_is_two_statements_and_filters(
    session: AsyncSession, family: Family, count_queries: CountQueries
) -> None:
    later = await plan(session, family, "teacher", starts_on=family.day(9))
    sooner = await plan(session, family, "teacher", starts_on=family.day(2))
    waiting = await plan(session, family, "guardian", starts_on=family.day(20))
    over = await plan(session, family, "teacher", starts_on=family.day(-3), ends_on=family.day(-2))
    gone = await plan(session, family, "guardian", starts_on=family.day(30))
    await service.withdraw_absence(session, actor=family["guardian"], absence_id=gone.id)

    async def listed(**filters: Any) -> list[int]:
        page = await service.list_absences(session, actor=family["teacher"], page=PageRequest(), **filters)
        assert page.total == len(page.items)
        return [item.id for item in page.items]

    assert await listed(open_only=True) == [waiting.id, sooner.id, later.id]
    assert await listed() == [waiting.id, gone.id, later.id, sooner.id, over.id]
    assert await listed(status=APPROVED, start_date=family.day(2), end_date=family.day(8)) == [sooner.id]
    assert await listed(student_id=family.student.id + 1000) == []
    with count_queries() as statements:
        await listed()
    assert len(statements) == 2
    other = await make.create_student(session)
    assert await service.read_current_leave(session, actor=family["admin"], student_id=other.id) is None


async def test_who_is_on_leave_today(session: AsyncSession, family: Family) -> None:
    asked = await plan(session, family, "guardian", starts_on=family.today, ends_on=family.day(2))
    student_id = family.student.id
    assert await service.read_current_leave(session, actor=family["admin"], student_id=student_id) is None
    await decide(session, family, "teacher", asked, "approved")
    leave = await service.read_current_leave(session, actor=family["student"], student_id=student_id)
    assert leave is not None
    assert leave.ends_on == family.day(2)


@pytest.mark.usefixtures("committed")
async def test_two_at_once_leave_one(engine: object) -> None:
    """Both ask the database at the same moment; the student's row lets one after the other look."""
    from academics_app.core.db import transaction

    async with transaction() as session:
        student = await make.create_student(session)
        admin = make.actor_of(await make.create_user(session))
    from academics_app.core.clock import utc_now

    data = AbsenceCreate(student_id=student.id, starts_on=utc_now().date() + timedelta(days=1))

    async def enter() -> str:
        async with transaction() as session:
            return (await service.create_absence(session, actor=admin, data=data)).status

    results = await asyncio.gather(*(enter() for _ in range(8)), return_exceptions=True)
    assert sum(result == APPROVED for result in results) == 1
    assert sum(isinstance(result, Conflict) for result in results) == 7
