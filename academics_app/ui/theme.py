"""What every page loads: the style sheet with the tokens, the fonts, the keys. No Radix Themes: plain elements and CSS."""

import reflex as rx

STYLESHEETS = ["/academics.css", "/registers.css", "/attendance.css"]
"""`assets/academics.css` holds every token (colours in both themes, sizes, radius) and every class."""

_FONT = "/fonts/inter-latin.woff2"


def head() -> list[rx.Component]:
    """Elements of each page's head."""
    return [
        rx.el.link(
            rel="preload",
            href=_FONT,
            custom_attrs={"as": "font"},
            type="font/woff2",
            cross_origin="anonymous",
        ),
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
        rx.el.meta(name="viewport", content="width=device-width, initial-scale=1, viewport-fit=cover"),
        rx.el.meta(
            name="theme-color", content="#ffffff", custom_attrs={"media": "(prefers-color-scheme: light)"}
        ),
        rx.el.meta(
            name="theme-color", content="#101216", custom_attrs={"media": "(prefers-color-scheme: dark)"}
        ),
        rx.el.script(src=rx.asset("academics.js"), defer=True),
    ]
