"""Confirm a booking: its seats are sold, its tickets are valid, its holder may know where the event takes place."""

import uuid
from datetime import datetime
from functools import partial

from bookings.domain_events import BookingConfirmed, told_of
from bookings.models import Booking, Ticket
from bookings.models.ticket_code import new_code
from bookings.ports import points
from bookings.services.change_status import change_status
from bookings.services.offer_seats import end_offer
from bus.services.record_fact import record_fact
from common.transactions import requires_transaction, run_last
from events.services.grant_access import grant_access
from events.services.sell_seats import sell_seats


@requires_transaction
def confirm_booking(*, booking_id: uuid.UUID, now: datetime) -> Booking:
    """Return the confirmed booking.

    Raises:
        InvalidTransition: it is not held any more.
    """
    booking = change_status(booking_id=booking_id, action="confirm", confirmed_at=now)
    admit(booking=booking, now=now)
    return booking


@requires_transaction
def admit(*, booking: Booking, now: datetime) -> None:
    """Sell the held seats of a booking that has just become confirmed, and make its tickets."""
    Ticket.objects.bulk_create(
        Ticket(booking=booking, ticket_type_id=item.ticket_type_id, code=new_code())
        for item in booking.items.all()
        for _ in range(item.quantity)
    )
    end_offer(booking=booking, now=now)
    if booking.points:
        points().spend(booking_id=booking.id, now=now)
    grant_access(user_id=booking.user_id, event_id=booking.event_id)
    record_fact(BookingConfirmed(**told_of(booking)))
    run_last(partial(sell_seats, event_id=booking.event_id, quantities=booking.quantities))
