"""The React components of check-in, with their style sheet."""

import reflex as rx


class CodeClock(rx.Component):
    """How long the code is still good; covers what is inside once it is not."""

    library = "$/public/check_in/wall.jsx"
    tag = "CodeClock"

    code: rx.Var[str]
    milliseconds: rx.Var[int]
    """From the moment the code arrives, so that the projector's own clock may be wrong."""
    labels: rx.Var[dict[str, str]]


class FullScreenButton(rx.Component):
    """Fills the screen with the page; hidden where the browser can't."""

    library = "$/public/check_in/wall.jsx"
    tag = "FullScreenButton"

    labels: rx.Var[dict[str, str]]


class CheckInDesk(rx.Component):
    """Where a student's code goes in: from the address that was scanned, or typed."""

    library = "$/public/check_in/check-in.jsx"
    tag = "CheckInDesk"

    labels: rx.Var[dict[str, str]]
    zone: rx.Var[str]
    """IANA name of the institute's time zone."""
    user_id: rx.Var[int]
    login: rx.Var[str]


class KioskDesk(rx.Component):
    """The whole kiosk; it talks to the REST routes alone, by its own cookie."""

    library = "$/public/check_in/kiosk.jsx"
    tag = "KioskDesk"

    labels: rx.Var[dict[str, str]]
