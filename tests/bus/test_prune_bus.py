from datetime import timedelta

import pytest
from django.utils import timezone

from bus.models import Delivery, InboxMessage, OutboxRow, RelayCursor
from bus.services.prune_bus import prune_bus
from common.ids import new_id
from common.transactions import use_case

pytestmark = pytest.mark.django_db

LONG_AGO = timezone.now() - timedelta(days=30)


def old_row(key: str) -> OutboxRow:
    row = OutboxRow.objects.create(fact_id=new_id(), wire_type="t", topic="t", key=key, payload="{}")
    OutboxRow.objects.filter(id=row.id).update(occurred_at=LONG_AGO)
    return row


def everything_read() -> None:
    RelayCursor.objects.create(name="kafka", from_transaction=2**60, to_transaction=2**60)


class TestPruneBus:
    def test_removes_what_is_old_and_done(self) -> None:
        everything_read()
        old_row("old")
        OutboxRow.objects.create(fact_id=new_id(), wire_type="t", topic="t", key="young", payload="{}")
        InboxMessage.objects.create(consumer="c", message_id="m", received_at=LONG_AGO)

        with use_case():
            prune_bus()

        assert list(OutboxRow.objects.values_list("key", flat=True)) == ["young"]
        assert not InboxMessage.objects.exists()

    def test_keeps_what_a_reader_has_not_reached(self) -> None:
        RelayCursor.objects.create(name="kafka")
        old_row("unread")

        with use_case():
            prune_bus()

        assert OutboxRow.objects.count() == 1

    def test_keeps_what_a_parked_delivery_may_need(self) -> None:
        everything_read()
        row = old_row("parked")
        Delivery.objects.create(
            handler="h", fact_id=row.fact_id, outbox_id=row.id, key="parked", status="parked", finished_at=LONG_AGO
        )

        with use_case():
            prune_bus()

        assert OutboxRow.objects.count() == 1
