"""Signed purchase webhooks of many shops, in mixed formats, accepted and stored through POST /api/webhook/{secret}."""

import base64
import hashlib
import hmac
import itertools
import json
import time
import uuid
from collections.abc import Iterator

from bench import http_load, yardsticks
from bench.figures import Figure
from bench.processor import metered
from bench.system import System

SHOPS = 200
CONNECTIONS = 16
RATE = 500
FORM = "application/x-www-form-urlencoded"


def run(system: System, *, seconds: int) -> Iterator[Figure]:
    """Find the throughput, then the latency at 500 a second; every acknowledged webhook must be in the table."""
    shops = make_shops(system, SHOPS)
    yardstick = yardsticks.insert_webhook(system)
    detail = {"shops": SHOPS, "connections": CONNECTIONS, "formats": "JSON signed, Tilda JSON, Tilda form"}
    for name, load in (
        (
            "webhook, as fast as answers come",
            lambda requests: http_load.closed_loop(system.web, requests, connections=CONNECTIONS, seconds=seconds),
        ),
        (
            f"webhook, {RATE} a second",
            lambda requests: http_load.open_loop(
                system.web, requests, rate=RATE, connections=CONNECTIONS, seconds=seconds
            ),
        ),
    ):
        before = stored(system)
        with metered() as meter:
            outcome = load(orders(shops))
        lost = outcome.statuses[200] - (stored(system) - before)
        yield Figure(
            name=name,
            figure=outcome.per_second,
            unit="req/s",
            p99_ms=outcome.p99_ms,
            yardstick=yardstick,
            verified=lost <= 0 and outcome.statuses.keys() == {200} and outcome.broken == 0,
            detail=detail
            | {
                "p50_ms": round(outcome.p50_ms, 1),
                "lost": max(0, lost),
                "cpu_ms": meter.per_unit_ms(outcome.answered),
            },
        )


def make_shops(system: System, count: int) -> list[dict[str, str]]:
    owner = system.demo["accounts"]["shop_owner"]["id"]
    return [
        json.loads(line)
        for line in system.manage("make_shops", f"--count={count}", f"--owner={owner}").splitlines()
        if line.startswith("{")
    ]


def stored(system: System) -> int:
    return system.count("SELECT count(*) FROM loyalty_webhookdelivery")


def orders(shops: list[dict[str, str]]) -> Iterator[http_load.Request]:
    run_id = uuid.uuid4().hex[:8]
    for number, shop in zip(itertools.count(), itertools.cycle(shops)):
        order_id, email = f"{run_id}-{number}", f"c{number % 20_000}@load.example"
        if number % 3 == 0:
            payload = {"email": email, "amount": 1000, "orderId": order_id, "description": "x" * 400}
            body = json.dumps({"action": "purchase", "payload": payload}).encode()
            headers = {"Content-Type": "application/json"} | signed(shop["signing_key"], body)
        elif number % 3 == 1:
            products = [{"name": "Tent", "quantity": 1, "price": 1000, "sku": "T-1"}]
            payment = {"amount": "1000", "orderid": order_id, "products": products, "sys": "tinkoff", "systranid": "1"}
            body = json.dumps([{"name": "Anna", "email": email, "payment": payment, "utm_source": "x"}]).encode()
            headers = {"Content-Type": "application/json"}
        else:
            body = f"Email={email}&payment[orderid]={order_id}&payment[amount]=1000&formid=f1".encode()
            headers = {"Content-Type": FORM}
        yield http_load.Request(
            path=f"/api/webhook/{shop['webhook_secret']}", method="POST", headers=headers, body=body
        )


def signed(key: str, body: bytes) -> dict[str, str]:
    message_id, timestamp = uuid.uuid4().hex, str(int(time.time()))
    secret = base64.b64decode(key.removeprefix("whsec_"))
    digest = hmac.new(secret, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(digest).decode()}"
    return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": signature}
