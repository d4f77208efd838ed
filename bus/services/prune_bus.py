"""Remove old rows: facts after 7 days, done deliveries and inbox entries after 8, stored answers after 24 hours."""

from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from bus.models import Delivery, InboxMessage, OutboxRow, RelayCursor
from common.models import IdempotencyRecord
from common.transactions import requires_transaction

OUTBOX_KEPT = timedelta(days=7)
# Longer than the outbox: a fact that is sent again must still be known.
SEEN_KEPT = timedelta(days=8)
ANSWERS_KEPT = timedelta(hours=24)


@requires_transaction
def prune_bus() -> None:
    """Delete by age; never a fact that a reader has yet to pass or that a parked delivery may need."""
    Delivery.objects.filter(status=Delivery.Status.DONE, finished_at__lt=Now() - SEEN_KEPT).delete()
    InboxMessage.objects.filter(received_at__lt=Now() - SEEN_KEPT).delete()
    IdempotencyRecord.objects.filter(created_at__lt=Now() - ANSWERS_KEPT).delete()
    reached = min(RelayCursor.objects.values_list("from_transaction", flat=True), default=0)
    needed = Delivery.objects.filter(outbox_id=OuterRef("id")).exclude(status=Delivery.Status.DONE)
    old = OutboxRow.objects.filter(occurred_at__lt=Now() - OUTBOX_KEPT, transaction_id__lt=reached)
    old.filter(~Exists(needed)).delete()
