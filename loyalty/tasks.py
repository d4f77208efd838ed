"""Celery tasks of loyalty."""

from celery import shared_task
from celery.schedules import crontab
from django.conf import settings
from django.utils import timezone

from bus.wakeup import queue_task
from common.outbound_addresses import Rules
from loyalty.metrics import OLDEST_SECONDS, WAITING
from loyalty.selectors import get_backlog, is_more_waiting
from loyalty.services.process_deliveries import process_deliveries
from loyalty.services.recount_ledger import recount_ledger
from loyalty.services.run_transfers import run_transfers
from loyalty.services.send_callbacks import send_callbacks
from loyalty.services.tend_points import tend_points

SCHEDULE = {
    "loyalty.process_webhooks": 1.0,
    "loyalty.send_callbacks": 2.0,
    "loyalty.run_transfers": 10.0,
    "loyalty.tend_lots": 60.0,
    "loyalty.recount_ledger": crontab(minute="43"),
}
MOST_ROUNDS = 50


@shared_task(name="loyalty.process_webhooks", queue="webhooks", expires=10)
def process_webhooks(**_: object) -> None:
    """Work on what waits until nothing does, or long enough for others to have their turn.

    Where more waits than one worker takes at once, another is called to help.
    """
    for number in range(MOST_ROUNDS):
        if not process_deliveries(clock=timezone.now):
            return
        if number == 0 and is_more_waiting(now=timezone.now()):
            queue_task("loyalty.process_webhooks", [], queue="webhooks")


@shared_task(name="loyalty.send_callbacks", queue="bulk", expires=10)
def send_due_callbacks(**_: object) -> None:
    """Send what shops are to be told."""
    rules = Rules(https_only=settings.CALLBACKS_HTTPS_ONLY, at_home=settings.CALLBACKS_AT_HOME)
    for _round in range(MOST_ROUNDS):
        if not send_callbacks(clock=timezone.now, rules=rules):
            return


@shared_task(name="loyalty.run_transfers", queue="bulk", expires=60)
def run_waiting_transfers(**_: object) -> None:
    """Work on files that shops have brought or asked for, one after another."""
    for _round in range(MOST_ROUNDS):
        if not run_transfers(clock=timezone.now):
            return


@shared_task(name="loyalty.tend_lots", queue="bulk")
def tend_lots(**_: object) -> None:
    """Activate what is ripe, take what has expired, warn of what will, judge levels whose time is over."""
    backlog = get_backlog(now=timezone.now())
    WAITING.set(backlog.waiting)
    OLDEST_SECONDS.set(backlog.oldest_seconds)
    tend_points(clock=timezone.now)


@shared_task(name="loyalty.recount_ledger", queue="bulk")
def recount(**_: object) -> None:
    """Set the gauge of the ledger."""
    recount_ledger()
