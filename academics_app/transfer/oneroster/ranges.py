"""Stretches of days of one student in one batch, which may not overlap. ISO dates, both ends included."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import NamedTuple, TypeVar

_FOREVER = "9999-12-31"

K = TypeVar("K")


class Days(NamedTuple):
    starts_on: str
    ends_on: str | None

    def overlaps(self, other: "Days") -> bool:
        return self.starts_on <= (other.ends_on or _FOREVER) and other.starts_on <= (self.ends_on or _FOREVER)


def movable(fixed: Iterable[Days], moves: Mapping[K, tuple[Days, Days]]) -> set[K]:
    """Which of the moves (from, to) can be made without an overlap, all at once or one after the other.

    Asked again about what it left, it answers that none can.
    """
    standing = list(fixed)
    waiting = dict(moves)
    done: set[K] = set()
    while waiting:
        if _disjoint([*standing, *(to for _, to in waiting.values())]):
            return done | waiting.keys()
        progress = False
        for key, (_, to) in list(waiting.items()):
            others = [days for other, (days, _) in waiting.items() if other != key]
            if not any(to.overlaps(days) for days in (*standing, *others)):
                standing.append(to)
                done.add(key)
                del waiting[key]
                progress = True
        if not progress:
            break
    return done


def _disjoint(all_days: list[Days]) -> bool:
    ordered = sorted(all_days, key=lambda days: days.starts_on)
    return not any(one.overlaps(next_) for one, next_ in pairwise(ordered))
