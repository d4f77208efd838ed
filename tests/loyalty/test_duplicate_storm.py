"""One order a hundred times at the same moment, through real HTTP, in every form that a shop can give it."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Thread

import httpx
import pytest
from django.db import connections
from pytest_django.live_server_helper import LiveServer

from loyalty.models import LedgerTransaction, Order, WebhookDelivery
from loyalty.selectors import count_ledger_discrepancies
from tests.factories.loyalty import make_shop, work_off

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
PURCHASE = {"email": "anna@example.com", "amount": 1000, "orderId": "A-1"}
OTHER = {"email": "boris@example.com", "amount": 100, "orderId": "B-1"}


def as_json(body: object) -> tuple[bytes, dict[str, str]]:
    return json.dumps(body).encode(), {"Content-Type": JSON}


VARIANTS: list[tuple[bytes, dict[str, str]]] = [
    as_json({"action": "purchase", "payload": PURCHASE}),
    as_json({"action": "batch_purchase", "payload": {"purchases": [PURCHASE]}}),
    as_json({"action": "batch_purchase", "payload": {"purchases": [OTHER, PURCHASE]}}),
    as_json([{"Email": "anna@example.com", "payment": {"orderid": "A-1", "amount": "1000"}}]),
    (b"Email=anna@example.com&payment[orderid]=A-1&payment[amount]=1000", {"Content-Type": FORM}),
]
AT_ONCE, EACH = 25, 4


def post(client: httpx.Client, address: str, *, content: bytes, headers: dict[str, str]) -> int:
    """Send as a shop does: one that is cut off sends again."""
    try:
        return client.post(address, content=content, headers=headers).status_code
    except httpx.TransportError:
        return client.post(address, content=content, headers=headers).status_code


@pytest.mark.django_db(transaction=True)
class TestDuplicateStorm:
    def test_of_a_hundred_accrues_once(self, live_server: LiveServer) -> None:
        shop = make_shop(rate_limit_per_minute=10_000)
        address = f"{live_server.url}/api/webhook/{shop.secret}"
        start, is_over = Barrier(AT_ONCE), Event()

        def send(number: int) -> list[int]:
            body, headers = VARIANTS[number % len(VARIANTS)]
            with httpx.Client(timeout=60) as client:
                start.wait()
                return [post(client, address, content=body, headers=headers) for _ in range(EACH)]

        def work() -> None:
            while not is_over.is_set():
                work_off()
            connections.close_all()

        workers = [Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        try:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                statuses = [status for found in pool.map(send, range(AT_ONCE)) for status in found]
        finally:
            is_over.set()
            for worker in workers:
                worker.join()
        work_off()

        assert statuses == [200] * (AT_ONCE * EACH)
        assert shop.balances() == {"anna@example.com": (50, 0), "boris@example.com": (5, 0)}
        assert sorted(Order.objects.values_list("order_id", flat=True)) == ["A-1", "B-1"]
        assert LedgerTransaction.objects.count() == 2
        assert not WebhookDelivery.objects.filter(status__in=["received", "processing", "dead"]).exists()
        assert count_ledger_discrepancies() == 0

    def test_of_batches_without_order_ids_accrues_once(self, live_server: LiveServer) -> None:
        shop = make_shop(rate_limit_per_minute=10_000)
        address = f"{live_server.url}/api/webhook/{shop.secret}"
        body, headers = as_json(
            {"action": "batch_purchase", "payload": {"purchases": [{"email": "anna@example.com", "amount": 1000}]}}
        )
        start = Barrier(10)

        def send(_: int) -> str:
            start.wait()
            return str(httpx.post(address, content=body, headers=headers, timeout=60).json()["status"])

        with ThreadPoolExecutor(10) as pool:
            statuses = list(pool.map(send, range(10)))
        work_off()

        assert sorted(statuses) == ["accepted"] + ["duplicate"] * 9
        assert shop.balances() == {"anna@example.com": (50, 0)}
