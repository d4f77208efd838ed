"""The relay: facts in the outbox until Kafka has acknowledged them and their handlers have been given them."""

import json
import time
import uuid
from collections.abc import Iterator

from bench import yardsticks
from bench.figures import Figure
from bench.system import System

COUNTS = (5_000, 50_000)
HANDLED = 2_000
PATIENCE_SECONDS = 300

FACTS_SQL = """
    INSERT INTO bus_outboxrow (fact_id, wire_type, topic, key, payload, request_id)
    SELECT uuidv7(), %(type)s, %(topic)s, gen_random_uuid(), %(payload)s, '' FROM generate_series(1, %(count)s)
    RETURNING id
"""
LAST_READ_SQL = "SELECT min(last_id) FROM bus_relaycursor WHERE name IN ('kafka', 'handlers')"
DONE_SQL = "SELECT count(*) FROM bus_delivery WHERE status = 'done' AND outbox_id BETWEEN %s AND %s"
FIELDS = {"email": "load@example.com", "phone": "", "display_name": "Load", "locale": "ru", "time_zone": "UTC"}


def run(system: System, *, seconds: int) -> Iterator[Figure]:
    """Write facts at once and wait for both readers to pass them; `seconds` doesn't matter here."""
    for count in COUNTS:
        took, first, last = _pass(system, "bench.pot.boiled.v1", "bench.pot", {"volume": 3}, count)
        yield Figure(
            name=f"relay, {count:,} facts to Kafka and dispatched",
            figure=count / took,
            unit="facts/s",
            yardstick=yardsticks.insert_webhook(system),
            verified=last - first + 1 >= count and _read_up_to(system) >= last,
            detail={"facts": count, "seconds": round(took, 2)},
        )
    yield _handled(system)


def _handled(system: System) -> Figure:
    """Measure a handler's own speed; the facts of a task are one transaction."""
    payload = FIELDS | {"user_id": str(uuid.uuid4()), "birth_on": None}
    started_at = time.monotonic()
    _, first, last = _pass(system, "accounts.user.changed.v1", "accounts.user", payload, HANDLED)
    wanted = HANDLED
    done = 0
    while done < wanted and time.monotonic() - started_at < PATIENCE_SECONDS:
        time.sleep(0.2)
        done = system.count(DONE_SQL, [first, last])
    return Figure(
        name="relay, handlers done",
        figure=done / (time.monotonic() - started_at),
        unit="facts/s",
        yardstick=yardsticks.insert_webhook(system),
        verified=done >= wanted,
        detail={"facts": HANDLED, "all about": "one person"},
    )


def _pass(system: System, wire_type: str, topic: str, payload: dict[str, object], count: int) -> tuple[float, int, int]:
    """Return how long both readers took, and the first and last row."""
    values = {"type": wire_type, "topic": topic, "payload": json.dumps(payload), "count": count}
    with system.database() as database:
        ids = [row[0] for row in database.execute(FACTS_SQL, values).fetchall()]
    started_at = time.monotonic()
    while _read_up_to(system) < ids[-1] and time.monotonic() - started_at < PATIENCE_SECONDS:
        time.sleep(0.02)
    return time.monotonic() - started_at, ids[0], ids[-1]


def _read_up_to(system: System) -> int:
    return system.count(LAST_READ_SQL)
