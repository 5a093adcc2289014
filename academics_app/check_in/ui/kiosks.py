"""The admin's list of kiosks: add, change, a new link, revoke."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from academics_app.check_in.kiosks import (
    KIOSKS_TOPIC,
    create_kiosk,
    list_kiosks,
    renew_kiosk,
    revoke_kiosk,
    update_kiosk,
)
from academics_app.check_in.qr import qr_image
from academics_app.check_in.schemas import KioskCreate, KioskLink, KioskRead, KioskUpdate
from academics_app.core.db import reading, transaction
from academics_app.core.pagination import PageRequest
from academics_app.core.permissions import Permission
from academics_app.institute.service import current_settings, list_branches, list_rooms
from academics_app.ui import routes
from academics_app.ui.components import (
    Column,
    badge,
    button,
    data_list,
    dialog,
    empty_state,
    exact_time,
    form_dialog,
    page_header,
    relative_time,
    saved,
    select_field,
    text_field,
)
from academics_app.ui.forms import FormState, filled
from academics_app.ui.i18n import _, ngettext
from academics_app.ui.identity import current_actor
from academics_app.ui.listing import ListState
from academics_app.ui.pages import page
from academics_app.ui.policy import allow
from academics_app.ui.sections import attendance_tabs
from academics_app.ui.watching import changes, guarded

_ALL = PageRequest(limit=1000)
_QR_STYLE = {"width": "min(240px, 100%)", "align_self": "center"}


@dataclass
class KioskRow:
    """A line of the list."""

    id: int
    name: str
    branch_id: int
    room_id: str
    place: str
    state: str
    tone: str
    seen: str
    seen_exact: str
    is_revoked: bool


class KioskList(ListState, rx.State):
    """The kiosks of the institute."""

    rows: list[KioskRow] = []
    answer: str = ""

    @rx.event
    @allow(Permission.KIOSK_MANAGE)
    async def open(self) -> None:
        """Load."""
        await self._open()

    @rx.event(background=True)
    @allow(Permission.KIOSK_MANAGE)
    async def watch(self) -> None:
        """Load again when a kiosk was changed or was heard of."""
        async for _topics in changes(KIOSKS_TOPIC, at_once=False):
            with guarded():
                async with self:
                    await self._load()

    async def _load(self) -> None:
        async with reading() as session:
            settings = await current_settings(session)
            found = await list_kiosks(session, actor=current_actor(), page=self._page_request())
        self.rows = [
            _row(kiosk, exact_time(kiosk.last_seen_at, settings.zone) if kiosk.last_seen_at else "")
            for kiosk in found.items
        ]
        self._count(len(found.items), found.total)
        running = sum(not row.is_revoked for row in self.rows)
        self.answer = (
            ngettext("{n} kiosk takes check-ins.", "{n} kiosks take check-ins.", running).format(n=running)
            if running
            else _("No kiosk takes check-ins.")
        )


class NewLink(rx.State):
    """A kiosk's link, shown once. It is gone when the dialog is closed."""

    url: str = ""
    qr: str = ""
    name: str = ""

    @rx.event
    @allow(Permission.KIOSK_MANAGE)
    async def make(self, kiosk_id: int) -> None:
        """Make another link; the device of the earlier one stops."""
        async with transaction() as session:
            self._show(await renew_kiosk(session, actor=current_actor(), kiosk_id=int(kiosk_id)))

    @rx.event
    @allow(Permission.KIOSK_MANAGE)
    async def close(self) -> None:
        """Forget the link."""
        self.reset()

    def _show(self, link: KioskLink) -> None:
        self.url, self.name, self.qr = link.url, link.kiosk.name, qr_image(link.url)


class KioskForm(FormState, rx.State):
    """Adding and changing a kiosk."""

    kiosk_id: int = 0
    name: str = ""
    place: str = ""
    places: list[list[str]] = []
    """"branch:room" to words; a kiosk that is there stays in its branch."""

    @rx.event
    @allow(Permission.KIOSK_MANAGE)
    async def edit(self, kiosk_id: int) -> None:
        """Open with a kiosk, or empty for 0."""
        rows = (await self.get_state(KioskList)).rows
        row = next((each for each in rows if each.id == int(kiosk_id)), None)
        actor = current_actor()
        async with reading() as session:
            branches = (await list_branches(session, actor=actor, page=_ALL)).items
            rooms = (await list_rooms(session, actor=actor, page=_ALL)).items
        places = []
        for branch in branches:
            if row.branch_id == branch.id if row else branch.is_active:
                places.append([f"{branch.id}:", _("{branch}, every room").format(branch=branch.name)])
                places += [
                    [f"{branch.id}:{room.id}", f"{branch.name} · {room.name}"]
                    for room in rooms
                    if room.branch_id == branch.id
                ]
        self.places = places
        self.kiosk_id, self.name = (row.id, row.name) if row else (0, "")
        self.place = f"{row.branch_id}:{row.room_id}" if row else places[0][0] if places else ""
        self._forget_errors()
        self.form_open = True

    @rx.event
    @allow(Permission.KIOSK_MANAGE)
    async def save(self, form: dict[str, Any]) -> Any:
        """Store the form."""
        if not self.form_open:
            return None
        with self._form_errors(form):
            values, actor = filled(form), current_actor()
            branch, _colon, room = str(values.pop("place", None) or "").partition(":")
            async with transaction() as session:
                if self.kiosk_id:
                    changed = KioskUpdate.model_validate({**values, "room_id": room or None})
                    await update_kiosk(session, actor=actor, kiosk_id=self.kiosk_id, data=changed)
                    link = None
                else:
                    data = KioskCreate.model_validate(
                        {**values, "branch_id": branch, "room_id": room or None}
                    )
                    link = await create_kiosk(session, actor=actor, data=data)
            self.form_open = False
            if link is None:
                return saved(_("Kiosk changed"))
            (await self.get_state(NewLink))._show(link)  # noqa: SLF001 - a state of this screen
        return None


class KioskRevocation(rx.State):
    """The question before a kiosk is shut for good."""

    kiosk_id: int = 0
    name: str = ""

    @rx.event
    @allow(Permission.KIOSK_MANAGE)
    async def ask(self, kiosk_id: int) -> None:
        """Ask."""
        rows = (await self.get_state(KioskList)).rows
        row = next((each for each in rows if each.id == int(kiosk_id)), None)
        if row is not None:
            self.kiosk_id, self.name = row.id, row.name

    @rx.event
    @allow(Permission.KIOSK_MANAGE)
    async def close(self) -> None:
        """Leave it as it is."""
        self.reset()

    @rx.event
    @allow(Permission.KIOSK_MANAGE)
    async def revoke(self) -> Any:
        """Revoke."""
        if not self.kiosk_id:
            return None
        name = self.name
        async with transaction() as session:
            await revoke_kiosk(session, actor=current_actor(), kiosk_id=self.kiosk_id)
        self.reset()
        return saved(_("{name} is shut").format(name=name))


def _row(kiosk: KioskRead, seen_exact: str) -> KioskRow:
    if kiosk.revoked_at is not None:
        state, tone = _("Revoked"), "untaken"
    elif kiosk.is_set_up:
        state, tone = _("In use"), "present"
    else:
        state, tone = _("Waiting for its device"), "late"
    return KioskRow(
        id=kiosk.id,
        name=kiosk.name,
        branch_id=kiosk.branch_id,
        room_id=str(kiosk.room_id or ""),
        place=" · ".join(filter(None, [kiosk.branch_name, kiosk.room_name or _("every room")])),
        state=state,
        tone=tone,
        seen=kiosk.last_seen_at.isoformat() if kiosk.last_seen_at else "",
        seen_exact=seen_exact,
        is_revoked=kiosk.revoked_at is not None,
    )


@page(
    route=routes.KIOSKS,
    title=_("Kiosks"),
    permission=Permission.KIOSK_MANAGE,
    on_load=[KioskList.open, KioskList.watch],
)
def kiosks_page() -> rx.Component:
    add = button(_("Add kiosk"), kind="primary", icon="plus", on_click=KioskForm.edit(0), creates=True)
    return rx.fragment(
        page_header(_("Kiosks"), KioskList.answer, add),
        attendance_tabs(routes.KIOSKS),
        data_list(
            KioskList,
            KioskList.rows,
            [
                Column(_("Name"), lambda row: row.name, width="22%"),
                Column(_("Place"), lambda row: row.place),
                Column(_("State"), lambda row: badge(row.state, tone=row.tone), width="170px"),
                Column(_("Last seen"), _last_seen, width="140px"),
                Column(_("Actions"), _actions, width="230px", align="end", phone_label=False),
            ],
            label=_("Kiosks"),
            empty=empty_state(
                _("No kiosks yet"),
                _("A tablet at the door at which students type or scan their code to check in."),
                button(_("Add kiosk"), on_click=KioskForm.edit(0)),
            ),
            retry=KioskList.open,
        ),
        _form(),
        _link_dialog(),
        _revocation_dialog(),
    )


def _last_seen(row: KioskRow) -> rx.Component:
    return rx.cond(
        row.seen, relative_time(row.seen, row.seen_exact), rx.el.span(_("never"), class_name="muted")
    )


def _actions(row: KioskRow) -> rx.Component:
    named: dict[str, Any] = {"custom_attrs": {"aria-description": row.name}}
    return rx.cond(
        row.is_revoked,
        rx.fragment(),
        rx.el.span(
            button(_("Change"), kind="quiet", on_click=KioskForm.edit(row.id), **named),
            button(_("New link"), kind="quiet", on_click=NewLink.make(row.id), **named),
            button(_("Revoke"), kind="quiet", on_click=KioskRevocation.ask(row.id), **named),
            class_name="row cell-actions",
        ),
    )


def _form() -> rx.Component:
    is_new = KioskForm.kiosk_id == 0
    return form_dialog(
        text_field(
            "name",
            _("Name"),
            state=KioskForm,
            value=KioskForm.name,
            required=True,
            help=_("Such as “Front door”; students see it on the kiosk."),
        ),
        select_field(
            "place",
            _("Takes check-ins of"),
            KioskForm.places,  # pyright: ignore[reportArgumentType]
            state=KioskForm,
            value=KioskForm.place,
            required=True,
            help=_("Sessions in this place, from a few minutes before their start until their end."),
        ),
        state=KioskForm,
        title=rx.cond(is_new, _("Add kiosk"), _("Change kiosk")),
        submit=rx.cond(is_new, _("Add and show link"), _("Save")),
        on_submit=KioskForm.save,
        id="kiosk-form",
    )


def _link_dialog() -> rx.Component:
    url = rx.Var.create(NewLink.url)
    copy = rx.Var(f"window.academics.copy({url!s})", _var_data=url._get_all_var_data())  # noqa: SLF001 - Reflex's way
    return dialog(
        rx.el.div(
            rx.el.p(
                _("Open this link on the device that becomes "),
                rx.el.strong(NewLink.name),
                _(", or scan it there. It works once, on one device, and is not shown again."),
            ),
            rx.el.img(src=NewLink.qr, alt=_("QR code of the link"), style=_QR_STYLE),
            rx.el.input(default_value=url, read_only=True, class_name="input", aria_label=_("Link")),
            class_name="stack",
        ),
        title=_("Link of the kiosk"),
        is_open=url != "",
        on_close=NewLink.close,
        id="kiosk-link",
        footer=rx.fragment(
            button(_("Copy link"), kind="primary", icon="copy", on_click=rx.call_script(copy)),
            button(_("Done"), on_click=NewLink.close),
        ),
    )


def _revocation_dialog() -> rx.Component:
    return dialog(
        rx.el.p(
            rx.el.strong(KioskRevocation.name),
            _(" stops at once and can't be used again. Check-ins that were made at it stay."),
        ),
        title=_("Revoke this kiosk?"),
        is_open=KioskRevocation.kiosk_id != 0,
        on_close=KioskRevocation.close,
        id="kiosk-revocation",
        footer=rx.fragment(
            button(_("Keep it"), on_click=KioskRevocation.close),
            button(_("Revoke"), kind="danger", on_click=KioskRevocation.revoke),
        ),
    )
