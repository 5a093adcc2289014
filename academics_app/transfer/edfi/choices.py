"""What the one who imports decides: what each attendance category means, and what the absence of an event means."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from academics_app.attendance.models import AttendanceStatus

CategoryName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]

KNOWN = {
    "excused absence": AttendanceStatus.EXCUSED,
    "unexcused absence": AttendanceStatus.ABSENT,
    "tardy": AttendanceStatus.LATE,
    "in attendance": AttendanceStatus.PRESENT,
}
"""Ed-Fi's own categories, in lower case."""


class AttendanceChoices(BaseModel):
    """How attendance events are to be read."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"categories": {"Partial": "late"}, "unmentioned_present": False}]},
    )

    categories: Annotated[dict[CategoryName, AttendanceStatus | None], Field(max_length=200)] = {}
    """The status for a category, or null to refuse its events. Ed-Fi's usual ones need not be named."""
    unmentioned_present: bool = False
    """Whether a student of whom a session's events say nothing was present. Otherwise these sessions count in no
    percentage, since nobody knows."""

    def status_of(self, category: str) -> AttendanceStatus | None:
        """What the category becomes; None: its events are refused."""
        chosen = {name.casefold(): status for name, status in self.categories.items()}
        name = category.casefold()
        return chosen[name] if name in chosen else KNOWN.get(name)
