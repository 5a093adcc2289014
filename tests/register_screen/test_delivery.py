"""Marks reach the server whatever happens to the network, the tab or the sign-in; each once, each under its own user."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from itertools import count

from playwright.async_api import BrowserContext, Route, expect

from tests.register_screen.classroom import Classroom, MakeClassroom, sign_in_cookie
from tests.register_screen.screen import OpenRegister, Register

NewContext = Callable[..., Awaitable[BrowserContext]]
MARKS = re.compile(r"/api/v1/attendance/(session/\d+|bulk)")


async def _until_delivered(register: Register) -> None:
    nothing_kept = "() => !Object.keys(localStorage).some((key) => key.startsWith('academics.outbox.1.'))"
    await register.page.wait_for_function(nothing_kept, timeout=30000)


async def _sign_in_again(context: BrowserContext, room: Classroom, person: object) -> None:
    url = context.pages[0].url.partition("/sessions")[0]
    await context.add_cookies([await sign_in_cookie(room.engine, person, url)])  # pyright: ignore[reportArgumentType]


async def test_marks_made_offline_are_shown_as_kept_and_sent_when_the_network_returns(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=6)
    register = await open_register(room)
    await register.page.context.set_offline(True)
    await register.choose(room.names[0], "Absent")
    await register.choose(room.names[3], "Late")
    await expect(register.row(room.names[0])).to_have_attribute("data-state", "waiting")
    await expect(register.status).to_contain_text("2 kept on this device, no connection")
    assert await room.statuses() == {}

    await register.page.context.set_offline(False)
    await register.expect_stored(2)
    assert await room.statuses() == {room.names[0]: "absent", room.names[3]: "late"}


async def test_a_register_taken_offline_is_taken_when_the_network_returns(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=6)
    register = await open_register(room)
    await register.page.context.set_offline(True)
    await register.choose(room.names[4], "Absent")
    await register.take_button.click()
    await expect(register.page.get_by_text("being stored").first).to_be_visible()
    await register.page.context.set_offline(False)
    await register.expect_stored(6)
    assert list((await room.statuses()).values()).count("present") == 5
    assert await room.taken_by() == room.teacher.user_id


async def test_an_unsent_mark_survives_a_reload(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=6)
    register = await open_register(room)
    await register.page.route(MARKS, lambda route: route.abort())
    await register.choose(room.names[2], "Absent")
    await expect(register.row(room.names[2])).to_have_attribute("data-state", "waiting")

    await register.page.unroute_all()
    await register.page.reload()
    await register.expect_stored(1)
    await register.expect_checked(room.names[2], "Absent")
    assert await room.statuses() == {room.names[2]: "absent"}


async def test_a_closed_tab_delivers_at_the_next_visit_of_any_page(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=6)
    register = await open_register(room)
    context = register.page.context
    await context.route(MARKS, lambda route: route.abort())
    await register.choose(room.names[1], "Absent")
    await register.take_button.click()
    await expect(register.row(room.names[1])).to_have_attribute("data-state", "waiting")
    await register.page.close()
    await context.unroute_all()

    page = await context.new_page()
    await page.goto("/today")
    await _until_delivered(Register(page, room))
    stored = await room.statuses()
    assert stored.pop(room.names[1]) == "absent"
    assert set(stored.values()) == {"present"}
    assert await room.taken_by() == room.teacher.user_id


async def test_an_ended_sign_in_keeps_the_marks_until_the_same_person_signs_in(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=6)
    register = await open_register(room)
    await room.end_sign_ins(room.teacher)
    await register.choose(room.names[5], "Absent")
    await expect(register.page.get_by_text("Sign in again. 1 mark is kept on this device.")).to_be_visible()
    assert await room.statuses() == {}

    await _sign_in_again(register.page.context, room, room.teacher)
    again = await open_register(room, page=register.page)
    await again.expect_stored(1)
    assert await room.statuses() == {room.names[5]: "absent"}


async def test_the_sign_in_page_says_what_is_kept(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=3)
    register = await open_register(room)
    await register.page.route(MARKS, lambda route: route.abort())
    await register.choose(room.names[0], "Absent")
    await expect(register.row(room.names[0])).to_have_attribute("data-state", "waiting")
    await room.end_sign_ins(room.teacher)
    await register.page.goto("/login")
    await expect(register.page.get_by_text("Marks kept on this device: 1.")).to_be_visible()


async def test_marks_never_leave_under_another_user(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=6)
    register = await open_register(room)
    context = register.page.context
    await context.route(MARKS, lambda route: route.abort())
    await register.choose(room.names[0], "Absent")
    await expect(register.row(room.names[0])).to_have_attribute("data-state", "waiting")
    await context.unroute_all()

    posted: list[str] = []
    context.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    await _sign_in_again(context, room, room.admin)
    theirs = await open_register(room, page=register.page)
    await theirs.expect_stored(0)
    await theirs.choose(room.names[1], "Late")
    await theirs.expect_stored(1)
    assert [item["student"] for item in await theirs.kept_items()] == [room.student_ids[room.names[0]]]
    assert len(posted) == 1

    await _sign_in_again(context, room, room.teacher)
    mine = await open_register(room, page=register.page)
    await mine.expect_stored(2)
    events = {event.student_id: event.user_id for event in await room.events()}
    assert events[room.student_ids[room.names[0]]] == room.teacher.user_id
    assert events[room.student_ids[room.names[1]]] == room.admin.user_id


async def test_an_old_tab_does_not_send_under_the_user_who_signed_in_beside_it(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=3)
    register = await open_register(room)
    await register.page.context.set_offline(True)
    await register.choose(room.names[0], "Absent")
    await _sign_in_again(register.page.context, room, room.admin)
    await register.page.context.set_offline(False)
    await expect(
        register.page.get_by_text(
            "Somebody else is signed in now. Marks kept on this device until you sign in again: 1"
        )
    ).to_be_visible()
    assert await room.statuses() == {}


async def test_two_windows_of_different_people_do_not_mix(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    """Somebody else signs in beside an open register without signing its person out: the cookie is theirs now."""
    room = await classroom(students=3)
    register = await open_register(room)
    await _sign_in_again(register.page.context, room, room.admin)
    await register.choose(room.names[0], "Absent")
    await expect(register.page.get_by_text("Somebody else is signed in now.")).to_be_visible()
    assert await room.statuses() == {}


async def test_an_answer_that_is_lost_makes_one_mark(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=3)
    register = await open_register(room)
    sent: list[str] = []

    async def lose_the_first_answer(route: Route) -> None:
        sent.append(json.loads(route.request.post_data or "")["mark_id"])
        if len(sent) == 1:
            await route.fetch()
            await route.abort()
        else:
            await route.continue_()

    await register.page.route(MARKS, lose_the_first_answer)
    await register.choose(room.names[0], "Absent")
    await register.expect_stored(1)
    assert len(sent) == 2
    assert sent[0] == sent[1]
    assert [event.mark_id.hex for event in await room.events()] == [sent[0].replace("-", "")]


async def test_every_third_request_failing_loses_and_doubles_nothing(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=20)
    register = await open_register(room)
    numbers = count()

    async def fail_some(route: Route) -> None:
        match next(numbers) % 9:
            case 2:
                await route.abort()
            case 5:
                await route.fulfill(status=503, json={"error": "unavailable", "detail": "Later."})
            case 8:
                await route.fulfill(status=200, content_type="text/html", body="<p>Sign in to this Wi-Fi</p>")
            case _:
                await route.continue_()

    await register.page.route(MARKS, fail_some)
    statuses = ["Absent", "Late", "Excused", "Present"]
    for round_ in range(2):
        for number, name in enumerate(room.names):
            await register.choose(name, statuses[(number + round_) % 4])
    await register.expect_stored(20, within_seconds=60)
    expected = {name: statuses[(number + 1) % 4].lower() for number, name in enumerate(room.names)}
    assert await room.statuses() == expected
    mark_ids = [event.mark_id for event in await room.events()]
    assert len(mark_ids) == len(set(mark_ids))
    assert await register.kept_items() == []


async def test_a_newer_tap_replaces_one_that_is_still_on_its_way(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=3)
    register = await open_register(room)
    gate = asyncio.Event()

    async def wait(route: Route) -> None:
        await gate.wait()
        await route.continue_()

    await register.page.route(MARKS, wait)
    for status in ("Absent", "Late", "Excused", "Present"):
        await register.choose(room.names[0], status)
    await expect(register.row(room.names[0])).to_have_attribute("data-state", "sending")
    gate.set()
    await register.expect_stored(1)
    assert [event.after_status for event in await room.events()] == ["absent", "present"]


async def test_a_refused_mark_stays_visible_with_its_reason(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=3)
    register = await open_register(room)
    refusal = {
        "error": "forbidden",
        "detail": "Only the session's faculty or an admin may mark this register.",
    }
    await register.page.route(MARKS, lambda route: route.fulfill(status=403, json=refusal))
    await register.choose(room.names[1], "Absent")
    await expect(register.row(room.names[1])).to_contain_text(
        "Absent was not stored: Only the session's faculty"
    )
    await register.page.unroute_all()
    await register.take_button.click()
    await register.page.reload()
    # The register is taken, but nobody is filled in as present who was marked absent here.
    await expect(register.status).to_contain_text("2 of 3 stored")
    assert room.names[1] not in await room.statuses()
    await register.row(room.names[1]).get_by_role("button", name="Try again").click()
    await register.expect_stored(3)
    assert (await room.statuses())[room.names[1]] == "absent"


async def test_two_tabs_show_the_same_and_send_once(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=3)
    first = await open_register(room)
    context = first.page.context
    second = await open_register(room, page=await context.new_page())
    posts: list[str] = []
    context.on("request", lambda request: posts.append(request.url) if MARKS.search(request.url) else None)
    await context.set_offline(True)
    await first.choose(room.names[0], "Absent")
    await second.expect_checked(room.names[0], "Absent")
    posts.clear()
    await context.set_offline(False)
    await first.expect_stored(1)
    await second.expect_stored(1)
    assert len(await room.events()) == 1


async def test_broken_storage_is_survived_and_said(
    classroom: MakeClassroom, open_register: OpenRegister, new_context: NewContext
) -> None:
    room = await classroom(students=3)
    context = await new_context(room.teacher)
    page = await context.new_page()
    await page.goto("/today")
    await page.evaluate(f"localStorage.setItem('academics.outbox.1.{room.teacher.user_id}.broken', '{{oops')")
    register = await open_register(room, page=page)
    await expect(page.get_by_text("Unsent marks on this device that could not be read: 1")).to_be_visible()

    await page.evaluate(
        "() => { Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }; }"
    )
    await context.set_offline(True)
    await register.choose(room.names[0], "Absent")
    await expect(page.get_by_text("This browser can't keep marks")).to_be_visible()
    await context.set_offline(False)
    await register.expect_stored(1)
    assert await room.statuses() == {room.names[0]: "absent"}


async def test_leaving_is_questioned_only_while_something_is_unsent_and_offline(
    classroom: MakeClassroom, open_register: OpenRegister
) -> None:
    room = await classroom(students=3)
    register = await open_register(room)
    asks = """() => { const event = new Event("beforeunload", { cancelable: true }); dispatchEvent(event);
                      return event.defaultPrevented; }"""
    assert not await register.page.evaluate(asks)
    await register.page.context.set_offline(True)
    assert not await register.page.evaluate(asks)
    await register.choose(room.names[0], "Absent")
    assert await register.page.evaluate(asks)
    await register.page.context.set_offline(False)
    await register.expect_stored(1)
    assert not await register.page.evaluate(asks)
