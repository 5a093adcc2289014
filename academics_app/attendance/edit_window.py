"""Until when a register may be changed, pure: faculty for some days after the session's own, admins for longer.

Afterwards faculty ask for a correction that an admin approves. A register that was never taken is no matter for a
correction: an admin takes it while their window is open, and after that it stays not taken and counts in no
percentage.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from academics_app.core.actor import Actor, Door, Role
from academics_app.core.errors import Conflict
from academics_app.institute.settings import InstituteSettings

LOCKED = "register_locked"


@dataclass(frozen=True, slots=True)
class EditWindow:
    """One caller's window on one register."""

    last_day: date
    is_locked: bool


def edit_window(actor: Actor, *, session_date: date, today: date, settings: InstituteSettings) -> EditWindow:
    """The caller's window. The import of what happened elsewhere is never locked out."""
    days = settings.admin_edit_days if actor.role is Role.ADMIN else settings.faculty_edit_days
    last_day = session_date + timedelta(days=days)
    return EditWindow(last_day, is_locked=today > last_day and actor.door is not Door.IMPORT)


def refuse_locked(
    actor: Actor, *, session_date: date, today: date, settings: InstituteSettings, is_taken: bool
) -> None:
    """Raise Conflict `register_locked`, with who can help, once the caller's window has passed."""
    window = edit_window(actor, session_date=session_date, today=today, settings=settings)
    if window.is_locked:
        admins_until = session_date + timedelta(days=settings.admin_edit_days)
        raise Conflict(
            f"This register could be changed until {day_in_words(window.last_day)}. "
            + _who_can_help(actor, today=today, admins_until=admins_until, is_taken=is_taken),
            code=LOCKED,
            extra={"editable_until": window.last_day.isoformat()},
        )


def day_in_words(day: date) -> str:
    """Such as "Mon 23 Nov 2026"."""
    return f"{day:%a} {day.day} {day:%b %Y}"


def _who_can_help(actor: Actor, *, today: date, admins_until: date, is_taken: bool) -> str:
    if actor.role is not Role.ADMIN and today <= admins_until:
        if is_taken:
            return f"Ask for a correction, or ask an admin, who can change it until {day_in_words(admins_until)}."
        return f"An admin can still take it until {day_in_words(admins_until)}."
    if is_taken:
        return "Ask for a correction, which another admin can approve."
    return "It stays not taken, unless the number of days in the settings is raised."
