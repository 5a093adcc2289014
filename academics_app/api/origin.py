"""Protection of writes that are authenticated by a cookie against other sites' pages (CSRF)."""

from fastapi import Request

from academics_app.core.config import get_settings
from academics_app.core.errors import Forbidden

SCRIPT_HEADER = "x-requested-with"
"""Our own scripts send it with each write; another origin cannot without a preflight that is refused."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def check_same_origin_write(request: Request) -> None:
    """Raise Forbidden for a write that does not prove to come from our own scripts."""
    if request.method in _SAFE_METHODS:
        return
    if SCRIPT_HEADER not in request.headers or not is_own_origin(request):
        raise Forbidden(
            "A write with the browser's cookie must come from this site's own pages.", code="cross_site_write"
        )


def check_same_origin_form(request: Request) -> None:
    """Raise Forbidden for a form that another site's page has sent."""
    if request.headers.get("sec-fetch-site") not in (None, "same-origin", "none") or not is_own_origin(
        request
    ):
        raise Forbidden("This form must be sent from this site's own pages.", code="cross_site_form")


def is_own_origin(request: Request) -> bool:
    """Whether the Origin header, where there is one, names this site or an allowed one."""
    origin = request.headers.get("origin")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    return origin is None or origin == own or origin in get_settings().origins
