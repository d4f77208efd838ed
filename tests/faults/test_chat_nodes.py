"""Two chat nodes, one of which is killed again and again: nothing acknowledged is lost, shown twice or out of order."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import websockets
from stack.environment import for_another_stack

from tests.faults.conftest import FULL

KILLS = 12 if FULL else 2
BETWEEN_SECONDS = 5 if FULL else 2
# A user has 50 credits each 10 seconds, unless the system is started with more (CHAT_CREDITS).
RATE = 1000 if FULL else 10
PATIENCE_SECONDS = 60
GAP_SECONDS = 0.3
PROJECT = Path(__file__).resolve().parents[2]


class SecondNode:
    """Another chat process of the running system."""

    def __init__(self, stack: dict[str, Any]) -> None:
        self._stack = stack
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"ws://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        uvicorn = [str(Path(sys.executable).with_name("uvicorn")), "config.asgi:application", "--log-level", "error"]
        options = ["--host", "127.0.0.1", "--port", str(self.port), "--ws", "websockets-sansio"]
        place = {"AQUASTREAM_STATE": os.environ["AQUASTREAM_STATE"], "PYTHONPATH": str(PROJECT / "bin")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "stack", "exec", "--", *uvicorn, *options],
            cwd=PROJECT,
            env=for_another_stack(os.environ, demo=self._stack) | place,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def kill(self) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


@pytest.fixture
def second_node(state: None, stack: dict[str, Any]) -> Iterator[SecondNode]:
    node = SecondNode(stack)
    node.start()
    yield node
    node.kill()


class Person:
    """A client by the rules of docs/chat-protocol.md: it keeps what isn't acknowledged, and shows without holes, once."""

    def __init__(self, url: str, token: str, conversation: str) -> None:
        self._url = url.rstrip("/") + "/ws/chat/"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._conversation = conversation
        self._socket: Any = None
        self._held: dict[int, str] = {}
        self.last = 0
        self.kept: dict[str, str] = {}
        self.acked: dict[str, int] = {}
        self.shown: list[str] = []
        self.refused = 0

    async def stay(self) -> None:
        """Be connected until cancelled, coming back after each break."""
        while True:
            with contextlib.suppress(OSError, websockets.WebSocketException, TimeoutError):
                options: Any = {"additional_headers": self._headers, "compression": None, "open_timeout": 5}
                async with websockets.connect(self._url, **options) as opened:
                    await opened.send(json.dumps({"type": "hello", "device": str(uuid.uuid4())}))
                    async for frame in opened:
                        for line in str(frame).split("\n"):
                            await self._take(json.loads(line), opened)
            self._socket = None
            await asyncio.sleep(0.1)

    async def write(self, text: str) -> None:
        message_id = str(uuid.uuid4())
        self.kept[message_id] = text
        await self._say(message_id)

    async def say_kept(self) -> None:
        for message_id in list(self.kept):
            await self._say(message_id)

    async def fetch(self) -> None:
        """Ask for what is missing."""
        if self._socket is not None:
            asked = {"type": "history", "request": "gap", "conversation": self._conversation, "after": self.last}
            with contextlib.suppress(websockets.WebSocketException):
                await self._socket.send(json.dumps(asked | {"limit": 100}))

    async def _say(self, message_id: str) -> None:
        if self._socket is None or message_id not in self.kept:
            return
        sent = {"type": "send", "id": message_id, "conversation": self._conversation, "kind": "text"}
        with contextlib.suppress(websockets.WebSocketException):
            await self._socket.send(json.dumps(sent | {"body": {"text": self.kept[message_id]}}))

    async def _take(self, one: dict[str, Any], opened: Any) -> None:
        match one["type"]:
            case "heads":
                self._socket = opened
                await self.say_kept()
            case "ack":
                self.kept.pop(one["id"], None)
                self.acked[one["id"]] = one["seq"]
            case "nack":
                self.refused += 1
            case "ping":
                await opened.send('{"type":"pong"}')
            case "message":
                self._hold(one)
            case "page":
                for message in one["messages"]:
                    self._hold(message)

    def _hold(self, message: dict[str, Any]) -> None:
        if message["conversation"] == self._conversation and message["seq"] > self.last:
            self._held[message["seq"]] = message["id"]
        while self.last + 1 in self._held:
            self.last += 1
            self.shown.append(self._held.pop(self.last))


@pytest.fixture
def room(stack: dict[str, Any], client: Callable[..., httpx.Client]) -> str:
    body = {"kind": "group", "title": "Crash", "members": [stack["accounts"]["user2"]["id"]]}
    return str(client("user").post("/api/v1/conversations/", json=body).json()["id"])


def stored(database: psycopg.Connection, room: str) -> list[tuple[int, str]]:
    rows = database.execute(
        "SELECT seq, id::text FROM messaging_message WHERE conversation_id = %s ORDER BY seq", [room]
    )
    return [(seq, message_id) for seq, message_id in rows]


def test_a_node_that_is_killed_again_and_again_loses_nothing(
    stack: dict[str, Any], second_node: SecondNode, room: str, database: psycopg.Connection
) -> None:
    sender = Person(second_node.url, stack["accounts"]["user"]["token"], room)
    receiver = Person(stack["chat"], stack["accounts"]["user2"]["token"], room)

    async def scenario() -> None:
        staying = [asyncio.create_task(one.stay()) for one in (sender, receiver)]
        filling = asyncio.create_task(fill_gaps(receiver))
        for _ in range(KILLS):
            await until(lambda: bool(sender.acked) or sender._socket is not None)
            for _ in range(RATE * BETWEEN_SECONDS // 10):
                await sender.write("under way")
                await asyncio.sleep(10 / RATE)
            second_node.kill()
            await sender.write("while it is down")
            second_node.start()
        while sender.kept:
            await sender.say_kept()
            await asyncio.sleep(1)
        await until(lambda: set(sender.acked) <= set(receiver.shown))
        for task in (*staying, filling):
            task.cancel()
        await asyncio.gather(*staying, filling, return_exceptions=True)

    async def fill_gaps(person: Person) -> None:
        while True:
            await asyncio.sleep(GAP_SECONDS)
            await person.fetch()

    async def until(reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not reached():
                await asyncio.sleep(0.05)

    # The browser of another journey may keep a loop in this thread.
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(asyncio.run, asyncio.wait_for(scenario(), KILLS * 60)).result()

    kept = stored(database, room)
    assert [seq for seq, _ in kept] == list(range(1, len(kept) + 1))
    assert {message_id for _, message_id in kept} == set(sender.acked)
    assert all(dict(kept)[seq] == message_id for message_id, seq in sender.acked.items())
    assert receiver.shown == [message_id for _, message_id in kept]
