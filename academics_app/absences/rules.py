"""Decisions on planned absences, without a database."""

from dataclasses import dataclass
from datetime import date, time, timedelta

from academics_app.absences.models import AbsenceStatus
from academics_app.core.actor import Actor, Role
from academics_app.core.errors import InvalidInput
from academics_app.core.permissions import Permission, may
from academics_app.institute.settings import InstituteSettings

LONGEST_DAYS = 366
FARTHEST_DAYS = 2 * 366
OPEN = frozenset({AbsenceStatus.REQUESTED, AbsenceStatus.APPROVED})


@dataclass(frozen=True, slots=True)
class Span:
    """From one day to another, both included; with times, from one to the other on a single day."""

    starts_on: date
    ends_on: date
    starts_at: time | None = None
    ends_at: time | None = None

    def overlaps(self, other: "Span") -> bool:
        """Whether a student would be away twice at some moment."""
        if self.starts_on > other.ends_on or other.starts_on > self.ends_on:
            return False
        if self.starts_at and self.ends_at and other.starts_at and other.ends_at:
            return self.starts_at < other.ends_at and other.starts_at < self.ends_at
        return True


def check_span(span: Span, *, today: date, earliest: date) -> None:
    """Raise InvalidInput, with the field, for a span that makes no sense or that this person may not enter."""
    wrong = _what_is_wrong(span, today=today, earliest=earliest)
    if wrong is not None:
        field, reason = wrong
        raise InvalidInput(f"The {_WORDS[field]} {reason}.", fields={field: reason})


def _what_is_wrong(span: Span, *, today: date, earliest: date) -> tuple[str, str] | None:
    if span.ends_on < span.starts_on:
        return "ends_on", "must not be before the first day"
    if span.starts_on < earliest:
        if earliest >= today:
            return "starts_on", "must not be in the past"
        return "starts_on", f"must not be before {earliest:%d %b %Y}, which is as far back as you may change"
    if span.ends_on - span.starts_on >= timedelta(days=LONGEST_DAYS):
        return "ends_on", "must be within a year of the first day"
    if span.starts_on - today > timedelta(days=FARTHEST_DAYS):
        return "starts_on", "must be within the next two years"
    return _what_is_wrong_with_times(span)


def _what_is_wrong_with_times(span: Span) -> tuple[str, str] | None:
    if (span.starts_at is None) != (span.ends_at is None):
        field = "starts_at" if span.starts_at is None else "ends_at"
        return field, "is needed too, or neither for whole days"
    if span.starts_at is not None and span.ends_at is not None:
        if span.starts_on != span.ends_on:
            return "starts_at", "belongs to a single day; leave the times out for several"
        if span.ends_at <= span.starts_at:
            return "ends_at", "must be after the beginning"
    return None


_WORDS = {
    "starts_on": "first day",
    "ends_on": "last day",
    "starts_at": "beginning",
    "ends_at": "end",
}


def earliest_day(actor: Actor, *, today: date, settings: InstituteSettings) -> date:
    """The first day that the actor may plan an absence for: staff as far back as marks may change, families today."""
    if not may(actor, Permission.ABSENCE_APPROVE):
        return today
    days = settings.admin_edit_days if actor.role is Role.ADMIN else settings.faculty_edit_days
    return today - timedelta(days=days)


@dataclass(frozen=True, slots=True)
class Rights:
    """What somebody who may see an absence may do to it as it stands."""

    change: bool
    withdraw: bool
    decide: bool


def rights(
    actor: Actor, *, status: AbsenceStatus, requested_by_id: int | None, ends_on: date, today: date
) -> Rights:
    """Staff decide, and may correct what is open; who asked may change it until it is decided, and take it back until
    it is over."""
    is_staff = may(actor, Permission.ABSENCE_APPROVE)
    is_asker = requested_by_id is not None and requested_by_id == actor.user_id
    return Rights(
        change=(is_staff and status in OPEN) or (is_asker and status is AbsenceStatus.REQUESTED),
        withdraw=status in OPEN and (is_staff or (is_asker and ends_on >= today)),
        decide=is_staff and status is AbsenceStatus.REQUESTED,
    )
