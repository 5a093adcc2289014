"""Corrections: the worklist of those who decide, and of those who asked."""

from dataclasses import dataclass
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import reflex as rx

from academics_app.attendance.corrections import (
    CORRECTIONS_TOPIC,
    approve_correction,
    list_corrections,
    withdraw_correction,
)
from academics_app.attendance.models import CorrectionStatus
from academics_app.attendance.schemas.corrections import CorrectionApproval, CorrectionRead, SeenMark
from academics_app.attendance.ui.correction_forms import CorrectionForm, RefusalForm, correction_dialogs
from academics_app.attendance.ui.words import mark_words
from academics_app.core.db import reading, transaction
from academics_app.core.errors import AppError
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission, may
from academics_app.institute.service import current_settings
from academics_app.ui import routes
from academics_app.ui.components import (
    Column,
    badge,
    button,
    data_list,
    empty_state,
    failed,
    filter_chip,
    link,
    link_button,
    page_header,
    saved,
    short_date,
)
from academics_app.ui.components.badge import MARKS
from academics_app.ui.i18n import _, ngettext
from academics_app.ui.identity import current_actor
from academics_app.ui.listing import ListState
from academics_app.ui.pages import page
from academics_app.ui.policy import allow
from academics_app.ui.sections import attendance_tabs
from academics_app.ui.watching import changes, guarded

_STATUSES: dict[CorrectionStatus, tuple[str, str]] = {
    CorrectionStatus.REQUESTED: (_("Waiting"), "late"),
    CorrectionStatus.APPROVED: (_("Approved"), "present"),
    CorrectionStatus.REFUSED: (_("Refused"), "absent"),
    CorrectionStatus.WITHDRAWN: (_("Withdrawn"), "untaken"),
}


@dataclass
class CorrectionRow:
    """A line of the worklist."""

    id: int
    student: str
    session: str
    register: str
    history: str
    before: str
    before_tone: str
    after: str
    after_tone: str
    note: str
    changed: str
    """What stands now, where that is no longer what the asker saw."""
    current_version: int
    reason: str
    asked: str
    status_label: str
    tone: str
    decision: str
    may_decide: bool
    may_withdraw: bool


class CorrectionList(ListState, rx.State):
    """The corrections that fit the address; those that wait come first."""

    FILTERS: ClassVar = {"status": tuple(status.value for status in CorrectionStatus), "own": ("yes",)}

    rows: list[CorrectionRow] = []
    answer: str = ""

    @rx.event
    @allow(Permission.CORRECTION_REQUEST)
    async def open(self) -> None:
        """Load by the address."""
        await self._open()

    @rx.event(background=True)
    @allow(Permission.CORRECTION_REQUEST)
    async def watch(self) -> None:
        """Load again when a correction was asked for or decided."""
        async for _topics in changes(CORRECTIONS_TOPIC, at_once=False):
            with guarded():
                async with self:
                    await self._load()

    @rx.event
    @allow(Permission.CORRECTION_APPROVE)
    async def approve(self, correction_id: int, seen_version: int) -> Any:
        """Apply the wanted mark over the one that is shown."""
        try:
            async with transaction() as session:
                done = await approve_correction(
                    session,
                    actor=current_actor(),
                    correction_id=int(correction_id),
                    data=CorrectionApproval(base_version=int(seen_version)),
                )
        except AppError as refusal:
            return [failed(refusal.detail), CorrectionList.open]
        words = _("{name} is {mark} now").format(
            name=done.student_name, mark=mark_words(done.status_wanted, done.minutes_late).lower()
        )
        return [saved(words), CorrectionList.open]

    @rx.event
    @allow(Permission.CORRECTION_REQUEST)
    async def withdraw(self, correction_id: int) -> Any:
        """Take back one's own request."""
        async with transaction() as session:
            await withdraw_correction(session, actor=current_actor(), correction_id=int(correction_id))
        return [saved(_("Request withdrawn")), CorrectionList.open]

    async def _load(self) -> None:
        actor, status = current_actor(), self.filters.get("status")
        is_own = bool(self.filters.get("own"))
        async with reading() as session:
            settings = await current_settings(session)
            found = await list_corrections(
                session,
                actor=actor,
                page=self._page_request(),
                status=CorrectionStatus(status) if status else None,
                is_own=is_own,
            )
            waiting = await list_corrections(
                session, actor=actor, page=PageRequest(limit=1), status=CorrectionStatus.REQUESTED
            )
        self.rows = [_row(correction, settings.zone) for correction in found.items]
        self._count(len(found.items), found.total)
        if not waiting.total:
            self.answer = _("No correction waits for a decision.")
        elif may(actor, Permission.CORRECTION_APPROVE):
            self.answer = ngettext(
                "{n} correction waits for a decision.", "{n} corrections wait for a decision.", waiting.total
            ).format(n=waiting.total)
        else:
            self.answer = ngettext(
                "{n} correction of your registers waits for an admin.",
                "{n} corrections of your registers wait for an admin.",
                waiting.total,
            ).format(n=waiting.total)


@page(
    route=routes.CORRECTIONS,
    title=_("Corrections"),
    permission=Permission.CORRECTION_REQUEST,
    on_load=[CorrectionList.open, CorrectionForm.ask_from_address, CorrectionList.watch],
)
def corrections_page() -> rx.Component:
    return rx.fragment(
        page_header(_("Corrections"), CorrectionList.answer),
        attendance_tabs(routes.CORRECTIONS),
        data_list(
            CorrectionList,
            CorrectionList.rows,
            [
                Column(_("Student"), _who, width="19%"),
                Column(_("Change"), _change, width="24%"),
                Column(_("Why"), _why),
                Column(_("Status"), _status, width="150px"),
                Column(_("Actions"), _actions, width="200px", align="end", phone_label=False),
            ],
            label=_("Corrections"),
            filters=[
                *[
                    filter_chip(CorrectionList, "status", status.value, label)
                    for status, (label, _tone) in _STATUSES.items()
                ],
                filter_chip(CorrectionList, "own", "yes", _("Asked by me")),
            ],
            empty=empty_state(
                _("No corrections"),
                _(
                    "When a register is locked, its teacher asks here for another mark. "
                    "Open a locked register and choose “Correct” beside a student."
                ),
            ),
            retry=CorrectionList.open,
        ),
        correction_dialogs(),
    )


def _who(row: CorrectionRow) -> rx.Component:
    return rx.el.span(
        rx.el.span(row.student, class_name="strong truncate", title=row.student),
        link(row.session, href=row.register, class_name="small"),
        class_name="cell-lines",
    )


def _change(row: CorrectionRow) -> rx.Component:
    return rx.el.span(
        rx.el.span(
            badge(row.before, tone=row.before_tone),
            rx.el.span("→", aria_label=_("to"), role="img", class_name="muted"),
            badge(row.after, tone=row.after_tone),
            class_name="row-wrap correction-change",
        ),
        rx.cond(row.note, rx.el.span("“", row.note, "”", class_name="small muted")),
        rx.cond(row.changed, rx.el.span(row.changed, class_name="small tone-late strong")),
        class_name="cell-lines",
    )


def _why(row: CorrectionRow) -> rx.Component:
    return rx.el.span(
        rx.el.span(row.reason, class_name="correction-reason"),
        rx.el.span(row.asked, class_name="small muted"),
        class_name="cell-lines",
    )


def _status(row: CorrectionRow) -> rx.Component:
    return rx.el.span(
        badge(row.status_label, tone=row.tone),
        rx.cond(row.decision, rx.el.span(row.decision, class_name="small muted")),
        class_name="cell-lines",
    )


def _actions(row: CorrectionRow) -> rx.Component:
    named: dict[str, Any] = {"custom_attrs": {"aria-description": row.student}}
    return rx.el.span(
        rx.cond(
            row.may_decide,
            rx.fragment(
                button(
                    rx.cond(row.changed, _("Approve anyway"), _("Approve")),
                    kind="primary",
                    on_click=CorrectionList.approve(row.id, row.current_version),
                    **named,
                ),
                button(_("Refuse"), on_click=RefusalForm.ask(row.id, row.student), **named),
            ),
        ),
        rx.cond(
            row.may_withdraw & ~row.may_decide,
            button(_("Withdraw"), kind="quiet", on_click=CorrectionList.withdraw(row.id), **named),
        ),
        rx.cond(
            row.may_decide | row.may_withdraw,
            rx.fragment(),
            link_button(_("History"), row.history, kind="quiet", **named),
        ),
        class_name="row cell-actions",
    )


def _row(correction: CorrectionRead, zone: ZoneInfo) -> CorrectionRow:
    label, tone = _STATUSES[correction.status]
    is_open = correction.status is CorrectionStatus.REQUESTED
    return CorrectionRow(
        id=correction.id,
        student=correction.student_name,
        session=_("{batch}, {day}").format(
            batch=correction.batch_name, day=short_date(correction.starts_at, zone)
        ),
        register=routes.register(correction.session_id),
        history=routes.with_query(
            routes.register_history(correction.session_id), student=correction.student_id
        ),
        before=mark_words(correction.seen.status, correction.seen.minutes_late),
        before_tone=MARKS[correction.seen.status or ""][2],
        after=mark_words(correction.status_wanted, correction.minutes_late),
        after_tone=MARKS[correction.status_wanted][2],
        note=correction.note,
        changed=_changed(correction)
        if is_open and _mark(correction.current) != _mark(correction.seen)
        else "",
        current_version=correction.current.version,
        reason=correction.reason,
        asked=_("{name}, {day}").format(
            name=correction.requested_by or _("Somebody"), day=short_date(correction.created_at, zone)
        ),
        status_label=label,
        tone=tone,
        decision="" if is_open else _decision(correction, zone),
        may_decide=correction.may_decide,
        may_withdraw=correction.may_withdraw,
    )


def _mark(mark: SeenMark) -> tuple[Any, ...]:
    return mark.status, mark.minutes_late, mark.note


def _changed(correction: CorrectionRead) -> str:
    words = mark_words(correction.current.status, correction.current.minutes_late)
    if correction.current.status is None:
        return _("Changed since: {mark}").format(mark=words)
    return _("Changed since: {mark} by {name}").format(
        mark=words, name=correction.marked_by or _("the system")
    )


def _decision(correction: CorrectionRead, zone: ZoneInfo) -> str:
    if correction.decided_at is None:
        return ""
    who = _("{name}, {day}").format(
        name=correction.decided_by or _("Somebody"), day=short_date(correction.decided_at, zone)
    )
    note = correction.decision_note
    return _("{who}: {note}").format(who=who, note=note) if note else who
