"""The REST door: routers, error bodies, the OpenAPI document and its screen."""

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html, get_swagger_ui_oauth2_redirect_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from academics_app.accounts.api import router as accounts_router
from academics_app.accounts.screen_api import router as screen_router
from academics_app.api import errors
from academics_app.api.health import router as health_router
from academics_app.api.middleware import EdgeMiddleware
from academics_app.attendance.api import ROUTERS as ATTENDANCE_ROUTERS
from academics_app.attendance.websocket import router as attendance_socket_router
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
    attendance_socket_router,
    transfer_router,
]

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
    app.add_route("/api/{path:path}", _unknown_path, include_in_schema=False, methods=None)
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


async def _unknown_path(_request: Request) -> Response:
    raise HTTPException(404, "There is no such address in this API.")
