"""The list of a list screen: toolbar, table, pager, and what stands there when there is nothing to show.

See `academics_app/accounts/ui/users.py` for a whole screen made with it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import reflex as rx

from academics_app.ui.components.button import button
from academics_app.ui.components.field import option_elements
from academics_app.ui.components.link import link
from academics_app.ui.components.states import by_phase, empty_state, error_state, skeleton
from academics_app.ui.i18n import _
from academics_app.ui.listing import ListState

_SKELETON_ROWS = 8
_SEARCH_DELAY = 220


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, and its cell made from the row var.

    The first column of a list is the row's name: with `data_list(href=...)` it carries the link, and it is the headline
    of the card on a phone. `sort` is a key of the state's SORTS. `on_phone=False` leaves it out of the card,
    `phone_label=False` its label, e.g. of a column of buttons.
    """

    label: str
    cell: Callable[[Any], rx.Component | rx.Var[Any] | str]
    width: str | None = None
    align: Literal["start", "end"] = "start"
    sort: str | None = None
    on_phone: bool = True
    phone_label: bool = True


def data_list(
    state: type[ListState],
    rows: Any,
    columns: Sequence[Column],
    *,
    label: str,
    href: Callable[[Any], Any] | None = None,
    search: str | None = None,
    filters: Sequence[rx.Component] = (),
    empty: rx.Component,
    retry: rx.event.EventType[()],
) -> rx.Component:
    """A whole list.

    Args:
        state: The page's ListState.
        rows: Its `rows` var.
        columns: From left to right; the first is the row's name.
        label: The table's name for screen readers.
        href: Link of a row, made from the row var.
        search: Placeholder of the search box; None for a list without one.
        filters: `filter_chip` and `filter_select`.
        empty: `empty_state(...)` with the first step, for when there is nothing at all yet.
        retry: The state's `open`.
    """
    return rx.fragment(
        toolbar(state, search=search, filters=filters),
        by_phase(
            state.phase,
            ready=rx.cond(
                state.total > 0,
                rx.fragment(_table(state, rows, columns, label, href), _pager(state)),
                rx.cond(state.is_narrowed, _nothing_found(state), empty),
            ),
            loading=_skeleton_table(columns, label),
            failed=error_state(state.problem, retry),
        ),
    )


def toolbar(state: type[ListState], *, search: str | None, filters: Sequence[rx.Component]) -> rx.Component:
    """Search box, filters and the count."""
    return rx.el.div(
        *([_search_box(state, search)] if search else []),
        *(
            [rx.el.div(*filters, class_name="chips", role="group", aria_label=_("Filters"))]
            if filters
            else []
        ),
        rx.el.span(state.count_line, class_name="count", role="status"),
        class_name="toolbar",
    )


def filter_chip(state: type[ListState], name: str, value: str, label: str) -> rx.Component:
    """A filter that is on or off."""
    return rx.el.button(
        label,
        type="button",
        class_name="chip",
        on_click=state.set_filter(name, value),
        custom_attrs={"aria-pressed": rx.cond(state.filters[name] == value, "true", "false")},
    )


def filter_select(
    state: type[ListState],
    name: str,
    label: str,
    options: Sequence[tuple[str, str]] | rx.Var[list[list[str]]],
) -> rx.Component:
    """A filter with many values; `label` is shown while none is chosen."""
    chosen = state.filters[name]
    return rx.el.span(
        rx.el.select(
            rx.el.option(label, value=""),
            option_elements(options),
            value=rx.cond(chosen, chosen, ""),
            on_change=lambda value: state.set_filter(name, value),
            class_name=rx.cond(chosen, "is-set", ""),
            aria_label=label,
        ),
        class_name="chip-select",
    )


def plain_table(
    rows: Any, columns: Sequence[Column], *, label: str, href: Callable[[Any], Any] | None = None
) -> rx.Component:
    """Just the table, for a short list inside a page."""
    return _frame(
        label,
        _head(columns),
        rx.el.tbody(rx.foreach(rows, lambda row: _row(row, columns, href)), role="rowgroup"),
    )


def _search_box(state: type[ListState], placeholder: str) -> rx.Component:
    return rx.el.div(
        rx.icon("search", size=15, aria_hidden=True),
        rx.el.input(
            key=rx.Var.create(state.search_epoch).to(str),
            default_value=state.q,
            on_change=state.search.debounce(_SEARCH_DELAY),
            placeholder=placeholder,
            aria_label=placeholder,
            type="search",
            class_name="input",
            auto_complete="off",
            custom_attrs={"data-search": "true", "aria-keyshortcuts": "/"},
        ),
        rx.el.kbd("/", aria_hidden=True),
        class_name="search",
        role="search",
    )


def _table(
    state: type[ListState],
    rows: Any,
    columns: Sequence[Column],
    label: str,
    href: Callable[[Any], Any] | None,
) -> rx.Component:
    body = rx.el.tbody(rx.foreach(rows, lambda row: _row(row, columns, href)), role="rowgroup")
    return _frame(label, _head(columns, state), body)


def _frame(label: str, *parts: rx.Component) -> rx.Component:
    # The roles are said, since the phone's display:block takes them away.
    return rx.el.div(
        rx.el.table(*parts, class_name="table table-cards", role="table", aria_label=label),
        class_name="table-frame",
    )


def _head(columns: Sequence[Column], state: type[ListState] | None = None) -> rx.Component:
    return rx.el.thead(
        rx.el.tr(*[_head_cell(column, state) for column in columns], role="row"), role="rowgroup"
    )


def _head_cell(column: Column, state: type[ListState] | None) -> rx.Component:
    attributes: dict[str, Any] = {}
    content: rx.Component | str = column.label
    if state is not None and column.sort:
        attributes["aria-sort"] = rx.match(
            state.sort, (column.sort, "ascending"), (f"-{column.sort}", "descending"), "none"
        )
        content = rx.el.button(
            column.label, type="button", class_name="sort", on_click=state.sort_by(column.sort)
        )
    if column.width:
        attributes["width"] = column.width
    if not column.label:
        return rx.el.td(role="cell", class_name="head-cell", custom_attrs=attributes)
    return rx.el.th(
        content,
        scope="col",
        role="columnheader",
        class_name="num" if column.align == "end" else "",
        custom_attrs=attributes,
    )


def _row(row: Any, columns: Sequence[Column], href: Callable[[Any], Any] | None) -> rx.Component:
    first, *others = columns
    name = first.cell(row)
    headline = link(name, href=href(row), class_name="row-link") if href else name
    return rx.el.tr(
        rx.el.th(headline, scope="row", role="rowheader"),
        *[_cell(column, row) for column in others],
        role="row",
    )


def _cell(column: Column, row: Any) -> rx.Component:
    classes = [*(["num"] if column.align == "end" else []), *([] if column.on_phone else ["phone-hide"])]
    return rx.el.td(
        column.cell(row),
        role="cell",
        class_name=" ".join(classes),
        data_label=column.label if column.phone_label else "",
    )


def _skeleton_table(columns: Sequence[Column], label: str) -> rx.Component:
    row = [
        rx.el.tr(
            *[
                rx.el.td(
                    skeleton("62%" if at == 0 else "44%"), class_name="" if column.on_phone else "phone-hide"
                )
                for at, column in enumerate(columns)
            ]
        )
        for _row_number in range(_SKELETON_ROWS)
    ]
    table = rx.el.table(_head(columns), rx.el.tbody(*row), class_name="table table-cards", aria_hidden=True)
    return rx.el.div(
        rx.el.span(_("Loading {list}").format(list=label), class_name="sr-only"),
        table,
        class_name="table-frame",
        aria_busy=True,
    )


def _nothing_found(state: type[ListState]) -> rx.Component:
    return empty_state(
        _("Nothing found"),
        _("Nothing fits this search and these filters."),
        button(_("Clear search and filters"), on_click=state.clear_filters),
    )


def _pager(state: type[ListState]) -> rx.Component:
    return rx.cond(
        state.has_previous | state.has_next,
        rx.el.nav(
            button(
                _("Previous"),
                icon="chevron-left",
                on_click=state.turn_page(-1),
                disabled=rx.cond(state.has_previous, False, True),
            ),
            button(
                _("Next"),
                icon="chevron-right",
                on_click=state.turn_page(1),
                disabled=rx.cond(state.has_next, False, True),
            ),
            class_name="pager",
            aria_label=_("Pages"),
        ),
    )
