"""Chat nodes that are killed again and again: nothing acknowledged is lost, shown twice or out of order."""

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from stack.environment import for_another_stack

from bench.cases.chat import open_conversations
from bench.system import System
from tests.faults.chat_client import Person
from tests.faults.conftest import FULL

KILLS = 12 if FULL else 2
BETWEEN_SECONDS = 5 if FULL else 2
PAIRS = 8 if FULL else 1
# Of all together. A user has 50 credits each 10 seconds, unless more are granted.
RATE = 1000 if FULL else 10
TICK_SECONDS = 0.02 if FULL else 1.0
CREDITS = 1_000_000
PATIENCE_SECONDS = 60
# What publishing has lost is there within this.
GAP_SECONDS = 1.0
PROJECT = Path(__file__).resolve().parents[2]
log = logging.getLogger(__name__)


class OwnNode:
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
        options = [
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--ws",
            "websockets-sansio",
            "--ws-max-size",
            "65536",
        ]
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
def nodes(state: None, stack: dict[str, Any]) -> Iterator[list[OwnNode]]:
    """Nodes that may be killed: in the long form two, in turn; in the short one it stands beside the stack's own."""
    own = [OwnNode(stack) for _ in range(2 if FULL else 1)]
    for node in own:
        node.start()
    yield own
    for node in own:
        node.kill()


@pytest.fixture
def rooms(state: None, stack: dict[str, Any], client: Callable[..., httpx.Client]) -> list[tuple[str, str, str]]:
    """The conversation, the writer's token and the reader's token of each pair."""
    if not FULL:
        accounts = stack["accounts"]
        body = {"kind": "group", "title": "Crash", "members": [accounts["user2"]["id"]]}
        room = client("user").post("/api/v1/conversations/", json=body).json()["id"]
        return [(room, accounts["user"]["token"], accounts["user2"]["token"])]
    system = System(demo=stack)
    users = system.make_users(PAIRS * 2)
    system.manage("grant_chat_credits", "--amount", str(CREDITS), *(one.id for one in users[::2]))
    found = open_conversations(system, users)
    return [(room, users[2 * n].token, users[2 * n + 1].token) for n, room in enumerate(found)]


def stored(database: psycopg.Connection, room: str) -> list[tuple[int, str]]:
    rows = database.execute(
        "SELECT seq, id::text FROM messaging_message WHERE conversation_id = %s ORDER BY seq", [UUID(room)]
    )
    return [(seq, message_id) for seq, message_id in rows]


class Scenario:
    """Writers that go on writing while their nodes die, and readers on every node."""

    def __init__(self, urls: list[str], rooms: list[tuple[str, str, str]]) -> None:
        place = cycle(urls)
        self.writers = [Person(next(place), token, room) for room, token, _ in rooms]
        # One device of a reader is always on a node that another one isn't on.
        self.readers = [Person(url, token, room) for room, _, token in rooms for url in urls]

    async def run(self, nodes: list[OwnNode]) -> None:
        staying = [asyncio.create_task(one.stay()) for one in (*self.writers, *self.readers)]
        await self._until(lambda: all(one.is_there for one in (*self.writers, *self.readers)))
        for _, node in zip(range(KILLS), cycle(nodes), strict=False):
            await self._write_for(BETWEEN_SECONDS)
            node.kill()
            for writer in self.writers:
                writer.write("while it is down")
            node.start()
        await self._until(lambda: not any(one.kept for one in self.writers))
        await self._until(lambda: all(one.last >= self._last_of(one) for one in self.readers))
        for task in staying:
            task.cancel()
        await asyncio.gather(*staying, return_exceptions=True)

    async def _write_for(self, seconds: float) -> None:
        """Write at the rate, evenly, whatever comes back."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        each = RATE * TICK_SECONDS / len(self.writers)
        for tick in range(round(seconds / TICK_SECONDS)):
            for writer in self.writers:
                count = int((tick + 1) * each) - int(tick * each)
                writer.write(*["under way"] * count)
            await asyncio.sleep(max(0.0, begun + (tick + 1) * TICK_SECONDS - loop.time()))

    def _last_of(self, reader: Person) -> int:
        return max(seq for one in self.writers if one.room == reader.room for seq in one.acked.values())

    @staticmethod
    async def _until(reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not reached():
                await asyncio.sleep(0.05)


def test_nodes_that_are_killed_again_and_again_lose_nothing(
    stack: dict[str, Any],
    nodes: list[OwnNode],
    rooms: list[tuple[str, str, str]],
    database: psycopg.Connection,
) -> None:
    urls = [one.url for one in nodes] if FULL else [nodes[0].url, stack["chat"]]
    scenario = Scenario(urls, rooms)

    # The browser of another journey may keep a loop in this thread.
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(asyncio.run, asyncio.wait_for(scenario.run(nodes), KILLS * 60)).result()

    for writer in scenario.writers:
        kept = stored(database, writer.room)
        assert [seq for seq, _ in kept] == list(range(1, len(kept) + 1))
        assert {message_id for _, message_id in kept} == set(writer.acked)
        assert all(dict(kept)[seq] == message_id for message_id, seq in writer.acked.items())
        for reader in scenario.readers:
            if reader.room == writer.room:
                assert reader.shown == [message_id for _, message_id in kept]
    longest = max(one.longest_gap for one in scenario.readers)
    count = sum(len(one.acked) for one in scenario.writers)
    refused = sum(one.refused for one in scenario.writers)
    log.info("%s kills, %s acknowledged, %s refused at first, longest gap %.2f s", KILLS, count, refused, longest)
    if FULL:
        assert longest <= GAP_SECONDS
