"""Text that comes from outside: stripped, bounded, and without the NUL byte that PostgreSQL refuses."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not contain the NUL character")
    return text


Text = Annotated[str, AfterValidator(_without_nul)]
"""Any text without NUL."""


Name = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
"""A person's or a thing's name: stripped, not empty, at most 200 characters."""
