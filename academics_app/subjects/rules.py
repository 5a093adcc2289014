"""Decisions on subjects and the order of their topics, without a database."""

from collections.abc import Sequence

from academics_app.core.errors import Conflict
from academics_app.core.search import normalise

CODE_PREFIX = "SUB"
CODE_WIDTH = 3

_USES = {
    "topic_progress": ("progress record", "progress records"),
    "learning_session": ("session", "sessions"),
}


def subject_search_text(*, name: str, code: str) -> str:
    """What a subject is found by; the name first, since lists by name are ordered by it."""
    return normalise(name, code)


def moved(topic_ids: Sequence[int], topic_id: int, position: int) -> list[int]:
    """The order with one topic, new or known, at the position; counted from 1, and at most the last."""
    others = [other for other in topic_ids if other != topic_id]
    at = min(position, len(others) + 1) - 1
    return [*others[:at], topic_id, *others[at:]]


def check_order(wanted: Sequence[int], stored: Sequence[int]) -> None:
    """Raise Conflict unless `wanted` is an order of exactly the stored topics."""
    if sorted(wanted) != sorted(stored):
        raise Conflict(
            "The topics are not the ones that you ordered: some were added or removed since.",
            code="stale_version",
        )


def check_unused(uses: dict[str, int]) -> None:
    """Raise Conflict that says what a topic is used in; `uses` counts rows by table."""
    if not uses:
        return
    parts = []
    for table, count in uses.items():
        one, many = _USES.get(table, ("other record", "other records"))
        parts.append(f"{count} {one if count == 1 else many}")
    raise Conflict(
        f"This topic is used in {' and '.join(parts)}, so it stays. Rename it, or move it to the end.",
        code="in_use",
        extra={"uses": uses},
    )
