"""`/ws/attendance/{session_id}`: marks in, updates out, for clients other than our own screens."""

import asyncio
from collections.abc import Coroutine
from typing import Annotated, Any, Literal

import structlog
from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from academics_app.accounts.authentication import actor_from_token
from academics_app.accounts.authentication import live_topic as auth_topic
from academics_app.attendance import feed, service
from academics_app.attendance.models import AttendanceStatus
from academics_app.attendance.schemas.register import (
    MarkCommand,
    RecordId,
)
from academics_app.core import live
from academics_app.core.actor import Actor, Door
from academics_app.core.clock import utc_now
from academics_app.core.db import reading, transaction
from academics_app.core.errors import AppError, Forbidden, NotFound
from academics_app.core.security import TokenKind, read_token
from academics_app.progress import service as progress_service

log = structlog.get_logger(__name__)
router = APIRouter(tags=["attendance"])

NOT_SIGNED_IN = 4401
FORBIDDEN = 4403
LARGEST_MESSAGE = 10_000


class AttendanceMarked(MarkCommand):
    """A mark from a client; `mark_id`, `base_version` and the rest as over REST."""

    type: Literal["attendance_marked"]
    status: AttendanceStatus | None


class TopicCompleted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    type: Literal["topic_completed"]
    student_id: RecordId
    topic_id: RecordId
    progress: Annotated[int, Field(ge=0, le=100)]


_messages: TypeAdapter[AttendanceMarked | TopicCompleted] = TypeAdapter(
    Annotated[AttendanceMarked | TopicCompleted, Field(discriminator="type")]
)


@router.websocket("/ws/attendance/{session_id}")
async def attendance_socket(
    websocket: WebSocket, session_id: int, token: Annotated[str, Query(max_length=4000)] = ""
) -> None:
    actor = await _actor(token)
    if actor is None or actor.auth_session_id is None:
        await _refuse(websocket, NOT_SIGNED_IN, "The token is missing, expired or revoked.")
        return
    topics = (
        service.live_topic(session_id),
        progress_service.live_topic(session_id),
        auth_topic(actor.auth_session_id),
    )
    async with live.bus().watch(*topics) as watch:
        try:
            seen = await feed.snapshot(session_id, actor=actor)
        except (Forbidden, NotFound) as error:
            await _refuse(websocket, FORBIDDEN, error.detail)
            return
        await websocket.accept()  # only now, so that an open socket misses nothing
        await _until_one_ends(
            _receive(websocket, session_id, token), _send_changes(websocket, session_id, token, watch, seen)
        )


async def _refuse(websocket: WebSocket, code: int, reason: str) -> None:
    """Close with a code of ours, which a socket can only be told once it is open."""
    await websocket.accept()
    await websocket.close(code, reason)


async def _until_one_ends(*parts: Coroutine[Any, Any, None]) -> None:
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    except WebSocketDisconnect:
        pass
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _receive(websocket: WebSocket, session_id: int, token: str) -> None:
    """Store what the client sends; a message that is refused is answered, and the socket stays open."""
    while True:
        received = await websocket.receive()
        if received["type"] == "websocket.disconnect":
            return
        actor = await _actor(token)
        if actor is None:
            await websocket.close(NOT_SIGNED_IN, "This sign-in has ended.")
            return
        try:
            message = _parse(received.get("text"))
            async with transaction() as session:
                await _store(session, message, session_id=session_id, actor=actor)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"] if part not in _MESSAGE_TYPES) or "message"
            await _answer(websocket, error="invalid_input", detail=f"{field}: {first['msg']}")
        except _Malformed as error:
            await _answer(websocket, error="invalid_input", detail=str(error))
        except AppError as error:
            await _answer(websocket, **error.body())


def _parse(text: str | None) -> AttendanceMarked | TopicCompleted:
    if text is None:
        raise _Malformed("message: must be text")
    if len(text) > LARGEST_MESSAGE:
        raise _Malformed("message: is too long")
    return _messages.validate_json(text)


async def _store(
    session: Any, message: AttendanceMarked | TopicCompleted, *, session_id: int, actor: Actor
) -> None:
    if isinstance(message, TopicCompleted):
        await progress_service.record_topic_progress(
            session,
            actor=actor,
            session_id=session_id,
            student_id=message.student_id,
            topic_id=message.topic_id,
            progress=message.progress,
        )
    else:
        command = MarkCommand.model_validate(message.model_dump(exclude={"type"}))
        await service.mark_student(session, actor=actor, session_id=session_id, command=command)


async def _send_changes(
    websocket: WebSocket, session_id: int, token: str, watch: live.Watch, seen: feed.Snapshot
) -> None:
    """Send what changed since `seen`, as long as the token is good and the session may be seen."""
    while True:
        await watch.changed(patience=min(live.REFRESH_SECONDS, _seconds_left(token)))
        actor = await _actor(token)
        if actor is None:
            await websocket.close(NOT_SIGNED_IN, "This sign-in has ended.")
            return
        try:
            now = await feed.snapshot(session_id, actor=actor)
        except (Forbidden, NotFound) as error:
            await websocket.close(FORBIDDEN, error.detail)
            return
        for change in feed.changes(seen, now):
            await websocket.send_json(change)
        seen = now


async def _actor(token: str) -> Actor | None:
    async with reading() as session:
        return await actor_from_token(session, token, door=Door.WEBSOCKET, kind=TokenKind.ACCESS)


def _seconds_left(token: str) -> float:
    good = read_token(token, TokenKind.ACCESS)
    return max(0.05, good.expires_at - utc_now().timestamp()) if good else 0.05


async def _answer(websocket: WebSocket, **body: Any) -> None:
    await websocket.send_json({"type": "error", **body})


class _Malformed(ValueError):
    pass


_MESSAGE_TYPES = ("attendance_marked", "topic_completed")
