"""RecordState: the mixin behind the page of one record, whose id is in the address."""

from collections.abc import AsyncIterator
from typing import ClassVar

import reflex as rx

from academics_app.core.errors import NotFound
from academics_app.ui import errors, routes
from academics_app.ui.components import card, error_state, link_button, page_header, skeleton
from academics_app.ui.i18n import _
from academics_app.ui.listing import FAILED, LOADING, READY

_MISSING = "missing"
_LONGEST_ID = 18


class RecordState(rx.State, mixin=True):
    """What stands on the page while the record is loading, missing, or could not be loaded.

    A subclass names the id's part of the address, reads in `_load`, and empties its vars in `_clear`::

    class SubjectRecord(RecordState, rx.State):
        PARAMETER: ClassVar = "subject_id"

        @rx.event
        @allow(Permission.SUBJECT_READ)
        async def open(self) -> AsyncIterator[None]:
            async for _step in self._open():
                yield

        async def _load(self, record_id: int) -> None: ...
    """

    PARAMETER: ClassVar[str] = "id"

    phase: str = LOADING
    problem: str = ""

    _shown: int = 0

    async def _load(self, record_id: int) -> None:
        """Read the record; NotFound where there is none, or none that the caller may see."""
        raise NotImplementedError

    def _clear(self) -> None:
        """Take the last record's data away."""
        raise NotImplementedError

    async def _open(self) -> AsyncIterator[None]:
        """Load by the address; what another record has left is taken away first."""
        record_id = self._asked()
        if self._shown != record_id:
            self._shown, self.phase, self.problem = record_id, LOADING, ""
            self._clear()
            yield
        await self._reload(record_id)

    async def _reload(self, record_id: int) -> None:
        """Load again, unless the page is another record's by now; a failure is shown in place of the record."""
        if record_id != self._asked():
            return
        try:
            await self._load(record_id)
        except NotFound:
            self._clear()
            self.phase = _MISSING
        except Exception as error:  # noqa: BLE001 - shown and, if it is not ours, logged
            self.phase, self.problem = FAILED, errors.sentence(error)
        else:
            self.phase, self.problem = READY, ""

    def _asked(self) -> int:
        given = str(getattr(self, self.PARAMETER, ""))
        return int(given) if given.isdecimal() and len(given) <= _LONGEST_ID else 0


def record_phases(
    state: type[RecordState], ready: rx.Component, *, retry: rx.event.EventType[()], kind: str, missing: str
) -> rx.Component:
    """The record, or what stands in its place: `kind` ("Student") heads it, `missing` ("No such student") is said."""
    return rx.el.div(
        rx.match(
            state.phase,
            (READY, ready),
            (_MISSING, _missing(missing)),
            (FAILED, rx.fragment(rx.el.h1(kind, class_name="sr-only"), error_state(state.problem, retry))),
            _skeleton(kind),
        )
    )


def record_columns(side: rx.Component, main: rx.Component) -> rx.Component:
    """What the record is, narrow, and beside it what belongs to it; one below the other where there is no room."""
    layout = {
        "display": "flex",
        "flex_wrap": "wrap",
        "gap": "var(--s4) var(--s6)",
        "align_items": "flex-start",
    }
    return rx.el.div(
        rx.el.div(side, class_name="stack", style={"flex": "1 1 260px"}),
        rx.el.div(main, class_name="stack", style={"flex": "3 1 min(100%, 520px)"}),
        style=layout,
    )


def _missing(title: str) -> rx.Component:
    return page_header(
        title,
        _("There is nothing under this address, or nothing that you may see."),
        link_button(_("Go home"), routes.HOME),
    )


def _skeleton(kind: str) -> rx.Component:
    lines = [rx.el.div(skeleton(width), class_name="skeleton-row") for width in ("50%", "64%", "40%", "58%")]
    return rx.fragment(
        rx.el.h1(_("Loading: {kind}").format(kind=kind), class_name="sr-only"),
        rx.el.div(skeleton("240px"), class_name="skeleton-row"),
        rx.el.div(record_columns(card(*lines), card(*lines)), aria_busy=True),
    )
