"""Decisions on faculty members, without a database."""

from academics_app.core.search import digits, normalise

CODE_PREFIX = "F"
CODE_WIDTH = 3


def faculty_search_text(*, full_name: str, code: str, email: str | None, phone: str | None) -> str:
    """What a faculty member is found by; the name first, since lists by name are ordered by it."""
    return normalise(full_name, code, email, digits(phone))
