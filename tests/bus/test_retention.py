from datetime import timedelta

import pytest
from django.utils import timezone

from bus.models import Delivery, InboxMessage, OutboxRow, RelayCursor
from common.ids import new_id
from common.models import IdempotencyRecord
from common.retention import RETENTION, remove_what_is_over

pytestmark = pytest.mark.django_db

LONG_AGO = timezone.now() - timedelta(days=30)


def old_row(key: str) -> OutboxRow:
    row = OutboxRow.objects.create(fact_id=new_id(), wire_type="t", topic="t", key=key, payload="{}")
    OutboxRow.objects.filter(id=row.id).update(occurred_at=LONG_AGO)
    return row


def everything_read() -> None:
    RelayCursor.objects.create(name="kafka", from_transaction=2**60, to_transaction=2**60)


def remove_old_rows_of_the_bus() -> None:
    rules = [rule for name, rule in RETENTION.items() if name.split(".")[0] in ("bus", "common")]
    remove_what_is_over(rules=rules, now=timezone.now())


class TestRetention:
    def test_removes_what_is_old_and_done(self) -> None:
        everything_read()
        old_row("old")
        OutboxRow.objects.create(fact_id=new_id(), wire_type="t", topic="t", key="young", payload="{}")
        InboxMessage.objects.create(consumer="c", message_id="m", received_at=LONG_AGO)
        answer = {"user_id": new_id(), "fingerprint": b"", "status": 201, "body": "{}"}
        IdempotencyRecord.objects.create(key="old", created_at=timezone.now() - timedelta(hours=25), **answer)
        IdempotencyRecord.objects.create(key="young", created_at=timezone.now() - timedelta(hours=23), **answer)
        for key, finished_at in (("seen", LONG_AGO), ("just seen", timezone.now())):
            Delivery.objects.create(
                handler="h", fact_id=new_id(), outbox_id=0, key=key, status="done", finished_at=finished_at
            )

        remove_old_rows_of_the_bus()

        assert list(OutboxRow.objects.values_list("key", flat=True)) == ["young"]
        assert not InboxMessage.objects.exists()
        assert list(Delivery.objects.values_list("key", flat=True)) == ["just seen"]
        assert list(IdempotencyRecord.objects.values_list("key", flat=True)) == ["young"]

    def test_keeps_what_a_reader_has_not_reached(self) -> None:
        RelayCursor.objects.create(name="kafka")
        old_row("unread")

        remove_old_rows_of_the_bus()

        assert OutboxRow.objects.count() == 1

    def test_keeps_what_a_parked_delivery_may_need(self) -> None:
        everything_read()
        row = old_row("parked")
        Delivery.objects.create(
            handler="h", fact_id=row.fact_id, outbox_id=row.id, key="parked", status="parked", finished_at=LONG_AGO
        )

        remove_old_rows_of_the_bus()

        assert OutboxRow.objects.count() == 1
