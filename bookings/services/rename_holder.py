"""Put another name on one's ticket, until the event starts."""

import uuid
from datetime import datetime

from bookings.models import Ticket
from bookings.selectors import get_booking_of_user
from common.problems import NotFound, Problem
from common.transactions import requires_transaction


class EventStarted(Problem):
    """Names were fixed at the start: `starts_at`."""

    code = "event_started"
    title = "The event has started: names on tickets can't be changed any more."


@requires_transaction
def rename_holder(
    *, user_id: uuid.UUID, booking_id: uuid.UUID, ticket_id: uuid.UUID, name: str, now: datetime
) -> Ticket:
    """Return the ticket with its holder's new name.

    Raises:
        NotFound: the booking isn't the user's, or has no such valid ticket.
        EventStarted
    """
    booking = get_booking_of_user(user_id=user_id, booking_id=booking_id)
    if now >= booking.event.starts_at:
        raise EventStarted(starts_at=booking.event.starts_at)
    if not Ticket.objects.of_booking(booking_id).valid().filter(id=ticket_id).update(holder_name=name):
        raise NotFound()
    return Ticket.objects.select_related("ticket_type").get(id=ticket_id)
