"""The composition root: the pages, the API, the gate in front of the events, and what starts and stops with the process."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import reflex as rx
import reflex.model

from academics_app.absences.pages import PAGES as ABSENCE_PAGES
from academics_app.accounts.pages import PAGES as ACCOUNT_PAGES
from academics_app.api.app import create_api
from academics_app.attendance.components import outbox_loader
from academics_app.attendance.jobs import JOBS as ATTENDANCE_JOBS
from academics_app.attendance.pages import PAGES as ATTENDANCE_PAGES
from academics_app.calendar_feeds.pages import PAGES as CALENDAR_FEED_PAGES
from academics_app.check_in.pages import PAGES as CHECK_IN_PAGES
from academics_app.core import db, live
from academics_app.core.config import get_settings
from academics_app.core.logging import configure_logging
from academics_app.core.scheduler import Scheduler
from academics_app.faculty.pages import PAGES as FACULTY_PAGES
from academics_app.home.pages import PAGES as HOME_PAGES
from academics_app.institute.pages import PAGES as INSTITUTE_PAGES
from academics_app.learning_sessions.jobs import JOBS as LEARNING_SESSION_JOBS
from academics_app.learning_sessions.pages import PAGES as LEARNING_SESSION_PAGES
from academics_app.students.pages import PAGES as STUDENT_PAGES
from academics_app.subjects.pages import PAGES as SUBJECT_PAGES
from academics_app.transfer.pages import PAGES as TRANSFER_PAGES
from academics_app.ui import errors, layout, palette, theme
from academics_app.ui.middleware import PolicyMiddleware
from academics_app.ui.pages import Page

PAGES: list[Page] = [
    *HOME_PAGES,
    *ACCOUNT_PAGES,
    *ATTENDANCE_PAGES,
    *ABSENCE_PAGES,
    *STUDENT_PAGES,
    *FACULTY_PAGES,
    *SUBJECT_PAGES,
    *LEARNING_SESSION_PAGES,
    *INSTITUTE_PAGES,
    *TRANSFER_PAGES,
    *CALENDAR_FEED_PAGES,
    *CHECK_IN_PAGES,
]
JOBS = [*LEARNING_SESSION_JOBS, *ATTENDANCE_JOBS]


@asynccontextmanager
async def process() -> AsyncIterator[None]:
    """Open what every request needs before the first one, and close it after the last."""
    settings = get_settings()
    configure_logging(settings.log_level)
    db.open_engine(settings.database_url, pool_size=settings.database_pool_size)
    await live.open_bus(settings.redis_url)
    scheduler = Scheduler(JOBS)
    await scheduler.start()
    _spare_the_collector()
    try:
        yield
    finally:
        await scheduler.stop()
        await live.bus().stop()
        await db.close_engine()


def _spare_the_collector() -> None:
    """What was loaded by now stays for good: leave it out of garbage collections, and collect less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


palette.set_known_routes({page.route for page in PAGES})
app = rx.App(
    stylesheets=theme.STYLESHEETS,
    head_components=[*theme.head(), outbox_loader()],
    html_lang="en",
    app_wraps={(55, "ErrorBoundary"): layout.error_boundary},
    toaster=layout.toaster(),
    api_transformer=create_api(),
    backend_exception_handler=errors.to_events,
)
app.add_middleware(PolicyMiddleware())
app.register_lifespan_task(process)
layout.add_pages(app, PAGES)
