"""The register as a person sees it: rows by the student's name, radios, the button, the line of what is stored."""

import re
from collections.abc import Awaitable, Callable

from playwright.async_api import Locator, Page, expect

from tests.register_screen.classroom import Classroom


class Register:
    """One open register in one page."""

    def __init__(self, page: Page, room: Classroom) -> None:
        self.page = page
        self.room = room

    async def open(self) -> None:
        """Go there and wait for the class."""
        await self.page.goto(f"/sessions/{self.room.session_id}/register")
        if self.room.names:
            await expect(self.group(self.room.names[0])).to_be_visible(timeout=15000)

    def group(self, name: str) -> Locator:
        """The student's radio group."""
        return self.page.get_by_role("radiogroup", name=name, exact=True)

    def radio(self, name: str, status: str) -> Locator:
        """One of the student's radios."""
        return self.group(name).get_by_role("radio", name=status, exact=True)

    def row(self, name: str) -> Locator:
        """The student's whole row."""
        return self.page.locator(f'[data-row="{self.room.student_ids[name]}"]')

    async def choose(self, name: str, status: str) -> None:
        """Touch or click a radio."""
        await self.radio(name, status).click()

    @property
    def take_button(self) -> Locator:
        """The button that confirms."""
        return self.page.get_by_role("button", name="Take register", exact=True)

    @property
    def status(self) -> Locator:
        """The line that tells what is stored."""
        return self.page.get_by_role("status")

    async def expect_stored(self, stored: int, total: int | None = None, *, within_seconds: int = 20) -> None:
        """Wait until the line says so and nothing is on its way."""
        total = len(self.room.names) if total is None else total
        pattern = re.compile(rf"^{stored} of {total} stored( · \d\d:\d\d:\d\d)?$")
        await expect(self.status).to_have_text(pattern, timeout=within_seconds * 1000)

    async def expect_checked(self, name: str, status: str) -> None:
        """Wait until the radio is the chosen one."""
        await expect(self.radio(name, status)).to_have_attribute("aria-checked", "true", timeout=5000)

    async def press(self, *keys: str) -> None:
        """Press keys one after the other, wherever the focus is."""
        for key in keys:
            await self.page.keyboard.press(key)

    async def focus(self, name: str) -> None:
        """Put the focus on the student, as Tab or an arrow would."""
        await self.group(name).locator('[role="radio"][tabindex="0"]').focus()

    async def kept_items(self) -> list[dict[str, object]]:
        """What this browser keeps in its storage, of any user."""
        return await self.page.evaluate(
            """() => Object.entries(localStorage).filter(([key]) => key.startsWith("academics.outbox.1."))
                     .map(([key, value]) => ({ key, ...JSON.parse(value) }))"""
        )


OpenRegister = Callable[..., Awaitable[Register]]
