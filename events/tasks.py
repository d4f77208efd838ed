"""What the events app does by the clock."""

from celery import shared_task
from django.utils import timezone

from common.transactions import use_case
from events.services.advance_by_clock import BATCH, advance_by_clock

SCHEDULE = {"events.advance_by_clock": 3.0}


@shared_task(name="events.advance_by_clock", queue="critical")
def advance(**_: object) -> None:
    """Start and finish what is due, batch by batch."""
    steps = BATCH
    while steps >= BATCH:
        with use_case():
            steps = advance_by_clock(now=timezone.now())
