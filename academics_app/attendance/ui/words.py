"""Marks, sources and doors in words, for the screens that show more than one letter of them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from academics_app.attendance.models import AttendanceStatus, MarkSource, SuggestionReason
from academics_app.attendance.suggestions import NAMES
from academics_app.core.actor import Door
from academics_app.ui.components import MARKS
from academics_app.ui.i18n import _

SOURCES: dict[MarkSource, str] = {
    MarkSource.PERSON: "",
    MarkSource.TAKE_REGISTER: _("filled in"),
    MarkSource.SUGGESTION: _("suggested"),
    MarkSource.IMPORT: _("imported"),
    MarkSource.CLOSING: _("filled in at closing"),
    MarkSource.CORRECTION: _("correction approved"),
}
DOORS: dict[Door, str] = {
    Door.SCREEN: "",
    Door.REST: _("by the API"),
    Door.WEBSOCKET: _("by the API"),
    Door.IMPORT: _("by an import"),
    Door.JOB: _("by itself"),
    Door.COMMAND_LINE: _("by command line"),
}


def mark_words(status: AttendanceStatus | str | None, minutes_late: int | None = None) -> str:
    """Such as "Late 7 min", or "Not marked"."""
    if status is None:
        return _("Not marked")
    word = MARKS[str(status)][1]
    if minutes_late is None:
        return word
    return _("{late} {n} min").format(late=word, n=minutes_late)


def source_words(source: MarkSource | None, suggested_by: SuggestionReason | None, door: Door | None) -> str:
    """How a mark came in, where that is worth a word: by its source, its suggestion, or its door."""
    if source is None:
        return ""
    if suggested_by is not None:
        return _("{source}: {reason}").format(
            source=SOURCES[source] or _("suggested"), reason=NAMES[suggested_by]
        )
    return SOURCES[source] or (DOORS[door] if door else "")


def day_words(day: date) -> str:
    """Such as "Mon 23 Nov 2026"."""
    return _("{weekday} {day} {month} {year}").format(
        weekday=f"{day:%a}", day=day.day, month=f"{day:%b}", year=day.year
    )


def moment_words(instant: datetime, zone: ZoneInfo) -> str:
    """Such as "Mon 23 Nov 2026, 10:03:21" in the institute's zone."""
    local = instant.astimezone(zone)
    return _("{day}, {time}").format(day=day_words(local.date()), time=f"{local:%H:%M:%S}")
