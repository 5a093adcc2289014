"""How far an import is, for whoever shows it."""

from collections.abc import Callable
from enum import StrEnum


class Stage(StrEnum):
    READING = "Reading the files"
    LOOKING_UP = "Looking up what is already here"
    COMPARING = "Comparing"
    STORING = "Storing"


Progress = Callable[[str, int, int], None]
"""Takes the stage, how much is done, and of how much. Called from worker threads too: quick, and it never raises."""


def silent(_stage: str, _done: int, _total: int) -> None:
    """Shows nothing."""
