"""The students of a batch as its page lists them, each with the rate in this batch."""

from dataclasses import dataclass

from academics_app.learning_sessions.schemas import EnrollmentRead
from academics_app.learning_sessions.wording import date_label
from academics_app.ui import routes
from academics_app.ui.components import initials_of
from academics_app.ui.components.rate import percent


@dataclass
class EnrolledRow:
    """A student of the batch, present or past."""

    id: int
    student_id: int
    name: str
    initials: str
    code: str
    since: str
    until: str
    href: str
    rate: str = ""
    rate_value: float = 101.0
    """For the order; what has no rate comes last."""


def in_order(rows: list[EnrolledRow], *, by_rate: bool) -> list[EnrolledRow]:
    """By name, or the lowest rate first."""
    return sorted(rows, key=lambda row: (row.rate_value if by_rate else 0, row.name.casefold(), row.id))


def enrolled_row(row: EnrollmentRead, rates: dict[int, float | None]) -> EnrolledRow:
    """The row of an enrolment."""
    rate = rates.get(row.student_id)
    return EnrolledRow(
        id=row.id,
        student_id=row.student_id,
        name=row.student_name,
        initials=initials_of(row.student_name),
        code=row.student_code,
        since=date_label(row.starts_on),
        until=date_label(row.ends_on),
        href=routes.student(row.student_id),
        rate=percent(rate),
        rate_value=101.0 if rate is None else rate,
    )
