"""The REST door: routers, error bodies, the OpenAPI document and its screen."""

from fastapi import APIRouter, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html, get_swagger_ui_oauth2_redirect_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from academics_app.absences.api import router as absences_router
from academics_app.accounts.api import router as accounts_router
from academics_app.accounts.screen_api import router as screen_router
from academics_app.api import errors
from academics_app.api.health import router as health_router
from academics_app.api.middleware import EdgeMiddleware
from academics_app.attendance.api import ROUTERS as ATTENDANCE_ROUTERS
from academics_app.attendance.websocket import router as attendance_socket_router
from academics_app.calendar_feeds.api import router as calendar_feeds_router
from academics_app.check_in.api import ROUTERS as CHECK_IN_ROUTERS
from academics_app.faculty.api import router as faculty_router
from academics_app.institute.api import router as institute_router
from academics_app.learning_sessions.api import router as learning_sessions_router
from academics_app.students.api import router as students_router
from academics_app.subjects.api import router as subjects_router
from academics_app.transfer.api import router as transfer_router

PREFIX = "/api/v1"

ROUTERS: list[APIRouter] = [
    *ATTENDANCE_ROUTERS,  # first, since a path is looked for router by router, and most requests are for it
    health_router,
    accounts_router,
    screen_router,
    institute_router,
    students_router,
    faculty_router,
    subjects_router,
    learning_sessions_router,
    absences_router,
    attendance_socket_router,
    transfer_router,
    calendar_feeds_router,
    *CHECK_IN_ROUTERS,
]

_METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")

_DESCRIPTION = (
    "Students, teaching and attendance of one institute. Press **Authorize** and sign in with your user name "
    "and password; every call then acts with your own rights."
)


def create_api() -> FastAPI:
    """The FastAPI app that Reflex is mounted in."""
    app = FastAPI(
        title="Academics",
        version="1",
        description=_DESCRIPTION,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
    )
    errors.install(app)
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX, responses=errors.ERROR_RESPONSES)
    _add_docs(app)
    app.router.routes.append(Route("/api/{path:path}", _Unknown(app), include_in_schema=False))
    app.add_middleware(EdgeMiddleware)
    return app


def _add_docs(app: FastAPI) -> None:
    """Swagger UI from the wheel, so that it works without the internet."""
    app.mount("/api/docs/files", StaticFiles(packages=[("fastapi_offline", "static")]), name="swagger")

    @app.get("/api/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="/api/openapi.json",
            title="Academics API",
            oauth2_redirect_url="/api/docs/oauth2-redirect",
            swagger_js_url="/api/docs/files/swagger-ui-bundle.js",
            swagger_css_url="/api/docs/files/swagger-ui.css",
            swagger_favicon_url="/favicon.ico",
            swagger_ui_parameters={"persistAuthorization": False, "displayRequestDuration": True},
        )

    @app.get("/api/docs/oauth2-redirect", include_in_schema=False)
    async def oauth2_redirect() -> HTMLResponse:
        return get_swagger_ui_oauth2_redirect_html()


class _Unknown:
    """Answers what no route takes: 405 with every method of the address, or 404.

    Left to itself, Starlette names the methods of the first route alone.
    """

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def __call__(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        allowed = [method for method in _METHODS if self._takes({**scope, "method": method})]
        if allowed:
            allowed = self._documented(scope["path"]) or allowed
            raise HTTPException(405, "Method Not Allowed", {"Allow": ", ".join(allowed)})
        raise HTTPException(404, "There is no such address in this API.")

    def _takes(self, scope: Scope) -> bool:
        routes = (route for route in self._app.routes if getattr(route, "endpoint", None) is not self)
        return any(route.matches(scope)[0] is Match.FULL for route in routes)

    def _documented(self, path: str) -> list[str]:
        """The methods of the address in the OpenAPI document: one may have several routes."""
        parts = path.split("/")
        found: dict[int, list[str]] = {}
        for template, operations in self._app.openapi()["paths"].items():
            names = template.split("/")
            fits = len(names) == len(parts) and all(
                name == part or name.startswith("{") for name, part in zip(names, parts, strict=True)
            )
            if fits:
                found[template.count("{")] = sorted(method.upper() for method in operations)
        return found[min(found)] if found else []
