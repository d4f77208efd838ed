"""What the events app does by the clock."""

import uuid
from typing import Any

from celery import shared_task
from django.utils import timezone

from common.transactions import use_case
from events.selectors.bulk import list_due_bulk_operations
from events.services.advance_by_clock import BATCH, advance_by_clock
from events.services.follow_sales import BATCH as PRICES
from events.services.follow_sales import follow_sales
from events.services.remove_covers import BATCH as COVERS
from events.services.remove_covers import remove_covers
from events.services.roll_up_popularity import roll_up_popularity
from events.services.run_bulk_operation import run_bulk_operation
from events.services.warn_unfilled_crew import warn_unfilled_crew

SCHEDULE: dict[str, Any] = {
    "events.advance_by_clock": 3.0,
    "events.follow_sales": 5.0,
    "events.roll_up_popularity": 300.0,
    "events.warn_unfilled_crew": 300.0,
    "events.sweep_bulk_operations": 5.0,
    "events.remove_covers": 600.0,
}


@shared_task(name="events.advance_by_clock", queue="critical")
def advance(**_: object) -> None:
    """Start and finish what is due, batch by batch."""
    steps = BATCH
    while steps >= BATCH:
        with use_case():
            steps = advance_by_clock(now=timezone.now())


@shared_task(name="events.follow_sales", queue="bulk")
def follow_open_sales(**_: object) -> None:
    """Let events cost what can be bought now, batch by batch."""
    followed = PRICES
    while followed >= PRICES:
        with use_case():
            followed = follow_sales(now=timezone.now())


@shared_task(name="events.roll_up_popularity", queue="bulk")
def weigh_popularity(**_: object) -> None:
    """Let interest of the past weigh less."""
    with use_case():
        roll_up_popularity(now=timezone.now())


@shared_task(name="events.warn_unfilled_crew", queue="bulk")
def warn_of_unfilled_crew(**_: object) -> None:
    """Warn organizers in time."""
    with use_case():
        warn_unfilled_crew(now=timezone.now())


@shared_task(name="events.run_bulk_operation", queue="bulk")
def run_order(operation_id: str, **_: object) -> None:
    run_bulk_operation(operation_id=uuid.UUID(operation_id), clock=timezone.now)


@shared_task(name="events.sweep_bulk_operations", queue="bulk")
def sweep_orders(**_: object) -> None:
    """Take up orders whose worker was never woken, or has died."""
    for operation_id in list_due_bulk_operations(now=timezone.now()):
        run_bulk_operation(operation_id=operation_id, clock=timezone.now)


@shared_task(name="events.remove_covers", queue="bulk")
def remove_old_covers(**_: object) -> None:
    """Remove what no event shows, batch by batch."""
    while remove_covers(now=timezone.now()) >= COVERS:
        continue
