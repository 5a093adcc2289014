"""What the timetable shows, as rows for the browser: columns of lessons, the strip of days, and the sentence. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from academics_app.institute.schemas import HolidayRead, TermRead
from academics_app.learning_sessions.schemas import SessionRead, SessionStatus
from academics_app.learning_sessions.week import hours_of, places
from academics_app.learning_sessions.wording import WEEKDAYS, day_label, time_label
from academics_app.ui import routes
from academics_app.ui.i18n import _, ngettext

GRID, DENSE, COMPACT, ROOMS = "grid", "dense", "compact", "rooms"
"""An hour grid; columns of cards; columns of lines; an hour grid with a column for each room."""

_TONES = 8
_MOST_LANES = 2
"""With more meetings side by side than this, their names could not be read in an hour grid."""
_MOST_CARDS = 16
"""With more in a day than this, cards would need too much scrolling."""


@dataclass
class Lesson:
    """A session."""

    id: int
    title: str
    tone: str
    time: str
    slot: str
    """The time, where it differs from that of the lesson before."""
    room: str
    teacher: str
    who: str
    note: str
    is_special: bool
    """Whether the note is no bad news: a make-up, a substitute."""
    count: int
    is_cancelled: bool
    is_now: bool
    is_taken: bool
    href: str
    label: str
    top: str = ""
    height: str = ""
    left: str = ""
    width: str = ""


@dataclass
class Column:
    """A day of the week, or a room of the day."""

    key: str
    label: str
    href: str
    is_today: bool
    holiday: str
    term: str
    lessons: list[Lesson] = field(default_factory=list)


@dataclass
class DayLink:
    """A day in the strip above a day."""

    key: str
    weekday: str
    number: str
    label: str
    href: str
    is_shown: bool
    is_today: bool
    is_off: bool


@dataclass(frozen=True)
class Looker:
    """As far as it matters for a card: who looks, when, and from where."""

    zone: ZoneInfo
    now: datetime
    faculty_id: int | None
    opens_registers: bool
    children: Mapping[int, Sequence[str]] = field(default_factory=dict)
    """Which of a guardian's children are in a session, where that has to be said."""


def week_columns(
    sessions: Sequence[SessionRead],
    days: Sequence[date],
    hours: tuple[int, int],
    *,
    looker: Looker,
    today: date,
    holidays: Sequence[HolidayRead],
    terms: Sequence[TermRead],
    link: Mapping[date, str],
) -> tuple[str, list[Column]]:
    """A column for each day, and the layout in which they can be read."""
    layout, columns = GRID, []
    for day in days:
        todays = [each for each in sessions if each.local_date == day]
        lessons, lanes = _placed(todays, hours, looker)
        if len(todays) > _MOST_CARDS:
            layout = COMPACT
        elif lanes > _MOST_LANES and layout == GRID:
            layout = DENSE
        columns.append(
            Column(
                key=day.isoformat(),
                label=day_label(day),
                href=link[day],
                is_today=day == today,
                holiday=holiday_on(day, holidays),
                term=_term_edge(day, terms),
                lessons=lessons,
            )
        )
    return layout, columns


def room_columns(
    sessions: Sequence[SessionRead], hours: tuple[int, int], *, looker: Looker, is_today: bool
) -> list[Column]:
    """A column for each room that is used, those without a room last."""
    rooms: dict[tuple[bool, str, str, int], list[SessionRead]] = {}
    several = len({each.branch_id for each in sessions}) > 1
    for each in sessions:
        branch = each.branch_name if several else ""
        rooms.setdefault((each.room_id is None, branch, each.room_name or "", each.room_id or 0), []).append(
            each
        )
    columns = []
    for (is_none, branch, name, room_id), inside in sorted(rooms.items(), key=lambda item: item[0]):
        lessons, _lanes = _placed(inside, hours, looker)
        for lesson in lessons:
            lesson.room = ""
        label = _("No room") if is_none else name
        columns.append(
            Column(
                key=f"room-{branch}-{room_id}",
                label=_("{room} · {branch}").format(room=label, branch=branch) if branch else label,
                href="",
                is_today=is_today,
                holiday="",
                term="",
                lessons=lessons,
            )
        )
    return columns


def day_strip(
    days: Sequence[date],
    *,
    shown: date | None,
    today: date,
    holidays: Sequence[HolidayRead],
    link: Mapping[date, str],
) -> list[DayLink]:
    """The days of the week as links."""
    return [
        DayLink(
            key=day.isoformat(),
            weekday=WEEKDAYS[day.weekday()],
            number=str(day.day),
            label=day_label(day, with_year=True),
            href=link[day],
            is_shown=day == shown,
            is_today=day == today,
            is_off=bool(holiday_on(day, holidays)),
        )
        for day in days
    ]


def hours_shown(sessions: Sequence[SessionRead], zone: ZoneInfo) -> tuple[int, int]:
    """First and last hour that these need."""
    return hours_of([(each.starts_at, each.ends_at) for each in sessions], zone)


def days_shown(sessions: Iterable[SessionRead], monday: date, today: date) -> list[date]:
    """Monday to Friday, and the weekend when something happens on it or it is now."""
    weekend = any(each.local_date.weekday() > 4 for each in sessions)
    is_now = monday + timedelta(days=5) <= today <= monday + timedelta(days=6)
    return [monday + timedelta(days=offset) for offset in range(7 if weekend or is_now else 5)]


def holiday_on(day: date, holidays: Sequence[HolidayRead]) -> str:
    """The names of the holidays of that day."""
    return ", ".join(each.name for each in holidays if each.starts_on <= day <= each.ends_on)


def terms_of(first: date, last: date, terms: Sequence[TermRead]) -> str:
    """The names of the terms that go on in these days."""
    return ", ".join(each.name for each in terms if each.starts_on <= last and first <= each.ends_on)


def answer(
    sessions: Sequence[SessionRead], total: int, *, when: str, now: datetime | None, zone: ZoneInfo
) -> str:
    """As "42 sessions this week, 3 cancelled, 2 with a substitute."; with `now`, what comes next as well."""
    if not sessions:
        return _("No sessions {when}.").format(when=when)
    on = [each for each in sessions if each.status is not SessionStatus.CANCELLED]
    cancelled = len(sessions) - len(on)
    covered = sum(each.substitute_for_id is not None for each in on)
    made_up = sum(each.makes_up_for is not None for each in on)
    words = [
        _("{sessions} {when}").format(
            sessions=ngettext("{n} session", "{n} sessions", total).format(n=f"{total:,}"), when=when
        )
    ]
    if cancelled:
        words.append(ngettext("{n} cancelled", "{n} cancelled", cancelled).format(n=cancelled))
    if covered:
        words.append(ngettext("{n} with a substitute", "{n} with a substitute", covered).format(n=covered))
    if made_up:
        words.append(ngettext("{n} make-up", "{n} make-ups", made_up).format(n=made_up))
    sentences = [_("{list}.").format(list=", ".join(words))]
    if total > len(sessions):
        sentences.append(
            _("The first {n} are shown; choose a teacher, batch or room.").format(n=f"{len(sessions):,}")
        )
    coming = [each for each in on if now is not None and each.starts_at > now]
    if coming:
        upcoming = min(coming, key=lambda each: each.starts_at)
        begin = upcoming.starts_at.astimezone(zone)
        is_today = now is not None and begin.date() == now.astimezone(zone).date()
        text = _("Next: {batch}, {time}.") if is_today else _("Next: {batch}, {day} {time}.")
        sentences.append(
            text.format(batch=upcoming.batch_name, day=day_label(upcoming.local_date), time=f"{begin:%H:%M}")
        )
    return " ".join(sentences)


def _placed(
    sessions: Sequence[SessionRead], hours: tuple[int, int], looker: Looker
) -> tuple[list[Lesson], int]:
    """The lessons with their places in the column, and how many stand side by side at most."""
    stand = places([(each.starts_at, each.ends_at) for each in sessions], hours, looker.zone)
    lessons = [_lesson(each, looker) for each in sessions]
    before = ""
    for lesson, place in zip(lessons, stand, strict=True):
        lesson.top, lesson.height = f"{place.top:.3f}%", f"{place.height:.3f}%"
        lesson.left, lesson.width = f"{place.lane / place.lanes:.4%}", f"{1 / place.lanes:.4%}"
        lesson.slot = lesson.time if lesson.time != before else ""
        before = lesson.time
    return lessons, max((place.lanes for place in stand), default=0)


def _lesson(session: SessionRead, looker: Looker) -> Lesson:
    is_cancelled = session.status is SessionStatus.CANCELLED
    times = time_label(session.starts_at, session.ends_at, looker.zone)
    teacher = session.faculty_name or _("No teacher")
    note, who = note_of(session), ", ".join(looker.children.get(session.id, ()))
    said = [who, session.batch_name, times, session.room_name or "", teacher, note]
    is_own = looker.faculty_id is not None and session.faculty_id == looker.faculty_id
    return Lesson(
        id=session.id,
        title=session.batch_name,
        tone=f"tone-{session.subject_id % _TONES}",
        time=times,
        slot="",
        room=session.room_name or "",
        teacher="" if is_own else teacher,
        who=who,
        note=note,
        is_special=not is_cancelled,
        count=session.expected_count,
        is_cancelled=is_cancelled,
        is_now=not is_cancelled and session.starts_at <= looker.now < session.ends_at,
        is_taken=session.register_taken_at is not None,
        href=routes.register(session.id) if looker.opens_registers else "",
        label=", ".join(part for part in said if part),
    )


def note_of(session: SessionRead) -> str:
    """What is unusual about it: cancelled and why, a make-up, a substitute."""
    notes = []
    if session.status is SessionStatus.CANCELLED:
        notes.append(
            _("Cancelled: {reason}").format(reason=session.cancel_reason)
            if session.cancel_reason
            else _("Cancelled")
        )
        if session.made_up_by:
            notes.append(_("made up {day}").format(day=day_label(session.made_up_by.local_date)))
        return ", ".join(notes)
    if session.makes_up_for:
        notes.append(_("Make-up for {day}").format(day=day_label(session.makes_up_for.local_date)))
    if session.substitute_for_name:
        notes.append(_("Substitute for {name}").format(name=session.substitute_for_name))
    return ", ".join(notes)


def _term_edge(day: date, terms: Sequence[TermRead]) -> str:
    begins = [_("{term} begins").format(term=each.name) for each in terms if each.starts_on == day]
    ends = [_("{term} ends").format(term=each.name) for each in terms if each.ends_on == day]
    return ", ".join([*begins, *ends])
