"""The widgets that screens are made of. Import them from here; each module's docstring says how to use it."""

from academics_app.ui.components.attendance_strip import attendance_strip, describe_marks
from academics_app.ui.components.avatar import avatar, initials_of, person
from academics_app.ui.components.badge import MARKS, badge, mark_badge
from academics_app.ui.components.button import button, icon_button, link_button
from academics_app.ui.components.data_list import (
    Column,
    data_list,
    filter_chip,
    filter_select,
    plain_table,
    toolbar,
)
from academics_app.ui.components.dialog import dialog, form_dialog
from academics_app.ui.components.field import (
    check_field,
    field,
    option_elements,
    select_field,
    text_area,
    text_field,
)
from academics_app.ui.components.link import link
from academics_app.ui.components.native_form import NativeForm
from academics_app.ui.components.page_header import (
    card,
    card_body,
    facts,
    page_header,
    section_header,
    stat_sentence,
)
from academics_app.ui.components.relative_time import (
    clock_time,
    exact_time,
    relative_time,
    short_date,
    short_day,
)
from academics_app.ui.components.states import by_phase, empty_state, error_state, skeleton
from academics_app.ui.components.tabs import tabs
from academics_app.ui.components.toast import failed, saved, undoable

__all__ = [
    "MARKS",
    "Column",
    "NativeForm",
    "attendance_strip",
    "avatar",
    "badge",
    "button",
    "by_phase",
    "card",
    "card_body",
    "check_field",
    "clock_time",
    "data_list",
    "describe_marks",
    "dialog",
    "empty_state",
    "error_state",
    "exact_time",
    "facts",
    "failed",
    "field",
    "filter_chip",
    "filter_select",
    "form_dialog",
    "icon_button",
    "initials_of",
    "link",
    "link_button",
    "mark_badge",
    "option_elements",
    "page_header",
    "person",
    "plain_table",
    "relative_time",
    "saved",
    "section_header",
    "select_field",
    "short_date",
    "short_day",
    "skeleton",
    "stat_sentence",
    "tabs",
    "text_area",
    "text_field",
    "toolbar",
    "undoable",
]
