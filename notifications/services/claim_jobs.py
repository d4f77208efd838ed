"""Take jobs for sending: each by one worker, for as long as its lease lasts.

The lease is a token: whoever finishes a job shows it, so the late word of a worker that was thought dead is refused.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q

from common.ids import new_id
from common.transactions import requires_transaction
from notifications.models import NotificationJob

LEASE_SECONDS = 40
WHAT_DECISIONS_NEED = ("recipient__contact_points", "recipient__preferences", "recipient__digests")


@requires_transaction
def claim_jobs(*, job_ids: Sequence[UUID], now: datetime) -> list[NotificationJob]:
    """Return the jobs that are now this worker's, with what sending needs to know."""
    token = new_id()
    is_ready = Q(status=NotificationJob.Status.QUEUED) | Q(
        status__in=[NotificationJob.Status.DEFERRED, NotificationJob.Status.FAILED], next_attempt_at__lte=now
    )
    ready = NotificationJob.objects.filter(is_ready, id__in=job_ids)
    mine = sorted(ready.locked().values_list("id", flat=True))
    NotificationJob.objects.filter(id__in=mine).update(
        status=NotificationJob.Status.SENDING,
        lease_token=token,
        attempts=F("attempts") + 1,
        next_attempt_at=now + timedelta(seconds=LEASE_SECONDS),
    )
    claimed = NotificationJob.objects.filter(id__in=mine, lease_token=token).select_related("recipient", "event")
    return list(claimed.defer("event__payload", "event__answer").prefetch_related(*WHAT_DECISIONS_NEED).order_by("id"))


@requires_transaction
def renew_lease(*, job: NotificationJob, now: datetime) -> bool:
    """Keep the job for another lease; False when it is no longer this worker's."""
    mine = NotificationJob.objects.filter(id=job.id, lease_token=job.lease_token)
    return bool(mine.update(next_attempt_at=now + timedelta(seconds=LEASE_SECONDS)))
