"""Celery tasks of loyalty."""

from celery import shared_task
from celery.schedules import crontab
from django.utils import timezone

from common.transactions import use_case
from loyalty.services.expire_lots import expire_lots
from loyalty.services.process_deliveries import process_deliveries
from loyalty.services.recount_ledger import recount_ledger

SCHEDULE = {
    "loyalty.process_webhooks": 1.0,
    "loyalty.expire_lots": 60.0,
    "loyalty.recount_ledger": crontab(minute="43"),
}
MOST_ROUNDS = 50


@shared_task(name="loyalty.process_webhooks", queue="webhooks", expires=10)
def process_webhooks(**_: object) -> None:
    """Work on what waits until nothing does, or long enough for others to have their turn."""
    for _round in range(MOST_ROUNDS):
        if not process_deliveries(clock=timezone.now):
            return


@shared_task(name="loyalty.expire_lots", queue="bulk")
def expire_due_lots(**_: object) -> None:
    """Take points whose time is over."""
    for _round in range(MOST_ROUNDS):
        with use_case():
            expired = expire_lots(now=timezone.now())
        if not expired:
            return


@shared_task(name="loyalty.recount_ledger", queue="bulk")
def recount(**_: object) -> None:
    """Set the gauge of the ledger."""
    recount_ledger()
