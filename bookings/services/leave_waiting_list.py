"""Wait no more: the place on the list is given up, an offer with it."""

import uuid
from datetime import datetime

from bookings.models import Booking, WaitingEntry
from bookings.models.lifecycle import BookingStatus
from bookings.selectors import get_waiting_entry
from bookings.services.cancel_booking import cancel_booking
from common.problems import NotFound
from common.transactions import requires_transaction


@requires_transaction
def leave_waiting_list(*, user_id: uuid.UUID, event_id: uuid.UUID, now: datetime) -> None:
    """Take the user off the list; the seats of an open offer go to the next one.

    Raises:
        NotFound: they are not on it, or not any more: their offer has just been paid.
    """
    entry = get_waiting_entry(user_id=user_id, event_id=event_id)
    if entry.booking_id is not None:
        # Read under the lock that a payment takes too: what is paid for is a booking, and is left as one.
        offer = Booking.objects.filter(id=entry.booking_id).locked().get()
        if offer.status != BookingStatus.HELD:
            raise NotFound()
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
