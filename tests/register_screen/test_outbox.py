"""assets/register/outbox.js by itself, in a page without the register and with a server that each test plays."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import BrowserContext

NewContext = Callable[..., Awaitable[BrowserContext]]
Run = Callable[[str], Awaitable[Any]]

_SETUP = """
  const { Outbox, Access } = await import("/register/outbox.js");
  const until = async (done) => {
    for (let turn = 0; turn < 500 && !done(); turn += 1) await new Promise((resolve) => setTimeout(resolve, 10));
    if (!done()) throw new Error(`never: ${done}`);
  };
  const again = (box) => { box.wake(); box.start({ access: Access.GRANTED }); };
  const mark = (student_id, status, version, more) => ({ student_id, status, minutes_late: null, note: "", version,
    marked_by: "Me", marked_by_id: 7, marked_at: "2026-11-23T10:00:00Z", source: "person", ...more });
  const sent = [];
  const json = (status, body, headers) => new Response(JSON.stringify(body), { status, headers });
  // `answer` says what the server does with each request: a Response, a promise of one, or an error.
  const start = async (answer, userId = 7) => {
    const box = new Outbox(userId, { fetch: async (url, { method = "GET", body } = {}) => {
      const request = { url, body: body ? JSON.parse(body) : null };
      if (method === "POST") sent.push(request);
      return answer(request);
    } });
    box.start({ access: Access.GRANTED });
    return box;
  };
  const ok = ({ body }) => json(200, { mark: mark(body.student_id, body.status, 100 + sent.length), stored: 1, expected: 2 });
  const tap = (box, student, status, more) => box.mark({ session: 1, student, status, ...more });
"""


@pytest.fixture
async def run(new_context: NewContext) -> Run:
    """Runs a script with the names above; what it returns comes back."""
    context = await new_context()
    page = await context.new_page()
    await page.goto("/register/delivery.js")

    async def evaluate(script: str) -> Any:
        return await page.evaluate(f"async () => {{ localStorage.clear(); {_SETUP} {script} }}")

    return evaluate


async def test_a_mark_is_deleted_only_after_its_own_acknowledgement(run: Run) -> None:
    kept = await run(
        """
        let release; const gate = new Promise((resolve) => { release = resolve; });
        const box = await start(async (request) => { await gate; return ok(request); });
        tap(box, 1, "absent"); await until(() => sent.length === 1);
        const before = [localStorage.length, box.items(1)[0].attempts];
        release(); await until(() => box.items(1).length === 0);
        return [before, localStorage.length, box.items(1).length];
        """
    )
    assert kept == [[1, 1], 0, 0]


@pytest.mark.parametrize(
    "answer",
    [
        "Promise.reject(new TypeError('no network'))",
        "json(503, { error: 'unavailable', detail: '' })",
        "json(429, { error: 'too_many', detail: '' })",
        "new Response('<h1>Wi-Fi</h1>', { status: 200 })",
        "new Response('<h1>Proxy</h1>', { status: 404 })",
    ],
)
async def test_what_may_pass_is_tried_again_with_the_same_id(run: Run, answer: str) -> None:
    ids = await run(
        f"""
        const box = await start((request) => sent.length < 2 ? {answer} : ok(request));
        tap(box, 1, "absent"); await until(() => box.waits.size === 1);
        again(box); await until(() => box.items(1).length === 0);
        return [sent.map((request) => request.body.mark_id), box.items(1).length];
        """
    )
    assert len(ids[0]) == 2
    assert ids[0][0] == ids[0][1]
    assert ids[1] == 0


@pytest.mark.parametrize("status", [403, 404, 409, 422])
async def test_a_refusal_is_kept_with_its_reason(run: Run, status: int) -> None:
    item = await run(
        f"""
        const box = await start(() => json({status}, {{ error: "some_reason", detail: "Because." }}));
        tap(box, 1, "absent"); await until(() => box.items(1)[0].state === "refused");
        const [item] = box.items(1); const stored = localStorage.length;
        box.dismiss(item.id);
        return [item.state, item.reason, stored, localStorage.length, sent.length];
        """
    )
    assert item == ["refused", "Because.", 1, 0, 1]


async def test_one_row_that_fails_does_not_hold_up_the_others(run: Run) -> None:
    result = await run(
        """
        const box = await start((request) => request.body.student_id === 1 ? Promise.reject(new TypeError()) : ok(request));
        for (let student = 1; student <= 5; student += 1) tap(box, student, "absent");
        await until(() => box.items(1).length === 1);
        return box.items(1).map((item) => item.student);
        """
    )
    assert result == [1]


async def test_one_mark_of_a_row_is_on_its_way_at_a_time_and_the_next_builds_on_it(run: Run) -> None:
    bodies = await run(
        """
        let release; const gate = new Promise((resolve) => { release = resolve; });
        const box = await start(async (request) => { if (sent.length === 1) await gate; return ok(request); });
        tap(box, 1, "absent"); await until(() => sent.length === 1);
        tap(box, 1, "late", { minutes: 5 }); tap(box, 1, "excused");
        const before = sent.length;
        release(); await until(() => box.items(1).length === 0);
        return [before, sent.map(({ body }) => [body.status, body.base_version])];
        """
    )
    assert bodies == [1, [["absent", 0], ["excused", 101]]]


async def test_taking_follows_every_mark_and_repeats_with_the_same_students(run: Run) -> None:
    result = await run(
        """
        const box = await start((request) => {
          if (request.url.endsWith("/bulk")) return sent.length < 5 ? Promise.reject(new TypeError())
            : json(200, { marks: [], taken_at: "2026-11-23T10:00:00Z", taken_by: "Me", stored: 3, expected: 3 });
          return request.body.student_id === 2 ? json(422, { error: "invalid_input", detail: "No." }) : ok(request);
        });
        tap(box, 1, "absent"); tap(box, 2, "late"); box.take({ session: 1, students: [1, 2, 3] });
        for (let bulk = 1; bulk <= 3; bulk += 1) {
          await until(() => box.waits.size === 1 || box.registers.size === 1);
          again(box);
        }
        await until(() => box.registers.size === 1);
        return [sent.map(({ url }) => url.split("/").pop()), sent.filter(({ url }) => url.endsWith("/bulk")).map(({ body }) => body.take_register)];
        """
    )
    assert result[0][:3] == ["1", "1", "bulk"]
    assert len(result[1]) >= 2
    assert all(take == result[1][0] for take in result[1])
    assert result[1][0]["student_ids"] == [1, 3]


async def test_a_conflict_asks_about_the_newest_tap(run: Run) -> None:
    result = await run(
        """
        let release; const gate = new Promise((resolve) => { release = resolve; });
        const theirs = mark(1, "present", 55, { marked_by: "Other", marked_by_id: 8 });
        const box = await start(async (request) => {
          if (request.body.base_version === 55) return ok(request);
          await gate; return json(409, { error: "mark_conflict", detail: "Present by Other.", current: theirs });
        });
        tap(box, 1, "absent"); await until(() => sent.length === 1);
        tap(box, 1, "late", { minutes: 9 }); release(); await until(() => box.items(1)[0].state === "conflict");
        const [item] = box.items(1);
        const asked = [box.items(1).length, item.state, item.status, sent.length];
        box.replaceWithMine(item.id); await until(() => box.items(1).length === 0);
        return [asked, sent.at(-1).body.status, sent.at(-1).body.minutes_late, sent.at(-1).body.mark_id !== item.id, box.items(1).length];
        """
    )
    assert result == [[1, "conflict", "late", 1], "late", 9, True, 0]


async def test_a_conflict_that_says_the_same_is_none(run: Run) -> None:
    result = await run(
        """
        const box = await start(() => json(409, { error: "mark_conflict", detail: "", current: mark(1, "absent", 55) }));
        tap(box, 1, "absent"); await until(() => box.items(1).length === 0);
        return [box.items(1).length, box.acks.get("1:1").mark.version];
        """
    )
    assert result == [0, 55]


async def test_an_ended_sign_in_stops_all_until_the_same_user_is_back(run: Run) -> None:
    result = await run(
        """
        let user = 0;
        const box = await start((request) => request.url.endsWith("/auth/me")
          ? (user ? json(200, { id: user }) : json(401, { error: "not_signed_in", detail: "" }))
          : (user === 7 ? ok(request) : json(401, { error: "not_signed_in", detail: "" })));
        tap(box, 1, "absent"); await until(() => box.access !== "granted" && box.access !== "unknown");
        const out = [box.access, box.items(1).length];
        user = 8; box.wake(); await until(() => box.access === "other_user");
        const other = [box.access, box.items(1).length, sent.length];
        user = 7; box.wake(); await until(() => box.items(1).length === 0);
        return [out, other, box.access, box.items(1).length];
        """
    )
    assert result == [["signed_out", 1], ["other_user", 1, 1], "granted", 0]


async def test_each_user_has_a_store_of_their_own(run: Run) -> None:
    result = await run(
        """
        const mine = await start(() => Promise.reject(new TypeError()), 7);
        tap(mine, 1, "absent"); await until(() => mine.waits.size === 1);
        const theirs = await start(ok, 8);
        const { keptByUser } = await import("/register/store.js");
        return [theirs.items(1).length, mine.items(1).length, [...keptByUser()]];
        """
    )
    assert result == [0, 1, [[7, 1]]]


async def test_a_tap_taken_back_before_it_was_sent_is_never_sent(run: Run) -> None:
    result = await run(
        """
        const box = await start(ok); box.access = Access.SIGNED_OUT;
        tap(box, 1, "absent"); const kept = box.items(1).length; tap(box, 1, null);
        return [kept, box.items(1).length, localStorage.length];
        """
    )
    assert result == [1, 0, 0]


async def test_a_mark_over_ones_own_take_whose_answer_was_lost_is_no_conflict(run: Run) -> None:
    result = await run(
        """
        const filled = mark(1, "present", 60, { source: "take_register" });
        const box = await start(({ url, body }) => {
          if (url.endsWith("/bulk")) return sent.length === 1 ? Promise.reject(new TypeError())
            : json(200, { marks: [], taken_at: "2026-11-23T10:00:00Z", taken_by: "Me", stored: 2, expected: 2 });
          return body.base_version === 60 ? ok({ body }) : json(409, { error: "mark_conflict", detail: "", current: filled });
        });
        box.take({ session: 1, students: [1, 2] }); await until(() => box.waits.size === 1);
        tap(box, 1, "absent"); again(box); await until(() => box.items(1).length === 0);
        return sent.map(({ url, body }) => body.status ?? url.split("/").pop());
        """
    )
    assert result == ["bulk", "bulk", "absent", "absent"]


async def test_many_marks_of_one_session_travel_together(run: Run) -> None:
    result = await run(
        """
        const box = await start(({ body }) => json(200, { taken_at: null, taken_by: null, stored: 20, expected: 20,
          marks: body.marks.map((one, index) => mark(one.student_id, one.status, 500 + index)) }));
        for (let student = 1; student <= 20; student += 1) tap(box, student, "absent");
        await until(() => box.items(1).length === 0);
        return [sent.length, sent[0].url, sent[0].body.marks.length, box.acks.get("1:20").mark.version, localStorage.length];
        """
    )
    assert result == [1, "/api/v1/attendance/bulk", 20, 519, 0]


async def test_a_bulk_that_one_mark_spoils_falls_apart_into_single_ones(run: Run) -> None:
    result = await run(
        """
        const theirs = mark(3, "present", 55, { marked_by: "Other", marked_by_id: 8 });
        const box = await start((request) => {
          if (request.url.endsWith("/bulk")) return json(409, { error: "mark_conflict", detail: "", conflicts: [] });
          return request.body.student_id === 3 ? json(409, { error: "mark_conflict", detail: "", current: theirs }) : ok(request);
        });
        for (let student = 1; student <= 10; student += 1) tap(box, student, "absent");
        await until(() => box.items(1).length === 1 && box.items(1)[0].state === "conflict");
        const ids = sent.slice(1).map(({ body }) => body.mark_id).sort();
        return [sent.length, box.items(1)[0].student, JSON.stringify(ids) === JSON.stringify(sent[0].body.marks.map((one) => one.mark_id).sort())];
        """
    )
    assert result == [11, 3, True]
