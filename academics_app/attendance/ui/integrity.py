"""Checks: what does not fit in stored attendance, with a fix for each finding."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from academics_app.attendance.integrity import (
    CHECKS_TOPIC,
    apply_fix,
    dismiss_finding,
    list_findings,
    preview_fix,
    restore_finding,
    run_checks,
)
from academics_app.attendance.schemas.integrity import (
    CheckName,
    CheckRead,
    DismissalCreate,
    DismissalRevoke,
    Finding,
    FixCommand,
)
from academics_app.core.db import reading, transaction
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission
from academics_app.ui import errors, routes
from academics_app.ui.components import (
    badge,
    button,
    by_phase,
    card,
    dialog,
    empty_state,
    error_state,
    form_dialog,
    link,
    page_header,
    saved,
    skeleton,
    text_area,
)
from academics_app.ui.forms import FormState, filled
from academics_app.ui.i18n import _, ngettext
from academics_app.ui.identity import current_actor
from academics_app.ui.listing import FAILED, LOADING, READY
from academics_app.ui.pages import page
from academics_app.ui.policy import allow
from academics_app.ui.sections import attendance_tabs
from academics_app.ui.watching import changes, guarded

_PAGE = 20


@dataclass
class CheckTile:
    """A check and how much it found."""

    name: str
    title: str
    found: str
    tone: str


@dataclass
class FindingRow:
    """A finding with its ways out; a fix is (name, label)."""

    subject: str
    sentence: str
    session_id: int
    other_session_id: int
    student_id: int
    fixes: list[list[str]]
    dismissed: str


class ChecksPage(rx.State):
    """All checks and the findings of the chosen one."""

    phase: str = LOADING
    problem: str = ""
    answer: str = ""
    tiles: list[CheckTile] = []
    chosen: str = ""
    title: str = ""
    explanation: str = ""
    shows_dismissed: bool = False
    dismissed_label: str = ""
    rows: list[FindingRow] = []
    page_number: int = 1
    has_next: bool = False

    @rx.event
    @allow(Permission.ATTENDANCE_REPAIR)
    async def open(self) -> None:
        """Run the checks; show the one of the address, or the first with findings."""
        given = self.router.url.query_parameters.get("check", "")
        self.chosen = given if given in set(CheckName) else ""
        self.page_number = 1
        await self._load()

    @rx.event(background=True)
    @allow(Permission.ATTENDANCE_REPAIR)
    async def watch(self) -> None:
        """Run them again when somebody has mended or dismissed something."""
        async for topics in changes(CHECKS_TOPIC, at_once=False):
            if topics:
                with guarded():
                    async with self:
                        await self._load()

    @rx.event
    @allow(Permission.ATTENDANCE_REPAIR)
    async def choose(self, check: str) -> Any:
        """Show the findings of a check."""
        if check not in set(CheckName):
            return None
        return rx.redirect(routes.with_query(routes.CHECKS, check=check), replace=True)

    @rx.event
    @allow(Permission.ATTENDANCE_REPAIR)
    async def show_dismissed(self) -> None:
        """Show what was dismissed, or what was not."""
        self.shows_dismissed, self.page_number = not self.shows_dismissed, 1
        await self._load()

    @rx.event
    @allow(Permission.ATTENDANCE_REPAIR)
    async def turn_page(self, step: int) -> None:
        """To the next or the previous findings."""
        self.page_number = max(1, self.page_number + (1 if int(step) > 0 else -1))
        await self._load()

    @rx.event
    @allow(Permission.ATTENDANCE_REPAIR)
    async def restore(self, subject: str) -> Any:
        """Let a dismissed finding count again."""
        data = DismissalRevoke(subject=subject)
        async with transaction() as session:
            await restore_finding(session, actor=current_actor(), check=CheckName(self.chosen), data=data)
        await self._load()
        return saved(_("The finding counts again"))

    async def _load(self) -> None:
        try:
            async with reading() as session:
                actor = current_actor()
                overview = await run_checks(session, actor=actor)
                first = next((check for check in overview.checks if check.findings), overview.checks[0])
                chosen = next((check for check in overview.checks if check.name == self.chosen), first)
                page = PageRequest(skip=(self.page_number - 1) * _PAGE, limit=_PAGE)
                found = await list_findings(
                    session, actor=actor, check=chosen.name, page=page, dismissed=self.shows_dismissed
                )
        except Exception as error:  # noqa: BLE001 - shown and, if it is not ours, logged
            self.phase, self.problem = FAILED, errors.sentence(error)
            return
        self.answer = overview.sentence
        self.tiles = [_tile(check) for check in overview.checks]
        self.chosen, self.title = chosen.name.value, chosen.title
        self.explanation = _("What was looked for: {explanation}").format(explanation=chosen.explanation)
        self.dismissed_label = (
            _("Show findings")
            if self.shows_dismissed
            else ngettext("Show {n} dismissed", "Show {n} dismissed", chosen.dismissed).format(
                n=chosen.dismissed
            )
            if chosen.dismissed
            else ""
        )
        self.rows = [_row(finding) for finding in found.items]
        self.has_next = found.skip + len(found.items) < found.total
        self.phase = READY


class FixDialog(rx.State):
    """A fix before it is done: what it will change."""

    is_open: bool = False
    title: str = ""
    problem: str = ""
    lines: list[str] = []

    _check: str = ""
    _subject: str = ""
    _fix: str = ""

    @rx.event
    @allow(Permission.ATTENDANCE_REPAIR)
    async def ask(self, check: str, subject: str, fix: str, label: str) -> None:
        """Show what the fix would change."""
        self._check, self._subject, self._fix = str(check), str(subject), str(fix)
        self.is_open, self.title, self.problem, self.lines = True, str(label)[:200], "", []
        try:
            async with reading() as session:
                previewed = await preview_fix(
                    session,
                    actor=current_actor(),
                    check=CheckName(self._check),
                    data=FixCommand.model_validate({"subject": self._subject, "fix": self._fix}),
                )
        except Exception as error:  # noqa: BLE001 - shown and, if it is not ours, logged
            self.problem = errors.sentence(error)
        else:
            self.lines = previewed.changes

    @rx.event
    @allow(Permission.ATTENDANCE_REPAIR)
    async def run(self) -> Any:
        """Do it."""
        if not self.is_open or not self.lines:
            return None
        try:
            async with transaction() as session:
                await apply_fix(
                    session,
                    actor=current_actor(),
                    check=CheckName(self._check),
                    data=FixCommand.model_validate({"subject": self._subject, "fix": self._fix}),
                )
        except Exception as error:  # noqa: BLE001 - shown and, if it is not ours, logged
            self.problem, self.lines = errors.sentence(error), []
            return None
        self.is_open = False
        return [saved(_("Mended")), ChecksPage.open]

    @rx.event
    @allow(Permission.ATTENDANCE_REPAIR)
    async def close(self) -> None:
        """Leave it as it is."""
        self.is_open = False


class DismissForm(FormState, rx.State):
    """Letting a finding stand, with a reason."""

    sentence: str = ""

    _check: str = ""
    _subject: str = ""

    @rx.event
    @allow(Permission.ATTENDANCE_REPAIR)
    async def edit(self, check: str, subject: str, sentence: str) -> None:
        """Ask for the reason."""
        self._check, self._subject, self.sentence = str(check), str(subject), str(sentence)[:500]
        self._forget_errors()
        self.form_open = True

    @rx.event
    @allow(Permission.ATTENDANCE_REPAIR)
    async def save(self, form: dict[str, Any]) -> Any:
        """Store the reason."""
        if not self.form_open:
            return None
        with self._form_errors(form):
            data = DismissalCreate.model_validate({**filled(form), "subject": self._subject})
            async with transaction() as session:
                await dismiss_finding(session, actor=current_actor(), check=CheckName(self._check), data=data)
            self.form_open = False
            return [saved(_("Dismissed")), ChecksPage.open]
        return None


def _tile(check: CheckRead) -> CheckTile:
    found = _("fine")
    if check.findings:
        found = ngettext("{n} finding", "{n} findings", check.findings).format(n=check.findings)
    return CheckTile(
        name=check.name.value,
        title=check.title,
        found=found,
        tone="absent" if check.findings else "present",
    )


def _row(finding: Finding) -> FindingRow:
    dismissed = ""
    if finding.dismissed_because:
        dismissed = _("Dismissed by {name}: {reason}").format(
            name=finding.dismissed_by or _("the system"), reason=finding.dismissed_because
        )
    return FindingRow(
        subject=finding.subject,
        sentence=finding.sentence,
        session_id=finding.session_id,
        other_session_id=finding.other_session_id or 0,
        student_id=finding.student_id or 0,
        fixes=[[fix.name.value, fix.label] for fix in finding.fixes],
        dismissed=dismissed,
    )


@page(
    route=routes.CHECKS,
    title=_("Attendance checks"),
    permission=Permission.ATTENDANCE_REPAIR,
    section=routes.ATTENDANCE,
    on_load=[ChecksPage.open, ChecksPage.watch],
)
def checks_page() -> rx.Component:
    return rx.fragment(
        page_header(
            _("Checks"),
            ChecksPage.answer,
            button(_("Check again"), icon="rotate-cw", on_click=ChecksPage.open),
        ),
        attendance_tabs(routes.CHECKS),
        by_phase(
            rx.Var.create(ChecksPage.phase),
            ready=_checks(),
            loading=rx.el.div(
                *[rx.el.div(skeleton("40%"), class_name="skeleton-row") for _n in range(6)], aria_busy=True
            ),
            failed=error_state(ChecksPage.problem, ChecksPage.open),
        ),
        _fix_dialog(),
        form_dialog(
            rx.el.p(DismissForm.sentence, class_name="small"),
            text_area("reason", _("Why may it stand?"), state=DismissForm, required=True, max_length=500),
            state=DismissForm,
            title=_("Dismiss this finding"),
            submit=_("Dismiss"),
            on_submit=DismissForm.save,
            id="dismiss-finding",
        ),
    )


def _checks() -> rx.Component:
    return rx.fragment(
        rx.el.ul(rx.foreach(ChecksPage.tiles, _tile_button), class_name="checks", aria_label=_("Checks")),
        card(
            rx.cond(
                ChecksPage.rows.length() > 0,  # pyright: ignore[reportAttributeAccessIssue]
                rx.el.ul(rx.foreach(ChecksPage.rows, _finding), class_name="finding-list"),
                empty_state(_("Nothing found"), ChecksPage.explanation),
            ),
            rx.cond(
                (ChecksPage.page_number > 1) | ChecksPage.has_next,
                rx.el.nav(
                    button(
                        _("Previous"),
                        on_click=ChecksPage.turn_page(-1),
                        disabled=rx.cond(ChecksPage.page_number > 1, False, True),
                    ),
                    button(
                        _("Next"),
                        on_click=ChecksPage.turn_page(1),
                        disabled=rx.cond(ChecksPage.has_next, False, True),
                    ),
                    class_name="pager card-body",
                    aria_label=_("Pages"),
                ),
            ),
            title=ChecksPage.title,
            actions=(
                rx.cond(
                    ChecksPage.dismissed_label,
                    button(ChecksPage.dismissed_label, kind="quiet", on_click=ChecksPage.show_dismissed),
                ),
            ),
        ),
    )


def _tile_button(tile: CheckTile) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            rx.el.span(tile.title),
            badge(tile.found, tone=tile.tone),
            type="button",
            class_name="check-tile",
            on_click=ChecksPage.choose(tile.name),
            custom_attrs={"aria-pressed": rx.cond(ChecksPage.chosen == tile.name, "true", "false")},
        )
    )


def _finding(row: FindingRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(row.sentence),
            rx.cond(row.dismissed, rx.el.p(row.dismissed, class_name="muted small")),
            rx.el.p(
                link(_("Register"), href=routes.register(row.session_id)),
                rx.cond(
                    row.other_session_id > 0,
                    rx.fragment(
                        " · ", link(_("The other register"), href=routes.register(row.other_session_id))
                    ),
                ),
                rx.cond(
                    row.student_id > 0,
                    rx.fragment(" · ", link(_("Student"), href=routes.student(row.student_id))),
                ),
                class_name="small",
            ),
            class_name="finding-text",
        ),
        rx.el.div(
            rx.foreach(row.fixes, lambda fix: _fix_button(row, fix)),
            rx.cond(
                row.dismissed,
                button(
                    _("Count it again"),
                    on_click=ChecksPage.restore(row.subject),
                    custom_attrs={"aria-description": row.sentence},
                ),
                button(
                    _("Dismiss"),
                    kind="quiet",
                    on_click=DismissForm.edit(ChecksPage.chosen, row.subject, row.sentence),
                    custom_attrs={"aria-description": row.sentence},
                ),
            ),
            class_name="row",
            style={"flex_wrap": "wrap"},
        ),
        class_name="finding",
    )


def _fix_button(row: FindingRow, fix: Any) -> rx.Component:
    return button(
        fix[1],
        on_click=FixDialog.ask(ChecksPage.chosen, row.subject, fix[0], fix[1]),
        custom_attrs={"aria-description": row.sentence},
    )


def _fix_dialog() -> rx.Component:
    return dialog(
        rx.cond(
            FixDialog.problem,
            rx.el.p(FixDialog.problem, class_name="form-problem", role="alert"),
            rx.el.div(
                rx.el.p(_("This will change:"), class_name="small muted"),
                rx.el.ul(rx.foreach(FixDialog.lines, rx.el.li), class_name="small"),
                class_name="stack",
            ),
        ),
        title=FixDialog.title,
        is_open=FixDialog.is_open,
        on_close=FixDialog.close,
        id="fix-finding",
        footer=rx.fragment(
            button(_("Cancel"), on_click=FixDialog.close),
            button(
                FixDialog.title,
                kind="primary",
                on_click=FixDialog.run,
                disabled=rx.cond(FixDialog.lines.length() > 0, False, True),  # pyright: ignore[reportAttributeAccessIssue]
            ),
        ),
    )
