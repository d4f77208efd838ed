"""Take webhooks that wait, for one worker alone, for the time of a lease.

A worker that dies keeps its webhooks until the lease ends; one that has killed five workers is given up.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db.models import F

from common.transactions import requires_transaction
from loyalty.models import WebhookDelivery

log = structlog.get_logger(__name__)

BATCH = 100
LEASE = timedelta(seconds=30)
MAX_ATTEMPTS = 5
Status = WebhookDelivery.Status


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A webhook that this worker may work on; `attempt` proves it later."""

    delivery_id: uuid.UUID
    project_id: uuid.UUID
    attempt: int


@requires_transaction
def claim_deliveries(*, now: datetime, limit: int = BATCH) -> list[Claim]:
    """Return claims on the oldest webhooks that are due and that no other worker holds."""
    due = list(WebhookDelivery.objects.due(now).locked_unless_taken().only("id", "project_id", "attempts")[:limit])
    spent = [one.id for one in due if one.attempts >= MAX_ATTEMPTS]
    if spent:
        log.error("loyalty.webhook.dead", deliveries=[str(one) for one in spent], error="lease expired")
        WebhookDelivery.objects.filter(id__in=spent).update(
            status=Status.DEAD, finished_at=now, lease_expires_at=None, last_error="its workers have died"
        )
    taken = [one for one in due if one.attempts < MAX_ATTEMPTS]
    WebhookDelivery.objects.filter(id__in=[one.id for one in taken]).update(
        status=Status.PROCESSING, attempts=F("attempts") + 1, lease_expires_at=now + LEASE
    )
    return [Claim(delivery_id=one.id, project_id=one.project_id, attempt=one.attempts + 1) for one in taken]


@requires_transaction
def claim_delivery(*, delivery_id: uuid.UUID, now: datetime) -> Claim | None:
    """Return a claim on one webhook that has just come, or None when a worker was quicker."""
    fresh = WebhookDelivery.objects.filter(id=delivery_id, status=Status.RECEIVED, attempts=0)
    if not fresh.update(status=Status.PROCESSING, attempts=1, lease_expires_at=now + LEASE):
        return None
    project_id = WebhookDelivery.objects.values_list("project_id", flat=True).get(id=delivery_id)
    return Claim(delivery_id=delivery_id, project_id=project_id, attempt=1)
