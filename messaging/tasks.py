"""What the messenger does by the clock."""

from celery import shared_task
from celery.schedules import crontab
from django.utils import timezone

from common.transactions import use_case
from messaging.adapters.orm.attachments import collect_unused, remove_files

SCHEDULE = {"messaging.collect_files": crontab(minute="43")}


@shared_task(name="messaging.collect_files", queue="bulk")
def collect_files(**_: object) -> None:
    """End slots that were never used, and remove files that nobody may see any more."""
    with use_case():
        keys = collect_unused(now=timezone.now())
    remove_files(keys=keys)
