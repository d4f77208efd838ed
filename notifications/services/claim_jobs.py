"""Take jobs for sending: each by one worker, for as long as its lease lasts.

The lease is a token: whoever finishes a job shows it, so the late word of a worker that was thought dead is refused.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Prefetch, Q, prefetch_related_objects

from common.ids import new_id
from common.transactions import requires_transaction
from notifications.models import NotificationEvent, NotificationJob

LEASE_SECONDS = 40
# A mailing's jobs have one event: it is read once, and without its documents.
THEIR_EVENTS = Prefetch("event", NotificationEvent.objects.only("status", "pause_reason", "occurred_at"))


@requires_transaction
def claim_jobs(*, job_ids: Sequence[UUID], now: datetime) -> list[NotificationJob]:
    """Return the jobs that are now this worker's, with what sending needs to know."""
    token = new_id()
    is_ready = Q(status=NotificationJob.Status.QUEUED) | Q(
        status__in=[NotificationJob.Status.DEFERRED, NotificationJob.Status.FAILED], next_attempt_at__lte=now
    )
    ready = NotificationJob.objects.filter(is_ready, id__in=job_ids)
    mine = list(ready.select_related("recipient").locked())
    lease_ends_at = now + timedelta(seconds=LEASE_SECONDS)
    NotificationJob.objects.filter(id__in=[job.id for job in mine]).update(
        status=NotificationJob.Status.SENDING,
        lease_token=token,
        attempts=F("attempts") + 1,
        next_attempt_at=lease_ends_at,
    )
    for job in mine:
        # As the statement has left them: their rows are locked, so nothing else can have changed.
        job.status, job.lease_token, job.next_attempt_at = NotificationJob.Status.SENDING, token, lease_ends_at
        job.attempts += 1
    prefetch_related_objects(mine, THEIR_EVENTS)
    return mine


@requires_transaction
def renew_leases(*, jobs: Sequence[NotificationJob], now: datetime) -> set[UUID]:
    """Keep the jobs of one claim for another lease; return those that are still this worker's."""
    ids, tokens = [job.id for job in jobs], {job.lease_token for job in jobs}
    mine = NotificationJob.objects.filter(id__in=ids, lease_token__in=tokens, status=NotificationJob.Status.SENDING)
    mine.update(next_attempt_at=now + timedelta(seconds=LEASE_SECONDS))
    return set(mine.values_list("id", flat=True))
