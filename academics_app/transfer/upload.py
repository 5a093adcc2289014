"""Receiving a bundle over HTTP, and answering with live progress to whoever can read it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
import structlog
from fastapi import Depends, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from academics_app.api.deps import ActorDep
from academics_app.core.errors import AppError, InvalidInput
from academics_app.core.permissions import Permission, require
from academics_app.transfer.archive import MAX_UPLOAD_BYTES
from academics_app.transfer.edfi.choices import AttendanceChoices
from academics_app.transfer.progress import Progress, silent

log = structlog.get_logger(__name__)

LINES = "application/x-ndjson"
"""Asked for in `Accept`: one JSON object a line, the progress first, the result or the failure last."""

_FORM_BYTES = 2**16
_TICK_SECONDS = 0.15


def _multipart(*required: str, **fields: dict[str, str]) -> dict[str, Any]:
    """What the OpenAPI document says of a form that `_receive` reads."""
    file = {
        "type": "string",
        "format": "binary",
        "description": "A zip file; of Ed-Fi also an XML or CSV file.",
    }
    schema = {"type": "object", "required": ["file", *required], "properties": {"file": file, **fields}}
    return {
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}},
        "responses": {"413": _error("The file is too large")},
    }


def _error(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ErrorBody"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


_DIGEST = {"type": "string", "description": "The preview's `digest`."}
_CHOICES = {
    "type": "string",
    "description": (
        "How attendance events are read, as JSON: "
        '`{"categories": {"Partial": "late"}, "unmentioned_present": false}`. '
        "A status is present, absent, late or excused; null refuses the category."
    ),
}
MULTIPART = _multipart()
MULTIPART_WITH_DIGEST = _multipart("preview_digest", preview_digest=_DIGEST)
MULTIPART_WITH_CHOICES = _multipart(choices=_CHOICES)
MULTIPART_WITH_BOTH = _multipart("preview_digest", preview_digest=_DIGEST, choices=_CHOICES)


class TooLarge(AppError):
    """More than an upload may have."""

    status, code = 413, "too_large"


class _TooMuch(MultiPartException):
    """Raised inside the parser, which cleans up after its own kind of failure alone."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A received file, and the other fields of its form."""

    name: str
    content: bytes
    fields: dict[str, str]


async def _receive(request: Request, actor: ActorDep) -> Upload:
    """Read the form, for who may import only: declared as a form, FastAPI would take it from anybody first."""
    require(actor, Permission.IMPORT_RUN)
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise InvalidInput("Send the file as multipart/form-data.", fields={"file": "is required"})
    limit = MAX_UPLOAD_BYTES + _FORM_BYTES

    async def limited() -> AsyncGenerator[bytes, None]:
        received = 0
        async for chunk in request.stream():
            received += len(chunk)
            if received > limit:
                raise _TooMuch(f"The file is larger than {MAX_UPLOAD_BYTES // 2**20} MB.")
            yield chunk

    async with aclosing(limited()) as stream:
        try:
            form = await MultiPartParser(request.headers, stream, max_files=1, max_fields=5).parse()
        except _TooMuch as error:
            raise TooLarge(error.message) from error
        except MultiPartException as error:
            reason = f"The form can't be read: {error.message}"
            raise InvalidInput(reason, fields={"file": "is malformed"}) from error
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise InvalidInput("Choose a file.", fields={"file": "is required"})
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        return Upload((file.filename or "upload.zip")[:300], await file.read(), fields)
    finally:
        await form.close()


UploadDep = Annotated[Upload, Depends(_receive)]


def choices_of(upload: Upload) -> AttendanceChoices:
    """The form's `choices`, or the usual ones."""
    text = upload.fields.get("choices", "")
    try:
        return AttendanceChoices.model_validate_json(text) if text else AttendanceChoices()
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        reason = f"{where}: {first['msg']}" if where else str(first["msg"])
        raise InvalidInput("The choices can't be read.", fields={"choices": reason}) from error


async def answer(request: Request, work: Callable[[Progress], Awaitable[BaseModel]]) -> Any:
    """The work's result; to a caller that accepts lines, its progress as well while it runs."""
    if LINES not in request.headers.get("accept", ""):
        return await work(silent)
    return StreamingResponse(_lines(work), media_type=LINES, headers={"X-Accel-Buffering": "no"})


async def _lines(work: Callable[[Progress], Awaitable[BaseModel]]) -> AsyncIterator[bytes]:
    latest: tuple[str, int, int] | None = None

    def remember(stage: str, done: int, total: int) -> None:
        nonlocal latest
        latest = (stage, done, total)

    async def run() -> BaseModel:
        return await work(remember)

    task = asyncio.create_task(run())
    shown = None
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=_TICK_SECONDS)
            if latest is not None and latest != shown:
                shown = latest
                yield _line({"stage": str(shown[0]), "done": shown[1], "total": shown[2]})
        yield _outcome(task)
    finally:
        # Whoever went away in the middle gets no half import: cancelled, the transaction is rolled back.
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task


def _outcome(task: "asyncio.Task[BaseModel]") -> bytes:
    error = task.exception()
    if error is None:
        return _line({"result": task.result().model_dump(mode="json")})
    if isinstance(error, AppError):
        return _line({"status": error.status, **error.body()})
    log.error("import_failed", exc_info=error)
    return _line(
        {
            "status": 500,
            "error": "internal",
            "detail": "Something went wrong on our side; nothing was stored.",
        }
    )


def _line(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value) + b"\n"
