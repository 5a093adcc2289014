"""Twenty people who mark, each in a browser of their own, and what they have to say afterwards."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page
from playwright.async_api import Error as BrowserError

from tests.register_screen.classroom import Classroom, Person, sign_in_cookie

_WITNESS = Path(__file__).with_name("witness.js")
_STATUSES = ("present", "absent", "late", "excused")
_TAKE = "(students) => window.isReady === true && window.take(students) !== undefined"
_HEAL = """() => {
    for (const outbox of globalThis.academicsOutboxes?.values() ?? []) outbox.wake();
    return Object.keys(localStorage).filter((key) => key.startsWith("academics.outbox.1.")).length;
}"""
_TELL = """() => Object.entries(localStorage)
    .filter(([key]) => key.startsWith("chaos."))
    .map(([key, value]) => ({ what: key.split(".")[1], ...JSON.parse(value) }))"""


@dataclass(slots=True)
class Story:
    """What one browser wrote down: each intent in the order in which it was meant, and what became of some."""

    user_id: int
    meant: list[dict[str, Any]] = field(default_factory=list)
    acknowledged: set[str] = field(default_factory=set)
    yielded: set[tuple[int, int]] = field(default_factory=set)
    """(session, student) where this person let the other one's mark stand."""
    refused: list[dict[str, Any]] = field(default_factory=list)

    @property
    def marks(self) -> list[dict[str, Any]]:
        return [each for each in self.meant if each["kind"] == "mark"]

    @property
    def takes(self) -> list[dict[str, Any]]:
        return [each for each in self.meant if each["kind"] == "take"]


class Marker:
    """One person with one browser. `full`: on the product's own screen, otherwise on the light page."""

    def __init__(
        self, room: Classroom, person: Person, students: list[int], *, insists: bool, full: bool
    ) -> None:
        self.room = room
        self.person = person
        self.students = students
        self.insists = insists
        self.full = full
        self.reopened = 0
        self._rng = Random(person.user_id)
        self._page: Page | None = None

    async def arrive(self, browser: Browser, url: str) -> None:
        """Sign in and open the register."""
        self._context: BrowserContext = await browser.new_context(base_url=url)
        await self._context.add_init_script(path=_WITNESS)
        cookie = await sign_in_cookie(self.room.engine, self.person, url)
        await self._context.add_cookies([cookie])  # pyright: ignore[reportArgumentType]
        await self.open()

    async def open(self) -> None:
        """Open the register in a new tab, as often as it takes."""
        self._page = page = await self._context.new_page()
        light = f"/marker?session={self.room.session_id}&user={self.person.user_id}"
        ready = '!!document.querySelector("[role=radiogroup]")' if self.full else "window.isReady === true"
        while not page.is_closed():
            with suppress(BrowserError):
                await page.goto(f"/sessions/{self.room.session_id}/register" if self.full else light)
                if self.insists:
                    await page.evaluate('localStorage.setItem("chaos-insists", "1")')
                await page.wait_for_function(ready, timeout=10_000)
                return
            await asyncio.sleep(0.3)

    async def close_and_reopen(self) -> None:
        """Close the tab whatever it is doing, and come back a moment later."""
        if self._page is not None:
            await self._page.close()
            self.reopened += 1
        await asyncio.sleep(self._rng.uniform(0.3, 1.5))
        await self.open()

    async def mark_until(self, calm: asyncio.Event) -> None:
        """Mark one student after another, again and again; a closed tab is waited for."""
        for student in self._turns():
            if calm.is_set():
                return
            status = self._rng.choice(_STATUSES)
            with suppress(BrowserError):
                await self._mark(student, status)
            await asyncio.sleep(self._rng.uniform(0.5, 1.3))

    async def take(self) -> None:
        """Confirm the register, in however many tries a closed tab or a dead server takes."""
        students = list(self.room.student_ids.values())
        while True:
            with suppress(BrowserError):
                if self._page is not None and await self._page.evaluate(_TAKE, students):
                    return
            await asyncio.sleep(0.3)

    async def unsent(self) -> int:
        """Let everything be tried again now; how many commands the browser still keeps."""
        if self._page is None or self._page.is_closed():
            await self.open()
        if self._page is None:
            return -1
        with suppress(BrowserError):
            return await self._page.evaluate(_HEAL)
        return -1

    async def story(self) -> Story:
        """Everything the browser wrote down."""
        if self._page is None:
            raise RuntimeError("this marker never arrived")
        told = Story(self.person.user_id)
        for entry in await self._page.evaluate(_TELL):
            match entry["what"]:
                case "meant":
                    told.meant.append(entry)
                case "acknowledged":
                    told.acknowledged.add(entry["id"])
                case "yielded":
                    told.yielded.add((entry["session"], entry["student"]))
                case "refused":
                    told.refused.append(entry)
        # A command that is tried again is written down again; its order says when it was meant.
        told.meant.sort(key=lambda each: (each["order"], each["at"]))
        return told

    async def leave(self) -> None:
        """Close the browser."""
        await self._context.close()

    async def _mark(self, student: int, status: str) -> None:
        page = self._page
        if page is None or page.is_closed():
            return
        if self.full:
            row = page.locator(f'[data-row="{student}"]')
            await row.get_by_role("radio", name=status.capitalize(), exact=True).click(timeout=1500)
        else:
            minutes = self._rng.randrange(1, 40) if status == "late" else None
            await page.evaluate(
                "([student, status, minutes]) => window.mark(student, status, minutes)",
                [student, status, minutes],
            )

    def _turns(self) -> Iterator[int]:
        while True:
            yield from self._rng.sample(self.students, len(self.students))
