"""The composition root: the pages, the API, the gate in front of the events, and what starts and stops with the process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.util import find_spec

import reflex as rx
import reflex.model  # noqa: F401 - Reflex imports it at the first form, in the event loop, for more than a second

from academics_app.api.app import create_api
from academics_app.core import db, live
from academics_app.core.config import get_settings
from academics_app.core.logging import configure_logging
from academics_app.core.scheduler import Scheduler
from academics_app.ui import errors, layout, palette, theme
from academics_app.ui.middleware import PolicyMiddleware

PAGES = []
for module in ("accounts", "home", "students", "faculty", "subjects", "learning_sessions", "attendance", "institute", "transfer"):
    if find_spec(f"academics_app.{module}") and find_spec(f"academics_app.{module}.pages"):
        PAGES += import_module(f"academics_app.{module}.pages").PAGES


@asynccontextmanager
async def _process() -> AsyncIterator[None]:
    """Open what every request needs before the first one, and close it after the last."""
    settings = get_settings()
    configure_logging(settings.log_level)
    db.open_engine(settings.database_url, pool_size=settings.database_pool_size)
    await live.open_bus(settings.redis_url)
    try:
        yield
    finally:
        await live.bus().stop()
        await db.close_engine()


app = rx.App(
    stylesheets=theme.STYLESHEETS,
    head_components=theme.head(),
    html_lang="en",
    app_wraps={(55, "ErrorBoundary"): layout.error_boundary},
    toaster=layout.toaster(),
    api_transformer=create_api(),
    backend_exception_handler=errors.to_events,
)
app.add_middleware(PolicyMiddleware())
app.register_lifespan_task(_process)
layout.add_pages(app, PAGES)
palette.set_known_routes({page.route for page in PAGES})
