"""Field types that several features' input schemas share; lengths are those of the columns."""

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, EmailStr, Field, StringConstraints


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not contain the NUL character")
    return text


RawText = Annotated[str, AfterValidator(_without_nul)]
"""Text as it was typed, without the NUL byte that PostgreSQL refuses; for passwords."""
Text = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_without_nul)]
"""Stripped text without NUL; lengths that are added count what is left."""
UNCHANGED: Any = None
"""The default of an update's field that may be absent but not null."""


def blank_is_none(value: object) -> object:
    """An empty form field is no value."""
    return None if isinstance(value, str) and not value.strip() else value


def written_date(value: object) -> object:
    """A date as people and ISO 8601 write it; pydantic would also take a number, as seconds since 1970."""
    if isinstance(value, int | float) or (isinstance(value, str) and value.lstrip("+-").isdecimal()):
        raise ValueError("must be a date such as 2026-11-23")
    return value


def one_line(text: str) -> str:
    """Without line breaks and runs of spaces."""
    return " ".join(text.split())


def _plausible_phone(text: str) -> str:
    if sum(char.isdecimal() for char in text) < 3 or any(char.isalpha() for char in text.replace("ext", "")):
        raise ValueError("must be a phone number such as +44 20 7946 0958")
    return text


Name = Annotated[
    Text, AfterValidator(one_line), StringConstraints(strip_whitespace=True, min_length=1, max_length=200)
]
OptionalName = Annotated[
    Text, AfterValidator(one_line), StringConstraints(strip_whitespace=True, max_length=200)
]
Code = Annotated[
    Text, AfterValidator(one_line), StringConstraints(strip_whitespace=True, min_length=1, max_length=60)
]
OptionalCode = Annotated[Code | None, BeforeValidator(blank_is_none, json_schema_input_type=str | None)]
Email = Annotated[
    Annotated[EmailStr, StringConstraints(max_length=254)] | None,
    BeforeValidator(blank_is_none, json_schema_input_type=str | None),
]
Phone = Annotated[
    Annotated[Text, StringConstraints(strip_whitespace=True, max_length=40), AfterValidator(_plausible_phone)]
    | None,
    BeforeValidator(blank_is_none, json_schema_input_type=str | None),
]
Date = Annotated[date, BeforeValidator(written_date)]
Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
Version = Annotated[int, Field(ge=1)] | None
