"""Decisions on students, without a database."""

from datetime import date

from academics_app.core.errors import InvalidInput
from academics_app.core.search import digits, normalise

CODE_PREFIX = "S"
CODE_WIDTH = 5


def student_search_text(
    *, given_name: str, family_name: str, code: str, email: str | None, phone: str | None
) -> str:
    """What a student is found by; the name first, since lists by name are ordered by it."""
    return normalise(given_name, family_name, code, email, digits(phone))


def guardian_search_text(*, full_name: str, email: str | None, phone: str | None) -> str:
    """What a guardian is found by."""
    return normalise(full_name, email, digits(phone))


def check_date_of_birth(born: date | None, *, today: date) -> None:
    """Raise InvalidInput for a day that has not come yet."""
    if born is not None and born > today:
        reason = "must not be in the future"
        raise InvalidInput(f"The date of birth {reason}.", fields={"date_of_birth": reason})
