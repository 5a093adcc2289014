"""The three-way comparison: what the file says now, what it said last time, what is here.

Where people have changed a value since the last import, theirs stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Values = Mapping[str, Any]


@dataclass(slots=True)
class Merged:
    """`changes` are to be written, `kept` are fields that differ from the file and stay, `remembered` is the new base."""

    changes: dict[str, Any]
    kept: list[str]
    remembered: dict[str, Any]


def merge(incoming: Values, last: Values | None, current: Values, *, fill_empty: bool = True) -> Merged:
    """Decide field by field; `last` is None for a row that is met for the first time.

    Without a last value nobody can tell who changed what, so a value that is here stays, and an empty one is filled.
    """
    changes: dict[str, Any] = {}
    kept: list[str] = []
    for name, value in incoming.items():
        here = current[name]
        if value == here:
            continue
        if last is not None and name in last:
            untouched = last[name] == here
            if untouched:
                changes[name] = value
            elif value not in (None, ""):
                kept.append(name)
        elif fill_empty and here in (None, ""):
            changes[name] = value
        elif value not in (None, ""):
            kept.append(name)
    return Merged(changes, kept, {**(last or {}), **incoming})
