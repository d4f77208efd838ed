"""Idle sockets: how many are held at once, and what each costs in memory."""

import asyncio
import resource
from collections.abc import Iterator

import psutil

from bench.chat_load import Client, connect
from bench.figures import Figure
from bench.system import System

SOCKETS = 5000
PEOPLE = 200
TOGETHER = 50
IDLE_SECONDS = 3


def run(system: System, *, seconds: int) -> Iterator[Figure]:
    """Open sockets until there are enough, let them be idle, and look at the chat process."""
    users = system.make_users(PEOPLE)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65536), most))
    held, before, after = asyncio.run(hold(system, [(user.token, user.id) for user in users]))
    each = (after - before) / max(1, held) / 1024
    yield Figure(
        name="idle sockets",
        figure=held,
        unit="sockets",
        verified=held == SOCKETS,
        detail={"people": PEOPLE, "KiB_each": round(each, 1), "asked": SOCKETS},
    )


async def hold(system: System, users: list[tuple[str, str]]) -> tuple[int, int, int]:
    """Return how many sockets are still open after a while, and the chat's memory before and with them."""
    chat = chat_process(system)
    before = chat.memory_info().rss
    clients: list[Client] = []
    for start in range(0, SOCKETS, TOGETHER):
        batch = [users[number % len(users)] for number in range(start, start + TOGETHER)]
        answers = await asyncio.gather(
            *(connect(system.chat, token, user) for token, user in batch), return_exceptions=True
        )
        clients += [one for one in answers if isinstance(one, Client)]
    await asyncio.sleep(IDLE_SECONDS)
    held = sum(not client.closed.done() for client in clients)
    after = chat.memory_info().rss
    for client in clients:
        client.transport.close()
    return held, before, after


def chat_process(system: System) -> psutil.Process:
    """Return the process that listens where the chat is."""
    port = int(system.chat.rsplit(":", 1)[1].split("/")[0])
    for one in psutil.net_connections("tcp"):
        if one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port and one.pid:
            return psutil.Process(one.pid)
    raise ProcessLookupError(system.chat)
