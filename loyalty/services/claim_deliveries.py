"""Take webhooks that wait, for one worker alone, for the time of a lease.

A worker that dies keeps its webhooks until the lease ends; one that has killed five workers is given up.
"""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db.models import F, Func, IntegerField

from common.transactions import requires_transaction
from loyalty.models import Project, WebhookDelivery
from loyalty.models.webhook_delivery import WebhookDeliveryQuerySet

log = structlog.get_logger(__name__)

BATCH = 400
# Of so many webhooks that have waited longest, the projects are looked at.
LOOKED_AT = 400
# What one worker takes at once; a batch of a thousand records weighs about a tenth of it.
MOST_BYTES = 1024 * 1024
LEASE = timedelta(seconds=30)
MAX_ATTEMPTS = 5
Status = WebhookDelivery.Status


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A webhook that this worker may work on; `attempt` proves it later."""

    delivery_id: uuid.UUID
    project_id: uuid.UUID
    attempt: int
    size_bytes: int = 0


@requires_transaction
def claim_deliveries(*, now: datetime, limit: int = BATCH) -> list[Claim]:
    """Return claims on webhooks that are due and that no other worker holds, the oldest first.

    A batch costs hardly more than one webhook, of however many projects. A project that another worker is at is left to
    it: there this one would only wait.
    """
    waiting = WebhookDelivery.objects.due(now)
    mine = waiting.filter(project_id__in=_free_projects(waiting)).locked_unless_taken()
    size = Func("body", function="octet_length", output_field=IntegerField())
    found = mine.annotate(size_bytes=size).values_list("id", "project_id", "attempts", "size_bytes")[:limit]
    due = _not_too_much(
        Claim(delivery_id=delivery_id, project_id=project_id, attempt=attempts + 1, size_bytes=size_bytes)
        for delivery_id, project_id, attempts, size_bytes in found
    )
    spent = [one.delivery_id for one in due if one.attempt > MAX_ATTEMPTS]
    if spent:
        log.error("loyalty.webhook.dead", deliveries=[str(one) for one in spent], error="lease expired")
        WebhookDelivery.objects.filter(id__in=spent).update(
            status=Status.DEAD, finished_at=now, lease_expires_at=None, last_error="its workers have died"
        )
    taken = [one for one in due if one.attempt <= MAX_ATTEMPTS]
    WebhookDelivery.objects.filter(id__in=[one.delivery_id for one in taken]).update(
        status=Status.PROCESSING, attempts=F("attempts") + 1, lease_expires_at=now + LEASE
    )
    return taken


def _free_projects(waiting: WebhookDeliveryQuerySet) -> list[uuid.UUID]:
    """Return projects that have waited longest and that nobody is at; they stay locked until the claim is committed."""
    oldest = set(waiting.order_by("next_attempt_at").values_list("project_id", flat=True)[:LOOKED_AT])
    free = _unless_taken(oldest)
    if oldest and not free:
        # A large shop's backlog stands in front of everybody's, and a worker is at it: the others needn't wait for that.
        behind = waiting.exclude(project_id__in=oldest).values_list("project_id", flat=True)
        free = _unless_taken(set(behind.distinct()[:LOOKED_AT]))
    return free


def _unless_taken(project_ids: Collection[uuid.UUID]) -> list[uuid.UUID]:
    return list(Project.objects.filter(id__in=project_ids).locked_unless_taken().values_list("id", flat=True))


def _not_too_much(found: Iterable[Claim]) -> list[Claim]:
    """Return the first of them, at least one, as far as a worker gets through them well within its lease."""
    chosen: list[Claim] = []
    weight = 0
    for one in found:
        weight += one.size_bytes
        if chosen and weight > MOST_BYTES:
            break
        chosen.append(one)
    return chosen


@requires_transaction
def claim_delivery(*, delivery_id: uuid.UUID, now: datetime) -> Claim | None:
    """Return a claim on one webhook that has just come, or None when a worker was quicker."""
    fresh = WebhookDelivery.objects.filter(id=delivery_id, status=Status.RECEIVED, attempts=0)
    if not fresh.update(status=Status.PROCESSING, attempts=1, lease_expires_at=now + LEASE):
        return None
    project_id = WebhookDelivery.objects.values_list("project_id", flat=True).get(id=delivery_id)
    return Claim(delivery_id=delivery_id, project_id=project_id, attempt=1)
