"""Calendar links over REST, read back with an independent parser."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import vobject
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from academics_app.accounts.models import AuditEvent, User, UserStatus
from academics_app.api.middleware import loggable
from academics_app.calendar_feeds import reading
from academics_app.calendar_feeds.limits import READS_A_MINUTE, ReadLimit
from academics_app.calendar_feeds.models import CalendarFeed
from academics_app.calendar_feeds.service import MOST_FEEDS, restore_feed
from academics_app.core.actor import Role
from academics_app.core.clock import frozen_at, instant_of, utc_now
from academics_app.core.errors import Conflict
from academics_app.institute.models import Setting
from academics_app.institute.service import forget_settings
from academics_app.learning_sessions.models import Batch, LearningSession
from academics_app.students.models import StudentGuardian
from tests import factories as make
from tests.conftest import CountQueries, SignIn

FEEDS = "/api/v1/calendar-feeds/"
NOW = datetime.fromisoformat("2026-11-23T09:00:00+00:00")


@dataclass
class Timetable:
    """Two batches with a teacher and a student each; the guardian's child is in the first, and so is a friend."""

    batch: Batch
    other_batch: Batch
    session: LearningSession
    other_session: LearningSession
    users: Mapping[str, User]
    ids: Mapping[str, int]


@pytest.fixture(autouse=True)
def _no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_reads", ReadLimit(10_000))


@pytest.fixture
async def timetable(session: AsyncSession) -> Timetable:
    branch = await make.create_branch(session)
    teacher = await make.create_user(session, role=Role.FACULTY)
    other_teacher = await make.create_user(session, role=Role.FACULTY)
    room = await make.create_room(session, branch=branch, name="Room 1")
    names = {"name": "Physics B", "branch_id": branch.id}
    batch = await make.create_batch(session, faculty_id=teacher.faculty_id, room_id=room.id, **names)
    other_batch = await make.create_batch(
        session, faculty_id=other_teacher.faculty_id, name="Maths A", branch_id=branch.id
    )
    child = await make.create_student(session, branch=branch, given_name="Ada", family_name="")
    stranger = await make.create_student(session, branch=branch)
    await make.create_enrollment(session, student=child, batch=batch)
    await make.create_enrollment(session, student=stranger, batch=other_batch)
    guardian = await make.create_guardian(session, child)
    at = NOW + timedelta(hours=1)
    own = await make.create_session(session, batch=batch, starts_at=at, room_id=room.id)
    other = await make.create_session(session, batch=other_batch, starts_at=at + timedelta(hours=3))
    users = {
        "faculty": teacher,
        "other faculty": other_teacher,
        "student": await make.create_user(session, role=Role.STUDENT, student_id=child.id),
        "other student": await make.create_user(session, role=Role.STUDENT, student_id=stranger.id),
        "guardian": await make.create_user(session, role=Role.GUARDIAN, guardian_id=guardian.id),
        "counselor": await make.create_user(session, role=Role.COUNSELOR),
        "admin": await make.create_user(session),
    }
    ids = {"student_id": child.id, "batch_id": batch.id, "room_id": room.id, "stranger_id": stranger.id}
    return Timetable(batch, other_batch, own, other, users, ids)


class Reader:
    """Makes links and reads them."""

    def __init__(self, client: httpx.AsyncClient, sign_in: SignIn, timetable: Timetable) -> None:
        self.client, self._sign_in, self._timetable = client, sign_in, timetable

    async def make(self, who: str, **shown: int) -> dict[str, Any]:
        answer = await self.client.post(FEEDS, json=shown, headers=await self.headers(who))
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def headers(self, who: str) -> dict[str, str]:
        return await self._sign_in(self._timetable.users[who])

    async def read(self, link: dict[str, Any], *, at: datetime = NOW) -> Any:
        with frozen_at(at):
            answer = await self.client.get(path_of(link))
        assert answer.status_code == 200, answer.text
        return vobject.readOne(answer.text)


def path_of(link: dict[str, Any]) -> str:
    return httpx.URL(link["url"]).path


def events_of(calendar: Any) -> list[Any]:
    return list(getattr(calendar, "vevent_list", []))


def summaries(calendar: Any) -> list[str]:
    return sorted(event.summary.value for event in events_of(calendar))


@pytest.fixture
def reader(client: httpx.AsyncClient, sign_in: SignIn, timetable: Timetable) -> Reader:
    return Reader(client, sign_in, timetable)


OWN = {
    "faculty": ["Physics B"],
    "other faculty": ["Maths A"],
    "student": ["Physics B"],
    "other student": ["Maths A"],
    "guardian": ["Physics B (Ada)"],
}


@pytest.mark.parametrize("who", OWN)
async def test_ones_own_timetable_holds_ones_own_sessions_alone(reader: Reader, who: str) -> None:
    assert summaries(await reader.read(await reader.make(who))) == OWN[who]


@pytest.mark.parametrize("who", ["admin", "counselor"])
async def test_who_has_no_timetable_chooses_what_to_show(
    reader: Reader, timetable: Timetable, who: str
) -> None:
    refused = await reader.client.post(FEEDS, json={}, headers=await reader.headers(who))
    assert (refused.status_code, "student_id" in refused.json()["fields"]) == (422, True)
    for name in ("student_id", "batch_id", "room_id"):
        calendar = await reader.read(await reader.make(who, **{name: timetable.ids[name]}))
        assert summaries(calendar) == ["Physics B"], name


async def test_nobody_makes_a_link_for_what_they_may_not_see(reader: Reader, timetable: Timetable) -> None:
    for who, body in [
        ("other student", {"student_id": timetable.ids["student_id"]}),
        ("other student", {"batch_id": timetable.ids["batch_id"]}),
        ("other faculty", {"student_id": timetable.ids["student_id"]}),
        ("other faculty", {"batch_id": timetable.ids["batch_id"]}),
        ("guardian", {"student_id": timetable.ids["stranger_id"]}),
    ]:
        answer = await reader.client.post(FEEDS, json=body, headers=await reader.headers(who))
        assert answer.status_code == 404, (who, body)
    # A room is no secret; what happens in it is.
    calendar = await reader.read(await reader.make("other student", room_id=timetable.ids["room_id"]))
    assert summaries(calendar) == []
    two = {"student_id": timetable.ids["student_id"], "batch_id": timetable.ids["batch_id"]}
    answer = await reader.client.post(FEEDS, json=two, headers=await reader.headers("admin"))
    assert answer.status_code == 422


async def test_a_link_follows_its_owners_rights(
    session: AsyncSession, reader: Reader, timetable: Timetable
) -> None:
    link = await reader.make("faculty", batch_id=timetable.ids["batch_id"])
    assert summaries(await reader.read(link)) == ["Physics B"]
    timetable.batch.faculty_id = timetable.session.faculty_id = timetable.users["other faculty"].faculty_id
    await session.flush()
    assert summaries(await reader.read(link)) == []


async def test_an_own_timetable_stays_ones_own_when_the_role_grows(
    session: AsyncSession, reader: Reader, timetable: Timetable
) -> None:
    link = await reader.make("faculty")
    teacher = timetable.users["faculty"]
    teacher.role, teacher.faculty_id = Role.ADMIN, None
    await session.flush()
    assert summaries(await reader.read(link)) == []


async def test_a_cancelled_session_stays_with_its_reason(
    session: AsyncSession, reader: Reader, timetable: Timetable
) -> None:
    link = await reader.make("student")
    before = events_of(await reader.read(link))[0]
    headers = await reader.headers("admin")
    path = f"/api/v1/sessions/{timetable.session.id}/cancel"
    assert (await reader.client.post(path, json={"reason": "Storm"}, headers=headers)).status_code == 200
    event = events_of(await reader.read(link))[0]
    assert (event.status.value, event.summary.value) == ("CANCELLED", "Cancelled: Physics B")
    assert event.description.value.splitlines()[0] == "Cancelled: Storm"
    assert event.uid.value == before.uid.value
    assert int(event.sequence.value) > int(before.sequence.value)
    assert event.last_modified.value >= before.last_modified.value


async def test_a_moved_session_keeps_its_uid(reader: Reader, timetable: Timetable) -> None:
    link = await reader.make("student")
    before = events_of(await reader.read(link))[0]
    change = {"local_date": "2026-11-27", "starts_at": "14:00", "ends_at": "15:30"}
    path = f"/api/v1/sessions/{timetable.session.id}"
    answer = await reader.client.put(path, json=change, headers=await reader.headers("admin"))
    assert answer.status_code == 200, answer.text
    (event,) = events_of(await reader.read(link))
    assert event.dtstart.value == datetime.fromisoformat("2026-11-27T14:00:00+00:00")
    assert event.dtend.value == datetime.fromisoformat("2026-11-27T15:30:00+00:00")
    assert event.uid.value == before.uid.value
    assert int(event.sequence.value) == int(before.sequence.value) + 1


async def test_a_substitute_gets_the_session_and_the_teacher_loses_it(
    session: AsyncSession, reader: Reader, timetable: Timetable
) -> None:
    row = timetable.session
    row.substitute_for_id, row.faculty_id = row.faculty_id, timetable.users["other faculty"].faculty_id
    await session.flush()
    assert summaries(await reader.read(await reader.make("faculty"))) == []
    assert summaries(await reader.read(await reader.make("other faculty"))) == ["Maths A", "Physics B"]
    event = events_of(await reader.read(await reader.make("student")))[0]
    assert "in place of" in event.description.value


async def test_a_guardian_sees_which_child(
    session: AsyncSession, reader: Reader, timetable: Timetable
) -> None:
    second = await make.create_student(session, given_name="王小明", family_name="")
    guardian = timetable.users["guardian"]
    await make.create_enrollment(session, student=second, batch=timetable.batch)
    await make.create_enrollment(session, student=second, batch=timetable.other_batch)
    await _add_child(session, guardian, second.id)
    assert summaries(await reader.read(await reader.make("guardian"))) == [
        "Maths A (王小明)",
        "Physics B (Ada, 王小明)",
    ]
    one = await reader.make("guardian", student_id=second.id)
    assert summaries(await reader.read(one)) == ["Maths A (王小明)", "Physics B (王小明)"]
    assert one["label"] == "王小明"


@pytest.mark.parametrize(
    ("zone_name", "change"),
    [("Europe/Berlin", date(2026, 10, 25)), ("Europe/Berlin", date(2027, 3, 28)),
     ("America/New_York", date(2026, 11, 1)), ("America/New_York", date(2027, 3, 14))],
)  # fmt: skip
async def test_half_past_eight_stays_half_past_eight(
    session: AsyncSession, reader: Reader, timetable: Timetable, zone_name: str, change: date
) -> None:
    zone = ZoneInfo(zone_name)
    session.add(Setting(key="time_zone", value=zone_name))
    for offset in (-1, 1):
        day = change + timedelta(days=offset)
        await make.create_session(
            session, batch=timetable.batch, local_date=day,
            starts_at=instant_of(day, time(8, 30), zone), ends_at=instant_of(day, time(9, 30), zone),
        )  # fmt: skip
    await session.delete(timetable.session)
    await session.flush()
    forget_settings()
    events = events_of(await reader.read(await reader.make("student")))
    starts = [event.dtstart.value.astimezone(zone) for event in events]
    assert [(start.date() - change).days for start in starts] == [-1, 1]
    assert {start.time() for start in starts} == {time(8, 30)}
    assert len({start.utcoffset() for start in starts}) == 2


async def test_the_window(session: AsyncSession, reader: Reader, timetable: Timetable) -> None:
    for days in (-61, -60, 365, 366):
        await make.create_session(session, batch=timetable.batch, starts_at=NOW + timedelta(days=days))
    events = events_of(await reader.read(await reader.make("student")))
    assert [(event.dtstart.value - NOW).days for event in events] == [-60, 0, 365]


async def test_a_revoked_link_is_gone_and_no_other(
    session: AsyncSession, reader: Reader, timetable: Timetable
) -> None:
    link, kept = await reader.make("student"), await reader.make("student")
    headers = await reader.headers("student")
    assert (await reader.client.delete(f"{FEEDS}{link['id']}", headers=headers)).status_code == 204
    assert (await reader.client.delete(f"{FEEDS}{link['id']}", headers=headers)).status_code == 404
    gone = await reader.client.get(path_of(link))
    never = await reader.client.get(f"/api/v1/calendar/{'x' * 43}.ics")
    assert (gone.status_code, never.status_code) == (404, 404)
    assert gone.json() == never.json()
    assert (await reader.client.get(path_of(kept))).status_code == 200
    listed = (await reader.client.get(FEEDS, headers=headers)).json()
    assert [item["id"] for item in listed["items"]] == [kept["id"]]

    actor = make.actor_of(timetable.users["student"])
    await restore_feed(session, actor=actor, feed_id=link["id"])
    await session.flush()
    assert (await reader.client.get(path_of(link))).status_code == 200
    feed = await session.get_one(CalendarFeed, link["id"])
    feed.revoked_at = utc_now() - timedelta(minutes=11)
    await session.flush()
    with pytest.raises(Conflict):
        await restore_feed(session, actor=actor, feed_id=link["id"])


@pytest.mark.parametrize("token", ["x", "x" * 43, "x" * 5000, "%00", "..%2f..", "王"])
async def test_an_unknown_token_is_not_found(reader: Reader, token: str) -> None:
    answer = await reader.client.get(f"/api/v1/calendar/{token}.ics")
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


async def test_a_disabled_owner_shows_nothing(
    session: AsyncSession, reader: Reader, timetable: Timetable
) -> None:
    link = await reader.make("student")
    timetable.users["student"].status = UserStatus.DISABLED
    await session.flush()
    assert (await reader.client.get(path_of(link))).status_code == 404


async def test_another_persons_link_is_not_theirs_to_revoke(reader: Reader) -> None:
    link = await reader.make("student")
    for who in ("other student", "guardian", "admin"):
        headers = await reader.headers(who)
        assert (await reader.client.delete(f"{FEEDS}{link['id']}", headers=headers)).status_code == 404
        assert (await reader.client.get(FEEDS, headers=headers)).json()["items"] == []


async def test_ten_links_at_most(reader: Reader) -> None:
    links = [await reader.make("student") for _number in range(MOST_FEEDS)]
    headers = await reader.headers("student")
    refused = await reader.client.post(FEEDS, json={}, headers=headers)
    assert (refused.status_code, refused.json()["error"]) == (409, "too_many_feeds")
    await reader.client.delete(f"{FEEDS}{links[0]['id']}", headers=headers)
    await reader.make("student")


async def test_the_token_is_kept_as_a_hash_alone(session: AsyncSession, reader: Reader) -> None:
    link = await reader.make("student")
    token = path_of(link).rpartition("/")[2].removesuffix(".ics")
    assert len(token) == 43
    feed = await session.get_one(CalendarFeed, link["id"])
    assert token not in json.dumps(feed.model_dump(mode="json"))
    headers = await reader.headers("student")
    assert token not in (await reader.client.get(FEEDS, headers=headers)).text
    audits = await session.scalars(select(AuditEvent).where(col(AuditEvent.subject_kind) == "calendar_feed"))
    assert [audit.action for audit in audits] == ["calendar_feed.create"]


def test_the_token_is_not_logged() -> None:
    assert loggable("/api/v1/calendar/secret.ics") == "/api/v1/calendar/***"
    assert loggable("/api/v1/calendar/sec/ret") == "/api/v1/calendar/***"
    assert loggable("/api/v1/calendar-feeds/7") == "/api/v1/calendar-feeds/7"


async def test_unchanged_is_304_and_head_has_no_body(reader: Reader, timetable: Timetable) -> None:
    link = await reader.make("student")
    path = path_of(link)
    with frozen_at(NOW):
        full = await reader.client.get(path)
        assert full.headers["content-type"] == "text/calendar; charset=utf-8"
        assert full.headers["cache-control"] == "private, no-cache"
        etag = full.headers["etag"]
        same = await reader.client.get(path, headers={"If-None-Match": f'"other", W/{etag}'})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
        head = await reader.client.head(path)
        assert (head.status_code, head.content) == (200, b"")
        for name in ("etag", "last-modified", "content-type", "content-length"):
            assert head.headers[name] == full.headers[name], name
        headers = await reader.headers("admin")
        await reader.client.post(
            f"/api/v1/sessions/{timetable.session.id}/cancel", json={"reason": "Storm"}, headers=headers
        )
        changed = await reader.client.get(path, headers={"If-None-Match": etag})
        assert changed.status_code == 200
        assert changed.headers["etag"] != etag


async def test_reading_too_often_is_refused(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_reads", ReadLimit())
    link, other = await reader.make("student"), await reader.make("student")
    for _time in range(READS_A_MINUTE):
        assert (await reader.client.head(path_of(link))).status_code == 200
    refused = await reader.client.get(path_of(link))
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert (await reader.client.get(path_of(other))).status_code == 200


async def test_a_full_year_is_read_with_few_queries(
    session: AsyncSession, reader: Reader, timetable: Timetable, count_queries: CountQueries
) -> None:
    session.add_all(
        LearningSession(
            batch_id=timetable.batch.id, branch_id=timetable.batch.branch_id,
            faculty_id=timetable.batch.faculty_id, local_date=(NOW + timedelta(days=day)).date(),
            starts_at=NOW + timedelta(days=day), ends_at=NOW + timedelta(days=day, minutes=50),
        )
        for day in range(1, 300)
    )  # fmt: skip
    await session.flush()
    link = await reader.make("guardian")
    with count_queries() as statements:
        calendar = await reader.read(link)
    assert len(events_of(calendar)) == 300
    assert len(statements) <= 6


async def _add_child(session: AsyncSession, guardian: User, student_id: int) -> None:
    assert guardian.guardian_id is not None
    session.add(StudentGuardian(student_id=student_id, guardian_id=guardian.guardian_id))
    await session.flush()
