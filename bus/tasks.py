"""Celery tasks of the bus: ids in, one service call each."""

from celery import shared_task

from bus.services.run_delivery import run_delivery


@shared_task(name="bus.run_deliveries")
def run_deliveries(delivery_ids: list[int], **_: object) -> None:
    """Run deliveries in their order, each in its own transaction."""
    for delivery_id in delivery_ids:
        run_delivery(delivery_id=delivery_id)
