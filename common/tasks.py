"""Celery tasks of common: retention."""

from celery import shared_task
from celery.schedules import crontab
from django.utils import timezone

from common.retention import RETENTION, remove_what_is_over

SCHEDULE = {"common.remove_what_is_over": crontab(minute="17")}


@shared_task(name="common.remove_what_is_over", queue="bulk")
def remove_what_is_over_task(**_: object) -> None:
    """Remove what every app's retention allows to remove."""
    remove_what_is_over(rules=RETENTION.values(), now=timezone.now())
