from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection, connections

from common.transactions import use_case
from loyalty.formats.reading import understand
from loyalty.models import LedgerTransaction, WebhookDelivery
from loyalty.selectors import count_ledger_discrepancies
from loyalty.services.receive_webhook import RawWebhook, Receipt, receive_at_once, receive_webhook
from tests.factories.loyalty import NOON, Shop, make_shop, work_off

ANONYMOUS = b'{"action":"batch_purchase","payload":{"purchases":[{"email":"anna@example.com","amount":1000}]}}'
DAY = timedelta(hours=24)


def receive(shop: Shop, body: bytes, *, now: datetime = NOON, webhook_id: str = "") -> Receipt:
    understood = understand(body=body, content_type="application/json", region="RU")
    with use_case():
        raw = RawWebhook(body=body, webhook_id=webhook_id)
        return receive_webhook(project=shop.project, understood=understood, raw=raw, now=now)


@pytest.mark.django_db
class TestBodiesWithoutOrderIds:
    def test_are_the_same_for_24_hours(self) -> None:
        shop = make_shop()

        statuses = [
            receive(shop, ANONYMOUS, now=NOON + after).status for after in (DAY * 0, DAY - timedelta(1e-5), DAY)
        ]
        work_off(NOON + DAY)

        assert statuses == ["accepted", "duplicate", "accepted"]
        assert shop.balances() == {"anna@example.com": (100, 0)}

    def test_are_told_apart_by_their_message_ids(self) -> None:
        shop = make_shop()

        statuses = [receive(shop, ANONYMOUS, webhook_id=webhook_id).status for webhook_id in ("m1", "m2", "m1")]
        work_off(NOON + DAY)

        assert statuses == ["accepted", "accepted", "accepted"]
        assert shop.balances() == {"anna@example.com": (100, 0)}

    def test_of_neighbours_are_not_mixed_up(self) -> None:
        assert [receive(make_shop(), ANONYMOUS).status for _ in range(2)] == ["accepted", "accepted"]


@pytest.mark.django_db
class TestGivenUpOrders:
    BODY = b'{"action":"purchase","payload":{"email":"anna@example.com","amount":1000,"orderId":"A-1"}}'

    def test_are_taken_anew_when_the_shop_sends_them_again(self) -> None:
        shop = make_shop()
        first = receive(shop, self.BODY)
        WebhookDelivery.objects.update(status="dead", finished_at=NOON)

        again = receive(shop, self.BODY)
        work_off(NOON)
        WebhookDelivery.objects.filter(id=first.delivery_id).update(status="received", finished_at=None)
        work_off(NOON)

        assert (again.status, again.needs_work) == ("accepted", True)
        assert shop.balances() == {"anna@example.com": (50, 0)}


class TestReceiveAtOnce:
    BODY = b'{"action":"purchase","payload":{"email":"anna@example.com","amount":1000,"orderId":"A-1"}}'

    def at_once(self, shop: Shop, body: bytes) -> Receipt | None:
        understood = understand(body=body, content_type="application/json", region="RU")
        raw = RawWebhook(body=body, headers={"content-type": "application/json"}, signed_with="plain")
        return receive_at_once(project=shop.project, understood=understood, raw=raw, now=NOON)

    @pytest.mark.django_db
    def test_writes_the_row_that_the_orm_would_write(self) -> None:
        shop = make_shop()

        receipt = self.at_once(shop, self.BODY)

        row = WebhookDelivery.objects.get()
        assert receipt is not None
        assert (row.id, row.answer) == (receipt.delivery_id, {"status": "accepted", "webhookId": str(row.id)})
        assert (bytes(row.body), row.headers) == (self.BODY, {"content-type": "application/json"})
        assert (row.status, row.claim, row.order_amount, row.order_paid) == ("received", "order:A-1", 1000, True)
        assert (row.received_at, row.next_attempt_at, row.attempts, row.result) == (NOON, NOON, 0, {})

    @pytest.mark.django_db
    @pytest.mark.parametrize(
        "body", [BODY, b'{"action":"get_balance","payload":{"email":"a@example.com"}}', b'{"test":"test"}']
    )
    def test_leaves_to_the_long_way_what_takes_more(self, body: bytes) -> None:
        shop = make_shop()
        receive(shop, self.BODY)

        assert self.at_once(shop, body) is None
        assert WebhookDelivery.objects.count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_survives_a_connection_that_has_died(self) -> None:
        shop = make_shop()
        connection.ensure_connection()
        pid = connection.connection.info.backend_pid
        with connections["default"].copy().cursor() as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
            other.connection.close()

        assert self.at_once(shop, self.BODY) is not None
        assert WebhookDelivery.objects.count() == 1


@pytest.mark.django_db(transaction=True)
class TestStorm:
    def test_accrues_once_however_many_come_at_the_same_moment(self) -> None:
        shop = make_shop(rate_limit_per_minute=1000)
        standard = b'{"action":"purchase","payload":{"email":"anna@example.com","amount":1000,"orderId":"A-1"}}'
        batch = b'{"action":"batch_purchase","payload":{"purchases":[{"email":"anna@example.com","amount":1000,"orderId":"A-1"}]}}'
        tilda = b'[{"Email":"anna@example.com","payment":{"orderid":"A-1","amount":"1000"}}]'
        statuses: list[int] = []
        start = Barrier(12)

        def send(body: bytes, headers: dict[str, str]) -> None:
            start.wait()
            statuses.extend(shop.post(body, headers=headers).status_code for _ in range(5))
            work_off()
            connections.close_all()

        variants: list[tuple[bytes, dict[str, str]]] = [
            (standard, {}),
            (batch, {}),
            (tilda, {}),
            (standard, {"webhook-id": "m1"}),
        ]
        threads = [Thread(target=send, args=variants[n % 4]) for n in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        work_off()

        assert set(statuses) == {200}
        assert shop.balances() == {"anna@example.com": (50, 0)}
        assert LedgerTransaction.objects.count() == 1
        assert not WebhookDelivery.objects.filter(status__in=["received", "processing", "dead"]).exists()
        assert count_ledger_discrepancies() == 0

    def test_takes_points_once_however_many_tills_ask(self) -> None:
        shop = make_shop(rate_limit_per_minute=1000)
        receive(shop, ANONYMOUS)
        work_off(NOON)
        answers: list[tuple[int, str]] = []
        start = Barrier(8)

        def spend(order_id: str) -> None:
            payload: dict[str, Any] = {
                "email": "anna@example.com",
                "bonuses": 20,
                "orderId": order_id,
                "orderAmount": 100,
            }
            start.wait()
            response = shop.post({"action": "spend_bonuses", "payload": payload})
            answers.append((response.status_code, response.json().get("code", "")))
            connections.close_all()

        threads = [Thread(target=spend, args=(f"T-{n % 4}",)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        # 50 points: two orders of 20, each answered to both tills that asked for it.
        assert sorted(answers) == [(200, "")] * 4 + [(409, "insufficient_bonuses")] * 4
        assert shop.balances() == {"anna@example.com": (10, 0)}
        assert count_ledger_discrepancies() == 0
