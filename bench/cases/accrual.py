"""Stored webhooks → points in the ledger, by the system's own workers: one purchase each, then batches of 1,000."""

import hashlib
import json
import time
import uuid
from collections.abc import Iterator

from bench import yardsticks
from bench.cases.webhook import make_shops
from bench.figures import Figure
from bench.processor import metered
from bench.system import System

SHOPS = 200
LONGEST_SECONDS = 600
INSERT = """
    INSERT INTO loyalty_webhookdelivery (id, project_id, body, digest, headers, signed_with, format, action, webhook_id,
        order_paid, status, attempts, next_attempt_at, last_error, answer, result, received_at)
    VALUES (%s, %s, %s, %s, '{"content-type": "application/json"}', '', 'standard', %s, '', true, 'received', 0, now(), '',
        '{}', '{}', now())
"""


def run(system: System, *, seconds: int) -> Iterator[Figure]:
    """Store what waits, then watch until nothing does; ten times the data shows whether the cost grows with it.

    So much waits that the second until a worker looks by itself counts for little.
    """
    shops = [one["id"] for one in make_shops(system, SHOPS)]
    yardstick = yardsticks.insert_webhook(system)
    for name, action, webhooks, records in (
        ("accrual, single purchases", "purchase", 1000 * seconds, 1),
        ("accrual, batches of 1,000", "batch_purchase", 5 * seconds, 1000),
        ("accrual, single purchases again, on all that", "purchase", 1000 * seconds, 1),
    ):
        store(system, shops, action, webhooks, records)
        before = accrued(system)
        with metered() as meter:
            took = wait_for_workers(system)
        count = webhooks * records
        yield Figure(
            name=name,
            figure=count / took,
            unit="records/s",
            yardstick=yardstick,
            verified=accrued(system) - before <= count and missing(system) == 0 and disagreeing(system) == 0,
            detail={
                "shops": SHOPS,
                "webhooks": webhooks,
                "seconds": round(took, 1),
                "cpu_ms": meter.per_unit_ms(count, at_least=0.01),
            },
        )


def store(system: System, shops: list[str], action: str, webhooks: int, records: int) -> None:
    run_id = uuid.uuid4().hex[:8]
    with system.database() as database, database.transaction(), database.cursor() as sql:
        for number in range(webhooks):
            purchases = [
                {
                    "email": f"c{(number * 7 + n) % 5_000}@load.example",
                    "amount": 100,
                    "orderId": f"{run_id}-{number}-{n}",
                }
                for n in range(records)
            ]
            payload = purchases[0] if action == "purchase" else {"purchases": purchases}
            body = json.dumps({"action": action, "payload": payload}).encode()
            digest = hashlib.sha256(body).digest()
            sql.execute(INSERT, [uuid.uuid4(), shops[number % len(shops)], body, digest, action])


def wait_for_workers(system: System) -> float:
    began = time.monotonic()
    while system.count("SELECT count(*) FROM loyalty_webhookdelivery WHERE status IN ('received', 'processing')"):
        if time.monotonic() - began > LONGEST_SECONDS:
            break
        time.sleep(0.2)
    return time.monotonic() - began


def accrued(system: System) -> int:
    return system.count("SELECT count(*) FROM loyalty_ledgertransaction WHERE kind = 'accrual'")


def missing(system: System) -> int:
    """Count orders without their points, and webhooks that did not come through."""
    return system.count(
        "SELECT (SELECT count(*) FROM loyalty_order o WHERE kind = 'purchase' AND amount > 0 AND NOT EXISTS"
        " (SELECT FROM loyalty_ledgertransaction t WHERE t.order_id = o.id AND t.kind = 'accrual'))"
        " + (SELECT count(*) FROM loyalty_webhookdelivery WHERE status NOT IN ('processed', 'duplicate', 'conflict'))"
    )


def disagreeing(system: System) -> int:
    return system.count(
        "SELECT count(*) FROM loyalty_ledgeraccount a WHERE customer_id IS NOT NULL AND balance <> coalesce("
        "(SELECT sum(amount) FROM loyalty_ledgerentry e WHERE e.account_id = a.id), 0)"
    )
