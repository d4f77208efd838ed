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
from notifications.services.queue_jobs import LOST_TASK_SECONDS, WANTED, send_to_workers

LEASE_SECONDS = 40
# A mailing's jobs have one event: it is read once, and without its documents.
THEIR_EVENTS = Prefetch("event", NotificationEvent.objects.only("event_type", "status", "pause_reason", "occurred_at"))


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
def give_back(*, jobs: Sequence[NotificationJob], now: datetime) -> None:
    """Put jobs of one claim that were not tried back into the queue, behind what is more urgent by now."""
    ids, tokens = [job.id for job in jobs], {job.lease_token for job in jobs}
    mine = NotificationJob.objects.filter(id__in=ids, lease_token__in=tokens, status=NotificationJob.Status.SENDING)
    wanted = list(mine.locked().values_list(*WANTED))
    NotificationJob.objects.filter(id__in=[job_id for job_id, *_ in wanted]).update(
        status=NotificationJob.Status.QUEUED,
        lease_token=None,
        attempts=F("attempts") - 1,
        next_attempt_at=now + timedelta(seconds=LOST_TASK_SECONDS),
    )
    send_to_workers(wanted)
