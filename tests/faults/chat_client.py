"""A chat client by the rules of docs/chat-protocol.md, for those who break what it speaks to."""

import asyncio
import contextlib
import json
import uuid
from typing import Any

import websockets

HOLD_SECONDS = 0.3
COME_BACK_SECONDS = 0.1
FRAME_OBJECTS = 64
# One more object of the greatest size still fits.
FRAME_BYTES = 47 * 1024
PAGE = 100


class Person:
    """Keeps what isn't acknowledged, and shows messages without holes, each once."""

    def __init__(self, url: str, token: str, room: str) -> None:
        self.room = room
        self.last = 0
        self.kept: dict[str, str] = {}
        self.acked: dict[str, int] = {}
        self.shown: list[str] = []
        self.refused = 0
        self.breaks = 0
        # From when a later message is known until what is before it is shown, while connected.
        self.longest_gap = 0.0
        self._url = url.rstrip("/") + "/ws/chat/"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._socket: Any = None
        self._outbox: asyncio.Queue[str] = asyncio.Queue()
        self._held: dict[int, str] = {}
        self._gap_since: float | None = None

    @property
    def is_there(self) -> bool:
        return self._socket is not None

    async def stay(self) -> None:
        """Be connected until cancelled, coming back after each break."""
        while True:
            with contextlib.suppress(OSError, websockets.WebSocketException, TimeoutError):
                options: Any = {"additional_headers": self._headers, "compression": None, "open_timeout": 5}
                async with websockets.connect(self._url, max_size=None, **options) as opened:
                    await opened.send(json.dumps({"type": "hello", "device": str(uuid.uuid4())}))
                    writing = asyncio.create_task(self._write_out(opened))
                    try:
                        async for frame in opened:
                            for line in str(frame).split("\n"):
                                self._take(json.loads(line), opened)
                    finally:
                        writing.cancel()
                        self._socket, self._gap_since = None, None
            self.breaks += 1
            await asyncio.sleep(COME_BACK_SECONDS)

    def write(self, *texts: str) -> None:
        """Write messages; they are sent at once, or when the socket is back, until they are acknowledged."""
        for text in texts:
            message_id = str(uuid.uuid4())
            self.kept[message_id] = text
            self._send(message_id)

    def _send(self, message_id: str) -> None:
        if self._socket is None or message_id not in self.kept:
            return
        sent = {"type": "send", "id": message_id, "conversation": self.room, "kind": "text"}
        self._outbox.put_nowait(json.dumps(sent | {"body": {"text": self.kept[message_id]}}, ensure_ascii=False))

    def _fetch(self) -> None:
        asked = {"type": "history", "request": "gap", "conversation": self.room, "after": self.last, "limit": PAGE}
        self._outbox.put_nowait(json.dumps(asked))

    async def _write_out(self, opened: Any) -> None:
        with contextlib.suppress(websockets.WebSocketException):
            while True:
                lines = [await self._outbox.get()]
                size = len(lines[0].encode())
                while len(lines) < FRAME_OBJECTS and size < FRAME_BYTES and not self._outbox.empty():
                    lines.append(self._outbox.get_nowait())
                    size += len(lines[-1].encode())
                await opened.send("\n".join(lines))

    def _take(self, one: dict[str, Any], opened: Any) -> None:
        match one["type"]:
            case "heads":
                self._begin(opened, one["heads"])
            case "ack":
                self.kept.pop(one["id"], None)
                self.acked[one["id"]] = one["seq"]
            case "nack" if "retry_after" in one:
                self.refused += 1
                again = self._send if one.get("id") else lambda _: self._fetch()
                asyncio.get_running_loop().call_later(one["retry_after"], again, one.get("id"))
            case "nack":
                raise AssertionError(one)
            case "ping":
                self._outbox.put_nowait('{"type":"pong"}')
            case "message":
                self._hold([one])
            case "page":
                self._hold(one["messages"])
                if one["more"]:
                    self._fetch()

    def _begin(self, opened: Any, heads: list[list[Any]]) -> None:
        """Send what is kept, and ask for what the heads say is there."""
        while not self._outbox.empty():
            self._outbox.get_nowait()
        self._socket = opened
        for message_id in list(self.kept):
            self._send(message_id)
        if any(last > self.last for conversation, _, last, _ in heads if conversation == self.room):
            self._note_gap(wait_seconds=0.0)

    def _hold(self, messages: list[dict[str, Any]]) -> None:
        for one in messages:
            if one["conversation"] == self.room and one["seq"] > self.last:
                self._held[one["seq"]] = one["id"]
        while self.last + 1 in self._held:
            self.last += 1
            self.shown.append(self._held.pop(self.last))
        if self._held:
            self._note_gap(wait_seconds=HOLD_SECONDS)
        elif self._gap_since is not None:
            self.longest_gap = max(self.longest_gap, asyncio.get_running_loop().time() - self._gap_since)
            self._gap_since = None

    def _note_gap(self, *, wait_seconds: float) -> None:
        if self._gap_since is None:
            loop = asyncio.get_running_loop()
            self._gap_since = loop.time()
            loop.call_later(wait_seconds, self._fetch_if_missing, self._gap_since)

    def _fetch_if_missing(self, gap_since: float) -> None:
        if self._gap_since == gap_since and self._socket is not None:
            self._fetch()
