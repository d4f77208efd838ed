"""How long notifications are kept. Ids are UUIDv7: the oldest rows are the first ones of the primary key."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from common.ids import first_id_at
from common.retention import keep
from notifications.models import NotificationEvent, NotificationJob, TelegramLinkCode

KEPT = timedelta(days=180)


@keep("notifications.jobs", kept=KEPT)
def finished_jobs(limit: datetime) -> QuerySet[NotificationJob]:
    """Return old jobs that are finished; what they left in an inbox goes with them. Dead ones stay to be looked at."""
    jobs = NotificationJob.objects.filter(id__lt=first_id_at(limit))
    return jobs.exclude(status__in=[*NotificationJob.UNFINISHED, NotificationJob.Status.DEAD])


@keep("notifications.events", kept=KEPT)
def planned_events(limit: datetime) -> QuerySet[NotificationEvent]:
    """Return old events whose jobs are gone."""
    jobs = NotificationJob.objects.filter(event=OuterRef("pk"))
    events = NotificationEvent.objects.filter(~Exists(jobs), id__lt=first_id_at(limit))
    return events.filter(status=NotificationEvent.Status.PLANNED)


@keep("notifications.telegram_codes", kept=timedelta(days=1))
def past_link_codes(limit: datetime) -> QuerySet[TelegramLinkCode]:
    """Return codes that have stopped working."""
    return TelegramLinkCode.objects.filter(expires_at__lt=limit)
