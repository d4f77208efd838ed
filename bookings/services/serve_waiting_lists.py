"""Offer what is free although somebody waits for it: capacity was raised, or a party was busy when its seats were freed."""

from datetime import datetime

from bookings.selectors import list_events_waited_for
from bookings.services.offer_seats import offer_seats
from common.transactions import use_case
from events.services.freeze_seats import freeze_seats


def serve_waiting_lists(*, now: datetime) -> int:
    """Go through all events that somebody waits for, each in its own transaction; return how many offers were made."""
    offered = 0
    for event_id in list_events_waited_for():
        with use_case():
            freeze_seats(event_id=event_id)
            offered += offer_seats(event_id=event_id, now=now)
    return offered
