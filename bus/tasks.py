"""Celery tasks of the bus: ids in, one service call each."""

from celery import shared_task
from celery.schedules import crontab

from bus.services.prune_bus import prune_bus
from bus.services.run_delivery import run_delivery
from common.transactions import use_case

SCHEDULE = {"bus.prune": crontab(minute="17")}


@shared_task(name="bus.run_deliveries")
def run_deliveries(delivery_ids: list[int], **_: object) -> None:
    """Run deliveries in their order, each in its own transaction."""
    for delivery_id in delivery_ids:
        run_delivery(delivery_id=delivery_id)


@shared_task(name="bus.prune", queue="bulk")
def prune(**_: object) -> None:
    """Remove what retention allows to remove."""
    with use_case():
        prune_bus()
