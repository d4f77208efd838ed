"""Send jobs again that have ended without reaching anybody, from the first attempt."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from common.transactions import requires_transaction
from notifications.models import NotificationJob
from notifications.services.queue_jobs import LOST_TASK_SECONDS, WANTED, send_to_workers

REPLAYABLE = (NotificationJob.Status.DEAD, NotificationJob.Status.UNDELIVERABLE)


@requires_transaction
def replay_jobs(*, jobs: QuerySet[NotificationJob], now: datetime) -> int:
    """Queue the dead and undeliverable among them; return how many there were."""
    ended = list(jobs.filter(status__in=REPLAYABLE).values_list(*WANTED))
    count = NotificationJob.objects.filter(id__in=[job_id for job_id, *_ in ended], status__in=REPLAYABLE).update(
        status=NotificationJob.Status.QUEUED,
        attempts=0,
        reason="",
        finished_at=None,
        next_attempt_at=now + timedelta(seconds=LOST_TASK_SECONDS),
    )
    send_to_workers(ended)
    return count
