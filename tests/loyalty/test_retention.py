from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from common.ids import first_id_at
from common.retention import RETENTION, remove_what_is_over
from loyalty.models import CallbackEvent, Order, Transfer, WebhookDelivery
from tests.factories.loyalty import Shop, make_delivery, make_shop, work_off

pytestmark = pytest.mark.django_db
NOW = timezone.now()
LONG_AGO = NOW - timedelta(days=91)
GOOD = b'{"action":"purchase","payload":{"email":"anna@example.com","amount":1000,"orderId":"A-1"}}'


@pytest.fixture
def shop() -> Shop:
    return make_shop()


def transfer(shop: Shop, status: str, at: datetime) -> None:
    finished = at if status == "done" else None
    Transfer.objects.create(
        project=shop.project,
        kind="import_customers",
        status=status,
        created_at=at,
        started_at=finished,
        finished_at=finished,
    )


class TestRawWebhooks:
    def test_are_removed_when_they_came_to_something_long_ago(self, shop: Shop) -> None:
        for number, (status, at) in enumerate(
            [
                ("processed", LONG_AGO),
                ("duplicate", LONG_AGO),
                ("dead", LONG_AGO),
                ("conflict", LONG_AGO),
                ("processed", NOW),
            ]
        ):
            make_delivery(shop, id=first_id_at(at + timedelta(seconds=number)), status=status, finished_at=at)

        remove_what_is_over(rules=[RETENTION["loyalty.webhooks"]], now=NOW)

        assert sorted(WebhookDelivery.objects.values_list("status", flat=True)) == ["conflict", "dead", "processed"]

    def test_leave_their_orders_known(self, shop: Shop) -> None:
        shop.post(GOOD)
        work_off()

        remove_what_is_over(rules=[RETENTION["loyalty.webhooks"]], now=NOW + timedelta(days=91))
        gone = not WebhookDelivery.objects.exists()
        shop.post(GOOD)
        work_off()

        assert gone
        assert Order.objects.count() == 1
        assert WebhookDelivery.objects.get().status == "duplicate"
        assert shop.balances() == {"anna@example.com": (50, 0)}


class TestCallbackEvents:
    def test_are_removed_when_the_shop_has_taken_them(self, shop: Shop) -> None:
        for number, (status, at) in enumerate([("delivered", LONG_AGO), ("dead", LONG_AGO), ("delivered", NOW)]):
            CallbackEvent.objects.create(
                id=first_id_at(at + timedelta(seconds=number)),
                project=shop.project,
                event="bonus_awarded",
                body=b"{}",
                status=status,
                next_attempt_at=at,
                created_at=at,
                finished_at=at,
            )

        remove_what_is_over(rules=[RETENTION["loyalty.callback_events"]], now=NOW)

        assert sorted(CallbackEvent.objects.values_list("status", flat=True)) == ["dead", "delivered"]


class TestTransfers:
    def test_are_removed_after_a_week(self, shop: Shop) -> None:
        for status in ("done", "checked", "waiting"):
            transfer(shop, status, LONG_AGO)
            transfer(shop, status, NOW)

        remove_what_is_over(rules=[RETENTION["loyalty.transfers"], RETENTION["loyalty.unstarted_imports"]], now=NOW)

        left = sorted(Transfer.objects.values_list("status", flat=True))
        assert left == ["checked", "done", "waiting", "waiting"]
