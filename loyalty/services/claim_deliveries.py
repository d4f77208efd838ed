"""Take webhooks that wait, for one worker alone, for the time of a lease.

A worker that dies keeps its webhooks until the lease ends; one that has killed five workers is given up.
"""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

import structlog
from django.db.models import Func, IntegerField

from common.transactions import requires_transaction
from loyalty.models import Project, WebhookDelivery
from loyalty.models.webhook_delivery import WebhookDeliveryQuerySet

log = structlog.get_logger(__name__)

BATCH = 400
# Of so many webhooks that have waited longest, those are taken whose projects are free.
LOOKED_AT = 800
# What one worker takes at once: about three batches of a thousand records. More would leave the others nothing to do.
MOST_BYTES = 256 * 1024
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


@dataclass(frozen=True)
class _Seen:
    """A webhook as it was when it was looked at, without a lock."""

    delivery_id: uuid.UUID
    project_id: uuid.UUID
    status: str
    attempts: int
    size_bytes: int

    @property
    def claim(self) -> Claim:
        return Claim(
            delivery_id=self.delivery_id,
            project_id=self.project_id,
            attempt=self.attempts + 1,
            size_bytes=self.size_bytes,
        )


@requires_transaction
def claim_deliveries(*, now: datetime, limit: int = BATCH) -> list[Claim]:
    """Return claims on webhooks that are due and that no other worker holds, those of the longest waiting projects first.

    A batch costs hardly more than one webhook, of however many projects. A project that another worker is at is left to
    it: there this one would only wait. So that the others find projects too, this one takes few projects with all that
    they have, rather than a little of each.
    """
    due = WebhookDelivery.objects.due(now)
    seen = _not_too_much(_project_by_project(_of_free_projects(due))[:limit])
    spent = [one.delivery_id for one in seen if one.attempts >= MAX_ATTEMPTS]
    if spent:
        log.error("loyalty.webhook.dead", deliveries=[str(one) for one in spent], error="lease expired")
        # Only what is still due: its last worker may have come to its end since the look.
        due.filter(id__in=spent).update(
            status=Status.DEAD, finished_at=now, lease_expires_at=None, last_error="its workers have died"
        )
    alive = [one for one in seen if one.attempts < MAX_ATTEMPTS]
    taken = WebhookDelivery.objects.claim(
        [(one.delivery_id, one.status, one.attempts) for one in alive], until=now + LEASE
    )
    return [one.claim for one in alive if one.delivery_id in taken]


def _of_free_projects(waiting: WebhookDeliveryQuerySet) -> list[_Seen]:
    """Return what has waited longest of projects that nobody is at; they stay locked until the claim is committed."""
    seen = _look_at(waiting)
    projects = {one.project_id for one in seen}
    free = _unless_taken(projects)
    if seen and not free:
        # A large shop's backlog stands in front of everybody's, and a worker is at it: the others needn't wait for that.
        seen = _look_at(waiting.exclude(project_id__in=projects))
        free = _unless_taken({one.project_id for one in seen})
    return [one for one in seen if one.project_id in free]


def _project_by_project(found: Iterable[_Seen]) -> list[_Seen]:
    by_project: dict[uuid.UUID, list[_Seen]] = {}
    for one in found:
        by_project.setdefault(one.project_id, []).append(one)
    return list(chain.from_iterable(by_project.values()))


def _look_at(waiting: WebhookDeliveryQuerySet) -> list[_Seen]:
    size = Func("body", function="octet_length", output_field=IntegerField())
    oldest = waiting.order_by("next_attempt_at", "pk")[:LOOKED_AT]
    return [_Seen(*row) for row in oldest.values_list("id", "project_id", "status", "attempts", size)]


def _unless_taken(project_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    return set(Project.objects.filter(id__in=project_ids).locked_unless_taken().values_list("id", flat=True))


def _not_too_much(found: Iterable[_Seen]) -> list[_Seen]:
    """Return the first of them, at least one, as far as a worker gets through them well within its lease."""
    chosen: list[_Seen] = []
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
