"""The bounded queue before one socket, and the task that writes it out."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from messaging.adapters.metrics import CLOSED, SHED
from messaging.domain import limits
from messaging.domain.limits import Close
from messaging.domain.messages import Bye, encode

AsgiSend = Callable[[dict[str, Any]], Awaitable[None]]

GOODBYE_SECONDS = 2.0


class Outgoing:
    """Never lets anybody wait: a socket that doesn't keep up is closed, and its client resumes where it was."""

    def __init__(self, send: AsgiSend) -> None:
        self._send = send
        self._objects: deque[bytes] = deque()
        self._bytes = 0
        self._filled = asyncio.Event()
        self._closing: tuple[int, float] | None = None
        # Since when a frame is being sent, what ends it if that takes too long, and the next look at it.
        self._sending_since: float | None = None
        self._patience = asyncio.timeout(None)
        self._look: asyncio.TimerHandle | None = None

    @property
    def is_closing(self) -> bool:
        return self._closing is not None

    def offer(self, payload: bytes, *, is_ephemeral: bool = False) -> bool:
        if self._closing is not None:
            return False
        count, size = len(self._objects) + 1, self._bytes + len(payload)
        if is_ephemeral and (count > limits.QUEUE_OBJECTS // 2 or size > limits.QUEUE_BYTES // 2):
            SHED.inc()
            return False
        if count > limits.QUEUE_OBJECTS or size > limits.QUEUE_BYTES:
            self.close(Close.TOO_SLOW)
            return False
        self._objects.append(payload)
        self._bytes = size
        self._filled.set()
        return True

    def close(self, code: int, *, retry_after: float = 0.0) -> None:
        if self._closing is None:
            self._closing = (code, retry_after)
            CLOSED.labels(code=str(code)).inc()
            self._filled.set()

    async def run(self) -> None:
        """Write until the socket is to be closed, then close it; ends when the client is gone."""
        try:
            async with self._patience:
                await self._write_until_closing()
            await self._say_goodbye()
        except TimeoutError:
            self.close(Close.TOO_SLOW)
            await self._say_goodbye()
        except OSError:
            # The client is gone.
            return

    async def _write_until_closing(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._closing is None:
                await self._filled.wait()
                if self._closing is None:
                    self._sending_since = loop.time()
                    if self._look is None:
                        self._look = loop.call_later(limits.SEND_SECONDS, self._look_at_time)
                    await self._write_frame()
                    self._sending_since = None
        finally:
            if self._look is not None:
                self._look.cancel()

    def _look_at_time(self) -> None:
        """End a frame that takes too long. One timer for all frames of some seconds: most take microseconds."""
        loop = asyncio.get_running_loop()
        self._look = None
        if self._sending_since is None:
            return
        left = self._sending_since + limits.SEND_SECONDS - loop.time()
        if left > 0:
            self._look = loop.call_later(left, self._look_at_time)
        else:
            self._patience.reschedule(loop.time())

    async def _write_frame(self) -> None:
        lines: list[bytes] = []
        size = 0
        while self._objects and len(lines) < limits.FRAME_OBJECTS:
            size += len(self._objects[0]) + 1
            if lines and size > limits.FRAME_BYTES:
                break
            lines.append(self._objects.popleft())
            self._bytes -= len(lines[-1])
        if not self._objects:
            self._filled.clear()
        await self._send({"type": "websocket.send", "text": b"\n".join(lines).decode()})

    async def _say_goodbye(self) -> None:
        assert self._closing is not None  # noqa: S101  (the loop above ends with it)
        code, retry_after = self._closing
        try:
            async with asyncio.timeout(GOODBYE_SECONDS):
                if code != Close.TOO_SLOW:
                    # What was promised before, such as the last acks, still goes out.
                    while self._objects:
                        await self._write_frame()
                await self._send({"type": "websocket.send", "text": encode(Bye(code, retry_after)).decode()})
                await self._send({"type": "websocket.close", "code": code})
        except (TimeoutError, OSError):
            # It doesn't read at all, or is gone: the connection is dropped without the goodbye.
            return
