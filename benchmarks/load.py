"""A load client that costs little: asyncio protocols, keep-alive, bytes prepared beforehand, this machine only."""

import asyncio
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

from benchmarks.scenarios import stamped

_HOST = "127.0.0.1"
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(slots=True)
class Measured:
    """What clients saw: seconds for each request, and how long it all took."""

    latencies: list[float]
    seconds: float

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    @property
    def median_ms(self) -> float:
        return sorted(self.latencies)[len(self.latencies) // 2] * 1000

    @property
    def p95_ms(self) -> float:
        return quantiles(self.latencies, n=20)[-1] * 1000 if len(self.latencies) > 1 else self.median_ms

    def __add__(self, other: "Measured") -> "Measured":
        return Measured(self.latencies + other.latencies, self.seconds + other.seconds)


class _Client(asyncio.Protocol):
    """One connection that sends its requests in turn until the time is over."""

    def __init__(self, requests: Sequence[bytes], deadline: float, done: asyncio.Future[None]) -> None:
        self.latencies: list[float] = []
        self._requests = itertools.cycle(requests)
        self._deadline = deadline
        self._done = done
        self._answer = b""
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head_end = self._answer.find(_END_OF_HEAD)
        if head_end < 0:
            return
        head = self._answer[:head_end].lower()
        at = head.find(_LENGTH)
        if at < 0:
            self._fail(f"an answer without a length: {head[:300]!r}")
            return
        line_end = head.find(b"\r\n", at)
        length = int(head[at + len(_LENGTH) : line_end if line_end > 0 else None])
        if len(self._answer) < head_end + 4 + length:
            return
        if not self._answer.startswith(b"HTTP/1.1 200"):
            self._fail(self._answer[:600].decode(errors="replace"))
            return
        now = time.perf_counter()
        self.latencies.append(now - self._sent_at)
        self._answer = b""
        if now >= self._deadline:
            self._transport.close()
        else:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(exc) if exc else self._done.set_result(None)

    def _send(self) -> None:
        request = stamped(next(self._requests))
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def _fail(self, why: str) -> None:
        if not self._done.done():
            self._done.set_exception(RuntimeError(why))
        self._transport.abort()


async def measure(port: int, requests: Sequence[bytes], *, clients: int, seconds: float) -> Measured:
    """Let so many clients send the requests, each beginning elsewhere among them, for so long."""
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    deadline = began + seconds
    protocols: list[_Client] = []
    finished: list[asyncio.Future[None]] = []
    for number in range(clients):
        first = number * len(requests) // clients
        own = [*requests[first:], *requests[:first]]
        done: asyncio.Future[None] = loop.create_future()
        _, protocol = await loop.create_connection(
            lambda own=own, done=done: _Client(own, deadline, done), _HOST, port
        )
        protocols.append(protocol)
        finished.append(done)
    async with asyncio.timeout(seconds + 60):
        await asyncio.gather(*finished)
    latencies = [latency for protocol in protocols for latency in protocol.latencies]
    return Measured(latencies, time.perf_counter() - began)
