"""A browser tab as the server sees it: Reflex's protocol (engine.io 4, socket.io 5) on a bare websocket.

Small on purpose: two hundred of them share the machine with the server that they measure. Frames from a server are
never masked, and the client's mask is zero, so that no byte is touched.
"""

import asyncio
import base64
import json
import os
import struct
import time
from uuid import uuid4

from reflex_base.constants import Reflex

_HOST = "127.0.0.1"
_NAMESPACE = "/_event"
_HYDRATE = "reflex___state____state.hydrate_and_load"


class Tab(asyncio.Protocol):
    """One connection. `seen_at` says when a frame with the awaited bytes came."""

    def __init__(self, path: str, query: dict[str, str], cookie: str, port: int, token: str) -> None:
        self._hello = _handshake(cookie, port, token)
        event = {
            "name": _HYDRATE,
            "payload": {},
            "router_data": {"pathname": path, "asPath": path, "query": query},
        }
        self._connect = f"40{_NAMESPACE},{json.dumps({'event': event})}"
        self._buffer = bytearray()
        self._is_upgraded = False
        self._awaited: bytes | None = None
        self._seen: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self.last_heard = 0.0
        self.received = 0
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError
        self._transport = transport
        transport.write(self._hello)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)
        if not self._seen.done():
            self._seen.set_exception(exc or ConnectionError("the server closed the socket"))
            self._seen.exception()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._is_upgraded:
            head, separator, rest = bytes(self._buffer).partition(b"\r\n\r\n")
            if not separator:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self._transport.abort()
                raise ConnectionError(head[:200].decode())
            self._is_upgraded = True
            self._buffer = bytearray(rest)
        while (frame := self._next_frame()) is not None:
            self._hear(*frame)

    def expect(self, awaited: bytes) -> "asyncio.Future[float]":
        """A future of the moment at which a frame with these bytes comes."""
        self._awaited = awaited
        self._seen = asyncio.get_running_loop().create_future()
        return self._seen

    async def close(self) -> None:
        """Leave as a closed tab does."""
        self._send(8, struct.pack("!H", 1001))
        self._transport.close()
        await self.closed

    def _next_frame(self) -> tuple[int, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1] & 0x7F, 2
        if length == 126:
            if len(buffer) < 4:
                return None
            length, start = struct.unpack_from("!H", buffer, 2)[0], 4
        elif length == 127:
            if len(buffer) < 10:
                return None
            length, start = struct.unpack_from("!Q", buffer, 2)[0], 10
        if len(buffer) < start + length:
            return None
        opcode, payload = buffer[0] & 0x0F, bytes(buffer[start : start + length])
        del buffer[: start + length]
        return opcode, payload

    def _hear(self, opcode: int, payload: bytes) -> None:
        if opcode == 9:
            self._send(10, payload)
        if opcode != 1:
            return
        if payload == b"2":
            self._send(1, b"3")
            return
        if payload.startswith(b"0{"):
            self._send(1, self._connect.encode())
            return
        self.last_heard = time.perf_counter()
        self.received += len(payload)
        if self._awaited is not None and self._awaited in payload and not self._seen.done():
            self._seen.set_result(self.last_heard)

    def _send(self, opcode: int, payload: bytes) -> None:
        if self._transport.is_closing():
            return
        length = len(payload)
        size = struct.pack("!B", 0x80 | length) if length < 126 else struct.pack("!BH", 0xFE, length)
        self._transport.write(bytes([0x80 | opcode]) + size + b"\0\0\0\0" + payload)


async def open_tab(
    port: int, path: str, query: dict[str, str], cookie: str, *, token: str | None = None, awaited: bytes
) -> Tab:
    """Open a page and wait until the server has sent what marks it as loaded."""
    loop = asyncio.get_running_loop()
    tab_token = token or str(uuid4())
    _, tab = await loop.create_connection(lambda: Tab(path, query, cookie, port, tab_token), _HOST, port)
    async with asyncio.timeout(60):
        await tab.expect(awaited)
    return tab


def _handshake(cookie: str, port: int, token: str) -> bytes:
    lines = [
        f"GET {_NAMESPACE}/?EIO=4&transport=websocket&token={token} HTTP/1.1",
        f"Host: localhost:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Protocol: {Reflex.VERSION}",
        f"Origin: http://localhost:{port}",
        f"Cookie: {cookie}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"
