"""An HTTP load generator: many keep-alive connections from one process, cheap enough to share two cores.

A closed loop (each connection sends its next request when it has its answer) finds the throughput. An open loop sends
at a fixed rate and counts each latency from the moment at which the request was due, so that a server that stalls
cannot hide the requests it kept waiting (Gil Tene, "How NOT to Measure Latency", names that coordinated omission).
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

import httptools

from bench.figures import percentile


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request; `tag` is handed back with its answer."""

    path: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    tag: object = None

    def encoded(self, *, host: str) -> bytes:
        head = {"Host": host, **self.headers}
        if self.body or self.method != "GET":
            head["Content-Length"] = str(len(self.body))
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    body: bytes


@dataclass(kw_only=True)
class Outcome:
    """What came back: answers by status, latencies in seconds, wall-clock seconds, connections that broke."""

    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0
    broken: int = 0

    @property
    def answered(self) -> int:
        return sum(self.statuses.values())

    @property
    def per_second(self) -> float:
        return self.answered / self.seconds if self.seconds else 0.0

    @property
    def p50_ms(self) -> float:
        return percentile(self.latencies, 0.50) * 1000 if self.latencies else 0.0

    @property
    def p99_ms(self) -> float:
        return percentile(self.latencies, 0.99) * 1000 if self.latencies else 0.0


OnAnswer = Callable[[Request, Answer], None]


def closed_loop(
    url: str,
    requests: Iterable[Request],
    *,
    connections: int,
    seconds: float | None = None,
    on_answer: OnAnswer | None = None,
) -> Outcome:
    """Send as fast as answers come, until the requests or the seconds end."""
    return asyncio.run(_closed_loop(url, iter(requests), connections=connections, seconds=seconds, on_answer=on_answer))


def open_loop(
    url: str,
    requests: Iterable[Request],
    *,
    rate: float,
    connections: int,
    seconds: float,
    on_answer: OnAnswer | None = None,
) -> Outcome:
    """Send `rate` requests a second for so long, whether the answers keep up or not."""
    return asyncio.run(
        _open_loop(url, iter(requests), rate=rate, connections=connections, seconds=seconds, on_answer=on_answer)
    )


async def _closed_loop(
    url: str, requests: Iterator[Request], *, connections: int, seconds: float | None, on_answer: OnAnswer | None
) -> Outcome:
    outcome = Outcome()
    began = time.perf_counter()
    ends = None if seconds is None else began + seconds

    async def send_one_after_another() -> None:
        async with _Connection(url) as connection:
            for request in requests:
                sent = time.perf_counter()
                await _exchange(connection, request, due=sent, outcome=outcome, on_answer=on_answer)
                if ends is not None and time.perf_counter() >= ends:
                    return

    await asyncio.gather(*(send_one_after_another() for _ in range(connections)))
    outcome.seconds = time.perf_counter() - began
    return outcome


async def _open_loop(
    url: str,
    requests: Iterator[Request],
    *,
    rate: float,
    connections: int,
    seconds: float,
    on_answer: OnAnswer | None,
) -> Outcome:
    outcome = Outcome()
    due: asyncio.Queue[tuple[float, Request] | None] = asyncio.Queue()
    began = time.perf_counter()

    async def keep_the_rate() -> None:
        for number, request in zip(range(int(rate * seconds)), requests, strict=False):
            moment = began + number / rate
            if (pause := moment - time.perf_counter()) > 0:
                await asyncio.sleep(pause)
            due.put_nowait((moment, request))
        for _ in range(connections):
            due.put_nowait(None)

    async def send_what_is_due() -> None:
        async with _Connection(url) as connection:
            while (item := await due.get()) is not None:
                moment, request = item
                await _exchange(connection, request, due=moment, outcome=outcome, on_answer=on_answer)

    await asyncio.gather(keep_the_rate(), *(send_what_is_due() for _ in range(connections)))
    outcome.seconds = time.perf_counter() - began
    return outcome


async def _exchange(
    connection: "_Connection", request: Request, *, due: float, outcome: Outcome, on_answer: OnAnswer | None
) -> None:
    try:
        answer = await connection.send(request)
    except ConnectionError:
        outcome.broken += 1
        return
    outcome.latencies.append(time.perf_counter() - due)
    outcome.statuses[answer.status] += 1
    if on_answer is not None:
        on_answer(request, answer)


class _Connection(asyncio.Protocol):
    """One keep-alive connection; connects again by itself when the server has closed it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.address = (parts.hostname or "127.0.0.1", parts.port or 80)
        self.host = parts.netloc
        self.transport: asyncio.Transport | None = None
        self.waiting: asyncio.Future[Answer] | None = None
        self.parser: httptools.HttpResponseParser
        self.chunks: list[bytes]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        if self.transport is not None:
            self.transport.close()

    async def send(self, request: Request) -> Answer:
        """Return the answer to a request.

        Raises:
            ConnectionError: the server closed the connection before it had answered.
        """
        if self.transport is None or self.transport.is_closing():
            await asyncio.get_running_loop().create_connection(lambda: self, *self.address)
        self.parser = httptools.HttpResponseParser(self)
        self.chunks = []
        self.waiting = asyncio.get_running_loop().create_future()
        assert self.transport is not None
        self.transport.write(request.encoded(host=self.host))
        return await self.waiting

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_body(self, chunk: bytes) -> None:
        self.chunks.append(chunk)

    def on_message_complete(self) -> None:
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result(Answer(status=self.parser.get_status_code(), body=b"".join(self.chunks)))

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(ConnectionError("closed before it answered"))
