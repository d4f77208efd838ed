"""Chat clients for load: a WebSocket client of 80 lines, so that the loader costs little beside what it measures."""

import asyncio
import json
import os
import struct
import time
import uuid
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec

decode = msgspec.json.decode
Take = Callable[["Client", dict[str, Any]], None]


class Client(asyncio.Protocol):
    """One socket that has said hello; `take` is called with each object but pings."""

    def __init__(self, host: str, token: str, user: str, take: Take) -> None:
        self.user = user
        self.take = take
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._upgrade = (
            f"GET /ws/chat/ HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {b64encode(os.urandom(16)).decode()}\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: aquastream.chat.v1\r\nAuthorization: Bearer {token}\r\n\r\n"
        )
        self._buffer = bytearray()
        self._is_open = False
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(self._upgrade.encode())

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(ConnectionError("closed before the heads came"))
        if not self.closed.done():
            self.closed.set_result(None)

    def say(self, *objects: bytes) -> None:
        """Send one frame; a mask of zeros is a mask."""
        payload = b"\n".join(objects)
        size = len(payload)
        head = struct.pack("!BB", 0x81, 0x80 | size) if size < 126 else struct.pack("!BBH", 0x81, 0x80 | 126, size)
        self.transport.write(head + b"\0\0\0\0" + payload)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._is_open:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            del self._buffer[: end + 4]
            self._is_open = True
            self.say(json.dumps({"type": "hello", "device": str(uuid.uuid4())}).encode())
        while (frame := self._frame()) is not None:
            for line in frame.split(b"\n"):
                self._take(decode(line))

    def _frame(self) -> bytes | None:
        buffer = self._buffer
        while len(buffer) >= 2:
            size, start = buffer[1] & 0x7F, 2
            if size == 126:
                if len(buffer) < 4:
                    return None
                size, start = struct.unpack_from("!H", buffer, 2)[0], 4
            elif size == 127:
                if len(buffer) < 10:
                    return None
                size, start = struct.unpack_from("!Q", buffer, 2)[0], 10
            if len(buffer) < start + size:
                return None
            code, payload = buffer[0] & 0x0F, bytes(buffer[start : start + size])
            del buffer[: start + size]
            if code == 1:
                return payload
            if code == 9:
                # The server's own ping: who doesn't answer it is closed after 40 seconds.
                self.transport.write(struct.pack("!BB", 0x8A, 0x80 | size) + b"\0\0\0\0" + payload)
        return None

    def _take(self, one: dict[str, Any]) -> None:
        if one["type"] == "ping":
            self.say(b'{"type":"pong"}')
        elif one["type"] == "heads" and not self.ready.done():
            self.ready.set_result(None)
        else:
            self.take(self, one)


def ignore(client: Client, one: dict[str, Any]) -> None:
    """Take an object and do nothing about it."""


async def connect(url: str, token: str, user: str, take: Take = ignore) -> Client:
    """Open a socket, by Python's own clock never later than 60 seconds, and return it when its heads have come."""
    place = urlsplit(url)
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(60):
        _, client = await loop.create_connection(
            lambda: Client(place.netloc, token, user, take), place.hostname, place.port
        )
        await client.ready
    return client


def message(conversation: str, text: str) -> tuple[str, bytes]:
    """Return a new message's id and the object to send."""
    message_id = str(uuid.uuid4())
    return message_id, (
        f'{{"type":"send","id":"{message_id}","conversation":"{conversation}","kind":"text","body":{{"text":"{text}"}}}}'
    ).encode()


def received(positions: dict[str, int]) -> bytes:
    """Return the confirmation of what has come."""
    return json.dumps({"type": "received", "positions": list(positions.items())}).encode()


class Clock:
    """Latencies from when a message was due."""

    def __init__(self) -> None:
        self.due: dict[str, float] = {}
        self.acked: list[float] = []
        self.delivered: list[float] = []
        # How much later than due messages were sent.
        self.late: list[float] = []
        self.refused = 0

    def begin(self, message_id: str, at: float | None = None) -> None:
        self.due[message_id] = time.perf_counter() if at is None else at
