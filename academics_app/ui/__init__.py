"""The design system: everything that screens share, and the gate in front of their events.

To make a screen: a view row (small dataclass of words), a state that loads it, a function that shows it.

    @dataclass
    class SubjectRow:
        id: int
        name: str

    class SubjectList(ListState, rx.State):            # ui/listing.py: search, filters, order, page in the address
        rows: list[SubjectRow] = []

        @rx.event
        @allow(Permission.SUBJECT_READ)                 # ui/policy.py: no handler without one
        async def open(self) -> None:
            await self._open()

        @rx.event(background=True)
        @allow(Permission.SUBJECT_READ)
        async def watch(self) -> None:                  # ui/watching.py: follow what others change
            async for _topics in changes("subjects", at_once=False):
                with guarded():
                    async with self:
                        await self._load()

        async def _load(self) -> None:                  # a service call, as on every other door
            async with reading() as session:
                found = await list_subjects(session, actor=current_actor(), page=self._page_request(), query=self.q)
            self.rows = [SubjectRow(each.id, each.name) for each in found.items]
            self._count(len(found.items), found.total)

    @page(route=routes.SUBJECTS, title=_("Subjects"), permission=Permission.SUBJECT_READ,
          on_load=[SubjectList.open, SubjectList.watch])
    def subjects() -> rx.Component:
        return rx.fragment(
            page_header(_("Subjects"), SubjectList.count_line),
            data_list(SubjectList, SubjectList.rows, [Column(_("Name"), lambda row: row.name)], label=_("Subjects"),
                      href=lambda row: routes.subject(row.id), search=_("Name or code"),
                      empty=empty_state(_("No subjects yet"), _("...")), retry=SubjectList.open),
        )

    PAGES = [subjects]                                  # in the feature's pages.py; the composition root adds it

`accounts/ui/users.py` is a whole one, with dialogs. Only `rx.el`, `ui.components` and the classes of
`assets/academics.css`: one component of Radix Themes would load 80 kB of its own style sheet on every page.
What a handler raises is shown by itself (ui/errors.py); what a form's service refuses goes beside the field
(ui/forms.py).
"""
