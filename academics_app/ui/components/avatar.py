"""A person as initials and name."""

import reflex as rx


def avatar(initials: str | rx.Var[str], *, large: bool = False) -> rx.Component:
    """A round with initials; beside a name, so screen readers skip it. Make the initials with `initials_of` in the row."""
    return rx.el.span(initials, class_name="avatar avatar-large" if large else "avatar", aria_hidden=True)


def person(name: str | rx.Var[str], initials: str | rx.Var[str]) -> rx.Component:
    """Avatar and name on one line; a long name ends in an ellipsis and shows whole on hover."""
    return rx.el.span(
        avatar(initials), rx.el.span(name, class_name="truncate", title=name), class_name="person"
    )


def initials_of(name: str) -> str:
    """First letters of the first and the last word of a name, for a view row."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
