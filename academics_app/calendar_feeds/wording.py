"""A session in a calendar program's words. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Facts:
    """What is said about a session."""

    batch: str
    subject: str
    teacher: str
    stands_in_for: str
    children: Sequence[str]
    is_cancelled: bool
    cancel_reason: str
    makes_up_for: date | None


def summary(facts: Facts) -> str:
    """As "Cancelled: Physics B (Ada)": a program that does not know STATUS shows it all the same."""
    title = f"{facts.batch} ({', '.join(facts.children)})" if facts.children else facts.batch
    return f"Cancelled: {title}" if facts.is_cancelled else title


def description(facts: Facts) -> str:
    """Why it is cancelled, what it is and who teaches it, line by line."""
    lines = []
    if facts.is_cancelled:
        lines.append(f"Cancelled: {facts.cancel_reason}" if facts.cancel_reason else "Cancelled.")
    if facts.makes_up_for is not None:
        lines.append(
            f"Makes up for {facts.makes_up_for:%A} {facts.makes_up_for.day} {facts.makes_up_for:%B %Y}."
        )
    if facts.subject and facts.subject != facts.batch:
        lines.append(facts.subject)
    if facts.teacher and facts.stands_in_for:
        lines.append(f"{facts.teacher}, in place of {facts.stands_in_for}")
    elif facts.teacher:
        lines.append(facts.teacher)
    return "\n".join(lines)


def location(room: str, branch: str) -> str:
    """The room, and the branch where there are several."""
    return ", ".join(part for part in (room, branch) if part)
