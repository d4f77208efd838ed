"""The chat process: its start, its end, its health and its metrics."""

import asyncio
import hmac
import os
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from messaging.adapters.metrics import DEPTH
from messaging.application.node import Node

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class ChatProcess:
    """Serves ASGI's lifespan and http; holds the node between start and end."""

    def __init__(self, start: Callable[[], Awaitable[Node]], stop: Callable[[Node], Awaitable[None]]) -> None:
        self._start = start
        self._stop = stop
        self._node: Node | None = None

    def node(self) -> Node:
        if self._node is None:
            raise RuntimeError("the chat process has not started: serve it with ASGI lifespan on")
        return self._node

    async def lifespan(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        await receive()
        try:
            self._node = await self._start()
        except Exception as error:
            await send({"type": "lifespan.startup.failed", "message": repr(error)})
            raise
        self._drain_on_sigterm()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._stop(self._node)
        await send({"type": "lifespan.shutdown.complete"})

    def _drain_on_sigterm(self) -> None:
        """Send clients elsewhere before the server closes their sockets, which would tell them nothing."""
        loop = asyncio.get_running_loop()
        drains: set[asyncio.Task[None]] = set()
        for number in (signal.SIGTERM, signal.SIGINT):
            server_stops = signal.getsignal(number)

            async def drain(number: int = number, server_stops: Any = server_stops) -> None:
                await self.node().drain()
                if callable(server_stops):
                    server_stops(number, None)

            def begin(drain: Callable[[], Any] = drain) -> None:
                drains.add(loop.create_task(drain()))

            try:
                loop.add_signal_handler(number, begin)
            except (RuntimeError, ValueError):
                # Not the main thread: whoever runs this server there stops it by itself.
                return

    async def http(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer /healthz and /metrics; there is nothing else."""
        if scope["path"] == "/healthz":
            draining = self._node is None or self._node.is_draining
            await answer(send, 503 if draining else 200, b'{"status": "%s"}' % (b"draining" if draining else b"ok"))
        elif scope["path"] == "/metrics" and may_scrape(scope):
            for type_name, stage, depth in self.node().pipeline.depths():
                DEPTH.labels(type=type_name, stage=stage).set(depth)
            await answer(send, 200, render_metrics(), content_type=CONTENT_TYPE_LATEST)
        else:
            await answer(send, 404, b'{"status": 404, "code": "not_found", "title": "Not found."}')


async def refuse_path(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Refuse a socket to a path that isn't the chat's, before the handshake."""
    await receive()
    await send({"type": "websocket.close", "code": 1000})


def may_scrape(scope: dict[str, Any]) -> bool:
    """Tell whether the asker may read metrics: with METRICS_TOKEN, or from this machine where there is none."""
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    if settings.METRICS_TOKEN:
        given = headers.get(b"authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    host = (scope.get("client") or ("", 0))[0]
    return host in ("127.0.0.1", "::1") and b"x-forwarded-for" not in headers


def render_metrics() -> bytes:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return generate_latest(registry)


async def answer(send: Send, status: int, body: bytes, *, content_type: str = "application/json") -> None:
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
