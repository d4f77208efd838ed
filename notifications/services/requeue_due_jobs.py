"""Queue again whatever is overdue: retries and deferrals whose time has come, and what a lost copy, a lost task or a dead
worker has left behind."""

from datetime import datetime, timedelta
from uuid import UUID

from common.transactions import requires_transaction
from notifications.metrics import QUEUE_AGE_SECONDS
from notifications.models import NotificationJob
from notifications.services.decide_delivery import DIGEST_REASON
from notifications.services.finish_jobs import MAX_ATTEMPTS
from notifications.services.queue_jobs import HOW_THEY_TRAVEL, LOST_TASK_SECONDS, send_to_workers

LIMIT = 5000


@requires_transaction
def requeue_due_jobs(*, now: datetime) -> list[UUID]:
    """Return the jobs that were queued again, the longest overdue first."""
    _bury_deadly(now)
    _tell_queue_age(now)
    due = (
        NotificationJob.objects.due(now)
        .exclude(reason=DIGEST_REASON)
        .order_by("next_attempt_at", "id")
        .values_list("id", flat=True)[:LIMIT]
    )
    jobs = list(NotificationJob.objects.due(now).filter(id__in=list(due)).locked().values_list(*HOW_THEY_TRAVEL))
    overdue = [job_id for job_id, _, _ in jobs]
    NotificationJob.objects.filter(id__in=overdue).update(
        status=NotificationJob.Status.QUEUED,
        lease_token=None,
        next_attempt_at=now + timedelta(seconds=LOST_TASK_SECONDS),
    )
    send_to_workers(jobs)
    return overdue


def _bury_deadly(now: datetime) -> None:
    """End jobs whose every attempt has taken its worker down."""
    deadly = NotificationJob.objects.due(now).filter(status=NotificationJob.Status.SENDING, attempts__gte=MAX_ATTEMPTS)
    deadly.update(
        status=NotificationJob.Status.DEAD,
        reason="worker_died",
        lease_token=None,
        next_attempt_at=None,
        finished_at=now,
    )


def _tell_queue_age(now: datetime) -> None:
    oldest = (
        NotificationJob.objects.due(now).order_by("next_attempt_at").values_list("next_attempt_at", flat=True).first()
    )
    QUEUE_AGE_SECONDS.set((now - oldest).total_seconds() if oldest else 0)
