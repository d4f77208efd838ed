"""Clock jobs of reports."""

from celery import shared_task

from analytics.selectors import list_dirty_days
from analytics.services.roll_up_day import roll_up_day
from common.transactions import use_case

BATCH = 500
SCHEDULE = {"analytics.roll_up_days": 5.0}


@shared_task(name="analytics.roll_up_days", queue="bulk")
def roll_up_days(**_: object) -> None:
    """Recount what was marked, each day in its own transaction."""
    for event_id, day in list_dirty_days(limit=BATCH):
        with use_case():
            roll_up_day(event_id=event_id, day=day)
