"""Celery tasks of the notifications: ids in, services called."""

import random
from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from bus.wakeup import waiting_tasks
from common.transactions import use_case
from notifications.services.collect_digests import collect_digests
from notifications.services.count_unfinished_jobs import count_unfinished_jobs
from notifications.services.deliver_jobs import deliver_jobs
from notifications.services.plan_audience_page import plan_audience_page
from notifications.services.queue_jobs import QUEUE
from notifications.services.release_blocked_events import release_blocked_events
from notifications.services.remind_of_events import remind_of_events
from notifications.services.requeue_due_jobs import requeue_due_jobs
from notifications.services.resume_walks import resume_walks
from notifications.services.watch_mailings import watch_mailings

SCHEDULE = {
    "notifications.sweep": 5.0,
    "notifications.watch_mailings": 10.0,
    "notifications.count_unfinished": timedelta(seconds=30),
    "notifications.release_blocked": timedelta(seconds=30),
    "notifications.collect_digests": timedelta(seconds=30),
    "notifications.remind_of_events": timedelta(seconds=60),
}


@shared_task(name="notifications.send_jobs", queue="notifications")
def send_jobs(job_ids: list[str], **_: object) -> None:
    """Send a batch of jobs."""
    deliver_jobs(job_ids=[UUID(one) for one in job_ids], clock=timezone.now, jitter=random.random)


@shared_task(name="notifications.plan_audience", queue="bulk")
def plan_audience(event_id: str, **_: object) -> None:
    """Walk an audience, a transaction per page."""
    while _plan_page(UUID(event_id)):
        pass


@shared_task(name="notifications.sweep", queue="critical")
def sweep(**_: object) -> None:
    """Take up what was lost or is due."""
    waiting = waiting_tasks(QUEUE)
    if waiting is not None:
        with use_case():
            requeue_due_jobs(now=timezone.now(), waiting=waiting)
    with use_case():
        resume_walks(now=timezone.now())


@shared_task(name="notifications.count_unfinished", queue="critical")
def count_unfinished(**_: object) -> None:
    """Let the metrics say what waits, from a queue that has room when the others have not."""
    count_unfinished_jobs()


@shared_task(name="notifications.release_blocked", queue="bulk")
def release_blocked(**_: object) -> None:
    """Let events go on whose template or segment came into the database by another way than its service."""
    with use_case():
        release_blocked_events(waiting_for="", now=timezone.now())


@shared_task(name="notifications.watch_mailings", queue="bulk")
def watch(**_: object) -> None:
    """Let canaries go on, and hold mailings that go wrong."""
    with use_case():
        watch_mailings(now=timezone.now())


@shared_task(name="notifications.collect_digests", queue="bulk")
def collect(**_: object) -> None:
    """Send the digests whose time has come."""
    with use_case():
        collect_digests(now=timezone.now())


@shared_task(name="notifications.remind_of_events", queue="bulk")
def remind(**_: object) -> None:
    """Remind people of what begins soon."""
    with use_case():
        remind_of_events(now=timezone.now())


def _plan_page(event_id: UUID) -> bool:
    with use_case():
        return plan_audience_page(event_id=event_id, now=timezone.now()).goes_on
