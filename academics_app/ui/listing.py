"""ListState: the mixin behind every list screen. Search, filters, order and page live in the address.

What the user does changes the address; the address is read in `open`, which runs on every page load and on every
change of the query. So a list can be linked, reloaded, and walked back through.
"""

from typing import ClassVar
from urllib.parse import urlencode

import reflex as rx

from academics_app.core.pagination import PageRequest
from academics_app.ui import errors
from academics_app.ui.i18n import _
from academics_app.ui.policy import signed_in

LOADING, READY, FAILED = "loading", "ready", "failed"

_MAX_QUERY = 100
_LAST_PAGE = 100_000


class ListState(rx.State, mixin=True):
    """Vars and behaviour of a list. A subclass adds its rows and how they are loaded.

    For example::

        class StudentList(ListState, rx.State):
            FILTERS: ClassVar = {"status": ("active", "on_hold", "completed", "withdrawn")}
            SORTS: ClassVar = ("name", "code")
            rows: list[StudentRow] = []

            @rx.event
            @allow(Permission.STUDENT_READ)
            async def open(self):
                await self._open()

            async def _load(self):
                async with reading() as session:
                    page = await list_students(session, actor=current_actor(), page=self._page_request(),
                                               query=self.q, status=self.filters.get("status") or None)
                self.rows = [...]
                self._count(len(page.items), page.total)

    `FILTERS` maps each filter of the address to its allowed values; an empty tuple allows any text. `sort` is a key of
    `SORTS`, with "-" in front for descending, or empty for the list's own order.
    """

    FILTERS: ClassVar[dict[str, tuple[str, ...]]] = {}
    SORTS: ClassVar[tuple[str, ...]] = ()
    PAGE_SIZE: ClassVar[int] = 50

    q: str = ""
    sort: str = ""
    filters: dict[str, str] = {}
    page_number: int = 1
    total: int = 0
    count_line: str = ""
    phase: str = LOADING
    problem: str = ""
    is_narrowed: bool = False
    """Whether a search or filter is set: an empty list then means "nothing found", not "nothing yet"."""
    has_previous: bool = False
    has_next: bool = False
    search_epoch: int = 0
    """Grows when the search text came from the address and not from the box, so that the box is drawn anew."""

    _typed: str = ""

    @rx.event
    @signed_in
    async def search(self, text: str) -> rx.event.EventSpec | None:
        """The text of the search box has changed."""
        self._typed = str(text).strip()[:_MAX_QUERY]
        return self._go(q=self._typed, page_number=1)

    @rx.event
    @signed_in
    async def set_filter(self, name: str, value: str) -> rx.event.EventSpec | None:
        """Set a filter, or clear it when it has this value already."""
        if not self._is_filter(name, value):
            return None
        chosen = "" if self.filters.get(name) == value else value
        return self._go(filters={**self.filters, name: chosen}, page_number=1)

    @rx.event
    @signed_in
    async def sort_by(self, key: str) -> rx.event.EventSpec | None:
        """Order by a column; again for the other direction."""
        if key not in self.SORTS:
            return None
        return self._go(sort=f"-{key}" if self.sort == key else key, page_number=1)

    @rx.event
    @signed_in
    async def turn_page(self, step: int) -> rx.event.EventSpec | None:
        """To the next or the previous page."""
        return self._go(page_number=max(1, self.page_number + (1 if int(step) > 0 else -1)), replace=False)

    @rx.event
    @signed_in
    async def clear_filters(self) -> rx.event.EventSpec | None:
        """Show everything again."""
        self._typed = ""
        self.search_epoch += 1
        return self._go(q="", filters={}, page_number=1)

    async def _load(self) -> None:
        """Read the rows for `q`, `filters`, `sort` and the page; the subclass writes this."""
        raise NotImplementedError

    async def _open(self) -> None:
        """Take over the address and load; a failure is shown in place of the list."""
        self._read_address()
        try:
            await self._load()
        except Exception as error:  # noqa: BLE001 - shown and, if it is not ours, logged
            self.phase, self.problem = FAILED, errors.sentence(error)
        else:
            self.phase, self.problem = READY, ""

    def _page_request(self) -> PageRequest:
        return PageRequest(skip=(self.page_number - 1) * self.PAGE_SIZE, limit=self.PAGE_SIZE)

    def _count(self, shown: int, total: int) -> None:
        """Say how many of how many are shown."""
        first = (self.page_number - 1) * self.PAGE_SIZE + 1
        self.total = total
        self.has_previous = self.page_number > 1
        self.has_next = first - 1 + shown < total
        if shown:
            self.count_line = _("{first}–{last} of {total}").format(
                first=first, last=first - 1 + shown, total=f"{total:,}"
            )
        else:
            self.count_line = _("0 of {total}").format(total=f"{total:,}")

    def _read_address(self) -> None:
        query = self.router.url.query_parameters
        q = query.get("q", "").strip()[:_MAX_QUERY]
        if q != self._typed:
            self._typed = q
            self.search_epoch += 1
        self.q = q
        self.filters = {
            name: query[name]
            for name in self.FILTERS
            if query.get(name) and self._is_filter(name, query[name])
        }
        sort = query.get("sort", "")
        self.sort = sort if sort.removeprefix("-") in self.SORTS else ""
        page = query.get("page", "1")
        self.page_number = min(max(int(page), 1), _LAST_PAGE) if page.isdecimal() and len(page) < 9 else 1
        self.is_narrowed = bool(self.q or self.filters)

    def _is_filter(self, name: str, value: str) -> bool:
        allowed = self.FILTERS.get(name)
        return (
            allowed is not None
            and len(value) <= _MAX_QUERY
            and (not allowed or value in allowed or not value)
        )

    def _go(
        self,
        *,
        q: str | None = None,
        filters: dict[str, str] | None = None,
        sort: str | None = None,
        page_number: int | None = None,
        replace: bool = True,
    ) -> rx.event.EventSpec:
        page = self.page_number if page_number is None else page_number
        parameters = {
            "q": self.q if q is None else q,
            **(self.filters if filters is None else filters),
            "sort": self.sort if sort is None else sort,
            "page": str(page) if page > 1 else "",
        }
        query = urlencode({name: value for name, value in parameters.items() if value})
        path = self.router.url.path
        return rx.redirect(f"{path}?{query}" if query else path, replace=replace)
