"""Chaos: whatever happens to network, server and tabs, each mark arrives once."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from itertools import cycle, pairwise
from random import Random
from time import monotonic
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Browser
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col

from academics_app.attendance.models import Attendance, AttendanceEvent, AttendanceStatus
from academics_app.attendance.rules import fill_mark_id
from academics_app.learning_sessions.models import LearningSession
from tests.chaos.conftest import MortalServer
from tests.chaos.markers import Marker, Story
from tests.chaos.network import Network
from tests.register_screen.classroom import make_classroom

REGISTERS = 10
CLASS_SIZE = 30
SHARED = 3
"""Students of each class whom both of its markers mark."""
FULL_SCREENS = 2
KILLS = 4
CALM_SECONDS = 4.0
"""Between a start of the server and its next death, and before the first."""
FREEZE_SECONDS = 2.0
SECONDS_BETWEEN_CLOSED_TABS = 1.5
HEALING_SECONDS = 60.0


@pytest.mark.timeout(400)
async def test_no_mark_is_lost_and_none_doubled(
    chaos_engine: AsyncEngine,
    network: Network,
    mortal_server: MortalServer,
    chaos_browser: Browser,
    capsys: pytest.CaptureFixture[str],
) -> None:
    moments = [monotonic()]
    markers = await _people_arrive(chaos_engine, network, chaos_browser)
    moments.append(monotonic())

    network.is_bad = True
    calm = asyncio.Event()
    await asyncio.gather(
        *(marker.mark_until(calm) for marker in markers),
        _close_tabs(markers, calm),
        _storm(mortal_server, network, markers, calm),
    )
    moments.append(monotonic())
    network.is_bad = False
    await _everything_arrives(markers)
    moments.append(monotonic())

    stories = [await marker.story() for marker in markers]
    stored = await _stored(chaos_engine)
    found = _Reckoning(stories, stored, network)
    with capsys.disabled():
        print(found.sentence(mortal_server, markers, moments))  # noqa: T201 - the figures that the run is for

    assert mortal_server.kills == KILLS
    assert [story.refused for story in stories if story.refused] == []
    assert found.lost_acknowledged == set()
    assert found.lost_intents == [], found.told(found.lost_intents)
    assert found.doubled == []
    assert found.unknown == set()
    assert stored.disagreeing_rows == 0
    assert stored.broken_chains == 0
    assert stored.untaken == [], [story.takes for story in stories]
    assert stored.unmarked == 0
    for marker in markers:
        await marker.leave()


async def _people_arrive(engine: AsyncEngine, network: Network, browser: Browser) -> list[Marker]:
    """Teacher and admin of each register; they share the class, but for a few students whom both mark."""
    markers: list[Marker] = []
    half = (CLASS_SIZE - SHARED) // 2
    for number in range(REGISTERS):
        room = await make_classroom(engine, students=CLASS_SIZE)
        students = list(room.student_ids.values())
        shared = students[-SHARED:]
        teacher = Marker(
            room, room.teacher, students[:half] + shared, insists=True, full=number < FULL_SCREENS
        )
        admin = Marker(room, room.admin, students[half:], insists=False, full=False)
        markers += [teacher, admin]
    url = f"http://localhost:{network.port}"
    for marker in markers:
        await marker.arrive(browser, url)
    return markers


async def _storm(
    mortal_server: MortalServer, network: Network, markers: list[Marker], calm: asyncio.Event
) -> None:
    """Kill and restart the server, freeze and cut the network; near the end every register is confirmed."""
    confirming: list[asyncio.Task[None]] = []
    try:
        for number in range(KILLS):
            await asyncio.sleep(CALM_SECONDS / 2)
            if number % 2:
                await network.freeze(FREEZE_SECONDS)
            await asyncio.sleep(CALM_SECONDS / 2)
            if number == KILLS - 1:
                confirming = [asyncio.create_task(marker.take()) for marker in markers if not marker.insists]
            await mortal_server.kill()
            await asyncio.sleep(0.5)
            await mortal_server.start()
        await asyncio.sleep(CALM_SECONDS)
        await asyncio.gather(*confirming)
    finally:
        calm.set()


async def _close_tabs(markers: list[Marker], calm: asyncio.Event) -> None:
    """Close and reopen one tab after another, whatever it is doing."""
    reopening: list[asyncio.Task[None]] = []
    for marker in cycle(Random(7).sample(markers, len(markers))):
        await asyncio.sleep(SECONDS_BETWEEN_CLOSED_TABS)
        if calm.is_set():
            break
        if all(task.done() or task.get_name() != str(marker.person.user_id) for task in reopening):
            task = asyncio.create_task(marker.close_and_reopen(), name=str(marker.person.user_id))
            reopening.append(task)
    await asyncio.gather(*reopening)


async def _everything_arrives(markers: list[Marker]) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + HEALING_SECONDS
    while True:
        left = {marker.person.user_id: await marker.unsent() for marker in markers}
        if not any(left.values()):
            await asyncio.sleep(0.5)  # so that the last acknowledgements are written down
            return
        assert loop.time() < deadline, (
            f"kept by user: { {user: kept for user, kept in left.items() if kept} }"
        )
        await asyncio.sleep(0.5)


@dataclass(frozen=True, slots=True)
class _Stored:
    """What the database says in the end."""

    events: list[AttendanceEvent]
    rows: dict[tuple[int, int], Attendance]
    disagreeing_rows: int
    broken_chains: int
    untaken: list[int]
    unmarked: int


async def _stored(engine: AsyncEngine) -> _Stored:
    async with AsyncSession(engine) as session:
        events = list(
            (await session.scalars(select(AttendanceEvent).order_by(col(AttendanceEvent.id)))).all()
        )
        rows = (await session.scalars(select(Attendance))).all()
        untaken = (
            await session.scalars(
                select(col(LearningSession.id)).where(col(LearningSession.register_taken_at).is_(None))
            )
        ).all()
        unmarked = await session.scalar(
            text("""
                SELECT count(*) FROM enrollment JOIN learning_session s USING (batch_id)
                LEFT JOIN attendance a ON a.session_id = s.id AND a.student_id = enrollment.student_id
                WHERE a.status IS NULL
            """)
        )
    by_row = {(row.session_id, row.student_id): row for row in rows}
    last: dict[tuple[int, int], AttendanceEvent] = {}
    broken = 0
    for event in events:
        before = last.get((event.session_id, event.student_id))
        was = (before.after_status, before.after_minutes, before.after_note) if before else (None, None, "")
        broken += (event.before_status, event.before_minutes, event.before_note) != was
        last[event.session_id, event.student_id] = event
    disagreeing = sum(
        _content_of_event(last[key]) != _content_of_row(by_row.get(key)) if key in last else True
        for key in by_row.keys() | last.keys()
    )
    return _Stored(events, by_row, disagreeing, broken, list(untaken), unmarked or 0)


def _content_of_event(event: AttendanceEvent) -> tuple[Any, ...] | None:
    if event.after_status is None:
        return None
    return event.after_status, event.after_minutes, event.after_note, event.id, event.user_id


def _content_of_row(row: Attendance | None) -> tuple[Any, ...] | None:
    return None if row is None else (row.status, row.minutes_late, row.note, row.version, row.marked_by_id)


class _Reckoning:
    """The browsers' stories held against the ledger."""

    def __init__(self, stories: list[Story], stored: _Stored, network: Network) -> None:
        self.stories = stories
        self.stored = stored
        self.network = network
        self.event_ids = [str(event.mark_id) for event in stored.events]
        self.mark_ids = {each["id"] for story in stories for each in story.marks}
        takes = {each["id"]: each["session"] for story in stories for each in story.takes}
        students: dict[int, set[int]] = {}
        for session_id, student_id in stored.rows:
            students.setdefault(session_id, set()).add(student_id)
        fills = {
            str(fill_mark_id(UUID(command), student))
            for command, session_id in takes.items()
            for student in students.get(session_id, ())
        }
        self.acknowledged = {
            each for story in stories for each in story.acknowledged
        } | network.acknowledged - takes.keys()
        known = set(self.event_ids)
        self.lost_acknowledged = self.acknowledged - known
        self.unknown = known - self.mark_ids - fills
        self.doubled = [each for each, times in Counter(self.event_ids).items() if times > 1]
        self.lost_intents = [intent for story in stories for intent in self._lost_intents_of(story)]

    def _lost_intents_of(self, story: Story) -> list[dict[str, Any]]:
        """The last word of a person on each student must be in the ledger, or theirs to withdraw.

        An earlier one may have been replaced before it left. Somebody else's equal mark is as good as one's own.
        """
        last: dict[tuple[int, int], dict[str, Any]] = {}
        for intent in story.marks:
            last[intent["session"], intent["student"]] = intent
        return [
            intent
            for row, intent in last.items()
            if row not in story.yielded and not any(_says(event, row, intent) for event in self.stored.events)
        ]

    def told(self, intents: list[dict[str, Any]]) -> str:
        """What its person meant for the row and what the ledger has, for each intent: to find out where it went."""
        lines: list[str] = []
        for intent in intents:
            row = (intent["session"], intent["student"])
            lines += [
                f"row {row}",
                *(
                    f"  {each['at'] / 1000:.3f} user {story.user_id} meant {each['id'][:8]} {each['status']} {each['minutes']}"
                    for story in self.stories
                    for each in story.marks
                    if (each["session"], each["student"]) == row
                ),
                *(
                    f"  {event.at.timestamp():.3f} user {event.user_id} stored {str(event.mark_id)[:8]} "
                    f"{event.after_status} {event.after_minutes} ({event.source})"
                    for event in self.stored.events
                    if (event.session_id, event.student_id) == row
                ),
            ]
        return "\n".join(lines)

    def sentence(self, mortal_server: MortalServer, markers: list[Marker], moments: list[float]) -> str:
        """What the run came to."""
        sent = self.network.sent & self.mark_ids
        stored = set(self.event_ids) & self.mark_ids
        lost = len(self.lost_acknowledged) + len(self.lost_intents) + len(self.stored.untaken)
        faults = ", ".join(f"{what} {times}" for what, times in sorted(self.network.faults.items()))
        arriving, storm, healing = (later - earlier for earlier, later in pairwise(moments))
        return (
            f"\nchaos: {len(markers)} markers, {REGISTERS} registers, {mortal_server.kills} × SIGKILL, "
            f"{sum(marker.reopened for marker in markers)} tabs closed and reopened, "
            f"{self.network.requests} API requests ({faults})"
            f"\nmarks sent {len(sent)}, acknowledged {len(self.acknowledged)}, stored {len(stored)} "
            f"(of {len(self.mark_ids)} meant; {len(self.mark_ids - stored)} replaced before they left or withdrawn), "
            f"filled in by confirming {len(set(self.event_ids) - stored)}, "
            f"lost = {lost}, doubled = {len(self.doubled) + len(self.unknown)}"
            f"\n{arriving:.0f} s until all had arrived, {storm:.0f} s of storm, {healing:.0f} s until all was stored"
        )


def _says(event: AttendanceEvent, row: tuple[int, int], intent: dict[str, Any]) -> bool:
    status = AttendanceStatus(intent["status"]) if intent["status"] else None
    return (event.session_id, event.student_id) == row and (event.after_status, event.after_minutes) == (
        status,
        intent["minutes"],
    )
