"""Queue again whatever is overdue: retries and deferrals whose time has come, and what a lost copy, a lost task or a dead
worker has left behind."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from types import MappingProxyType
from uuid import UUID

from django.db.models import Q

from common.transactions import requires_transaction
from notifications.metrics import QUEUE_AGE_SECONDS
from notifications.models import NotificationJob
from notifications.services.decide_delivery import DIGEST_REASON
from notifications.services.finish_jobs import MAX_ATTEMPTS
from notifications.services.queue_jobs import LOST_TASK_SECONDS, WANTED, of_priority, send_to_workers

LIMIT = 5000
NOBODY_WAITS: Mapping[int, int] = MappingProxyType({})
# A task that was lost in the middle of a queue that never gets empty.
LOST_ANYWAY = timedelta(minutes=10)


@requires_transaction
def requeue_due_jobs(*, now: datetime, waiting: Mapping[int, int] = NOBODY_WAITS) -> list[UUID]:
    """Return the jobs that were queued again; urgent ones and the longest overdue are chosen first.

    Args:
        waiting: how many tasks of each priority the workers have not taken yet. Behind those a job isn't lost but
            has to wait, and queueing it again would make the queue longer for nothing.
    """
    _bury_deadly(now)
    _tell_queue_age(now)
    due = (
        NotificationJob.objects.due(now)
        .exclude(reason=DIGEST_REASON)
        .exclude(_waits_in_its_queue(waiting) & Q(next_attempt_at__gt=now - LOST_ANYWAY))
        .order_by("-is_urgent", "next_attempt_at", "id")
        .values_list("id", flat=True)[:LIMIT]
    )
    jobs = list(NotificationJob.objects.due(now).filter(id__in=list(due)).locked().values_list(*WANTED))
    overdue = [job_id for job_id, *_ in jobs]
    NotificationJob.objects.filter(id__in=overdue).update(
        status=NotificationJob.Status.QUEUED,
        lease_token=None,
        next_attempt_at=now + timedelta(seconds=LOST_TASK_SECONDS),
    )
    send_to_workers(jobs)
    return overdue


def _waits_in_its_queue(waiting: Mapping[int, int]) -> Q:
    lists = [of_priority(priority) for priority, tasks in waiting.items() if tasks]
    return Q(status=NotificationJob.Status.QUEUED) & reduce(or_, lists, Q(pk__in=[]))


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
