"""Wait no more: the place on the list is given up, an offer with it."""

import uuid
from datetime import datetime

from bookings.models import WaitingEntry
from bookings.selectors import get_waiting_entry
from bookings.services.cancel_booking import cancel_booking
from common.problems import NotFound
from common.transactions import requires_transaction


@requires_transaction
def leave_waiting_list(*, user_id: uuid.UUID, event_id: uuid.UUID, now: datetime) -> None:
    """Take the user off the list; the seats of an open offer go to the next one.

    Raises:
        NotFound: they are not on it.
    """
    entry = get_waiting_entry(user_id=user_id, event_id=event_id)
    if entry.booking_id is not None:
        cancel_booking(user_id=user_id, booking_id=entry.booking_id, now=now)
        return
    waiting = WaitingEntry.objects.waiting().filter(id=entry.id)
    if not waiting.update(status=WaitingEntry.Status.LEFT, ended_at=now, answers=[]):
        raise NotFound()


@requires_transaction
def close_waiting_list(*, event_id: uuid.UUID, now: datetime) -> int:
    """Let everybody go: the event is over or won't take place. Return how many waited."""
    waiting = WaitingEntry.objects.waiting().filter(event_id=event_id)
    return waiting.update(status=WaitingEntry.Status.LEFT, ended_at=now, answers=[])
