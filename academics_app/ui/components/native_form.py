"""A form that the browser sends by itself; Reflex's own never lets one go."""

import reflex as rx


class NativeForm(rx.el.Div):
    """<form method="post" action="/api/v1/...">; the answer is a redirect and a real page load."""

    tag = "form"

    action: rx.Var[str]
    method: rx.Var[str]
