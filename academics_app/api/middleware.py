"""What every HTTP answer gets: a request id, a log line, security headers, and caching of hashed files."""

import re
import time
from uuid import uuid4

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from academics_app.core.config import get_settings
from academics_app.core.logging import request_id

log = structlog.get_logger(__name__)

_IMMUTABLE_PREFIX = "/assets/"
"""The front end's files there carry a content hash in their names."""

_SECRET_PATHS = re.compile(r"(?<=/calendar/).+", re.IGNORECASE)
"""The address of a calendar is its own password."""


def loggable(path: str) -> str:
    """The path without the secrets in it."""
    return _SECRET_PATHS.sub("***", path)


def _security_headers() -> dict[str, str]:
    settings = get_settings()
    sockets = " ".join(origin.replace("http", "ws", 1) for origin in settings.origins)
    headers = {
        "Content-Security-Policy": "; ".join(
            [
                "default-src 'self'",
                # Reflex inlines its start-up script and evaluates the scripts that handlers send.
                "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
                "style-src 'self' 'unsafe-inline'",
                "img-src 'self' data: blob:",
                "font-src 'self' data:",
                f"connect-src 'self' {sockets}",
                "frame-ancestors 'none'",
                "form-action 'self'",
                "base-uri 'self'",
                "object-src 'none'",
            ]
        ),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    }
    if settings.cookies_are_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return headers


class EdgeMiddleware:
    """Pure ASGI, since it sits in front of every request and every static file."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._headers = _security_headers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        identifier = uuid4().hex[:16]
        token = request_id.set(identifier)
        began = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers["X-Request-Id"] = identifier
                path = scope["path"]
                if path.startswith(_IMMUTABLE_PREFIX) and status == 200:
                    headers["Cache-Control"] = "public, max-age=31536000, immutable"
                elif path.startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        finally:
            if scope["type"] == "http" and scope["path"].startswith("/api/"):
                log.info(
                    "request",
                    method=scope["method"],
                    path=loggable(scope["path"]),
                    status=status,
                    milliseconds=round((time.perf_counter() - began) * 1000, 1),
                )
            request_id.reset(token)
