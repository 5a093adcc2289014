"""A bad network between browsers and the server: a proxy that fails requests on purpose and remembers each answer.

Every third API request fails, in turn in each way that a network knows: refused, answered by something in between,
processed but the answer lost, half an answer, no answer at all on a connection that stays open. `freeze()` stops
everything for a while and then cuts every connection.
"""

import asyncio
import itertools
import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

_HOST = "127.0.0.1"
_UPSTREAM_PATIENCE = 20.0

Fault = Literal["refused", "answered by a gateway", "answer dropped", "half an answer", "no answer"]
_TURN: tuple[Fault, ...] = (
    "answer dropped",
    "refused",
    "half an answer",
    "answered by a gateway",
    "answer dropped",
    "no answer",
)


@dataclass(slots=True)
class _Request:
    method: str
    path: str
    head: bytes
    body: bytes

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")

    @property
    def command_ids(self) -> list[str]:
        """The ids of the marks and of the confirmation that it carries."""
        if self.method != "POST" or not self.path.startswith("/api/v1/attendance/"):
            return []
        sent = json.loads(self.body)
        commands = [sent, *sent.get("marks", ()), sent.get("take_register") or {}]
        return [each[name] for each in commands for name in ("mark_id", "command_id") if name in each]


@dataclass(slots=True)
class Network:
    """The proxy. `sent` and `acknowledged` hold command ids: on the wire, and answered by the server with success."""

    files: Path
    upstream: int = 0
    is_bad: bool = False
    port: int = 0
    sent: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    faults: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _flowing: asyncio.Event = field(default_factory=asyncio.Event)
    _turn: "itertools.cycle[Fault]" = field(default_factory=lambda: itertools.cycle(_TURN))
    _server: asyncio.Server | None = None
    _serving: "set[asyncio.Task[None]]" = field(default_factory=set)
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        """Listen on a free port."""
        self._flowing.set()
        self._server = await asyncio.start_server(self._accept, _HOST, 0, limit=1 << 20)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Cut what is open and listen no more."""
        if self._server is not None:
            self._server.close()
        self._over.set()
        self._flowing.set()
        self._cut()
        if self._serving:
            await asyncio.wait(self._serving, timeout=_UPSTREAM_PATIENCE)

    async def freeze(self, seconds: float) -> None:
        """Nothing goes through, though connections look open; then all of them are gone."""
        self._flowing.clear()
        await asyncio.sleep(seconds)
        self.faults["cut half-open"] += len(self._open)
        self._cut()
        self._flowing.set()

    def _cut(self) -> None:
        for writer in tuple(self._open):
            writer.transport.abort()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                while (request := await _read(reader)) is not None:
                    if not await self._handle(request, reader, writer):
                        break
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _handle(
        self, request: _Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer one request; False when the connection is over."""
        if (file := self._file(request)) is not None:
            writer.write(file)
            await writer.drain()
            return True
        await self._flowing.wait()
        if b"upgrade: websocket" in request.head.lower():
            await self._tunnel(request, reader, writer)
            return False
        fault = self._next_fault() if request.is_api else None
        if fault == "refused":
            return False
        if fault == "answered by a gateway":
            writer.write(_answer(503, "text/html", b"<h1>Please sign in to the Wi-Fi</h1>"))
            await writer.drain()
            return True
        answer = await self._forward(request)
        await self._flowing.wait()
        if answer is None or fault == "answer dropped":
            return False
        if fault == "no answer":
            with suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), _UPSTREAM_PATIENCE)
            return False
        writer.write(answer[: len(answer) // 2] if fault == "half an answer" else answer)
        await writer.drain()
        # The server was asked to close after each answer, and says so in it.
        writer.write_eof()
        await reader.read()
        return False

    def _next_fault(self) -> Fault | None:
        self.requests += 1
        if not self.is_bad or self.requests % 3:
            return None
        fault = next(self._turn)
        self.faults[fault] += 1
        return fault

    async def _forward(self, request: _Request) -> bytes | None:
        """The server's whole answer; None when it is dead or dies meanwhile."""
        self.sent.update(request.command_ids)
        try:
            reader, writer = await asyncio.open_connection(_HOST, self.upstream)
        except OSError:
            self.faults["server down"] += 1
            return None
        try:
            writer.write(request.head + request.body)
            async with asyncio.timeout(_UPSTREAM_PATIENCE):
                answer = await reader.read(-1)
        except (OSError, TimeoutError):
            return None
        finally:
            writer.transport.abort()
        if not _is_whole(answer):
            self.faults["server died"] += 1
            return None
        if answer.startswith(b"HTTP/1.1 2"):
            self.acknowledged.update(request.command_ids)
        return answer

    async def _tunnel(
        self, request: _Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            upstream, upstream_writer = await asyncio.open_connection(_HOST, self.upstream)
            upstream_writer.write(request.head.replace(b"Connection: close\r\n", b"Connection: Upgrade\r\n"))
            self._open.add(upstream_writer)
            try:
                await asyncio.wait(
                    [
                        asyncio.create_task(self._pump(reader, upstream_writer)),
                        asyncio.create_task(self._pump(upstream, writer)),
                    ],
                    return_when=asyncio.FIRST_COMPLETED,
                )
            finally:
                self._open.discard(upstream_writer)
                upstream_writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()

    def _file(self, request: _Request) -> bytes | None:
        """The light page and the product's own scripts, as a browser would have them in its cache."""
        path = request.path.partition("?")[0]
        if path == "/marker":
            return _answer(200, "text/html", Path(__file__).with_name("marker.html").read_bytes())
        script = self.files / path.removeprefix("/")
        if path.startswith("/register/") and path.endswith(".js") and script.is_file():
            return _answer(200, "text/javascript", script.read_bytes())
        return None


async def _read(reader: asyncio.StreamReader) -> _Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    lines = head.decode("latin-1").split("\r\n")
    method, path, _ = lines[0].split(" ", 2)
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
    kept = [line for line in lines[1:] if line and not line.lower().startswith("connection:")]
    head = "\r\n".join([lines[0], *kept, "Connection: close", "", ""]).encode("latin-1")
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return _Request(method, path, head, body)


def _is_whole(answer: bytes) -> bool:
    head, separator, body = answer.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(body) == int(line.partition(b":")[2])
        if line == b"transfer-encoding: chunked":
            return body.endswith(b"0\r\n\r\n")
    return bool(separator)


def _answer(status: int, kind: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status} -\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
