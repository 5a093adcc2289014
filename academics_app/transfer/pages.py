"""The import screen: choose a OneRoster zip, see what it would do, import it."""

from typing import Any

import reflex as rx

from academics_app.core.permissions import Permission
from academics_app.transfer.progress import Stage
from academics_app.transfer.state import LIMIT, STATUSES, ImportDesk, ImportPage
from academics_app.ui import routes
from academics_app.ui.components import (
    Column,
    card,
    card_body,
    empty_state,
    option_elements,
    page_header,
    plain_table,
    relative_time,
    skeleton,
)
from academics_app.ui.i18n import _
from academics_app.ui.pages import page

_WORDS: dict[str, Any] = {
    "label": _("Import a file"),
    "choose": _("Choose a file"),
    "choose_another": _("Choose another file"),
    "import": _("Import"),
    "preview": _("Looking at the file"),
    "download": _("Download refused rows (CSV)"),
    "too_large": _("This file is larger than {limit} MB.").format(limit=LIMIT // 2**20),
    "unreachable": _(
        "The server can't be reached, or the file has changed on disk. Nothing was stored; choose it again."
    ),
    "failed": _("The connection broke before an answer came. Choose the file again to see what is stored."),
    "stages": {
        Stage.READING.value: _("Reading the files"),
        Stage.LOOKING_UP.value: _("Looking up what is already here"),
        Stage.COMPARING.value: _("Comparing"),
        Stage.STORING.value: _("Storing"),
    },
}


@page(
    route=routes.IMPORT,
    title=_("Import"),
    permission=Permission.IMPORT_RUN,
    on_load=[ImportPage.open, ImportPage.watch],
)
def import_page() -> rx.Component:
    return rx.fragment(
        page_header(
            _("Import"),
            rx.cond(
                ImportPage.sentence,
                ImportPage.sentence,
                _(
                    "OneRoster 1.1 or 1.2 as a zip of CSV files, or Ed-Fi XML with attendance events. "
                    "You see what it would do before anything is stored."
                ),
            ),
        ),
        rx.el.div(
            ImportDesk.create(
                words=_WORDS,
                limit=LIMIT,
                choices=ImportPage.choices,
                on_preview=ImportPage.show_preview,
                on_result=ImportPage.show_result,
                on_forget=ImportPage.forget,
            ),
            rx.cond(
                ImportPage.result,
                rx.el.p(ImportPage.result, class_name="notice notice-present", role="status"),
            ),
            _choices(),
            rx.cond(
                ImportPage.counts.length() > 0,  # pyright: ignore[reportAttributeAccessIssue]
                plain_table(
                    ImportPage.counts,
                    [
                        Column(_("Records"), lambda row: row.kind, width="26%"),
                        Column(_("File"), lambda row: row.file),
                        Column(_("Create"), lambda row: _number(row.created), width="110px", align="end"),
                        Column(_("Change"), lambda row: _number(row.changed), width="110px", align="end"),
                        Column(
                            _("Leave alone"), lambda row: _number(row.unchanged), width="120px", align="end"
                        ),
                        Column(_("Refuse"), lambda row: _number(row.refused), width="110px", align="end"),
                    ],
                    label=_("What the import would do"),
                ),
            ),
            _messages(ImportPage.refused_title, ImportPage.refused),
            _messages(ImportPage.kept_title, ImportPage.kept),
            _notes(),
            _past_imports(),
            class_name="stack",
        ),
    )


def _choices() -> rx.Component:
    """What attendance categories mean, and what the absence of an event means; shown before anything is stored."""
    return rx.cond(
        ImportPage.categories.length() > 0,  # pyright: ignore[reportAttributeAccessIssue]
        card(
            plain_table(
                ImportPage.categories,
                [
                    Column(_("Category in the file"), lambda row: row.name),
                    Column(_("Events"), lambda row: row.events, width="110px", align="end"),
                    Column(
                        _("Imported as"),
                        lambda row: rx.el.select(
                            option_elements(STATUSES),
                            value=row.status,
                            on_change=lambda status: ImportPage.choose_category(row.name, status),  # pyright: ignore[reportCallIssue, reportArgumentType]
                            class_name="input",
                            aria_label=_("What this category is imported as"),
                            title=row.name,
                        ),
                        width="220px",
                    ),
                ],
                label=_("What the attendance categories mean"),
            ),
            card_body(
                rx.el.label(
                    rx.el.input(
                        type="checkbox",
                        checked=ImportPage.unmentioned_present,
                        on_change=ImportPage.set_unmentioned,  # pyright: ignore[reportArgumentType] - a check box hands on a boolean
                        aria_describedby="unmentioned-help",
                    ),
                    _("Students who are not mentioned in a session were present"),
                    class_name="check",
                ),
                rx.el.p(
                    _(
                        "The file holds exceptions only. Left off, nobody else is marked, these registers stay untaken, "
                        "and they count in no percentage. Switched on, everybody whom the file places in the school or "
                        "section is marked present on its days, and the registers count as taken."
                    ),
                    id="unmentioned-help",
                    class_name="muted small",
                ),
            ),
            title=_("How attendance is read"),
        ),
    )


def _number(text: Any) -> rx.Component:
    """A count; on a phone the line of a count that is none is left out."""
    return rx.cond(text == "–", rx.el.span("–", class_name="only-desktop"), text)


def _messages(title: str | rx.Var[str], rows: Any) -> rx.Component:
    return rx.cond(title, card(_message_table(rows), title=title))


def _notes() -> rx.Component:
    """Closed at first: they ask for nothing, and there can be hundreds."""
    return rx.cond(
        ImportPage.notes_title,
        card(
            rx.el.details(
                rx.el.summary(rx.el.h2(ImportPage.notes_title), class_name="card-head"),
                _message_table(ImportPage.notes),
            )
        ),
    )


def _message_table(rows: Any) -> rx.Component:
    return plain_table(
        rows,
        [
            Column(_("Where"), lambda row: rx.el.span(row.where, title=row.where), width="320px"),
            Column(
                _("Field"),
                lambda row: rx.el.span(row.field, title=row.field),
                width="210px",
                phone_label=False,
            ),
            Column(_("Reason"), lambda row: rx.el.span(row.reason, class_name="wrap"), phone_label=False),
        ],
        label=_("Rows and reasons"),
    )


def _past_imports() -> rx.Component:
    return card(
        rx.cond(
            ImportPage.is_loaded,
            rx.cond(
                ImportPage.runs.length() > 0,  # pyright: ignore[reportAttributeAccessIssue]
                plain_table(
                    ImportPage.runs,
                    [
                        Column(
                            _("File"), lambda row: rx.el.span(row.file_name, title=row.file_name), width="32%"
                        ),
                        Column(_("Outcome"), lambda row: rx.el.span(row.outcome, class_name="wrap")),
                        Column(_("By"), lambda row: row.who, width="170px"),
                        Column(_("When"), lambda row: relative_time(row.at, row.exact), width="150px"),
                    ],
                    label=_("Past imports"),
                ),
                empty_state(_("No imports yet"), _("Each import will be listed here with its outcome.")),
            ),
            card_body(skeleton("50%")),
        ),
        title=_("Past imports"),
    )


PAGES = [import_page]
