"""End the holds of an event that was taken down: nobody pays for what may never take place. Tickets stay."""

import uuid
from datetime import datetime
from functools import partial

from bookings.domain_events import BookingExpired, told_of
from bookings.selectors import list_held_booking_ids, list_open_change_bookings
from bookings.services.change_status import InvalidTransition, change_status
from bookings.services.end_change import end_open_change
from bookings.services.expire_holds import let_go
from bus.services.record_fact import record_fact
from common.transactions import requires_transaction


@requires_transaction
def suspend_bookings(*, event_id: uuid.UUID, now: datetime) -> int:
    """Expire all holds and open changes of the event now; return how many there were.

    A payment that comes later is given back, as the event doesn't sell.
    """
    ended = 0
    for end in (
        *(partial(_expire, one, now) for one in list_held_booking_ids(event_id=event_id)),
        *(partial(end_open_change, booking_id=one, now=now) for one in list_open_change_bookings(event_id=event_id)),
    ):
        ended += end()
    return ended


def _expire(booking_id: uuid.UUID, now: datetime) -> bool:
    try:
        booking = change_status(booking_id=booking_id, action="expire", expired_at=now)
    except InvalidTransition:
        # Paid or let go since the list was made.
        return False
    let_go(booking=booking, now=now)
    record_fact(BookingExpired(**told_of(booking)))
    return True
