"""Words for planned absences, on every screen that shows one."""

from collections.abc import Sequence
from datetime import date

from academics_app.absences.schemas import AbsenceRead, AbsenceStatus
from academics_app.ui.components import short_day
from academics_app.ui.i18n import _, ngettext

KINDS: list[tuple[str, str]] = [
    ("illness", _("Illness")),
    ("appointment", _("Appointment")),
    ("family", _("Family")),
    ("travel", _("Travel")),
    ("exam", _("Exam elsewhere")),
    ("other", _("Other")),
]
_KIND_NAMES = dict(KINDS)
STATUSES: dict[str, tuple[str, str]] = {
    "requested": (_("Waiting"), "late"),
    "approved": (_("Approved"), "present"),
    "refused": (_("Refused"), "absent"),
    "withdrawn": (_("Withdrawn"), "untaken"),
}


def when(absence: AbsenceRead, today: date) -> str:
    """Such as "Wed 25 Nov – Fri 27 Nov", "Wed 25 Nov, 10:00–11:30"; with the year where it is not this one."""
    first = _day(absence.starts_on, today)
    if absence.starts_at is not None and absence.ends_at is not None:
        return _("{day}, {begin}–{end}").format(
            day=first, begin=f"{absence.starts_at:%H:%M}", end=f"{absence.ends_at:%H:%M}"
        )
    if absence.starts_on == absence.ends_on:
        return first
    return _("{first} – {last}").format(first=first, last=_day(absence.ends_on, today))


def leave_sentence(absence: AbsenceRead | None, today: date) -> str:
    """That the student is on leave now, and for how long; empty when not."""
    if absence is None:
        return ""
    if absence.starts_at is not None and absence.ends_at is not None:
        return _("On leave today, {begin}–{end}.").format(
            begin=f"{absence.starts_at:%H:%M}", end=f"{absence.ends_at:%H:%M}"
        )
    if absence.ends_on == today:
        return _("On leave today.")
    return _("On leave until {day}.").format(day=_day(absence.ends_on, today))


def status_badge(absence: AbsenceRead, today: date) -> tuple[str, str]:
    """The word for how it stands, and its tone."""
    if absence.status is AbsenceStatus.APPROVED and absence.starts_on <= today <= absence.ends_on:
        return _("On leave now"), "excused"
    return STATUSES[absence.status.value]


def reason(absence: AbsenceRead) -> str:
    """The kind, and what was written to it."""
    kind = _KIND_NAMES[absence.kind.value]
    return _("{kind}: {reason}").format(kind=kind, reason=absence.reason) if absence.reason else kind


def answer(absence: AbsenceRead) -> str:
    """What staff said, and who."""
    if absence.decided_by is None or absence.status is AbsenceStatus.REQUESTED:
        return ""
    if absence.decision_note:
        return _("“{note}” {name}").format(note=absence.decision_note, name=absence.decided_by)
    return _("by {name}").format(name=absence.decided_by)


def staff_sentence(waiting: int, on_leave: int) -> str:
    """What a member of staff has to do, and who is away."""
    if waiting:
        asked = ngettext("{n} request waits for an answer.", "{n} requests wait for an answer.", waiting)
    else:
        asked = _("No request waits for an answer.")
    away = (
        ngettext("{n} absence today.", "{n} absences today.", on_leave)
        if on_leave
        else _("Nobody is on leave today.")
    )
    return _("{asked} {away}").format(
        asked=asked.format(n=f"{waiting:,}"), away=away.format(n=f"{on_leave:,}")
    )


def family_sentence(absences: Sequence[AbsenceRead], today: date) -> str:
    """What was answered last, or what comes next."""
    waiting = [each for each in absences if each.status is AbsenceStatus.REQUESTED]
    if waiting:
        if len(waiting) > 1:
            return _("{n} requests wait for an answer.").format(n=len(waiting))
        return _("The request for {days} waits for an answer.").format(days=when(waiting[0], today))
    coming = [each for each in absences if each.status is AbsenceStatus.APPROVED and each.ends_on >= today]
    if coming:
        return _("Approved: {days}.").format(days=when(min(coming, key=lambda each: each.starts_on), today))
    return _("No absence is planned.")


def _day(day: date, today: date) -> str:
    return short_day(day) if day.year == today.year else f"{short_day(day)} {day.year}"
