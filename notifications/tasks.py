"""Celery tasks of the notifications: ids in, services called."""

import random
from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from common.transactions import use_case
from notifications.services.deliver_jobs import deliver_jobs
from notifications.services.plan_audience_page import plan_audience_page
from notifications.services.release_blocked_events import release_blocked_events
from notifications.services.requeue_due_jobs import requeue_due_jobs
from notifications.services.resume_walks import resume_walks

SCHEDULE = {"notifications.sweep": 5.0, "notifications.release_blocked": timedelta(seconds=30)}


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
    with use_case():
        requeue_due_jobs(now=timezone.now())
    with use_case():
        resume_walks(now=timezone.now())


@shared_task(name="notifications.release_blocked", queue="bulk")
def release_blocked(**_: object) -> None:
    """Let events go on whose template or segment came into the database by another way than its service."""
    with use_case():
        release_blocked_events(waiting_for="", now=timezone.now())


def _plan_page(event_id: UUID) -> bool:
    with use_case():
        return plan_audience_page(event_id=event_id, now=timezone.now()).goes_on
