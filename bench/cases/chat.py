"""One-to-one chat: persisted, acknowledged, delivered and confirmed, 20 pairs, 150-byte bodies, two people a pair."""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx

from bench import yardsticks
from bench.chat_load import Client, Clock, connect, message, received
from bench.figures import Figure, percentile
from bench.processor import seconds_by_process
from bench.system import LoadUser, System

PAIRS = 20
TEXT = "x" * 150
WINDOWS = (1, 16)
STEADY_RATE = 1000
GRACE_SECONDS = 10
CREDITS = 10_000_000


class Pair:
    """A sender with a window of unacknowledged messages, and a receiver that confirms what it gets."""

    def __init__(self, conversation: str, clock: Clock, window: int) -> None:
        self.conversation = conversation
        self.clock = clock
        self.window = window
        self.is_sending = True
        self.acked: set[str] = set()
        self.got: set[str] = set()
        self.sender: Client | None = None

    def begin(self) -> None:
        for _ in range(self.window):
            self.send()

    def send(self, due: float | None = None) -> None:
        assert self.sender is not None
        message_id, payload = message(self.conversation, TEXT)
        self.clock.begin(message_id, due)
        if due is not None:
            self.clock.late.append(time.perf_counter() - due)
        self.sender.say(payload)

    def at_sender(self, client: Client, one: dict[str, Any]) -> None:
        if one["type"] == "ack":
            self.acked.add(one["id"])
            self.clock.acked.append(time.perf_counter() - self.clock.due[one["id"]])
            if self.is_sending and self.window:
                self.send()
        elif one["type"] == "nack":
            self.clock.refused += 1
            if self.is_sending and self.window:
                asyncio.get_running_loop().call_later(one.get("retry_after") or 0.1, self.send)

    def at_receiver(self, client: Client, one: dict[str, Any]) -> None:
        if one["type"] == "message" and one["id"] in self.clock.due:
            self.got.add(one["id"])
            self.clock.delivered.append(time.perf_counter() - self.clock.due[one["id"]])
            client.say(received({one["conversation"]: one["seq"]}))


def run(system: System, *, seconds: int) -> Iterator[Figure]:
    """Measure throughput at two windows, latency at a steady rate, and twice the capacity."""
    users = system.make_users(PAIRS * 2)
    # The stage that spends credits stays in; there are enough of them.
    system.manage("grant_chat_credits", "--amount", str(CREDITS), *(user.id for user in users))
    conversations = open_conversations(system, users)
    yardstick = yardsticks.insert_webhook(system)
    best = 0.0
    for window in WINDOWS:
        outcome = asyncio.run(closed(system, users, conversations, window=window, seconds=seconds))
        best = max(best, outcome["rate"])
        yield figure_of(f"chat, window {window}", outcome, system, conversations, yardstick)
    steady = asyncio.run(steadily(system, users, conversations, rate=STEADY_RATE, seconds=seconds))
    yield figure_of(f"chat at {STEADY_RATE} msg/s", steady, system, conversations, yardstick)
    twice = asyncio.run(steadily(system, users, conversations, rate=int(best * 2), seconds=seconds))
    yield figure_of("chat at twice its capacity", twice, system, conversations, yardstick)


def open_conversations(system: System, users: list[LoadUser]) -> list[str]:
    """Open the pairs' conversations and accept them: these people share no event."""
    found = []
    for one, other in zip(users[::2], users[1::2], strict=True):
        with httpx.Client(base_url=system.web, timeout=30) as client:
            asks, answers = ({"Authorization": f"Bearer {user.token}"} for user in (one, other))
            body = {"kind": "direct", "members": [other.id]}
            conversation = client.post("/api/v1/conversations/", json=body, headers=asks).json()["id"]
            client.post(f"/api/v1/conversations/{conversation}/accept/", headers=answers).raise_for_status()
            found.append(conversation)
    return found


async def closed(
    system: System, users: list[LoadUser], conversations: list[str], *, window: int, seconds: int
) -> dict[str, Any]:
    """Each pair sends its next message when one is acknowledged."""
    pairs, clients, clock = await opened(system, users, conversations, window)
    cpu, started = seconds_by_process(), time.perf_counter()
    for pair in pairs:
        pair.begin()
    await asyncio.sleep(seconds)
    return await ended(pairs, clients, clock, cpu, started)


async def steadily(
    system: System, users: list[LoadUser], conversations: list[str], *, rate: int, seconds: int
) -> dict[str, Any]:
    """Send at a fixed rate whatever comes back; latency counts from when a message was due."""
    pairs, clients, clock = await opened(system, users, conversations, 0)
    cpu, started = seconds_by_process(), time.perf_counter()
    for number in range(rate * seconds):
        due = started + number / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        pairs[number % len(pairs)].send(due)
        if number % 64 == 0:
            await asyncio.sleep(0)
    return await ended(pairs, clients, clock, cpu, started)


async def opened(
    system: System, users: list[LoadUser], conversations: list[str], window: int
) -> tuple[list[Pair], list[Client], Clock]:
    clock = Clock()
    pairs = [Pair(conversation, clock, window) for conversation in conversations]
    clients = []
    for pair, one, other in zip(pairs, users[::2], users[1::2], strict=True):
        pair.sender = await connect(system.chat, one.token, one.id, pair.at_sender)
        clients += [pair.sender, await connect(system.chat, other.token, other.id, pair.at_receiver)]
    return pairs, clients, clock


async def ended(
    pairs: list[Pair], clients: list[Client], clock: Clock, cpu: Counter[str], started: float
) -> dict[str, Any]:
    took, acked_in_time = time.perf_counter() - started, len(clock.acked)
    used = seconds_by_process() - cpu
    for pair in pairs:
        pair.is_sending = False
    deadline = time.perf_counter() + GRACE_SECONDS
    while time.perf_counter() < deadline and any(not pair.acked <= pair.got for pair in pairs):
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    for client in clients:
        client.transport.close()
    return {
        "rate": acked_in_time / took,
        "cpu_us": sum(used.values()) / max(1, acked_in_time) * 1e6,
        "cpu_us_of": {name: round(one / max(1, acked_in_time) * 1e6) for name, one in used.most_common(5)},
        "pairs": pairs,
        "clock": clock,
    }


def figure_of(name: str, outcome: dict[str, Any], system: System, conversations: list[str], yardstick: Any) -> Figure:
    """Hold what was acknowledged against what is stored, numbered without a hole, and delivered."""
    pairs, clock = outcome["pairs"], outcome["clock"]
    acked = set().union(*(pair.acked for pair in pairs))
    rooms = [uuid.UUID(one) for one in conversations]
    with system.database() as connection:
        stored = {
            str(row[0])
            for row in connection.execute("SELECT id FROM messaging_message WHERE conversation_id = ANY(%s)", [rooms])
        }
        holes = connection.execute(
            "SELECT count(*) FROM (SELECT conversation_id FROM messaging_message WHERE conversation_id = ANY(%s) "
            "GROUP BY conversation_id HAVING count(*) <> max(seq)) AS holed",
            [rooms],
        ).fetchone()
    lost = len(acked - stored)
    undelivered = sum(len(pair.acked - pair.got) for pair in pairs)
    return Figure(
        name=name,
        figure=outcome["rate"],
        unit="msg/s",
        p99_ms=percentile(clock.delivered or [0.0], 0.99) * 1000,
        yardstick=yardstick,
        verified=lost == 0 and undelivered == 0 and holes == (0,) and bool(acked),
        detail={
            "pairs": PAIRS,
            "p50_ms": round(percentile(clock.delivered or [0.0], 0.5) * 1000, 1),
            "ack_p50_ms": round(percentile(clock.acked or [0.0], 0.5) * 1000, 1),
            "cpu_us": round(outcome["cpu_us"]),
            "of": outcome["cpu_us_of"],
            # Of the load generator itself; counts as latency, since it shares the machine.
            **({"sent_late_p99_ms": round(percentile(clock.late, 0.99) * 1000, 1)} if clock.late else {}),
            "refused": clock.refused,
            "lost": lost,
            "undelivered": undelivered,
        },
    )
