"""Put planned jobs into the workers' queue; the copy that came back through Kafka asks for it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from bus.wakeup import FIRST, LAST, LATER, queue_after_commit
from common.transactions import requires_transaction
from notifications.models import NotificationJob
from notifications.models.choices import Category, Channel

TASK = "notifications.send_jobs"
QUEUE = "notifications"
TASK_SIZE = 100
# Servers of strangers answer when they like: their messages travel apart from all others, and few at a time.
SLOW_CHANNEL, SLOW_TASK_SIZE = Channel.WEBHOOK, 10
# A task that hasn't been taken by then is taken for lost and sent again, unless others wait where it would.
LOST_TASK_SECONDS = 30
# What a worker is chosen by, in the order of `Wanted`.
WANTED = ("id", "channel", "category", "is_urgent")
Wanted = tuple[UUID, str, str, bool]


@requires_transaction
def queue_jobs(*, job_ids: Sequence[UUID], now: datetime) -> list[UUID]:
    """Queue the jobs that are still planned; return their ids.

    A copy that comes late, or twice, finds none: the sweep or the first copy was here before.
    """
    planned = NotificationJob.objects.filter(id__in=job_ids, status=NotificationJob.Status.PLANNED)
    jobs = sorted(planned.locked().values_list(*WANTED))
    queued = [job_id for job_id, *_ in jobs]
    NotificationJob.objects.filter(id__in=queued).update(
        status=NotificationJob.Status.QUEUED, next_attempt_at=now + timedelta(seconds=LOST_TASK_SECONDS)
    )
    send_to_workers(jobs)
    return queued


def send_to_workers(jobs: Iterable[Wanted]) -> None:
    """Wake workers after the commit, a batch of ids per task: a mailing to everybody lets all others pass."""
    batches: dict[tuple[int, int], list[str]] = defaultdict(list)
    for job_id, channel, category, is_urgent in jobs:
        size = SLOW_TASK_SIZE if channel == SLOW_CHANNEL else TASK_SIZE
        batches[priority_of(category=category, is_urgent=is_urgent), size].append(str(job_id))
    for (priority, size), job_ids in sorted(batches.items(), key=lambda batch: (batch[0][0], -batch[0][1])):
        for start in range(0, len(job_ids), size):
            queue_after_commit(TASK, [job_ids[start : start + size]], queue=QUEUE, priority=priority)


def priority_of(*, category: str, is_urgent: bool) -> int:
    """Return how soon a message goes out when many wait."""
    if is_urgent:
        return FIRST
    return LAST if category == Category.MARKETING else LATER


def of_priority(priority: int) -> Q:
    """Return the condition on jobs that `priority_of` gives this."""
    urgent, marketing = Q(is_urgent=True), Q(category=Category.MARKETING)
    return {FIRST: urgent, LATER: ~urgent & ~marketing, LAST: ~urgent & marketing}[priority]
