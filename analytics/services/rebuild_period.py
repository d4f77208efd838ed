"""Recount a period from the rows, for a new figure or after a defect."""

from datetime import date

from analytics.selectors import list_days_with_bookings
from analytics.services.roll_up_day import roll_up_day
from common.transactions import use_case


def rebuild_period(*, first: date, end: date) -> int:
    """Recount every event's days from the first one up to, without, the end, each in its own transaction.

    Returns:
        How many days of events were recounted.
    """
    days = list_days_with_bookings(first=first, end=end)
    for event_id, day in days:
        with use_case():
            roll_up_day(event_id=event_id, day=day)
    return len(days)
