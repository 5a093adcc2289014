"""The head of a screen: its name and the sentence that answers its question."""

from typing import Any

import reflex as rx

from academics_app.ui.components.link import link


def page_header(
    title: str | rx.Var[str],
    answer: rx.Component | str | rx.Var[str] = "",
    *actions: rx.Component,
    back: tuple[str, Any] | None = None,
) -> rx.Component:
    """The page's only h1; `answer` is the first line, in words ("3 of 6 registers taken, Physics B is overdue").

    While the answer is not known pass an empty var: its line is kept free, so nothing jumps. `back` is (label, href)
    of the list that this page belongs to.
    """
    return rx.el.header(
        rx.el.div(
            *([rx.el.p(link(back[0], href=back[1]), class_name="crumbs")] if back else []),
            rx.el.h1(title),
            rx.el.p(answer, class_name="answer", aria_live="polite"),
            class_name="page-header-text",
        ),
        *([rx.el.div(*actions, class_name="page-actions")] if actions else []),
        class_name="page-header",
    )


def section_header(title: str | rx.Var[str], *actions: rx.Component) -> rx.Component:
    """The head of a card."""
    return rx.el.div(rx.el.h2(title), rx.el.div(*actions, class_name="row"), class_name="card-head")


def stat_sentence(*parts: rx.Component | str | rx.Var[str]) -> rx.Component:
    """A figure said as a sentence; put what matters in `rx.el.strong`."""
    return rx.el.p(*parts, class_name="stat")


def facts(*pairs: tuple[str, rx.Component | str | rx.Var[str]]) -> rx.Component:
    """Label and value, line by line."""
    return rx.el.dl(
        *[rx.fragment(rx.el.dt(label), rx.el.dd(value)) for label, value in pairs],
        class_name="facts",
    )


def card(
    *children: rx.Component, title: str | rx.Var[str] | None = None, actions: tuple[rx.Component, ...] = ()
) -> rx.Component:
    """A framed section, with a head when it has a title."""
    head = [section_header(title, *actions)] if title is not None else []
    return rx.el.section(*head, *children, class_name="card")


def card_body(*children: rx.Component) -> rx.Component:
    """The padded part of a card; a table goes directly into the card."""
    return rx.el.div(*children, class_name="card-body")
