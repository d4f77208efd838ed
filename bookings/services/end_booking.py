"""End a booking: its seats go back, its tickets are void, its money is promised back. Shared by all who cancel."""

import uuid
from collections.abc import Callable
from datetime import datetime
from functools import partial

from bookings.domain_events import BookingCancelled, told_of
from bookings.models import Booking, Ticket
from bookings.models.payment import RefundReason
from bookings.services.change_status import change_status
from bookings.services.promise_refund import promise_refund
from bus.services.record_fact import record_fact
from common.money import Money
from common.transactions import requires_transaction, run_last
from events.services.release_seats import release_seats
from events.services.return_seats import return_seats
from events.services.withdraw_access import withdraw_access


@requires_transaction
def end_booking(
    *,
    booking_id: uuid.UUID,
    action: str,
    cancelled_by: str,
    reason: str,
    refund_of: Callable[[Booking], Money],
    refund_reason: RefundReason,
    actor_id: uuid.UUID | None,
    now: datetime,
    version: int | None = None,
) -> Booking:
    """Return the cancelled booking. `refund_of` is asked once the booking is locked, so its answer can't grow old.

    Raises:
        InvalidTransition, StaleVersion, NotFound
    """
    booking = change_status(
        booking_id=booking_id,
        action=action,
        version=version,
        cancelled_at=now,
        cancelled_by=cancelled_by,
        cancel_reason=reason,
    )
    refund = refund_of(booking)
    promise_refund(booking=booking, amount=refund, reason=refund_reason, actor_id=actor_id, now=now)
    Ticket.objects.of_booking(booking.id).valid().update(voided_at=now)
    withdraw_access(user_id=booking.user_id, event_id=booking.event_id)
    record_fact(BookingCancelled(**told_of(booking), cancelled_by=cancelled_by, refund=refund.amount))
    give_back = return_seats if booking.confirmed_at else release_seats
    run_last(partial(give_back, event_id=booking.event_id, quantities=booking.quantities))
    return booking
