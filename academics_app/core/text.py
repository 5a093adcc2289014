"""Text that comes from outside: stripped, bounded, and without the NUL byte that PostgreSQL refuses."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not contain the NUL character")
    return text


Text = Annotated[str, AfterValidator(_without_nul)]
"""Any text without NUL."""


def line(max_length: int, *, min_length: int = 1) -> type[str]:
    """A stripped text of bounded length, for use as an annotation."""
    return Annotated[  # pyright: ignore[reportReturnType] - an annotation is a type to pydantic
        str,
        StringConstraints(strip_whitespace=True, min_length=min_length, max_length=max_length),
        AfterValidator(_without_nul),
    ]
