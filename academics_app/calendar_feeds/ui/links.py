"""One's calendar links: what each shows, when it was last read, a new one, and revoking."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import reflex as rx
from sqlalchemy.ext.asyncio import AsyncSession

from academics_app.calendar_feeds.schemas import FeedCreate, FeedRead
from academics_app.calendar_feeds.service import (
    MOST_FEEDS,
    create_feed,
    list_feeds,
    restore_feed,
    revoke_feed,
)
from academics_app.core.actor import Actor, Role
from academics_app.core.db import reading, transaction
from academics_app.core.errors import AppError
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission
from academics_app.institute.service import current_settings, list_rooms
from academics_app.learning_sessions.schemas import BatchStatus
from academics_app.learning_sessions.service import list_batches
from academics_app.students.service import list_own_students, read_student
from academics_app.ui import errors, routes
from academics_app.ui.components import (
    Column,
    button,
    by_phase,
    card,
    card_body,
    dialog,
    empty_state,
    error_state,
    exact_time,
    form_dialog,
    page_header,
    plain_table,
    relative_time,
    saved,
    select_field,
    skeleton,
    text_field,
    undoable,
)
from academics_app.ui.forms import FormState, filled
from academics_app.ui.i18n import _, ngettext
from academics_app.ui.identity import current_actor
from academics_app.ui.listing import FAILED, LOADING, READY
from academics_app.ui.pages import page
from academics_app.ui.policy import allow
from academics_app.ui.watching import changes, guarded

_ALL = PageRequest(limit=1000)
_OWN = "own"
_KINDS = ("student", "batch", "room")
_LONGEST_ID = 18


@dataclass
class LinkRow:
    """A link."""

    id: int
    label: str
    made: str
    made_exact: str
    read: str
    read_exact: str


class CalendarLinks(rx.State):
    """The account's own links."""

    phase: str = LOADING
    problem: str = ""
    answer: str = ""
    links: list[LinkRow] = []
    is_full: bool = False

    @rx.event
    @allow(Permission.CALENDAR_SUBSCRIBE)
    async def open(self) -> Any:
        """Load; an address that says what to show opens the form for it."""
        try:
            await self._load()
        except Exception as error:  # noqa: BLE001 - shown and, if it is not ours, logged
            self.phase, self.problem = FAILED, errors.sentence(error)
            return None
        return LinkForm.offer

    @rx.event(background=True)
    @allow(Permission.CALENDAR_SUBSCRIBE)
    async def watch(self) -> None:
        """Follow what the account's other tabs do."""
        async for _topics in changes(f"user:{current_actor().user_id}", at_once=False):
            with guarded():
                async with self:
                    await self._load()

    @rx.event
    @allow(Permission.CALENDAR_SUBSCRIBE)
    async def revoke(self, feed_id: int) -> Any:
        """End a link."""
        async with transaction() as session:
            feed = await revoke_feed(session, actor=current_actor(), feed_id=int(feed_id))
        await self._load()
        return undoable(_("“{name}” no longer works").format(name=feed.label), CalendarLinks.restore(feed.id))

    @rx.event
    @allow(Permission.CALENDAR_SUBSCRIBE)
    async def restore(self, feed_id: int) -> Any:
        """Undo of revoking."""
        async with transaction() as session:
            feed = await restore_feed(session, actor=current_actor(), feed_id=int(feed_id))
        await self._load()
        return saved(_("“{name}” works again").format(name=feed.label))

    async def _load(self) -> None:
        async with reading() as session:
            settings = await current_settings(session)
            found = await list_feeds(session, actor=current_actor(), page=_ALL)
        self.links = [_row(each, settings.zone) for each in found.items]
        self.is_full = found.total >= MOST_FEEDS
        self.answer = (
            ngettext(
                "{n} of {most} calendar links in use.", "{n} of {most} calendar links in use.", found.total
            ).format(n=found.total, most=MOST_FEEDS)
            if found.total
            else _("See the timetable in the calendar program of your phone or computer.")
        )
        self.phase, self.problem = READY, ""


class LinkForm(FormState, rx.State):
    """A new link; its address is shown once."""

    options: list[list[str]] = []
    chosen: str = ""
    made_label: str = ""
    made_url: str = ""
    made_webcal: str = ""

    _offered: str = ""

    @rx.event
    @allow(Permission.CALENDAR_SUBSCRIBE)
    async def add(self) -> None:
        """Open the form."""
        await self._start("")

    @rx.event
    @allow(Permission.CALENDAR_SUBSCRIBE)
    async def offer(self) -> None:
        """Open the form for the student, batch or room of the address, once for each address."""
        query = self.router.url.query_parameters
        wanted = next((f"{kind}:{query[kind]}" for kind in _KINDS if _is_id(query.get(kind, ""))), "")
        if wanted != self._offered:
            self._offered = wanted
            if wanted:
                await self._start(wanted)

    @rx.event
    @allow(Permission.CALENDAR_SUBSCRIBE)
    async def save(self, form: dict[str, Any]) -> Any:
        """Make the link and show its address."""
        if not self.form_open:
            return None
        with self._form_errors(form):
            values = filled({"label": form.get("label", "")})
            kind, _colon, number = str(form.get("shows", "")).partition(":")
            if kind in _KINDS and _is_id(number):
                values[f"{kind}_id"] = int(number)
            data = FeedCreate.model_validate(values)
            async with transaction() as session:
                made = await create_feed(session, actor=current_actor(), data=data)
            self.form_open = False
            self.made_label, self.made_url = made.label, made.url
            self.made_webcal = "webcal://" + made.url.partition("://")[2]
            return CalendarLinks.open
        return None

    @rx.event
    @allow(Permission.CALENDAR_SUBSCRIBE)
    async def forget(self) -> None:
        """Close the address; nothing shows it again."""
        self.made_label = self.made_url = self.made_webcal = ""

    async def _start(self, wanted: str) -> None:
        actor = current_actor()
        async with reading() as session:
            self.options = await _choices(session, actor, wanted)
        known = [value for value, _label in self.options]
        self.chosen = wanted if wanted in known else (known[0] if known else "")
        self._forget_errors()
        self.form_open = True


async def _choices(session: AsyncSession, actor: Actor, wanted: str) -> list[list[str]]:
    """What the caller can have a link for, the usual one first."""
    choices: list[list[str]] = []
    if actor.role is Role.GUARDIAN:
        children = await list_own_students(session, actor=actor)
        if len(children) != 1:
            choices.append([_OWN, _("All my children")])
        choices += [[f"student:{each.id}", each.full_name] for each in children]
        return choices
    if actor.role in {Role.FACULTY, Role.STUDENT}:
        choices.append([_OWN, _("My timetable")])
    kind, _colon, number = wanted.partition(":")
    if kind == "student" and actor.is_staff:
        try:
            student = await read_student(session, actor=actor, student_id=int(number))
        except AppError:
            pass
        else:
            choices.append([wanted, _("Student: {name}").format(name=student.full_name)])
    batches = await list_batches(session, actor=actor, page=_ALL, status=BatchStatus.ACTIVE)
    choices += [[f"batch:{each.id}", _("Batch: {name}").format(name=each.name)] for each in batches.items]
    if actor.is_staff:
        rooms = await list_rooms(session, actor=actor, page=_ALL)
        choices += [[f"room:{each.id}", _("Room: {name}").format(name=each.name)] for each in rooms.items]
    return choices


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) <= _LONGEST_ID


def _row(feed: FeedRead, zone: ZoneInfo) -> LinkRow:
    return LinkRow(
        id=feed.id,
        label=feed.label,
        made=feed.created_at.isoformat(),
        made_exact=exact_time(feed.created_at, zone),
        read=feed.last_read_at.isoformat() if feed.last_read_at else "",
        read_exact=exact_time(feed.last_read_at, zone) if feed.last_read_at else "",
    )


@page(
    route=routes.ACCOUNT_CALENDAR,
    title=_("Calendar links"),
    permission=Permission.CALENDAR_SUBSCRIBE,
    on_load=[CalendarLinks.open, CalendarLinks.watch],
)
def calendar_links_page() -> rx.Component:
    return rx.fragment(
        page_header(
            _("Calendar links"),
            CalendarLinks.answer,
            button(
                _("New calendar link"),
                kind="primary",
                icon="plus",
                on_click=LinkForm.add,
                disabled=CalendarLinks.is_full,
                creates=True,
            ),
            back=(_("My account"), routes.ACCOUNT),
        ),
        rx.el.div(
            by_phase(
                CalendarLinks.phase,  # pyright: ignore[reportArgumentType]
                ready=rx.cond(
                    CalendarLinks.links.length() > 0,  # pyright: ignore[reportAttributeAccessIssue]
                    _table(),
                    empty_state(
                        _("No calendar links yet"),
                        _("A link shows sessions in your calendar program and stays up to date by itself."),
                        button(_("New calendar link"), icon="plus", on_click=LinkForm.add),
                    ),
                ),
                loading=card(card_body(*[skeleton(width) for width in ("40%", "70%", "55%")])),
                failed=error_state(CalendarLinks.problem, CalendarLinks.open),
            ),
            class_name="stack narrow",
        ),
        _form_dialog(),
        _made_dialog(),
    )


def _table() -> rx.Component:
    return rx.fragment(
        plain_table(
            CalendarLinks.links,
            [
                Column(_("Calendar"), lambda row: row.label),
                Column(_("Made"), lambda row: relative_time(row.made, row.made_exact), width="130px"),
                Column(_("Last read"), _last_read, width="130px"),
                Column(_("Action"), _revoke, width="100px", align="end", phone_label=False),
            ],
            label=_("Calendar links"),
        ),
        rx.el.p(
            _(
                "Whoever has a link's address sees its sessions without signing in. Revoke what you no longer use."
            ),
            class_name="muted small",
        ),
    )


def _last_read(row: LinkRow) -> rx.Component:
    return rx.cond(
        row.read, relative_time(row.read, row.read_exact), rx.el.span(_("never"), class_name="muted")
    )


def _revoke(row: LinkRow) -> rx.Component:
    return rx.el.span(
        button(
            _("Revoke"),
            kind="quiet",
            on_click=CalendarLinks.revoke(row.id),
            custom_attrs={"aria-description": row.label},
        ),
        class_name="row cell-actions",
    )


def _form_dialog() -> rx.Component:
    return form_dialog(
        select_field(
            "shows",
            _("What it shows"),
            LinkForm.options,  # pyright: ignore[reportArgumentType]
            state=LinkForm,
            value=LinkForm.chosen,
            required=True,
        ),
        text_field(
            "label",
            _("Name in the list"),
            state=LinkForm,
            max_length=100,
            help=_("Such as the device that it is for."),
        ),
        state=LinkForm,
        title=_("New calendar link"),
        submit=_("Make link"),
        on_submit=LinkForm.save,
        id="calendar-link-form",
    )


def _made_dialog() -> rx.Component:
    return dialog(
        rx.el.div(
            rx.el.p(_("Add this address to your calendar program, under “subscribe” or “from URL”.")),
            rx.el.input(
                value=LinkForm.made_url,
                read_only=True,
                aria_label=_("Address of the calendar"),
                class_name="input",
                auto_focus=True,
                custom_attrs={"onFocus": rx.Var("(event) => event.target.select()")},
            ),
            rx.el.p(
                rx.el.a(_("Open it in this device's calendar program"), href=LinkForm.made_webcal),
            ),
            rx.el.p(
                _("It is shown only now. Whoever has it sees these sessions, so keep it like a password."),
                class_name="muted small",
            ),
            class_name="stack",
        ),
        title=_("Your calendar link"),
        is_open=LinkForm.made_url != "",
        on_close=LinkForm.forget,
        id="calendar-link-made",
        footer=rx.fragment(
            button(_("Done"), on_click=LinkForm.forget),
            button(
                _("Copy address"),
                kind="primary",
                icon="copy",
                on_click=[rx.set_clipboard(LinkForm.made_url), saved(_("Address copied"))],
            ),
        ),
    )
