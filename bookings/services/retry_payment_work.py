"""Start again what waits for a person: refunds that failed for good, notices that were parked."""

import uuid
from datetime import datetime

from django.db.models import QuerySet

from audit.services.record_entry import record_entry
from bookings.models import ProviderWebhook, Refund
from common.transactions import requires_transaction


@requires_transaction
def retry_refunds(*, refunds: QuerySet[Refund], actor_id: uuid.UUID, now: datetime) -> int:
    """Make failed refunds due again; return how many there were."""
    ids = list(refunds.filter(status=Refund.Status.FAILED).order_by("id").values_list("id", flat=True))
    failed = Refund.objects.filter(id__in=ids, status=Refund.Status.FAILED)
    count = failed.update(status=Refund.Status.PENDING, attempts=0, next_attempt_at=now, settled_at=None)
    _audit(actor_id, "bookings.retry_refund", "bookings.refund", ids, ["failed", "pending"])
    return count


@requires_transaction
def retry_webhooks(*, webhooks: QuerySet[ProviderWebhook], actor_id: uuid.UUID, now: datetime) -> int:
    """Make parked notices due again; return how many there were."""
    parked = ProviderWebhook.Status.PARKED
    ids = list(webhooks.filter(status=parked).order_by("id").values_list("id", flat=True))
    waiting = ProviderWebhook.objects.filter(id__in=ids, status=parked)
    count = waiting.update(status=ProviderWebhook.Status.RECEIVED, attempts=0, next_attempt_at=now)
    _audit(actor_id, "bookings.retry_webhook", "bookings.providerwebhook", ids, ["parked", "received"])
    return count


def _audit(actor_id: uuid.UUID, action: str, target_type: str, ids: list[uuid.UUID], change: list[str]) -> None:
    for one in ids:
        record_entry(
            actor_id=actor_id,
            action=action,
            target_type=target_type,
            target_id=str(one),
            changes={"status": change},
        )
