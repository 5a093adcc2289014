"""The subject of a class whose course the bundle leaves out."""

from academics_app.core.search import normalise
from academics_app.transfer.oneroster.bundle import Row

_DERIVED = "class-subject:"


def subject_name(row: Row) -> str:
    """The first of the class's subjects that is a name, else its title."""
    named = (item for item in row.items_of("subjects") if any(map(str.isalpha, item)))
    return next(named, row["title"])


def subject_key(row: Row) -> str:
    """Under which the subject is remembered: its course's sourcedId, or else its name."""
    if course := row["courseSourcedId"]:
        return course
    name = normalise(subject_name(row))
    return f"{_DERIVED}{name[:200]}" if name else ""
