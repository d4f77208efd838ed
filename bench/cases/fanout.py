"""One room of 50 connected members: how many deliveries a second reach their sockets."""

import asyncio
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx

from bench import yardsticks
from bench.chat_load import Client, connect, message
from bench.figures import Figure
from bench.system import LoadUser, System

MEMBERS = 50
WRITERS = 10
WINDOW = 16
TEXT = "x" * 150
GRACE_SECONDS = 10
CREDITS = 10_000_000


def run(system: System, *, seconds: int) -> Iterator[Figure]:
    """Let some members write, each with a window of unacknowledged messages."""
    users = system.make_users(MEMBERS)
    system.manage("grant_chat_credits", "--amount", str(CREDITS), *(user.id for user in users[:WRITERS]))
    room = open_room(system, users)
    acked, deliveries, took = asyncio.run(load(system, users, room, seconds))
    stored = system.count("SELECT count(*) FROM messaging_message WHERE conversation_id = %s", [uuid.UUID(room)])
    expected = acked * (MEMBERS - 1)
    yield Figure(
        name="fan-out, room of 50",
        figure=deliveries / took,
        unit="deliveries/s",
        yardstick=yardsticks.insert_webhook(system),
        verified=stored == acked and deliveries >= expected and acked > 0,
        detail={"members": MEMBERS, "writers": WRITERS, "messages": acked, "stored": stored, "expected": expected},
    )


def open_room(system: System, users: list[LoadUser]) -> str:
    """Open a group of two who have accepted each other; the others, being strangers, join by its invitation."""
    owner, friend, *others = ({"Authorization": f"Bearer {user.token}"} for user in users)
    with httpx.Client(base_url=f"{system.web}/api/v1/conversations/", timeout=30) as client:

        def post(path: str, headers: dict[str, str], body: object = None) -> httpx.Response:
            return client.post(path, headers=headers, json=body).raise_for_status()

        direct = post("", owner, {"kind": "direct", "members": [users[1].id]}).json()["id"]
        post(f"{direct}/accept/", friend)
        room = str(post("", owner, {"kind": "group", "title": "Fan-out", "members": [users[1].id]}).json()["id"])
        invitation = post(f"{room}/invitation/", owner).json()
        for headers in others:
            post("join/", headers, invitation)
    return room


async def load(system: System, users: list[LoadUser], room: str, seconds: int) -> tuple[int, int, float]:
    """Return how many messages were acknowledged, how many deliveries came, and in what time."""
    sent, acked, seen, is_writing = WRITERS * WINDOW, 0, set(), True

    def take(client: Client, one: dict[str, Any]) -> None:
        nonlocal sent, acked
        if one["type"] == "message":
            seen.add((client.user, one["seq"]))
        elif one["type"] == "ack":
            acked += 1
            if is_writing:
                sent += 1
                client.say(message(room, TEXT)[1])

    clients = [await connect(system.chat, user.token, user.id, take) for user in users]
    started = time.perf_counter()
    for client in clients[:WRITERS]:
        client.say(*(message(room, TEXT)[1] for _ in range(WINDOW)))
    await asyncio.sleep(seconds)
    is_writing = False
    deadline = time.perf_counter() + GRACE_SECONDS
    while (acked < sent or len(seen) < acked * (MEMBERS - 1)) and time.perf_counter() < deadline:
        await asyncio.sleep(0.05)
    took = time.perf_counter() - started
    for client in clients:
        client.transport.close()
    return acked, len(seen), took
