"""Put planned jobs into the workers' queue; the copy that came back through Kafka asks for it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from bus.wakeup import queue_after_commit
from common.transactions import requires_transaction
from notifications.models import NotificationJob
from notifications.models.choices import Category, Channel

TASK = "notifications.send_jobs"
TASK_SIZE = 100
# Servers of strangers answer when they like: their messages travel apart from all others, and few at a time.
SLOW_CHANNEL, SLOW_TASK_SIZE = Channel.WEBHOOK, 10
# Mailings travel by the queue of what may wait: workers take a task of each queue in turn, so that whoever waits for a
# booking waits behind one task of a mailing, not behind all of them.
QUEUE, QUEUE_OF_MAILINGS = "notifications", "bulk"
HOW_THEY_TRAVEL = ("id", "channel", "category")
# A task that hasn't been taken by then is taken for lost and sent again.
LOST_TASK_SECONDS = 30


@requires_transaction
def queue_jobs(*, job_ids: Sequence[UUID], now: datetime) -> list[UUID]:
    """Queue the jobs that are still planned; return their ids.

    A copy that comes late, or twice, finds none: the sweep or the first copy was here before.
    """
    planned = NotificationJob.objects.filter(id__in=job_ids, status=NotificationJob.Status.PLANNED)
    jobs = sorted(planned.locked().values_list(*HOW_THEY_TRAVEL))
    queued = [job_id for job_id, _, _ in jobs]
    NotificationJob.objects.filter(id__in=queued).update(
        status=NotificationJob.Status.QUEUED, next_attempt_at=now + timedelta(seconds=LOST_TASK_SECONDS)
    )
    send_to_workers(jobs)
    return queued


def send_to_workers(jobs: Sequence[tuple[UUID, str, str]]) -> None:
    """Wake workers after the commit, a batch of ids per task; `jobs` are ids with their channels and categories."""
    ways: dict[tuple[str, int], list[str]] = {}
    for job_id, channel, category in jobs:
        queue = QUEUE_OF_MAILINGS if category == Category.MARKETING else QUEUE
        size = SLOW_TASK_SIZE if channel == SLOW_CHANNEL else TASK_SIZE
        ways.setdefault((queue, size), []).append(str(job_id))
    for (queue, size), job_ids in ways.items():
        for start in range(0, len(job_ids), size):
            queue_after_commit(TASK, [job_ids[start : start + size]], queue=queue)
