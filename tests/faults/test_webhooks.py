"""Shops send orders as fast as they may while workers are killed, Redis is emptied and PostgreSQL restarts."""

import contextlib
import itertools
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest
import redis

from bench.cases.webhook import make_shops
from bench.system import System
from tests.faults.conftest import FULL
from tests.faults.test_servers import stopped
from tests.journeys.shoppers import insistently

SHOPS = 200 if FULL else 8
SENDERS = 32 if FULL else 8
ORDERS = 500 * 60 if FULL else 400
PER_SECOND = 500 if FULL else 80
CUSTOMERS = 5_000 if FULL else 40
# Each is done once while orders come; the long form goes round and round.
ROUNDS = 3 if FULL else 1
PAUSE_SECONDS = 6.0 if FULL else 0.5

# What the orders of this run came to; each must be 0.
UNSOUND = {
    "orders lost": """
        SELECT %(count)s - count(*) FROM loyalty_order WHERE starts_with(order_id, %(run)s) AND kind = 'purchase'""",
    "orders without exactly one accrual of 5 percent": """
        SELECT count(*) FROM loyalty_order AS placed WHERE starts_with(order_id, %(run)s) AND NOT EXISTS (
            SELECT FROM loyalty_ledgertransaction AS posted JOIN loyalty_ledgerentry AS entry
                ON entry.transaction_id = posted.id
            JOIN loyalty_ledgeraccount AS account ON account.id = entry.account_id AND account.kind = 'active'
            WHERE posted.order_id = placed.id AND posted.kind = 'accrual'
            HAVING count(*) = 1 AND sum(entry.amount) = 5)""",
    "facts other than one for each order": """
        SELECT count(*) FROM (
            SELECT placed.order_id, count(told.id) AS told FROM loyalty_order AS placed
            LEFT JOIN bus_outboxrow AS told ON told.wire_type = 'loyalty.bonus.awarded.v1'
                AND told.key = placed.customer_id::text AND told.payload::jsonb ->> 'order_id' = placed.order_id
            WHERE starts_with(placed.order_id, %(run)s) GROUP BY placed.order_id) AS counted
        WHERE told <> 1""",
    "webhooks given up": """
        SELECT count(*) FROM loyalty_webhookdelivery WHERE status = 'dead' AND project_id = ANY(%(shops)s::uuid[])""",
    "balances that disagree with their entries": """
        SELECT count(*) FROM loyalty_ledgeraccount AS account WHERE customer_id IS NOT NULL AND balance <> coalesce(
            (SELECT sum(amount) FROM loyalty_ledgerentry WHERE account_id = account.id), 0)""",
}
UNFINISHED = """
    SELECT count(*) FROM loyalty_webhookdelivery
    WHERE status IN ('received', 'processing') AND project_id = ANY(%(shops)s::uuid[])"""


def test_orders_survive_what_dies_around_them(
    stack: dict[str, Any],
    state: None,
    killing: Callable[[str], None],
    eventually: Callable[..., Any],
) -> None:
    run = f"{uuid.uuid4().hex[:10]}-"
    shops = make_shops(System(demo=stack), SHOPS)
    given = {"run": run, "count": ORDERS, "shops": [shop["id"] for shop in shops]}
    is_over = threading.Event()

    def empty_redis() -> None:
        redis.Redis.from_url(stack["redis"]).flushall()

    def restart_postgres() -> None:
        with stopped("postgres"):
            time.sleep(0.5)

    def kill(kind: str) -> None:
        with contextlib.suppress(pytest.skip.Exception):
            # Not up again yet after the last time.
            killing(kind)

    def break_things() -> None:
        blows = (lambda: kill("worker-critical"), empty_redis, restart_postgres, lambda: kill("web"))
        for _round, blow in itertools.product(range(ROUNDS), blows):
            blow()
            # What is killed before it stands would only come back ever more slowly.
            while not is_over.wait(PAUSE_SECONDS) and not answers_again(stack["web"]):
                pass
            if is_over.is_set():
                return

    breaker = threading.Thread(target=break_things)
    breaker.start()
    try:
        answers = send_all(stack["web"], orders(shops, run))
    finally:
        is_over.set()
        breaker.join()

    def settled() -> bool:
        with contextlib.suppress(psycopg.OperationalError):
            return count(stack, UNFINISHED, given) == 0
        return False

    eventually(settled, what="every webhook is worked off", seconds=180)
    found = {what: count(stack, query, given) for what, query in UNSOUND.items()}
    assert answers == ORDERS
    assert found == dict.fromkeys(UNSOUND, 0)


def answers_again(web: str) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"{web}/readyz", timeout=5).status_code == 200
    return False


def orders(shops: list[dict[str, str]], run: str) -> Iterator[tuple[str, Any]]:
    """Yield the address and the body of each: a third each as JSON, by Tilda, and in a batch of one."""
    for number, shop in zip(range(ORDERS), itertools.cycle(shops), strict=False):
        order_id, email = f"{run}{number}", f"c{number % CUSTOMERS}@faults.example"
        purchase = {"email": email, "amount": 100, "orderId": order_id}
        body: Any = (
            {"action": "purchase", "payload": purchase},
            [{"Email": email, "payment": {"orderid": order_id, "amount": "100"}}],
            {"action": "batch_purchase", "payload": {"purchases": [purchase]}},
        )[number % 3]
        yield f"/api/webhook/{shop['webhook_secret']}", body


def send_all(web: str, work: Iterator[tuple[str, Any]]) -> int:
    """Send everything at the given rate, each until it is taken; return how many were."""
    began, turn = time.monotonic(), itertools.count()
    source, guard = iter(work), threading.Lock()

    def send() -> int:
        taken = 0
        with httpx.Client(base_url=web, timeout=20) as client:
            while True:
                with guard:
                    item, due = next(source, None), began + next(turn) / PER_SECOND
                if item is None:
                    return taken
                time.sleep(max(0.0, due - time.monotonic()))
                path, body = item
                raw = json.dumps(body).encode()
                answer = insistently(
                    lambda path=path, raw=raw: client.post(
                        path, content=raw, headers={"Content-Type": "application/json"}
                    )
                )
                assert answer.status_code == 200, answer.text
                taken += 1

    with ThreadPoolExecutor(SENDERS) as pool:
        return sum(one.result() for one in [pool.submit(send) for _ in range(SENDERS)])


def count(stack: dict[str, Any], query: str, given: dict[str, Any]) -> int:
    with psycopg.connect(stack["database"]) as database:
        row = database.execute(query, given).fetchone()
    assert row is not None
    return int(row[0])
