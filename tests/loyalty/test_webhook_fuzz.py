"""Samples of every format, broken at random, through the webhook's door and then through a worker.

`SCALE=ci` (the default) sends a few hundred, `SCALE=full` ten thousand, others each time.
"""

import json
import os
import random
import resource
import time
from collections.abc import Callable
from typing import Any

import pytest

from loyalty.models import WebhookDelivery
from loyalty.selectors import count_ledger_discrepancies
from tests.factories.loyalty import SAMPLES, Shop, make_shop, work_off

FULL = os.environ.get("SCALE", "ci") == "full"
ROUNDS = 10_000 if FULL else 400
SEED = time.time_ns() if FULL else 2026
# Processor time of one request, which doesn't grow when the machine has other things to do.
MOST_SECONDS = 2.0
MOST_GROWTH_KIB = 200 * 1024
CONTENT_TYPES = ["application/json", "application/x-www-form-urlencoded", "text/xml", "text/plain", "", "\x00"]
# What a worker may say about a body that the door took.
REFUSALS = ("", "no_contact", "unreadable_order", "OrderUnknown", "RefundTooLarge", "RefundChanged", "ItemUnknown")
ODD: list[Any] = [
    *(None, True, 0, -1, 10**30, "0", "-1", "", " ", "\x00", "\ud800", "１０", "1e400", "NaN", "=1+1", "~x"),
    *("é" * 300, "a@b", "+79001234567", "x" * 70_000, [], {}, [[]], [{}], {"": ""}, {"a": {"b": {"c": []}}}),
]
STRANGE = [b"\x00", b"\xff", b"\xc3", b"[", b"]", b"{", b'"', b"\\u0000", b"&", b"%", b"=", b"9" * 40, b"[[[[[[[["]


def samples() -> list[bytes]:
    found = [path.read_bytes() for path in sorted(SAMPLES.iterdir()) if path.suffix in (".json", ".txt", ".xml")]
    payload = {"email": "anna@example.com", "orderId": "A-1", "refundId": "R-1", "amount": 10, "bonuses": 1}
    actions = ("purchase", "register_user", "spend_bonuses", "refund_purchase", "get_balance")
    found += [json.dumps({"action": one, "payload": payload | {"orderAmount": 100}}).encode() for one in actions]
    return found


def cut(body: bytes, chance: random.Random) -> bytes:
    return body[: chance.randrange(len(body) + 1)]


def flip(body: bytes, chance: random.Random) -> bytes:
    broken = bytearray(body)
    for _ in range(chance.randint(1, 8)):
        broken[chance.randrange(len(broken))] = chance.randrange(256)
    return bytes(broken)


def insert(body: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(body))
    return body[:at] + chance.choice(STRANGE) * chance.choice([1, 1, 1, 1000]) + body[at:]


def double(body: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(body))
    return body[:at] + body[at:] * chance.randint(2, 40)


def swap(body: bytes, chance: random.Random) -> bytes:
    """Put something odd into a place of the document; what isn't JSON, or too deep for Python's own reader, is cut."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return cut(body, chance)
    places = list(_places(document))
    if not places:
        return body
    holder, key = chance.choice(places)
    holder[key] = chance.choice(ODD)
    return json.dumps(document).encode()


def _places(value: Any) -> Any:
    keys: Any = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in list(keys):
        yield value, key
        yield from _places(value[key])


MUTATIONS: list[Callable[[bytes, random.Random], bytes]] = [cut, flip, insert, double, swap, swap, swap]


@pytest.mark.django_db
class TestBrokenWebhooks:
    def test_never_break_the_door_or_a_worker(self) -> None:
        shop = make_shop(rate_limit_per_minute=10_000_000, record_limit_per_minute=10_000_000)
        chance, bodies = random.Random(SEED), samples()
        wrong, slow = [], []
        for body in bodies:
            self.send(shop, body, "application/json")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        for number in range(ROUNDS):
            body = chance.choice(bodies)
            for _ in range(chance.randint(1, 3)):
                body = chance.choice(MUTATIONS)(body or b"{}", chance)
            status, seconds = self.send(shop, body, chance.choice(CONTENT_TYPES))
            if status not in (200, 400, 404, 409, 413, 422):
                wrong.append((number, status, body[:300]))
            if seconds > MOST_SECONDS:
                slow.append((number, seconds, body[:300]))
        work_off()

        failed = WebhookDelivery.objects.filter(status__in=["dead", "received", "processing"])
        reasons = {one.partition(":")[0] for one in failed.values_list("last_error", flat=True)}
        growth = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert (wrong, slow, SEED) == ([], [], SEED)
        assert reasons <= set(REFUSALS)
        assert growth < MOST_GROWTH_KIB
        # Most of what the door takes names an order of a sample: known already, or now with another amount.
        assert WebhookDelivery.objects.filter(status="processed").count() > 20
        assert WebhookDelivery.objects.filter(status__in=["processed", "duplicate", "conflict"]).count() > ROUNDS / 20
        assert count_ledger_discrepancies() == 0

    @staticmethod
    def send(shop: Shop, body: bytes, content_type: str) -> tuple[int, float]:
        began = time.thread_time()
        response = shop.post(body, content_type=content_type)
        return response.status_code, time.thread_time() - began
