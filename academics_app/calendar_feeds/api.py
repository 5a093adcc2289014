"""REST: a person's calendar links, and the calendars behind them."""

from email.utils import format_datetime
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from academics_app.api.deps import ActorDep, Id, PageDep, ReadSessionDep, SessionDep
from academics_app.calendar_feeds import reading, service
from academics_app.calendar_feeds.schemas import FeedCreate, FeedCreated, FeedRead
from academics_app.core.pagination import Page

router = APIRouter(tags=["calendar"])

_CALENDAR = {"text/calendar": {"schema": {"type": "string"}}}


@router.get("/calendar-feeds/", summary="One's own calendar links")
async def list_feeds(session: ReadSessionDep, actor: ActorDep, page: PageDep) -> Page[FeedRead]:
    return await service.list_feeds(session, actor=actor, page=page)


@router.post(
    "/calendar-feeds/", status_code=201, summary="A new calendar link; its address is told only here"
)
async def create_feed(session: SessionDep, actor: ActorDep, data: FeedCreate) -> FeedCreated:
    return await service.create_feed(session, actor=actor, data=data)


@router.delete("/calendar-feeds/{feed_id}", status_code=204, summary="Revoke a calendar link")
async def revoke_feed(session: SessionDep, actor: ActorDep, feed_id: Id) -> None:
    await service.revoke_feed(session, actor=actor, feed_id=feed_id)


@router.head("/calendar/{token}.ics", include_in_schema=False)
@router.get(
    "/calendar/{token}.ics",
    summary="The calendar behind a link, for calendar programs (RFC 5545)",
    response_class=Response,
    responses={200: {"content": _CALENDAR}, 304: {"description": "Not changed since the ETag that was sent"}},
)
async def read_feed(
    request: Request,
    session: SessionDep,
    token: str,
    if_none_match: Annotated[str | None, Header(max_length=2000)] = None,
) -> Response:
    content = await reading.read_feed(session, token=token)
    headers = {
        "ETag": content.etag,
        "Last-Modified": format_datetime(content.changed_at.replace(microsecond=0), usegmt=True),
        "Cache-Control": "private, no-cache",
        "Content-Disposition": 'inline; filename="timetable.ics"',
        "Content-Length": str(len(content.body)),
    }
    if _is_current(if_none_match, content.etag):
        del headers["Content-Length"]
        return Response(status_code=304, headers=headers)
    body = b"" if request.method == "HEAD" else content.body
    return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)


def _is_current(sent: str | None, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in (sent or "").split(",")]
    return etag in tags or "*" in tags
