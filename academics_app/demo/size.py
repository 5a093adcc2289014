"""How much of an institute to invent."""

from dataclasses import dataclass
from typing import Literal

SizeName = Literal["small", "large", "huge"]


@dataclass(frozen=True, slots=True)
class Size:
    """Whole numbers of each; `group` is how many are taught together in an ordinary batch."""

    students: int
    faculty: int
    batches: int
    one_to_one: int
    group: int
    weeks: int
    branches: int
    rooms: int
    """In each branch, tutorial rooms included."""


SIZES: dict[SizeName, Size] = {
    "small": Size(
        students=400, faculty=20, batches=25, one_to_one=4, group=27, weeks=12, branches=2, rooms=6
    ),
    "large": Size(
        students=2_000, faculty=60, batches=110, one_to_one=6, group=31, weeks=52, branches=2, rooms=14
    ),
    "huge": Size(
        students=20_000, faculty=600, batches=1_100, one_to_one=60, group=31, weeks=52, branches=4, rooms=60
    ),
}
WEEKS_AHEAD = 8
TUTORIAL_ROOMS = 2
DEMO_GROUP = 30
"""How many are in the class whose register the demo faculty member finds open."""
