"""Many sockets at once on the running chat: readers that don't read, and everybody coming back within seconds."""

import asyncio
import json
import re
import socket
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
import websockets

from bench.cases.connections import chat_process
from bench.chat_load import Client, connect
from bench.system import System
from tests.faults.chat_client import Person
from tests.faults.conftest import FULL

# Each asks for PAGES pages of some 300 KiB and takes nothing: in the long form 400 MB are offered.
SLOW = 68 if FULL else 4
PAGES = 20
# One person may not ask faster than the node is patient (messaging.domain.patience).
PAUSE_SECONDS = 0.3 if FULL else 0.0
WRITTEN = 40
TEXT = "ш" * 4000
MEMORY_BYTES = 160 * 1024 * 1024
PEOPLE = 100 if FULL else 5
BACK = 2000 if FULL else 60
BACK_SECONDS = 5.0 if FULL else 0.2
PATIENCE_SECONDS = 60


@pytest.fixture
def system(state: None, stack: dict[str, Any]) -> System:
    return System(demo=stack)


@pytest.fixture
def chat(system: System) -> psutil.Process:
    return chat_process(system)


def counted(stack: dict[str, Any], series: str) -> float:
    """Return what a counter of the chat process says."""
    metrics = httpx.get(stack["chat"].replace("ws://", "http://") + "/metrics").text
    found = re.search(rf"^{re.escape(series)} (\S+)$", metrics, re.MULTILINE)
    return float(found[1]) if found else 0.0


def reads_to_begin(stack: dict[str, Any]) -> float:
    """Return how often the chat process has read the store for sockets that begin: their tokens and their heads."""
    return sum(counted(stack, f'chat_begin_reads_total{{what="{what}"}}') for what in ("tokens", "heads"))


def closed_as_slow(stack: dict[str, Any]) -> float:
    """Return how many sockets the chat process has closed because they were too slow."""
    return counted(stack, 'chat_closed_total{code="4008"}')


def in_own_loop(work: Any) -> Any:
    """Run a coroutine where no browser of another journey keeps a loop."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, work).result()


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not reached():
            await asyncio.sleep(0.05)


class SlowReader:
    """A socket that asks for a great deal, and from then on takes nothing from the network."""

    def __init__(self, url: str, token: str, room: str) -> None:
        self._place = urlsplit(url)
        self._url = f"{url.rstrip('/')}/ws/chat/"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._room = room
        self._socket: Any = None

    async def ask(self) -> None:
        plain = socket.create_connection((self._place.hostname, self._place.port))
        # What the kernel would hold for a reader is no part of the question.
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 * 1024)
        options: Any = {"additional_headers": self._headers, "compression": None, "max_queue": 1, "ping_interval": None}
        self._socket = await websockets.connect(self._url, sock=plain, **options)
        await self._socket.send(json.dumps({"type": "hello", "device": str(uuid.uuid4())}))
        asked = {"type": "history", "request": "all", "conversation": self._room, "limit": 100}
        await self._socket.send("\n".join([json.dumps(asked)] * PAGES))

    def leave(self) -> None:
        self._socket.transport.abort()


def test_readers_that_do_not_read_cost_little_and_only_themselves(
    stack: dict[str, Any], client: Callable[..., httpx.Client], chat: psutil.Process
) -> None:
    accounts = stack["accounts"]
    body = {"kind": "group", "title": "Slow", "members": [accounts["user2"]["id"]]}
    room, other = [client("user").post("/api/v1/conversations/", json=body).json()["id"] for _ in range(2)]
    before, memory = closed_as_slow(stack), [chat.memory_info().rss]

    async def scenario() -> tuple[Person, Person, Person]:
        writer = Person(stack["chat"], accounts["user"]["token"], room)
        talker = Person(stack["chat"], accounts["user"]["token"], other)
        reader = Person(stack["chat"], accounts["user2"]["token"], other)
        staying = [asyncio.create_task(one.stay()) for one in (writer, talker, reader)]
        await until(lambda: all(one.is_there for one in (writer, talker, reader)))
        writer.write(*[TEXT] * WRITTEN)
        await until(lambda: not writer.kept)
        slow = [SlowReader(stack["chat"], accounts["user2"]["token"], room) for _ in range(SLOW)]
        for one in slow:
            await one.ask()
            talker.write("untouched")
            memory.append(chat.memory_info().rss)
            await asyncio.sleep(PAUSE_SECONDS)
        await until(lambda: memory.append(chat.memory_info().rss) or closed_as_slow(stack) >= before + SLOW)  # type: ignore[func-returns-value]
        await until(lambda: not talker.kept and set(talker.acked) == set(reader.shown))
        for one in slow:
            one.leave()
        back = Person(stack["chat"], accounts["user2"]["token"], room)
        staying.append(asyncio.create_task(back.stay()))
        await until(lambda: back.last == WRITTEN)
        for task in staying:
            task.cancel()
        await asyncio.gather(*staying, return_exceptions=True)
        return writer, reader, back

    writer, reader, back = in_own_loop(scenario())

    assert max(memory) - memory[0] < MEMORY_BYTES
    assert reader.breaks == 0
    assert set(back.shown) == set(writer.acked)
    assert len(back.shown) == WRITTEN


def test_all_who_come_back_together_ask_the_store_once_each(stack: dict[str, Any], system: System) -> None:
    accounts = stack["accounts"]
    known = [accounts[name] for name in ("user", "user2", "organizer", "shop_owner", "admin")]
    people = [(one["token"], one["id"]) for one in known]
    if FULL:
        people = [(one.token, one.id) for one in system.make_users(PEOPLE)]
    before = reads_to_begin(stack)

    async def scenario() -> list[Client]:
        begun = asyncio.get_running_loop().time()

        async def back(number: int) -> Client:
            due = begun + number * BACK_SECONDS / BACK
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
            return await connect(stack["chat"], *people[number % len(people)])

        clients = await asyncio.gather(*(back(number) for number in range(BACK)))
        for one in clients:
            one.transport.close()
        return clients

    clients = in_own_loop(scenario())

    # connect() returns when the heads have come, so each has got its own.
    assert len(clients) == BACK
    # Tokens and heads, each of a moment together: no more reads than sockets in all.
    assert 0 < reads_to_begin(stack) - before <= BACK
