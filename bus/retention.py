"""How long the bus and what lies below it keep their rows."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from bus.models import Delivery, InboxMessage, OutboxRow, RelayCursor
from common.models import IdempotencyRecord
from common.retention import keep

OUTBOX_KEPT = timedelta(days=7)
# Longer than the outbox: a fact that is sent again must still be known.
SEEN_KEPT = timedelta(days=8)


@keep("bus.outbox", kept=OUTBOX_KEPT)
def facts(limit: datetime) -> QuerySet[OutboxRow]:
    """Return old facts, never one that a reader has yet to pass or that an unfinished delivery may need."""
    reached = min(RelayCursor.objects.values_list("from_transaction", flat=True), default=0)
    needed = Delivery.objects.filter(outbox_id=OuterRef("id")).exclude(status=Delivery.Status.DONE)
    return OutboxRow.objects.filter(~Exists(needed), occurred_at__lt=limit, transaction_id__lt=reached)


@keep("bus.deliveries", kept=SEEN_KEPT)
def done_deliveries(limit: datetime) -> QuerySet[Delivery]:
    return Delivery.objects.filter(status=Delivery.Status.DONE, finished_at__lt=limit)


@keep("bus.inbox", kept=SEEN_KEPT)
def inbox_messages(limit: datetime) -> QuerySet[InboxMessage]:
    return InboxMessage.objects.filter(received_at__lt=limit)


@keep("common.idempotency", kept=timedelta(hours=24))
def stored_answers(limit: datetime) -> QuerySet[IdempotencyRecord]:
    return IdempotencyRecord.objects.filter(created_at__lt=limit)
