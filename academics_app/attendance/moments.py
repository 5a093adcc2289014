"""The moments of a register's past, pure: what one person did in one go is one moment."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from academics_app.attendance.schemas.history import MarkChange, RegisterChange, RegisterHistory
from academics_app.core.actor import Door

PAUSE = timedelta(minutes=2)
"""A longer one ends what was done in one go."""


@dataclass(slots=True)
class Moment:
    """Changes of one person through one door, each within two minutes of the one before."""

    by: str | None
    door: Door
    begins_at: datetime
    at: datetime
    """When the last of them was made: as of then, all of them stood."""
    marks: list[MarkChange] = field(default_factory=list)
    register_changes: list[RegisterChange] = field(default_factory=list)


def moments(history: RegisterHistory, *, student_id: int | None = None) -> list[Moment]:
    """The register's moments, oldest first; of one student's marks alone if asked for."""
    marks = [mark for mark in history.marks if student_id in (None, mark.student_id)]
    steps: Sequence[MarkChange | RegisterChange] = sorted(
        [*marks, *history.register_changes], key=lambda step: step.at
    )
    found: list[Moment] = []
    for step in steps:
        last = found[-1] if found else None
        if last is None or (last.by, last.door) != (step.by, step.door) or step.at - last.at > PAUSE:
            last = Moment(by=step.by, door=step.door, begins_at=step.at, at=step.at)
            found.append(last)
        last.at = step.at
        if isinstance(step, MarkChange):
            last.marks.append(step)
        else:
            last.register_changes.append(step)
    return found
