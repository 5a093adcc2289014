"""A percentage that explains itself: a button, and the panel that it opens.

    rate_button(row.rate, student_id=row.student_id, start=State.start, end=State.end)

and `rate_panel()` once on the page. The panel reads anew through the service, so it says what REST says.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import reflex as rx

from academics_app.attendance.figures import list_attendance, summarise_attendance
from academics_app.attendance.schemas.figures import AttendanceRecord, AttendanceSummary, Figure
from academics_app.core.db import reading
from academics_app.core.errors import InvalidInput
from academics_app.core.permissions import Permission
from academics_app.institute.service import current_settings
from academics_app.ui import errors, routes
from academics_app.ui.components.badge import mark_badge
from academics_app.ui.components.data_list import Column, plain_table
from academics_app.ui.components.dialog import dialog
from academics_app.ui.components.link import link
from academics_app.ui.components.page_header import facts
from academics_app.ui.components.relative_time import short_date
from academics_app.ui.components.states import by_phase, error_state, skeleton
from academics_app.ui.i18n import _
from academics_app.ui.identity import current_actor
from academics_app.ui.policy import allow

_SHOWN_SESSIONS = 60


def percent(value: float | None) -> str:
    """A rate as it stands on every screen, "85.7 %"; a dash where nothing counts."""
    return "–" if value is None else _("{rate} %").format(rate=f"{value:.1f}")


@dataclass
class LeftOut:
    """Sessions that do not count, by reason."""

    reason: str
    number: int


@dataclass
class RateSession:
    """A session behind the figure."""

    session_id: int
    when: str
    batch: str
    status: str
    remark: str


class RatePanel(rx.State):
    """The explanation of one rate."""

    is_open: bool = False
    phase: str = "loading"
    problem: str = ""
    sentence: str = ""
    rule: str = ""
    so_far: str = ""
    of_planned: str = ""
    best_reachable: str = ""
    left_out: list[LeftOut] = []
    sessions: list[RateSession] = []
    more: str = ""
    href: str = ""
    absences_alone: bool = False

    _asked: tuple[int, str, str, int, bool] = (0, "", "", 0, False)

    @rx.event
    @allow(Permission.ATTENDANCE_READ)
    async def explain(
        self,
        student_id: int,
        start: str,
        end: str,
        batch_id: int = 0,
        absences: bool = False,  # noqa: FBT001, FBT002
    ) -> Any:
        """Open with the rate of a student over these days; in one batch, or with the absences alone, if asked for."""
        self._asked = (int(student_id), str(start), str(end), int(batch_id), bool(absences))
        self.is_open, self.phase = True, "loading"
        self.left_out, self.sessions, self.sentence = [], [], ""
        yield
        await self._load()

    @rx.event
    @allow(Permission.ATTENDANCE_READ)
    async def again(self) -> None:
        """Try again after a failure."""
        await self._load()

    @rx.event
    @allow(Permission.ATTENDANCE_READ)
    async def close(self) -> None:
        """Close the panel."""
        self.is_open = False

    async def _load(self) -> None:
        student_id, start, end, batch_id, absences = self._asked
        try:
            period = {
                "actor": current_actor(),
                "student_id": student_id,
                "start_date": _day(start),
                "end_date": _day(end),
                "batch_id": batch_id or None,
            }
            async with reading() as session:
                settings = await current_settings(session)
                summary = await summarise_attendance(session, **period)
                records = await list_attendance(session, **period)
        except Exception as error:  # noqa: BLE001 - shown and, if it is not ours, logged
            self.phase, self.problem = "failed", errors.sentence(error)
            return
        self._show(summary)
        self.absences_alone = absences
        wanted = [record for record in records if _is_shown(record, absences=absences)]
        self.sessions = [
            RateSession(
                session_id=record.session_id,
                when=short_date(record.starts_at, settings.zone),
                batch=record.batch_name,
                status=record.status or "",
                remark=record.left_out_because or "",
            )
            for record in wanted[:_SHOWN_SESSIONS]
        ]
        hidden = len(wanted) - len(self.sessions)
        self.more = _("and {n} earlier ones").format(n=hidden) if hidden > 0 else ""
        self.href = routes.with_query(routes.student(student_id), start=start, end=end)
        self.phase = "ready"

    def _show(self, summary: AttendanceSummary) -> None:
        self.sentence = (
            _("{attended} of {counted} sessions counted = {rate}").format(
                attended=summary.attended, counted=summary.counted, rate=percent(summary.rate)
            )
            if summary.counted
            else _("No session counts yet.")
        )
        self.rule = summary.rule
        self.so_far = _figure(summary.so_far)
        self.of_planned = _figure(summary.of_planned)
        self.best_reachable = _figure(summary.best_reachable)
        self.left_out = [LeftOut(reason, number) for reason, number in summary.left_out.items()]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput("This is not a date.") from error


def _is_shown(record: AttendanceRecord, *, absences: bool) -> bool:
    if absences:
        return record.counted and record.status is not None and record.status.value == "absent"
    return record.counted or record.status is not None


def _figure(figure: Figure) -> str:
    if figure.percent is None:
        return _("nothing to count yet")
    return _("{numerator} of {denominator} = {rate}").format(
        numerator=figure.numerator, denominator=figure.denominator, rate=percent(figure.percent)
    )


def rate_button(
    label: Any,
    *,
    student_id: Any,
    start: Any,
    end: Any,
    batch_id: Any = 0,
    absences: bool = False,
    name: Any = "",
) -> rx.Component:
    """A figure that opens its explanation. `name` says whose it is, for screen readers."""
    return rx.el.button(
        label,
        type="button",
        class_name="rate above-link",
        on_click=RatePanel.explain(student_id, start, end, batch_id, absences),  # pyright: ignore[reportCallIssue]
        custom_attrs={"aria-haspopup": "dialog", "aria-description": name, "title": _("What is behind it?")},
    )


def rate_panel() -> rx.Component:
    """The panel; once on a page, and closed when the page opens."""
    panel = dialog(
        by_phase(
            rx.Var.create(RatePanel.phase),
            ready=_explanation(),
            loading=rx.el.div(
                skeleton("70%"), skeleton("50%"), skeleton("60%"), class_name="stack", aria_busy=True
            ),
            failed=error_state(RatePanel.problem, RatePanel.again),
        ),
        title=_("How this figure comes about"),
        is_open=RatePanel.is_open,
        on_close=RatePanel.close,
        id="rate-panel",
        side=True,
    )
    return rx.el.div(panel, on_mount=RatePanel.close)


def _explanation() -> rx.Component:
    return rx.el.div(
        rx.el.p(rx.el.strong(RatePanel.sentence), class_name="stat"),
        facts(
            (_("So far"), RatePanel.so_far),
            (_("Of planned"), RatePanel.of_planned),
            (_("Best still reachable"), RatePanel.best_reachable),
        ),
        rx.cond(
            RatePanel.left_out.length() > 0,  # pyright: ignore[reportAttributeAccessIssue]
            rx.el.div(
                rx.el.h3(_("Not counted"), class_name="small"),
                rx.el.ul(rx.foreach(RatePanel.left_out, _reason), class_name="rate-reasons small"),
            ),
        ),
        rx.el.p(RatePanel.rule, class_name="muted small"),
        rx.cond(
            RatePanel.sessions.length() > 0,  # pyright: ignore[reportAttributeAccessIssue]
            rx.el.div(
                rx.el.h3(
                    rx.cond(RatePanel.absences_alone, _("The absences"), _("The sessions")),
                    class_name="small",
                ),
                plain_table(
                    RatePanel.sessions,
                    [
                        Column(_("Day"), lambda row: row.when, width="104px"),
                        Column(_("Batch"), lambda row: rx.el.span(row.batch, title=row.batch)),
                        Column(
                            _("Mark"),
                            lambda row: rx.el.span(mark_badge(row.status), title=row.remark),
                            width="108px",
                        ),
                    ],
                    label=_("Sessions behind this figure"),
                ),
                rx.cond(RatePanel.more, rx.el.p(RatePanel.more, class_name="muted small")),
            ),
        ),
        link(_("All sessions of this period"), href=RatePanel.href, on_click=RatePanel.close),
        class_name="stack",
    )


def _reason(each: LeftOut) -> rx.Component:
    return rx.el.li(rx.el.span(each.number, class_name="rate-number"), each.reason)
