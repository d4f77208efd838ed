"""Put planned jobs into the workers' queue; the copy that came back through Kafka asks for it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from bus.wakeup import queue_after_commit
from common.transactions import requires_transaction
from notifications.models import NotificationJob

TASK = "notifications.send_jobs"
TASK_SIZE = 100
# A task that hasn't been taken by then is taken for lost and sent again.
LOST_TASK_SECONDS = 30


@requires_transaction
def queue_jobs(*, job_ids: Sequence[UUID], now: datetime) -> list[UUID]:
    """Queue the jobs that are still planned; return their ids.

    A copy that comes late, or twice, finds none: the sweep or the first copy was here before.
    """
    planned = NotificationJob.objects.filter(id__in=job_ids, status=NotificationJob.Status.PLANNED)
    queued = sorted(planned.locked().values_list("id", flat=True))
    NotificationJob.objects.filter(id__in=queued).update(
        status=NotificationJob.Status.QUEUED, next_attempt_at=now + timedelta(seconds=LOST_TASK_SECONDS)
    )
    send_to_workers(queued)
    return queued


def send_to_workers(job_ids: Sequence[UUID]) -> None:
    """Wake workers after the commit, a batch of ids per task."""
    for start in range(0, len(job_ids), TASK_SIZE):
        batch = [str(job_id) for job_id in job_ids[start : start + TASK_SIZE]]
        queue_after_commit(TASK, [batch], queue="notifications")
