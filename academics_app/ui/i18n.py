"""`_()` marks every sentence that a person reads; Babel extracts them, gettext translates them."""

import gettext
from functools import cache
from pathlib import Path

_DOMAIN = "academics"
_CATALOGUES = Path(__file__).parent / "locale"
DEFAULT_LANGUAGE = "en"


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation(_DOMAIN, _CATALOGUES, [language], fallback=True)


def _(text: str) -> str:
    """The text in the screens' language. Put values in with `.format(name=...)`, never by joining strings."""
    return _catalogue(DEFAULT_LANGUAGE).gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """The form of the text that goes with the number, e.g. `ngettext("{n} student", "{n} students", n).format(n=n)`."""
    return _catalogue(DEFAULT_LANGUAGE).ngettext(one, many, count)
