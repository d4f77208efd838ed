"""Celery tasks of the bus: ids in, one service call each."""

from celery import shared_task

from bus.services.run_deliveries import run_deliveries as run_batch

# What is left then is sent again by the sweep: a key that never rests must not hold a worker for ever.
MOST_BATCHES = 100


@shared_task(name="bus.run_deliveries")
def run_deliveries(delivery_ids: list[int], **_: object) -> None:
    """Run deliveries, and those that have waited for them, a transaction per batch."""
    for _number in range(MOST_BATCHES):
        delivery_ids = run_batch(delivery_ids=delivery_ids)
        if not delivery_ids:
            return
