"""Every failure as the contract's one body: `{"error": code, "detail": sentence, "fields": {...}?}`."""

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from academics_app.api.middleware import loggable
from academics_app.core.errors import AppError
from academics_app.core.logging import request_id

log = structlog.get_logger(__name__)


class ErrorBody(BaseModel):
    """What every failure answers with."""

    error: str
    detail: str
    fields: dict[str, str] | None = None


_JSON_ALWAYS = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}}
"""A route that answers with a file fails with JSON all the same."""

ERROR_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorBody, "description": description, "content": _JSON_ALWAYS}
    for status, description in {
        401: "Not signed in",
        403: "Signed in, but not allowed",
        404: "Not there, or not visible to the caller",
        409: "Conflict with the stored state",
        422: "Malformed input: which field, and why",
        429: "Too many tries",
    }.items()
}

_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported_media_type"}


def install(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unexpected)


async def _app_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AppError)  # noqa: S101 - registered for this class
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return JSONResponse(error.body(), status_code=error.status, headers=headers)


async def _validation_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    fields = {_field_name(item["loc"]): _reason(item) for item in error.errors()}
    first = next(iter(fields.items()), ("input", "is malformed"))
    detail = f"{first[0]}: {first[1]}" + (f" (and {len(fields) - 1} more)" if len(fields) > 1 else "")
    return JSONResponse({"error": "invalid_input", "detail": detail, "fields": fields}, status_code=422)


def _reason(item: dict[str, Any]) -> str:
    if item["type"] in _TOO_SHORT and item.get("ctx", {}).get("min_length") == 1:
        return "must not be empty"
    return str(item["msg"]).removeprefix("Value error, ")


_TOO_SHORT = frozenset({"string_too_short", "too_short"})


async def _http_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    if error.status_code == 400:  # FastAPI's for a body that can't be read: malformed input like any other
        return JSONResponse(
            {"error": "invalid_input", "detail": str(error.detail), "fields": {"body": "can't be read"}}, 422
        )
    code = _CODES.get(error.status_code, f"http_{error.status_code}")
    return JSONResponse(
        {"error": code, "detail": str(error.detail)}, status_code=error.status_code, headers=error.headers
    )


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("unexpected_error", path=loggable(request.url.path), exc_info=error)
    detail = (
        f"Something went wrong on our side. Nothing was changed. Quote {request_id.get()} when you report it."
    )
    return JSONResponse({"error": "internal", "detail": detail}, status_code=500)


def _field_name(location: tuple[Any, ...] | list[Any]) -> str:
    parts = [str(part) for part in location if part not in ("body", "query", "path", "header", "cookie")]
    return ".".join(parts) or str(location[0])
