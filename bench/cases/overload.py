"""A database that becomes slow under the chat and quick again: who is slowed, what is left out, what is lost (nothing)."""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg
from confluent_kafka import Producer
from stack import ports

from bench.cases.chat import GRACE_SECONDS, Pair, figure_of, open_conversations, opened
from bench.chat_load import Clock
from bench.curves import Curve, draw
from bench.figures import Figure
from bench.system import LoadUser, System

PAIRS = 40
# Each writer at this rate spends just what comes back to it while all is well.
RATE_EACH = 5
TYPING_EACH = 5
ORDERS_PER_SECOND = 5
CALM, SLOW, AFTER = 10, 25, 25
COMMIT_SECONDS = 0.4
LOOKS_PER_SECOND = 4
# Until readers of Kafka feel a node's pressure.
LEARNT_SECONDS = 2.0
SLOW_DOWN = """
    CREATE OR REPLACE FUNCTION bench_slow() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_sleep({seconds}); RETURN NULL; END $$;
    CREATE TRIGGER bench_slow AFTER INSERT ON messaging_message FOR EACH STATEMENT EXECUTE FUNCTION bench_slow();
"""
RECOVER = "DROP TRIGGER IF EXISTS bench_slow ON messaging_message; DROP FUNCTION IF EXISTS bench_slow();"
# Of the last run, for `documents`.
_pictures: dict[str, str] = {}


@dataclass
class Watch:
    """What /metrics of the chat and of the consumer said, look by look."""

    chat: str
    consumer: str
    begun: float
    looks: list[tuple[float, dict[str, float]]] = field(default_factory=list)

    async def look(self, clock: Clock) -> None:
        """Look again and again until cancelled."""
        async with httpx.AsyncClient(timeout=10) as http:
            while True:
                chat, consumer = [(await http.get(one)).text for one in (self.chat, self.consumer)]
                found = {
                    "pressure": total(chat, "chat_pressure"),
                    "shedding": total(chat, "chat_pressure_state", state="shedding"),
                    "stored": total(chat, "chat_parcels_total", type="send", stage="ack"),
                    "shed": total(chat, "chat_dropped_total", type="typing"),
                    "refused": float(clock.refused),
                    "consumed": total(consumer, "bus_messages_consumed_total"),
                }
                self.looks.append((time.perf_counter() - self.begun, found))
                await asyncio.sleep(1 / LOOKS_PER_SECOND)

    def level(self, name: str) -> list[tuple[float, float]]:
        return [(at, found[name]) for at, found in self.looks]

    def speed(self, name: str) -> list[tuple[float, float]]:
        """Return by how much a counter grew per second, from one second to the next."""
        pairs = zip(self.looks, self.looks[LOOKS_PER_SECOND:], strict=False)
        return [(late[0], (late[1][name] - early[1][name]) / (late[0] - early[0])) for early, late in pairs]

    def between(self, name: str, start: float, end: float) -> list[float]:
        return [found[name] for at, found in self.looks if start <= at < end]


def total(text: str, series: str, **labels: str) -> float:
    """Add up the samples of a series that have these labels."""
    found = 0.0
    for line in re.finditer(rf"^{series}(?:{{(.*)}})? (\S+)$", text, re.MULTILINE):
        if all(f'{name}="{value}"' in (line[1] or "") for name, value in labels.items()):
            found += float(line[2])
    return found


def run(system: System, *, seconds: int) -> Iterator[Figure]:
    """Go through calm, a slow database and the time after it; `seconds` is not asked: the phases have their own."""
    users = system.make_users(PAIRS * 2)
    conversations = open_conversations(system, users)
    outcome, watch = asyncio.run(load(system, users, conversations))
    slow_end = CALM + SLOW
    passed = {
        "highest_pressure": round(max(watch.between("pressure", CALM, slow_end)), 2),
        "shed": int(watch.looks[-1][1]["shed"]),
        "consumed_while_shedding": consumed_while_shedding(watch),
        "pressure_at_the_end": round(watch.looks[-1][1]["pressure"], 2),
    }
    figure = figure_of("chat over a slow database", outcome, system, conversations, None)
    took_part = (
        passed["highest_pressure"] >= 0.8
        and passed["shed"] > 0
        and passed["consumed_while_shedding"] == 0
        and passed["pressure_at_the_end"] < 0.35
        and outcome["clock"].refused > 0
    )
    _pictures["overload.svg"] = picture(watch)
    yield Figure(
        name=figure.name,
        figure=figure.figure,
        unit=figure.unit,
        p99_ms=figure.p99_ms,
        verified=figure.verified and took_part,
        detail=figure.detail | passed | {"pairs": PAIRS},
    )


def documents() -> dict[str, str]:
    """Return what `--write-docs` writes into docs/ beside the table."""
    return _pictures


def consumed_while_shedding(watch: Watch) -> int:
    """Count Kafka messages taken while the node was shedding: but for its first two seconds, when readers learn of it."""
    consumed, since, before = 0.0, None, 0.0
    for at, found in watch.looks:
        if not found["shedding"]:
            since = None
        elif since is None:
            since = at
        elif at - since > LEARNT_SECONDS:
            consumed += found["consumed"] - before
        before = found["consumed"]
    return int(consumed)


async def load(system: System, users: list[LoadUser], conversations: list[str]) -> tuple[dict[str, Any], Watch]:
    pairs, clients, clock = await opened(system, users, conversations, 0)
    chat = system.chat.replace("ws://", "http://") + "/metrics"
    consumer = f"http://127.0.0.1:{ports.remembered()['metrics-consumer']}/metrics"
    watch = Watch(chat, consumer, time.perf_counter())
    tasks = [
        asyncio.create_task(watch.look(clock)),
        asyncio.create_task(order(system, users[0])),
        *(asyncio.create_task(talk(pair, number / PAIRS)) for number, pair in enumerate(pairs)),
    ]
    with system.database() as connection:
        await phases(connection)
    for task in tasks[2:]:
        task.cancel()
    await settle(pairs)
    for task in tasks[:2]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for client in clients:
        client.transport.close()
    took = time.perf_counter() - watch.begun
    return {"rate": len(clock.acked) / took, "cpu_us": 0.0, "cpu_us_of": {}, "pairs": pairs, "clock": clock}, watch


async def phases(connection: psycopg.Connection) -> None:
    """Let it be calm, then slow, then calm again, however this ends."""
    await asyncio.sleep(CALM)
    try:
        await asyncio.to_thread(connection.execute, SLOW_DOWN.format(seconds=COMMIT_SECONDS))
        await asyncio.sleep(SLOW)
    finally:
        await asyncio.to_thread(connection.execute, RECOVER)
    await asyncio.sleep(AFTER)


async def settle(pairs: list[Pair]) -> None:
    """Wait until what was acknowledged has reached its receivers."""
    deadline = time.perf_counter() + GRACE_SECONDS
    while time.perf_counter() < deadline and any(not pair.acked <= pair.got for pair in pairs):
        await asyncio.sleep(0.1)


async def talk(pair: Pair, offset: float) -> None:
    """Write and type at a steady rate, whatever comes back."""
    assert pair.sender is not None
    pair.window = 0
    typing = json.dumps({"type": "typing", "conversation": pair.conversation}).encode()
    await asyncio.sleep(offset / RATE_EACH)
    while not pair.sender.closed.done():
        pair.send()
        pair.sender.say(*[typing] * (TYPING_EACH // RATE_EACH))
        await asyncio.sleep(1 / RATE_EACH)


async def order(system: System, user: LoadUser) -> None:
    """Write to a topic that the system reads, as another system would."""
    producer = Producer({"bootstrap.servers": system.demo["kafka"]})
    body = json.dumps({"users": [user.id], "code": "bench", "data": {}})
    try:
        while True:
            producer.produce("messaging.system", key=user.id, value=body)
            producer.poll(0)
            await asyncio.sleep(1 / ORDERS_PER_SECOND)
    finally:
        producer.flush(5)


def picture(watch: Watch) -> str:
    curves = [
        Curve(name="Pressure of the node", unit="0 to 1", points=watch.level("pressure")),
        Curve(name="Messages acknowledged", unit="a second", points=watch.speed("stored")),
        Curve(name="Refused: no credits", unit="a second", points=watch.speed("refused")),
        Curve(name="Typing left out", unit="a second", points=watch.speed("shed")),
        Curve(name="Read from Kafka", unit="a second", points=watch.speed("consumed")),
    ]
    return draw(
        "The chat over a database that becomes slow",
        "Written by bin/bench overload --write-docs from /metrics of the chat and of the consumer.",
        curves,
        shaded=(CALM, CALM + SLOW),
        shade_name=f"each commit takes {COMMIT_SECONDS} s longer",
    )
