"""Clock jobs of reviews."""

from celery import shared_task
from celery.schedules import crontab

from common.transactions import use_case
from reviews.selectors import list_rated_event_ids, list_rated_organizer_ids
from reviews.services.check_rating import check_rating

SCHEDULE = {"reviews.check_ratings": crontab(hour="3", minute="40")}


@shared_task(name="reviews.check_ratings", queue="bulk")
def check_ratings(**_: object) -> None:
    """Recount every rating, each in its own transaction: none is locked for longer than its own recount."""
    for event_id in list_rated_event_ids():
        with use_case():
            check_rating(event_id=event_id)
    for organizer_id in list_rated_organizer_ids():
        with use_case():
            check_rating(organizer_id=organizer_id)
